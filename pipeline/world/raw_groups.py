"""The raw frames of groups as the store has them: those that passed, those that did not, those nobody looked at.

groups ─each of their nights opened once─▶ Raws
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.model.master_groups import Batch, Group
from pipeline.model.records import LinkFact
from pipeline.model.sets import FrameSet, Member
from pipeline.model.verdicts import State
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.rules.purge_raws import Raws
from pipeline.rules.standings import stand
from pipeline.rules.words import words_of
from pipeline.world.calibration_nights import batches_of, calibration_sets, passed_of
from pipeline.world.library import OpenLibrary
from pipeline.world.nightbook import NightBook, open_book

_OUT = frozenset({State.REJECTED, State.CULLED, State.GIVEN_UP, State.TAKEN_OUT})
_Mark = tuple[object, ...]


@dataclass(slots=True)
class _Found:
    """Frames by what their batch is known by; of those that wait, how many by set."""

    passed: dict[_Mark, list[Member]] = field(default_factory=dict)
    left_out: dict[_Mark, list[Member]] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)


def raws_of(library: OpenLibrary, groups: Sequence[Group]) -> Iterator[Raws]:
    """The frames of these groups, by ledger and decisions."""
    found = _Found()
    homes = dict.fromkeys((batch.owner, batch.filed) for group in groups for batch in group.batches)
    for home in homes:
        book = open_book(library.root, *home)
        for one in calibration_sets(book):
            _sort_out(book, one, found)
    for group in groups:
        marks = [_mark(batch) for batch in group.batches]
        yield Raws(
            group=group,
            members=tuple(one for mark in marks for one in found.passed.get(mark, ())),
            left_out=tuple(one for mark in marks for one in found.left_out.get(mark, ())),
            waiting=sum(
                found.waiting.get(name, 0) for name in dict.fromkeys(batch.set_id for batch in group.batches)
            ),
        )


def _sort_out(book: NightBook, one: FrameSet, found: _Found) -> None:
    """The frames of one set. What did not pass goes with those it is like, else with the first."""
    passed = passed_of(book, one)
    names = {member.stored for member in passed}
    out = _put_aside(book, one, [member for member in one.members if member.stored not in names])
    found.waiting[one.id] = len(one.members) - len(passed) - len(out)
    first: _Mark | None = None
    for batch, alike in batches_of(one, [*passed, *out]):
        mark = first if alike[0].stored not in names else _mark(batch)
        if mark is None:
            continue  # none of the set passed
        first = first or mark
        found.passed.setdefault(mark, []).extend(member for member in alike if member.stored in names)
        found.left_out.setdefault(mark, []).extend(member for member in alike if member.stored not in names)


def _put_aside(book: NightBook, one: FrameSet, others: Iterable[Member]) -> list[Member]:
    """Those of the others about which something was decided: they wait for nobody."""
    rig, words = book.rig_of(one), words_of(one, book.decisions)
    told = stand(one, book.links, words, None, accept=rig.accept, blink=rig.blink)
    return [
        member
        for member in others
        if told[member.stored].state in _OUT or _is_aside(book.links.get(member.stored, ()))
    ]


def _is_aside(links: Iterable[LinkFact]) -> bool:
    """True for a frame that lies among the rejects."""
    return any(stage_of(at) is Place.REJECT for link in links if (at := lies_at(link)))


def _mark(batch: Batch) -> _Mark:
    return batch.owner, batch.filed, batch.set_id, batch.frame.path
