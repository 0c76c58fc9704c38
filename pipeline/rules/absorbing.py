"""What a person did in their folders becomes decisions, before anything acts on it (DESIGN §2.3).

    Observation ─absorb─▶ Absorption: decisions to write, then ledger lines; what is asked, what is said

The same look again, once those are written, comes to nothing: each word is held against what holds already. So a run
that is killed in between is finished by the next, and nothing is said twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeGuard

from pipeline.model.frames import Problem
from pipeline.model.records import Decision, LedgerEntry, LinkFact, MovedOn, SeenAbsent, SeenAgain
from pipeline.model.sets import FrameSet
from pipeline.model.watching import Absorption, Gone, Look, Observation, Saying, Sight
from pipeline.rules.absences import hear_absences
from pipeline.rules.addresses import read_address
from pipeline.rules.decisions import Decisions
from pipeline.rules.markers import hear_markers, shown_frames
from pipeline.rules.moves import meaning_of
from pipeline.rules.positions import Links, Place, lies_at, stage_of
from pipeline.rules.records import moment
from pipeline.rules.sayings import say_of_frame, take_back, word_on, word_says
from pipeline.rules.spoken import counted
from pipeline.rules.verdict_words import hear_verdicts


@dataclass(slots=True, kw_only=True)
class _Heard:
    """What has been heard so far."""

    sayings: list[Saying] = field(default_factory=list)
    entries: dict[date, list[LedgerEntry]] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def note(self, link: LinkFact, entry: LedgerEntry) -> None:
        address = read_address(link.stored)
        if address is not None and address.night is not None:
            self.entries.setdefault(address.night, []).append(entry)


def absorb(
    seen: Observation,
    sets: Sequence[FrameSet],
    links: Links,
    decisions: Decisions,
    *,
    library_id: str = "",
    now: datetime,
) -> Absorption:
    """What an observation comes to.

    Args:
        seen: The folders of one rig's or camera's nights.
        sets: The sets of those nights.
        links: Every place each of their frames was given.
        decisions: All there are.
        library_id: What verdict files call this library.
        now: The moment of the look; no earlier than any word so far.
    """
    if seen.away:
        return Absorption(problems=tuple(_away(seen.away)))
    heard = _Heard(problems=[Problem("unread", said) for said in seen.unread])
    _hear_places(heard, seen.looks, sets, links, decisions, now)
    spoken = {saying.subject for saying in heard.sayings}
    shown = frozenset(shown_frames(seen.looks))
    verdicts = hear_verdicts(seen.verdicts, sets, decisions, library_id, shown, spoken)
    markers = hear_markers(seen, sets, links, decisions, now)
    return Absorption(
        when=now,
        sayings=(*heard.sayings, *verdicts.sayings, *markers.sayings),
        entries={night: tuple(found) for night, found in heard.entries.items()},
        gone=tuple(heard.gone),
        problems=(*heard.problems, *verdicts.problems, *markers.problems),
    )


def _hear_places(
    heard: _Heard,
    looks: Iterable[Look],
    sets: Iterable[FrameSet],
    links: Links,
    decisions: Decisions,
    now: datetime,
) -> None:
    """What every link says that is not where the ledger has it."""
    of_frame: dict[str, list[Look]] = {}
    for look in looks:
        of_frame.setdefault(look.link.stored, []).append(look)
    for frames in sets:
        mine = [look for member in frames.members for look in of_frame.get(member.stored, ())]
        said: dict[str, Saying] = {}
        for look in mine:
            for saying in _of_look(heard, frames, look, decisions, now):
                said.setdefault(saying.subject, saying)
        missed = hear_absences(frames, mine, links, decisions)
        for saying in missed.sayings:
            said.setdefault(saying.subject, saying)
        heard.sayings += said.values()
        heard.gone += [missed.gone] if missed.gone is not None else []
        for link in missed.absent:
            heard.note(link, SeenAbsent(when=now, link=link.link))


def _of_look(
    heard: _Heard, frames: FrameSet, look: Look, decisions: Decisions, now: datetime
) -> Iterator[Saying]:
    """What one link says that is back, moved or replaced; the ledger is told of it."""
    link, word = look.link, word_on(look.link.stored, decisions)
    if look.sight is Sight.BACK:
        heard.note(link, SeenAgain(when=now, link=link.link))
        if _came_of(word, link):
            yield take_back(frames, word, why=f"is back in {_folder(link.link)}")
    elif look.sight is Sight.FOUND:
        heard.note(link, MovedOn(when=now, link=link.link, to=look.at))
        yield from _of_move(frames, look, word)
    elif look.sight is Sight.REPLACED:
        text = f"{link.link} is another file now than the frame that was put there; it is left as it is"
        heard.problems.append(Problem("replaced", text))


def _of_move(frames: FrameSet, look: Look, word: Decision | None) -> Iterator[Saying]:
    meaning, link = meaning_of(look.link.link, look.at, home=look.home, lay=lies_at(look.link)), look.link
    if meaning.says:
        holds = word is not None and word_says(word) == meaning.says and word.when >= moment(link.delivered)
        if not holds:
            values = {"link": link.link, "at": look.at}
            yield say_of_frame(frames, link.stored, meaning.says, why=meaning.why, values=values)
    elif stage_of(look.at) is Place.BLINK and _came_of(word, link):
        yield take_back(frames, word, why=f"was moved back into {_folder(look.at)}")


def _came_of(word: Decision | None, link: LinkFact) -> TypeGuard[Decision]:
    """True for a word that was spoken by moving or deleting this very link."""
    return word is not None and word.values.get("link") == link.link


def _folder(path: str) -> str:
    return stage_of(path).value


def _away(away: Mapping[str, int]) -> Iterator[Problem]:
    for home, number in away.items():
        text = (
            f"{home} is gone or empty, though {counted(number, 'frame')} lay there: nothing is concluded from that. "
            "Is its disk mounted? If you emptied it yourself, put an empty file named .keep into it"
        )
        yield Problem("away", text)
