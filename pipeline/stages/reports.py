"""Pages that show how everything stands, in `_Reports`: static, linked, to be opened from the disk or a phone.

    reports:<rig or camera>    its page and those of its nights
    reports:_library           overview, targets, masters, equipment, problems: behind the others, whose pictures
                               it shows
    reports:_backup            what the bucket has: behind the backup, which it tells of

Pages that nothing stands behind any more are left to `doit prune`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.rules.spoken import counted

if TYPE_CHECKING:
    from pipeline.world.report_pages import Written

VERSION = 1
_LIBRARY = "_library"
_BACKUP = "_backup"


def plan(owners: Iterable[str], first: Sequence[str], waits: str = "") -> list[Job]:
    """One job for each rig and camera and one for the library, behind what they tell of.

    Args:
        owners: Rigs and cameras of which something is stored.
        first: Jobs that come earlier, whatever becomes of them.
        waits: A digest of what waits in the inboxes.
    """
    jobs = [_owner_job(owner, first) for owner in sorted(owners)]
    return [*jobs, _library_job(waits, (*first, *(job.name for job in jobs)))]


def plan_backup(first: Iterable[str]) -> list[Job]:
    """The job of the backup's page, behind everything, the backup too; none where nothing is backed up.

    Args:
        first: The backup's jobs, and all others that it is behind.
    """
    ahead = tuple(first)
    if not ahead:
        return []
    return [
        Job(
            stage="reports",
            name=job_name("reports", _BACKUP),
            doc="Make the page of the backup",
            settings={"VERSION": VERSION},
            effect="pipeline.stages.reports:tell_backup",
            check="pipeline.stages.reports:is_backup_told",
            behind=ahead,
            derived=True,
        )
    ]


def _owner_job(owner: str, first: Sequence[str]) -> Job:
    return Job(
        stage="reports",
        name=job_name("reports", owner),
        doc=f"Make the pages of {owner}",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.reports:tell_owner",
        arguments={"owner": owner},
        check="pipeline.stages.reports:is_owner_told",
        check_arguments={"owner": owner},
        behind=tuple(first),
        derived=True,
        rig=owner,
    )


def _library_job(waits: str, first: Sequence[str]) -> Job:
    return Job(
        stage="reports",
        name=job_name("reports", _LIBRARY),
        doc="Make the overview, and the pages of targets, masters, equipment, problems",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.reports:tell_library",
        check="pipeline.stages.reports:is_library_told",
        check_arguments={"waits": waits},
        behind=tuple(first),
        derived=True,
    )


def is_owner_told(library: Path, *, owner: str) -> bool:
    """True when the pages of a rig or camera are as they should be."""
    from pipeline.world.record_marks import is_owner_shown

    return is_owner_shown(library, owner)


def tell_owner(work: Work, *, owner: str) -> Outcome:
    """Bring the pages of a rig or camera up to date."""
    from pipeline.world.reporting import tell_owner

    return _outcome(owner, tell_owner(work.library, owner, work.progress))


def is_library_told(library: Path, *, waits: str) -> bool:
    """True when the library's pages are as they should be."""
    from pipeline.world.record_marks import is_library_shown

    return is_library_shown(library, waits)


def tell_library(work: Work) -> Outcome:
    """Bring the library's pages up to date."""
    from pipeline.world.reporting import tell_library

    return _outcome("overview, targets", tell_library(work.library, work.progress))


def is_backup_told(library: Path) -> bool:
    """True when the backup's page is as it should be."""
    from pipeline.world.backup_reporting import is_backup_told

    return is_backup_told(library)


def tell_backup(work: Work) -> Outcome:
    """Bring the backup's page up to date."""
    from pipeline.world.backup_reporting import tell_backup

    return _outcome("backup", tell_backup(work.library, work.progress))


def _outcome(what: str, written: Written) -> Outcome:
    if not written.written:
        return Outcome()
    said = f"{what}  {counted(written.written, 'page')} of {written.of:,} written"
    return Outcome(said, {"pages": written.written})
