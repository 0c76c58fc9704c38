"""Where each frame of a set stands, and where it ought to be seen: limits, words and the ledger heard together.

    word of a person  >  what was accepted already  >  somebody looked  >  the limits

Every frame is in exactly one state (DESIGN §4), and the sums of a set are the sums of these.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.model.frames import Kind
from pipeline.model.policies import Accept, Blink
from pipeline.model.records import LinkFact
from pipeline.model.sets import FrameSet, Member
from pipeline.model.verdicts import Fate, Judgement, SetVerdict, State
from pipeline.rules.grouping import is_shown
from pipeline.rules.positions import Links, Place, is_gone, last_seen, stage_of
from pipeline.rules.records import moment
from pipeline.rules.words import ACCEPT, GIVE_UP, RESTORE, WAIT, FrameWord, SetWords
from pipeline.rules.words import REJECT as REJECTED_BY_EYE

NOT_SEEN = "not seen"
"""Said of what was accepted without anybody's eyes, wherever it is shown."""
DONE = frozenset({State.ACCEPTED, State.MOVED_ON, State.TAKEN_OUT, State.PASSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One frame of a set, now."""

    state: State
    place: Place
    why: str = ""
    """`moved into bad/`, `not seen`, where it was moved on to. Of the limits nothing: its judgement says it."""
    seen: bool = True
    """False: it was accepted without anybody's eyes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """All that is heard about one frame."""

    links: Sequence[LinkFact]
    word: FrameWord | None
    judged: Judgement | None
    looked: datetime | None
    """When somebody said to have looked at it."""
    forced: bool
    reopened: datetime | None

    @property
    def spoken(self) -> datetime | None:
        """When a person last said anything about it."""
        return _latest(self.word.when if self.word else None, self.looked, self.reopened)

    @property
    def says(self) -> str:
        """The word on it; empty where there is none."""
        return self.word.says if self.word is not None else ""

    @property
    def is_culled(self) -> bool:
        """True when the limits take it, and nobody brought it back."""
        return self.judged is not None and self.judged.fate is Fate.CULLED and self.says != RESTORE

    @property
    def is_looked_at(self) -> bool:
        """True when somebody looked, and has not put it back or restored it since."""
        if self.looked is None or self.word is None:
            return self.looked is not None
        return self.says not in {WAIT, RESTORE} or self.word.when <= self.looked


def stand(
    frames: FrameSet,
    links: Links,
    words: SetWords,
    verdict: SetVerdict | None,
    *,
    accept: Accept,
    blink: Blink,
) -> dict[str, Standing]:
    """Each member's standing.

    Args:
        frames: The set.
        links: Every place each frame was ever given, in the order it was.
        words: What a person said.
        verdict: What the limits say; None: its night is not over, or it is not judged.
        accept: When the rig's sets are accepted.
        blink: Which kinds the rig shows to eyes.
    """
    cases = {member.stored: _case(member, links, words, verdict) for member in frames.members}
    settled = {stored for stored, case in cases.items() if _settled(case) is not None}
    shown = is_shown(frames.kind, blink)
    unasked = frames.kind is Kind.LIGHT and (accept.mode == "auto" or not shown)
    ready = not why_not_accepted(frames, words, verdict, accept, settled=settled, unasked=unasked)
    held = verdict is not None and verdict.held
    found = {
        stored: _stand(case, ready=ready, shown=shown, unasked=unasked and not held)
        for stored, case in cases.items()
    }
    if frames.kind is not Kind.LIGHT:
        found = {stored: _of_calibration(told, shown=shown) for stored, told in found.items()}
    return _with_late(found)


def _case(member: Member, links: Links, words: SetWords, verdict: SetVerdict | None) -> _Case:
    found = links.get(member.stored, ())
    word = words.frames.get(member.stored)
    if word is not None and word.says == ACCEPT and words.reopened and words.reopened > word.when:
        word = None  # it was accepted then; now it is looked at again
    return _Case(
        links=found,
        word=_moved_by_hand(found, word) or word,
        judged=verdict.frames.get(member.stored) if verdict is not None else None,
        looked=words.seen.get(member.stored),
        forced=member.stored in words.forced,
        reopened=words.reopened,
    )


def _stand(case: _Case, *, ready: bool, shown: bool, unasked: bool) -> Standing:
    if case.says == GIVE_UP:
        return Standing(state=State.GIVEN_UP, place=Place.NOWHERE, why=case.word.why if case.word else "")
    if case.says == REJECTED_BY_EYE:
        return Standing(state=State.REJECTED, place=Place.REJECT, why=case.word.why if case.word else "")
    settled = _settled(case)
    if settled is not None:
        return _of_accepted(case, settled)
    if case.says == ACCEPT:
        return Standing(state=State.ACCEPTED, place=Place.DATA, why=case.word.why if case.word else "")
    told = _of_limits(case, shown=shown)
    if told.state not in {State.CULLED, State.GONE} and case.is_looked_at and (ready or case.forced):
        return Standing(state=State.ACCEPTED, place=Place.DATA)
    if told.state is State.OFFERED and unasked and ready:
        return Standing(state=State.ACCEPTED, place=Place.DATA, why=NOT_SEEN, seen=False)
    return told


def _of_limits(case: _Case, *, shown: bool) -> Standing:
    if is_gone(case.links, case.spoken):
        return Standing(state=State.GONE, place=Place.NOWHERE)
    if case.judged is None:
        return Standing(state=State.STORED, place=Place.NOWHERE)
    if case.is_culled:
        return Standing(state=State.CULLED, place=Place.REJECT)
    state = State.HELD if case.judged.fate is Fate.SUSPECT else State.OFFERED
    return Standing(state=state, place=Place.BLINK if shown else Place.NOWHERE)


def _of_accepted(case: _Case, link: LinkFact) -> Standing:
    """What became of a frame that had its place in 20_Data."""
    seen = stage_of(link.link) is not Place.DATA or case.looked is not None or case.says == ACCEPT
    if stage_of(last_seen(link)) is not Place.DATA:
        return Standing(state=State.MOVED_ON, place=Place.DATA, why=last_seen(link), seen=seen)
    if link.state == "absent":
        return Standing(state=State.TAKEN_OUT, place=Place.DATA, seen=seen)
    return Standing(
        state=State.ACCEPTED, place=Place.DATA, why=link.to if seen else link.to or NOT_SEEN, seen=seen
    )


def _of_calibration(told: Standing, *, shown: bool) -> Standing:
    """Calibration frames stay in the store: what was looked at, or needs no eyes, has passed."""
    if told.state is State.ACCEPTED:
        return Standing(state=State.PASSED, place=Place.NOWHERE, why=told.why)
    if not shown and told.state in {State.STORED, State.OFFERED, State.HELD, State.GONE}:
        return Standing(state=State.PASSED, place=Place.NOWHERE, why="its rig asks for no eyes")
    return told


def _with_late(found: dict[str, Standing]) -> dict[str, Standing]:
    """What is still offered of a set of which others were accepted came late: a remainder."""
    if not any(told.state in DONE for told in found.values()):
        return found
    return {
        stored: replace(told, state=State.LATE) if told.state is State.OFFERED else told
        for stored, told in found.items()
    }


def why_not_accepted(
    frames: FrameSet,
    words: SetWords,
    verdict: SetVerdict | None,
    accept: Accept,
    *,
    settled: Set[str] = frozenset(),
    unasked: bool = False,
) -> str:
    """What the rig's criteria still ask for, of what was looked at; empty when they are met.

    Args:
        frames: The set.
        words: What a person said.
        verdict: What the limits say.
        accept: The rig's criteria.
        settled: What was accepted already, and counts.
        unasked: The rig asks for no eyes: everything the limits kept counts.
    """
    if frames.kind is not Kind.LIGHT:
        return ""
    accepted = {stored for stored, word in words.frames.items() if word.says == ACCEPT}
    told = accepted.union(words.seen, settled)
    good = [
        member
        for member in frames.members
        if (unasked or member.stored in told) and _is_good(member, words, verdict)
    ]
    minutes = sum(member.frame.exposure_s or 0.0 for member in good) / 60
    if len(good) < accept.min_frames:
        return f"{len(good)} of the {accept.min_frames} frames its rig asks for"
    if minutes < accept.min_minutes:
        return f"{minutes:.0f} of the {accept.min_minutes:g} minutes its rig asks for"
    return ""


def _is_good(member: Member, words: SetWords, verdict: SetVerdict | None) -> bool:
    word = words.frames.get(member.stored)
    if word is not None and word.says != WAIT:
        return word.says in {ACCEPT, RESTORE}
    judged = verdict.frames.get(member.stored) if verdict is not None else None
    return judged is None or judged.fate is not Fate.CULLED


def _settled(case: _Case) -> LinkFact | None:
    """The place a frame has or had among the accepted, or beyond; None: none since its set was last reopened."""
    for link in reversed(case.links):
        if link.state not in {"delivered", "moved_on", "absent"} or not _counts(link):
            continue
        entered = moment(link.delivered if stage_of(link.link) is Place.DATA else link.since)
        undone = case.reopened is not None and entered < case.reopened
        return None if undone or _is_taken_back(case.word, link, entered) else link
    return None


def _counts(link: LinkFact) -> bool:
    """True for a place in 20_Data, or where the person moved a frame on to."""
    return stage_of(last_seen(link)) in {Place.DATA, Place.NOWHERE}


def _is_taken_back(word: FrameWord | None, link: LinkFact, entered: datetime) -> bool:
    """True when a person asked for the frame after it had been accepted, or after it had gone."""
    if word is None:
        return False
    if word.says == RESTORE:
        return link.state == "absent" and word.when > moment(link.since)
    return word.says == WAIT and word.when > entered


def _moved_by_hand(links: Sequence[LinkFact], word: FrameWord | None) -> FrameWord | None:
    """What moving a frame between our folders says, where no word of the person's own has been heard since."""
    moved = [link for link in links if link.state == "moved_on"]
    if not moved or moved[-1] is not max(links, key=lambda link: link.delivered):
        return None
    link = moved[-1]
    if word is not None and word.when > moment(link.delivered):
        return None
    origin, now = stage_of(link.link), stage_of(link.to)
    if now is Place.REJECT and origin is not Place.REJECT:
        return FrameWord(says=REJECTED_BY_EYE, when=moment(link.since), why="moved into _Reject")
    if now is Place.BLINK and origin is not Place.BLINK:
        says = RESTORE if origin is Place.REJECT else WAIT
        return FrameWord(says=says, when=moment(link.since), why="moved back into 10_Blink")
    return None


def _latest(*moments: datetime | None) -> datetime | None:
    return max((one for one in moments if one is not None), default=None)


def spoken_of(stored: str, words: SetWords) -> datetime | None:
    """When a person last said anything that concerns this frame."""
    word = words.frames.get(stored)
    return _latest(word.when if word else None, words.seen.get(stored), words.reopened)
