"""Masters laid beside the lights that need them; an accepted set keeps the masters it was accepted with.

libraries, decisions, ledger ─▶ the choice of each accepted set, written once; a place a DATE folder for each master

A night's sets have a job each. Sealed nights in which something lacks have one together, behind the masters: it opens
nothing until a library has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
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
from pipeline.rules.serving_words import diary_counts, diary_remarks
from pipeline.rules.set_words import set_line
from pipeline.rules.spoken import counted

if TYPE_CHECKING:
    from pipeline.world.looking import SetNow
    from pipeline.world.serving import Serving

VERSION = 1
LATE = job_name("distributed", "late")
Night = tuple[str, date]


def plan(sets: Iterable[FrameSet], masters: Iterable[Job] = (), pinned: Set[str] = frozenset()) -> list[Job]:
    """One job a set of lights, behind its acceptance and the masters; those with a pin first, then the newest night.

    Args:
        sets: The sets whose night is over.
        masters: The jobs that make masters.
        pinned: Names of sets for which a person chose a master.
    """
    making = list(masters)
    lights = [one for one in sets if one.kind is Kind.LIGHT]
    lights.sort(key=lambda one: (one.id in pinned, one.night), reverse=True)
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


def hold_back(jobs: Sequence[Job], is_away: Callable[[str], bool]) -> list[Job]:
    """The jobs: of the nights that lack masters without those whose disk is away, nor behind jobs that wait for it."""
    planned = {job.name for job in jobs}
    return [_held_back(job, planned, is_away) if job.name == LATE else job for job in jobs]


def _held_back(job: Job, planned: Set[str], is_away: Callable[[str], bool]) -> Job:
    there = {owner: told for owner, told in job.arguments["owners"].items() if not is_away(owner)}
    behind = tuple(name for name in job.behind if name in planned)
    return replace(job, behind=behind, arguments={"owners": there}, check_arguments={"owners": there})


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
    """Serve the sets that can be served now, night by night; one's trouble stops no other."""
    if not owners:
        return Outcome()
    from pipeline.world.late_masters import changed_nights, keep_looked, mark_nights
    from pipeline.world.library import open_library

    library, done, served = open_library(work.library), 0, 0
    troubles: list[NightbuildError] = []
    for owner, nights in owners.items():
        marks = mark_nights(library, owner)
        changed = changed_nights(library, owner, nights, marks)
        kept: list[str] = []
        for night in changed:
            before = len(troubles)
            served += _serve_night(work, owner, night, troubles)
            kept += [night] if len(troubles) == before else []
            done += 1
            work.progress(done, sum(map(len, owners.values())))
        keep_looked(library, owner, kept, marks)  # a night with trouble is looked at again
    if troubles:
        raise next((one for one in troubles if isinstance(one, PassingError)), troubles[0])
    says = f"masters of {counted(served, 'set')} of earlier nights" if served else ""
    return Outcome(says, {"late sets": served})


def _serve_night(work: Work, owner: str, night: str, troubles: list[NightbuildError]) -> int:
    """How many sets of a night were served; what stood in the way of others joins the troubles."""
    from pipeline.world.late_masters import lacking_sets
    from pipeline.world.nightbook import open_book

    served = 0
    try:
        book = open_book(work.library, owner, date.fromisoformat(night))
        sets = [now.frames.id for now in lacking_sets(book)]
    except NightbuildError as error:
        troubles.append(error)
        return 0
    for one in sets:
        try:
            served += bool(serve_set(work, owner=owner, night=night, set_id=one).says)
        except NightbuildError as error:
            troubles.append(error)
    return served


def _serve(now: SetNow) -> Outcome:
    from pipeline.world.laying import serve
    from pipeline.world.serving import look

    due: Serving = look(now)
    left = serve(now, due)
    counts = diary_counts(due.places)
    return Outcome(set_line(now.frames, counts, [*diary_remarks(due.choice.due), *left]), counts)
