"""Guide logs and session files stored beside their night: what later steps measure by, and nobody can make again.

A copy of its own each, since whoever writes such a file may go on; when it has grown and is quiet again, a further
version is stored (`ImageMetaData~2.csv`). While no frames of its night have come it waits in the inbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.model.survey import Arrival, Fate, Found, Sort
from pipeline.rules.ledger import Ledger
from pipeline.rules.spoken import counted
from pipeline.rules.witnesses import Around, Place, due_witnesses

VERSION = 1


def plan(
    arrivals: Collection[Arrival], ledger: Ledger, around: Around, unpacked: Iterable[Job] = ()
) -> list[Job]:
    """One job for each night that has witnesses to store; one more where frames still come out of archives.

    Args:
        arrivals: What lies in the inboxes.
        ledger: What is stored of the nights these tell of.
        around: Which nights' frames lie where.
        unpacked: The jobs that unpack archives tonight.
    """
    jobs = [_job(place, found) for place, found in sorted(due_witnesses(arrivals, ledger, around).items())]
    packed = {arrival.found.inbox for arrival in arrivals if arrival.fate is Fate.ARCHIVE}
    lying = {arrival.found.inbox for arrival in arrivals if arrival.found.sort is Sort.WITNESS}
    return jobs + ([_late(unpacked)] if packed & lying else [])


def _job(place: Place, found: Sequence[Found]) -> Job:
    night = place.night.isoformat()
    return Job(
        stage="witnessed",
        name=job_name("witnessed", place.owner, night),
        doc=f"Store {_files(len(found))} beside {place.owner}, night of {night}",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.witnessed:store_beside",
        arguments={
            "owner": place.owner,
            "night": night,
            "home": place.home,
            "witnesses": [_as_plain(one) for one in found],
        },
        check="pipeline.stages.witnessed:is_done",
        touches_inbox=True,
        rig=place.owner,
        night=night,
    )


def _late(unpacked: Iterable[Job]) -> Job:
    return Job(
        stage="witnessed",
        name=job_name("witnessed", "of unpacked frames"),
        doc="Store the logs and session files of frames that come out of archives",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.witnessed:store_late",
        check="pipeline.stages.witnessed:is_done",
        after=tuple(job.name for job in unpacked),
        touches_inbox=True,
    )


def _as_plain(found: Found) -> dict[str, Any]:
    return {
        "inbox": found.inbox,
        "original": found.original,
        "size": found.size,
        "mtime_ns": found.mtime_ns,
    }


def is_done(_library: object) -> bool:
    """Never: these jobs are only planned while there is something to do."""
    return False


def store_beside(
    work: Work, *, owner: str, night: str, home: str, witnesses: Sequence[Mapping[str, Any]]
) -> Outcome:
    """Store each file as it is now, once it is quiet; one that is still written waits for the next run."""
    place = Place(owner, date.fromisoformat(night), home)
    counts = _store(work, {place: [Found(**plain, sort=Sort.WITNESS) for plain in witnesses]})
    return Outcome(f"{owner}  {night}  {_says(counts)}", counts)


def store_late(work: Work) -> Outcome:
    """Look again, now that the archives are unpacked."""
    from pipeline.world.library import open_library
    from pipeline.world.survey import see

    seen = see(open_library(work.library))
    due = due_witnesses(seen.survey.arrivals, seen.ledger)
    here = {place: found for place, found in due.items() if place.owner not in seen.guard.owners}
    counts = _store(work, here)
    return Outcome(_says(counts) if counts else "", counts)


def _store(work: Work, due: Mapping[Place, Sequence[Found]]) -> Counter[str]:
    from pipeline.world.library import open_library
    from pipeline.world.storing import await_settled, store_witnesses

    library = open_library(work.library)
    inboxes = {inbox.path: folder for inbox, folder in library.inboxes}
    counts: Counter[str] = Counter()
    for place, witnesses in due.items():
        for found in witnesses:
            await_settled(found, library.configuration.library.settle_seconds)
        items = [(inboxes[found.inbox] / found.original, found) for found in witnesses]
        counts += store_witnesses(work.library, place, items)
    return counts


def _says(counts: Mapping[str, int]) -> str:
    said = [_files(counts["witnesses"])] if counts.get("witnesses") else []
    said += [f"{counts['same']} unchanged"] if counts.get("same") else []
    said += [f"{counts['left']} still written, left for the next run"] if counts.get("left") else []
    return ", ".join(said) or "nothing new"


def _files(number: int) -> str:
    return counted(number, "log or session file", "logs and session files")
