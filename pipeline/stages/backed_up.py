"""The library sent to a bucket, night by night, where library.toml asks for it: what is kept already is not sent again.

    ledger ─▶ frames of a night ─packs─▶ bucket ─▶ _Backup/<rig>/DATE_<night>.json
    masters, your own folders ─▶ likewise        ledger, decisions, rig files, links … ─▶ a dated snapshot

Behind all else: a night that failed is backed up too. What cannot be sent now is sent by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.backup import Kept, Sent
from pipeline.model.backup_policies import Backup
from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.rules.backup_keys import night_home, shelf_of
from pipeline.rules.backup_words import sent_words

if TYPE_CHECKING:
    from pipeline.world.library import OpenLibrary

VERSION = 1
_MB = 1_000_000
RECORDS = job_name("backed_up", "_records")


def plan(settings: Backup, nights: Iterable[tuple[str, date]], jobs: Sequence[Job]) -> list[Job]:
    """One job for each night, each shelf and the records; none where nothing is to be backed up.

    Args:
        settings: What library.toml says.
        nights: Rigs and cameras, and the nights of which something is stored.
        jobs: All other jobs of the night, whatever becomes of them.
    """
    if not settings.enabled:
        return []
    nights = sorted(nights)
    ahead = _ahead(jobs)
    found = [_night_job(owner, night, ahead) for owner, night in nights]
    owners = sorted({owner for owner, _ in nights})
    everything = tuple(job.name for job in jobs)
    for kind in (Kept.MASTERS, Kept.CALIBRATED, Kept.OWN):
        if settings.of(kind).keep:
            names = [""] if kind is Kept.MASTERS else owners
            found += [_shelf_job(kind, owner, everything) for owner in names]
    if settings.records.keep:
        found.append(_records_job((*everything, *(job.name for job in found))))
    return found


def _ahead(jobs: Sequence[Job]) -> dict[tuple[str, str], list[str]]:
    """Jobs by rig and night; those that speak for many nights stand under an empty one."""
    ahead: dict[tuple[str, str], list[str]] = {}
    for job in jobs:
        ahead.setdefault((job.rig, job.night), []).append(job.name)
    return ahead


def _night_job(owner: str, night: date, ahead: dict[tuple[str, str], list[str]]) -> Job:
    said = night.isoformat()
    return Job(
        stage="backed_up",
        name=job_name("backed_up", owner, said),
        doc=f"Back up {owner}, night of {said}",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.backed_up:back_up_night",
        arguments={"owner": owner, "night": said},
        check="pipeline.stages.backed_up:is_night_kept",
        check_arguments={"owner": owner, "night": said},
        behind=(*ahead.get((owner, said), ()), *ahead.get((owner, ""), ())),
        rig=owner,
        night=said,
    )


def _shelf_job(kind: Kept, owner: str, behind: tuple[str, ...]) -> Job:
    return Job(
        stage="backed_up",
        name=job_name("backed_up", f"_{kind.value}", *([owner] if owner else [])),
        doc=f"Back up {kind.value} {owner}".rstrip(),
        settings={"VERSION": VERSION},
        effect="pipeline.stages.backed_up:back_up_shelf",
        arguments={"kind": kind.value, "owner": owner},
        check="pipeline.stages.backed_up:is_shelf_kept",
        check_arguments={"kind": kind.value, "owner": owner},
        behind=behind,
        rig=owner,
    )


def _records_job(behind: tuple[str, ...]) -> Job:
    return Job(
        stage="backed_up",
        name=RECORDS,
        doc="Back up ledger, decisions, settings and places",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.backed_up:back_up_records",
        check="pipeline.stages.backed_up:are_records_kept",
        behind=behind,
    )


def is_night_kept(library: Path, *, owner: str, night: str) -> bool:
    """True when ledger, receipt and policy are those of the last backup."""
    evening = date.fromisoformat(night)
    return _is_kept(library, night_home(owner, evening), owner, evening, None)


def back_up_night(work: Work, *, owner: str, night: str) -> Outcome:
    """Send what no pack has yet of a night."""
    evening = date.fromisoformat(night)
    return _back_up(work, night_home(owner, evening), owner, evening, None)


def is_shelf_kept(library: Path, *, kind: str, owner: str) -> bool:
    """True when names, sizes and times are those of the last backup."""
    return _is_kept(library, shelf_of(kind, owner), owner, None, Kept(kind))


def back_up_shelf(work: Work, *, kind: str, owner: str) -> Outcome:
    """Send what no pack has yet of a shelf."""
    return _back_up(work, shelf_of(kind, owner), owner, None, Kept(kind))


def _is_kept(library: Path, name: str, owner: str, night: date | None, kind: Kept | None) -> bool:
    from pipeline.world.backup_homes import Home, mark_name, mark_of
    from pipeline.world.library import open_library
    from pipeline.world.marks import is_made

    opened, home = open_library(library), Home(name=name, owner=owner, night=night, kind=kind)
    return is_made(opened, mark_name(name), mark_of(opened, settings_of(opened), home))


def _back_up(work: Work, name: str, owner: str, night: date | None, kind: Kept | None) -> Outcome:
    from pipeline.world.backing_up import carrier, send_home
    from pipeline.world.backup_homes import Home, due_of, note_sent
    from pipeline.world.library import open_library

    library, home = open_library(work.library), Home(name=name, owner=owner, night=night, kind=kind)
    settings = settings_of(library)
    with carrier(library, settings) as using:
        sent = send_home(using, name, due_of(library, settings, home), _in_mb(work.progress))
    note_sent(library, settings, home, sent)
    return _outcome(home.says, sent)


def _in_mb(progress: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """Bytes are too many to be read off a bar."""
    return lambda done, of: progress(done // _MB, max(of // _MB, 1))


def are_records_kept(library: Path) -> bool:
    """True when nothing was decided, written or moved since the last snapshot."""
    from pipeline.world.backup_precious import records_mark
    from pipeline.world.backup_seen import RECORDS_MARK
    from pipeline.world.library import open_library
    from pipeline.world.marks import is_made

    opened = open_library(library)
    return is_made(opened, RECORDS_MARK, records_mark(opened))


def back_up_records(work: Work) -> Outcome:
    """Send a dated snapshot where it differs from the last."""
    from pipeline.world.backup_precious import records_mark
    from pipeline.world.backup_records import send_records
    from pipeline.world.backup_seen import RECORDS_MARK
    from pipeline.world.library import open_library
    from pipeline.world.marks import keep_mark

    library = open_library(work.library)
    mark = records_mark(library)
    sent = send_records(library, settings_of(library))
    keep_mark(library, RECORDS_MARK, mark)
    return _outcome("records", sent)


def settings_of(library: OpenLibrary) -> Backup:
    """What library.toml says of the backup."""
    return library.configuration.library.backup


def _outcome(what: str, sent: Sent) -> Outcome:
    from pipeline.model.errors import FrameError

    said = sent_words(what, sent)
    if sent.troubles:
        raise FrameError("; ".join(([said] if said else []) + list(sent.troubles)))
    return Outcome(said, {"backed_up": sent.files} if said else {})
