"""What it means that a delivered frame is nowhere in the library any more.

    gone from 10_Blink      rejected by eye          gone from _Reject      given up
    gone from 20_Data       taken out: nothing       much of a set at once  asked about, never judged

Judged only once its folder has been quiet for the settle time, so that a folder in the middle of being moved is no
verdict; and never where the person has said what becomes of the frame (DESIGN §2.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.model.records import LinkFact
from pipeline.model.sets import FrameSet
from pipeline.model.watching import SEEN, Gone, Look, Saying, Sight
from pipeline.rules.decisions import Decisions
from pipeline.rules.layout import BLINK as BLINK_FOLDER
from pipeline.rules.layout import REJECT as REJECT_FOLDER
from pipeline.rules.positions import Links, Place, last_seen, lies_at, stage_of
from pipeline.rules.records import moment
from pipeline.rules.sayings import say_of_frame, word_on, word_says
from pipeline.rules.words import ACCEPT, GIVE_UP, REJECT, RESTORE, WAIT

MOST_JUDGED = 10
"""More than this, and more than half of a set, is no verdict but perhaps an accident."""
_LIVE = SEEN | {Sight.REPLACED, Sight.UNSURE}
_JUDGED = frozenset({Place.BLINK, Place.REJECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsencesHeard:
    """What the absences of one set come to."""

    sayings: tuple[Saying, ...] = ()
    absent: tuple[LinkFact, ...] = ()
    """To be written into the ledger: seen to be nowhere."""
    gone: Gone | None = None


def hear_absences(
    frames: FrameSet, looks: Sequence[Look], links: Links, decisions: Decisions
) -> AbsencesHeard:
    """What is missing of a set, judged or asked about.

    Args:
        frames: The set.
        looks: What was seen of its links.
        links: Every place each frame was given.
        decisions: All there are.
    """
    fresh = [look for look in looks if look.sight is Sight.ABSENT and is_news(look.link)]
    missing = [look.link for look in looks if look.sight is Sight.ABSENT]
    asked = [link for link in missing if is_unanswered(link, links.get(link.stored, ()), decisions)]
    live = {look.link.stored for look in looks if look.sight in _LIVE}
    if not all(look.quiet for look in fresh):
        return AbsencesHeard(gone=_gone(frames, asked, live))
    missed = [look.link for look in fresh if not _is_excused(look.link, looks, decisions)]
    absent = tuple(look.link for look in fresh)
    if is_too_many({link.stored for link in missed}, live):
        return AbsencesHeard(absent=absent, gone=_gone(frames, [*asked, *missed], live))
    sayings = tuple(_judged(frames, link) for link in missed)
    return AbsencesHeard(sayings=sayings, absent=absent, gone=_gone(frames, asked, live))


def is_news(link: LinkFact) -> bool:
    """True for a link that the ledger still has somewhere."""
    return bool(lies_at(link))


def is_unanswered(link: LinkFact, links: Iterable[LinkFact], decisions: Decisions) -> bool:
    """True for an absence that was asked about, of which nothing has said since what it means.

    Args:
        link: The absent one.
        links: Every place its frame was given.
        decisions: All there are.
    """
    if link.state != "absent" or stage_of(last_seen(link)) not in _JUDGED:
        return False
    if any(_is_further_on(other) or (lies_at(other) and other.delivered > link.since) for other in links):
        return False
    word = word_on(link.stored, decisions)
    return word is None or (word_says(word) not in {REJECT, GIVE_UP} and word.when < moment(link.since))


def is_too_many(missed: set[str], live: set[str]) -> bool:
    """True when all that is left of a set vanished in one look, or more than half of it and more than ten frames."""
    remaining = len(live - missed)
    return bool(missed) and (not remaining or len(missed) > max(MOST_JUDGED, remaining))


def _judged(frames: FrameSet, link: LinkFact) -> Saying:
    given_up = stage_of(lies_at(link)) is Place.REJECT
    says, folder = (GIVE_UP, REJECT_FOLDER) if given_up else (REJECT, BLINK_FOLDER)
    return say_of_frame(frames, link.stored, says, why=f"deleted from {folder}", values={"link": link.link})


def _is_excused(link: LinkFact, looks: Iterable[Look], decisions: Decisions) -> bool:
    """True where a missing link means nothing: the frame is seen further on, or its person has spoken of it."""
    place = stage_of(lies_at(link))
    if place not in _JUDGED or _lives_on(link, looks):
        return True
    word = word_on(link.stored, decisions)
    says = word_says(word)
    if place is Place.BLINK and says in {REJECT, GIVE_UP}:
        return True
    if word is None or link.state == "moved_on" or word.when < moment(link.delivered):
        return False
    return says in ({ACCEPT} if place is Place.BLINK else {RESTORE, ACCEPT, GIVE_UP, WAIT})


def _lives_on(link: LinkFact, looks: Iterable[Look]) -> bool:
    """True when another place of the frame is there, further on than the missing one."""
    further = {Place.DATA, Place.NOWHERE} | (
        {Place.BLINK} if stage_of(lies_at(link)) is Place.REJECT else set()
    )
    return any(
        look.link.stored == link.stored
        and look.sight in _LIVE
        and stage_of(look.at or look.link.link) in further
        for look in looks
    )


def _is_further_on(link: LinkFact) -> bool:
    """True for a place among the accepted, or beyond."""
    return link.state == "accepted" or (
        stage_of(link.link) is Place.DATA and link.state in {"delivered", "moved_on", "absent"}
    )


def _gone(frames: FrameSet, links: Sequence[LinkFact], live: set[str]) -> Gone | None:
    stored = tuple(sorted({link.stored for link in links}))
    if not stored:
        return None
    return Gone(
        set_id=frames.id,
        folder=links[0].link.rpartition("/")[0],
        stored=stored,
        of=len(live.union(stored)),
    )
