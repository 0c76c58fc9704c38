"""Everything that is wanted: the snapshots of scheduler databases, and the plans a person imported.

_Catalog/_plans/<source>.json ─┐
_Decisions/_library/plan.jsonl ┴─read_plans─▶ Plans(wishes, sources)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.model.plans import PLAN, Plans, PlanSource, Wish
from pipeline.model.record_policies import SchedulerDatabase
from pipeline.model.records import About, Decision
from pipeline.model.rigs import Rig
from pipeline.rules.filter_names import spelled_wish
from pipeline.rules.plan_imports import wishes_said
from pipeline.rules.scheduler_wishes import wishes_of
from pipeline.world import decisions as decided
from pipeline.world.library import OpenLibrary
from pipeline.world.scheduler_db import look_of
from pipeline.world.scheduler_snapshot import KIND, read_snapshot
from pipeline.world.scheduling import file_of


def read_plans(library: OpenLibrary) -> Plans:
    """What is wanted, by all who want something; of a database that cannot be reached what it wanted last."""
    told = [_of_database(library, one) for one in library.configuration.library.scheduler.databases]
    rigs = library.configuration.rigs
    told += [(_source_of(one), tuple(_imported(one, rigs))) for one in imported_plans(library)]
    return Plans(
        sources=tuple(source for source, _ in told),
        wishes=tuple(wish for _, wishes in told for wish in wishes),
    )


def imported_plans(library: OpenLibrary) -> list[Decision]:
    """The imported plans that hold, by name; of two of one name the later."""
    found = decided.read_night(library.root, None, None)
    names = sorted({one.subject for one in found.of_kind(PLAN)})
    latest = (found.current(About.LIBRARY, name, PLAN) for name in names)
    return [one for one in latest if one is not None]


def _of_database(library: OpenLibrary, database: SchedulerDatabase) -> tuple[PlanSource, tuple[Wish, ...]]:
    snapshot = read_snapshot(library, database.name)
    there = look_of(file_of(library, database)) is not None
    wishes = wishes_of(snapshot.lines, library.configuration.rigs, database.name, database.profiles)
    source = PlanSource(
        name=database.name,
        kind=KIND,
        as_of=snapshot.as_of,
        reachable=there,
        why="" if there else f"{database.path} is not there: is its computer on?",
    )
    return source, tuple(wishes)


def _imported(decision: Decision, rigs: Sequence[Rig]) -> Iterator[Wish]:
    for wish in wishes_said(decision.values.get("lines"), decision.subject):
        yield spelled_wish(wish, rigs)


def _source_of(decision: Decision) -> PlanSource:
    return PlanSource(name=decision.subject, kind=str(decision.values.get("format", "")), as_of=decision.when)
