"""Decisions folded: of all that a person said of a thing, what holds now. The latest speaks.

Undo is a decision too: each holds unless one that holds undoes it, so an undo can itself be undone. In one
file the order of the lines is the order of the words, whatever the clock did; between files the time decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import PurePosixPath

from pipeline.model.frames import Problem
from pipeline.model.records import About, Decision
from pipeline.rules.layout import night_part
from pipeline.rules.ledger import owner_part

UNDO = "undo"
LIBRARY = "_library"
"""Where decisions lie that belong to no rig."""

_Key = tuple[About, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Everything a person decided, in order, and what of it holds."""

    said: tuple[Decision, ...] = ()
    """All decisions, undone ones and undos too, the oldest first."""
    holding: dict[_Key, tuple[Decision, ...]] = field(default_factory=dict)
    """What holds, by subject, the oldest first."""
    notes: tuple[Problem, ...] = ()

    def current(self, about: About, subject: str, *kinds: str) -> Decision | None:
        """The latest word of these kinds on a subject (of any kind, where none is named)."""
        found = self.holding.get((about, subject), ())
        return next((one for one in reversed(found) if not kinds or one.kind in kinds), None)

    def merged(self, about: About, subject: str, kind: str) -> dict[str, object]:
        """What all decisions of a kind say together, key by key: of two words on one key the later holds."""
        values: dict[str, object] = {}
        for one in self.holding.get((about, subject), ()):
            if one.kind == kind:
                values.update(one.values)
        return values

    def of_kind(self, kind: str) -> Iterator[Decision]:
        """Every decision of a kind that holds, subject by subject."""
        return (one for found in self.holding.values() for one in found if one.kind == kind)

    def by_id(self, wanted: str) -> Decision | None:
        """The decision of this id, whether it holds or not."""
        return next((one for one in self.said if one.id == wanted), None)

    def holds(self, wanted: str) -> bool:
        """True when the decision of this id was made and is not undone."""
        one = self.by_id(wanted)
        found = self.holding.get((one.about, one.subject), ()) if one else ()
        return any(other.id == wanted for other in found)


@cache
def decision_file(owner: str | None, night: date | None, kind: str) -> str:
    """`_Decisions/<rig>/DATE_<night>/<kind>.jsonl`, relative to the library."""
    folder = PurePosixPath("_Decisions", owner_part(owner) if owner else LIBRARY)
    return str((folder / night_part(night) if night else folder) / f"{owner_part(kind)}.jsonl")


def fold(files: Iterable[Sequence[Decision]], notes: Iterable[Problem] = ()) -> Decisions:
    """What holds after all these decisions, given file by file, each in the order of its lines."""
    said = in_order(files)
    undone = undone_ids(said)
    holding: dict[_Key, list[Decision]] = {}
    for one in said:
        if one.kind != UNDO and one.id not in undone:
            holding.setdefault((one.about, one.subject), []).append(one)
    return Decisions(
        said=said, holding={key: tuple(found) for key, found in holding.items()}, notes=tuple(notes)
    )


def in_order(files: Iterable[Sequence[Decision]]) -> tuple[Decision, ...]:
    """All decisions, the oldest first, each id once; in a file a clock set back changes no order."""
    timed: list[tuple[datetime, Decision]] = []
    for lines in files:
        latest: datetime | None = None
        for one in lines:
            latest = one.when if latest is None else max(latest, one.when)
            timed.append((latest, one))
    timed.sort(key=_first)
    return tuple({one.id: one for _, one in timed}.values())


def undone_ids(said: Iterable[Decision]) -> set[str]:
    """Ids of what is taken back by an undo that holds."""
    undoers: dict[str, list[str]] = {}
    for one in said:
        if one.kind == UNDO and one.undoes is not None:
            undoers.setdefault(one.undoes, []).append(one.id)
    verdicts: dict[str, bool] = {}
    for wanted in undoers:
        _judge(wanted, undoers, verdicts)
    return {undone for undone in undoers if not verdicts[undone]}


def _judge(wanted: str, undoers: dict[str, list[str]], verdicts: dict[str, bool]) -> None:
    """Whether a decision holds, its undos judged before it; without recursion, and a ring of undos ends."""
    path = {wanted: None}  # keeps the order, and knows at once who is on it
    while path:
        one = next(reversed(path))
        others = undoers.get(one, ())
        ahead = next((other for other in others if other not in verdicts and other not in path), None)
        if ahead is not None:
            path[ahead] = None
            continue
        verdicts.setdefault(one, not any(verdicts.get(other, True) for other in others))
        del path[one]


def _first(pair: tuple[datetime, Decision]) -> datetime:
    return pair[0]
