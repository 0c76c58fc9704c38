"""Masters laid beside the lights that need them; an accepted set keeps the masters it was accepted with.

libraries, decisions, ledger ─▶ the choice of each accepted set, written once; a place a DATE folder for each master

A night's sets have a job each. Sealed nights in which something lacks have one together, behind the masters: it opens
nothing until a library has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.errors import NightbuildError, PassingError
from pipeline.model.frames import Kind
from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.model.served import Lack
from pipeline.model.set_jobs import set_job, set_job_name
from pipeline.model.sets import FrameSet
from pipeline.rules.lacking import digest_of
from pipeline.rules.plan_priority import NOTHING_SAID, Named, Urgency
from pipeline.rules.serving_words import diary_counts, diary_remarks
from pipeline.rules.set_words import set_line
from pipeline.rules.spoken import counted

if TYPE_CHECKING:
    from pipeline.world.library import OpenLibrary
    from pipeline.world.looking import SetNow
    from pipeline.world.serving import Serving

VERSION = 1
LATE = job_name("distributed", "late")
Night = tuple[str, date]
_Trouble = tuple[str, str, NightbuildError]
"""The rig and night it befell."""


def plan(sets: Iterable[FrameSet], masters: Iterable[Job] = (), urgency: Urgency = NOTHING_SAID) -> list[Job]:
    """One job a set of lights, behind its acceptance and the masters; the most urgent first.

    Args:
        sets: The sets whose night is over.
        masters: The jobs that make masters.
        urgency: What people said of the order.
    """
    making = list(masters)
    lights = urgency.sort(one for one in sets if one.kind is Kind.LIGHT)
    return [
        replace(
            set_job(
                one,
                f"Lay masters beside {one.label}",
                serve_set,
                is_served,
                version=VERSION,
                after=(set_job_name("accepted", one), *(job.name for job in making if _concerns(job, one))),
            ),
            behind=tuple(job.name for job in making if not _concerns(job, one)),
        )
        for one in lights
    ]


def _concerns(job: Job, one: FrameSet) -> bool:
    """True when a set waits for this job, and is not served where it fails: what it makes might be the set's own."""
    library, _, rest = str(job.arguments.get("series", "")).partition("/")
    if library.startswith("_Flat"):
        return job.rig == one.owner
    return bool(rest) and rest.partition("/")[0] == one.rig.partition("+")[2]


def plan_late(lacks: Mapping[Night, Sequence[Lack]], first: Iterable[Job] = ()) -> Job:
    """The job of the nights that lack masters, behind everything that makes masters, and what you did.

    None of these stops it by failing: it speaks for every rig.

    It is planned also where nothing lacks, so that it is no news when something does.
    """
    owners: dict[str, dict[str, str]] = {}
    for (owner, night), found in sorted(lacks.items(), key=lambda one: one[0]):
        if found:
            owners.setdefault(owner, {})[night.isoformat()] = digest_of(found)
    return Job(
        stage="distributed",
        name=LATE,
        doc="Lay masters that came later beside their lights",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.distributed:serve_late",
        arguments={"owners": owners},
        check="pipeline.stages.distributed:is_served_late",
        check_arguments={"owners": owners},
        behind=tuple(job.name for job in first),
    )


def is_served(library: Path, *, owner: str, night: str, set_id: str) -> bool:
    """True when every master the set needs and has lies beside it, and nothing else of ours does."""
    from pipeline.world.looking import look_up_set
    from pipeline.world.serving import look

    now = look_up_set(library, owner, night, set_id)
    return now is None or look(now).is_done


def serve_set(work: Work, *, owner: str, night: str, set_id: str) -> Outcome:
    """Choose, write the choice down where the set is accepted, lay the masters beside it."""
    from pipeline.world.looking import look_up_set
    from pipeline.world.placing import alone

    with alone(work.library, owner, date.fromisoformat(night)):
        now = look_up_set(work.library, owner, night, set_id)
        return Outcome() if now is None else _serve(now)


def is_served_late(library: Path, *, owners: Mapping[str, Mapping[str, str]]) -> bool:
    """True when nothing came that a set of an earlier night lacked."""
    if not owners:
        return True
    from pipeline.world.late_masters import are_unchanged

    return are_unchanged(library, owners)


def serve_late(work: Work, *, owners: Mapping[str, Mapping[str, str]]) -> Outcome:
    """Serve the sets that can be served now, the most urgent first; one's trouble stops no other."""
    if not owners:
        return Outcome()
    from pipeline.world.late_masters import changed_nights, keep_looked, mark_nights
    from pipeline.world.library import open_library

    library, troubles = open_library(work.library), list[_Trouble]()
    marks = {owner: mark_nights(library, owner) for owner in owners}
    changed = {
        owner: changed_nights(library, owner, nights, marks[owner]) for owner, nights in owners.items()
    }
    sets = [one for owner, nights in changed.items() for one in _lacking(work, owner, nights, troubles)]
    served = _serve_in_order(work, library, sets, troubles)
    stuck = {(owner, night) for owner, night, _ in troubles}
    for owner, nights in changed.items():  # a night with trouble is looked at again
        keep_looked(library, owner, [night for night in nights if (owner, night) not in stuck], marks[owner])
    errors = [error for _, _, error in troubles]
    if errors:
        raise next((one for one in errors if isinstance(one, PassingError)), errors[0])
    says = f"masters of {counted(served, 'set')} of earlier nights" if served else ""
    return Outcome(says, {"late sets": served})


def _lacking(work: Work, owner: str, nights: Iterable[str], troubles: list[_Trouble]) -> Iterator[Named]:
    """The sets of these nights that lack something; what stands in the way of a night joins the troubles."""
    from pipeline.world.late_masters import lacking_sets
    from pipeline.world.nightbook import open_book

    for night in nights:
        try:
            book = open_book(work.library, owner, date.fromisoformat(night))
            yield from [(owner, night, now.frames.id) for now in lacking_sets(book)]
        except NightbuildError as error:
            troubles.append((owner, night, error))


def _serve_in_order(work: Work, library: OpenLibrary, sets: Sequence[Named], troubles: list[_Trouble]) -> int:
    """How many sets were served; what stood in the way of others joins the troubles."""
    from pipeline.world.urgency import read_urgency

    served = 0
    urgency = read_urgency(library) if len(sets) > 1 else NOTHING_SAID
    for done, (owner, night, name) in enumerate(urgency.sort_named(sets), 1):
        try:
            served += bool(serve_set(work, owner=owner, night=night, set_id=name).says)
        except NightbuildError as error:
            troubles.append((owner, night, error))
        work.progress(done, len(sets))
    return served


def _serve(now: SetNow) -> Outcome:
    from pipeline.world.laying import serve
    from pipeline.world.serving import look

    due: Serving = look(now)
    left = serve(now, due)
    counts = diary_counts(due.places)
    return Outcome(set_line(now.frames, counts, [*diary_remarks(due.choice.due), *left]), counts)
