"""What the next run would do about masters, for `doit plan`: taken in, integrated, laid beside lights.

Nothing is written. Headers may be read, no picture is: which master turns out sound, and what a backend makes of
frames, the run will know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.model.frames import Kind
from pipeline.model.master_groups import Batch, Group
from pipeline.model.masters import SetMatch
from pipeline.rules.decisions import Decisions
from pipeline.rules.forecast import Does, Step
from pipeline.rules.forecast_sets import SetComing
from pipeline.rules.master_groups import group_name
from pipeline.rules.master_lines import group_label
from pipeline.rules.match_words import kind_word
from pipeline.rules.serving import light_homes
from pipeline.rules.spoken import counted
from pipeline.world.calibration_nights import batches_of, passed_of
from pipeline.world.found_masters import Source, sources_of
from pipeline.world.gathering import masters_due
from pipeline.world.library import OpenLibrary
from pipeline.world.library_states import LibraryStates
from pipeline.world.looking import SetNow
from pipeline.world.master_groups import groups_now
from pipeline.world.master_series import released
from pipeline.world.master_status import said_match

_MOST_READ = 200
"""Files of another program whose headers are read for a forecast."""
_RAW = frozenset({Kind.BIAS, Kind.DARK, Kind.FLAT, Kind.FLATDARK})


def steps_of_masters(
    library: OpenLibrary, states: LibraryStates, coming: Iterable[SetComing], decisions: Decisions
) -> Iterator[Step]:
    """Everything about masters, in the order of the night.

    Args:
        library: Whose.
        states: The sets of open nights.
        coming: What is due about sets: calibration frames that pass in this run may make a master.
        decisions: What people decided.
    """
    coming = list(coming)
    yield from (step for source in sources_of(library) for step in _gathered(library, source))
    yield from _integrated(library, _passing(states, coming))
    accepting = {one.frames.id for one in coming if not one.accepting.is_empty}
    for now in states.sets:
        if now.frames.kind is Kind.LIGHT:
            yield from _laid(now, decisions, is_accepting=now.frames.id in accepting)


def _gathered(library: OpenLibrary, source: Source) -> Iterator[Step]:
    for name, complaint in masters_due(library, source, _MOST_READ):
        does = Does.QUARANTINE if complaint else Does.GATHER
        yield Step(file=f"{source.name}/{name}", does=does, why=complaint or "into its library")


def _passing(states: LibraryStates, coming: Iterable[SetComing]) -> list[Batch]:
    """The sets of calibration frames that pass in this run, as they will be."""
    by_id = {now.frames.id: now for now in states.sets}
    found: list[Batch] = []
    for one in coming:
        now = by_id.get(one.frames.id)
        if now is None or one.frames.kind not in _RAW or one.accepting.is_empty:
            continue
        going = {step.stored for step in one.accepting.deliver}
        going |= {step.stored for step in one.accepting.withdraw}
        passed = {member.stored for member in passed_of(now.book, one.frames)} | going
        members = [member for member in one.frames.members if member.stored in passed]
        found += [batch for batch, _ in batches_of(one.frames, members)]
    return found


def _integrated(library: OpenLibrary, passing: Sequence[Batch]) -> Iterator[Step]:
    now = groups_now(library, passing, remember=False)
    yield from map(_of_group, now.due)
    for master in released(now):
        yield Step(
            file=master.path,
            does=Does.INTEGRATE,
            why="you said ok: it comes to its place",
            rig=master.frame.camera or "",
        )


def _of_group(group: Group) -> Step:
    return Step(
        file=group_name(group),
        does=Does.INTEGRATE,
        why=f"{group_label(group)}: {counted(group.count, 'frame')}",
        rig=group.batches[0].owner,
        night=group.nights[1].isoformat(),
        kind=group.kind.value,
    )


def _laid(now: SetNow, decisions: Decisions, *, is_accepting: bool) -> Iterator[Step]:
    """Masters that do not lie beside the lights of a set yet, by the names they were given."""
    homes = light_homes(now.frames, now.standings, now.book.links, now.words)
    if not (homes or is_accepting):
        return
    match = said_match(now, decisions)
    told = {
        (link.rpartition("/")[0], str(record.get("master", "")))
        for link, record in now.book.ledger.masters.items()
        if record["event"] == "master_given" or record.get("by_person")
    }
    wanted = {one.chosen.master.path for one in match.matches.values() if one.chosen is not None}
    lie_there = homes and all((home, path) in told for home in homes for path in wanted)
    if wanted and not lie_there:
        yield Step(
            file=now.frames.id,
            does=Does.DISTRIBUTE,
            why=f"{now.frames.label}: {_names(match)}",
            rig=now.frames.rig,
            night=now.frames.night.isoformat(),
            kind=now.frames.kind.value,
            target=now.frames.target,
        )


def _names(match: SetMatch) -> str:
    chosen = {
        kind: one.chosen.master.path.rpartition("/")[2]
        for kind, one in match.matches.items()
        if one.chosen is not None
    }
    return ", ".join(f"{kind_word(kind)} {name}" for kind, name in chosen.items())
