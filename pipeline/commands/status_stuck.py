"""What is stuck, for `doit status`: disks that are away, frames that changed, what failed, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.model.errors import PassingError
from pipeline.rules.spoken import counted
from pipeline.rules.standing import Unhashed
from pipeline.rules.waiting import NEXT_RUN, Waiting, failures, unlisted
from pipeline.world import runlog
from pipeline.world.harms import told_harms
from pipeline.world.holders import Holder
from pipeline.world.library import OpenLibrary
from pipeline.world.local_time import local_words
from pipeline.world.master_waiting import masters_missed
from pipeline.world.pause_notes import note_in, read_note
from pipeline.world.stackers.told import stackers_missing
from pipeline.world.survey import Seen


def stuck_now(seen: Seen, changed: list[Unhashed], holder: Holder | None) -> list[Waiting]:
    """Everything that is stuck, but for sets."""
    library = seen.library
    return [
        *seen.guard.waits,
        *unlisted(seen.survey.scans),
        *_changed(changed),
        *told_harms(library, lambda: seen.ledger),
        *_failed(library),
        *_sync(library, holder),
        *_promoted(library),
        *stackers_missing(library.configuration),
    ]


def changed_frames(root: Path, frames: Iterable[Unhashed]) -> Iterator[Unhashed]:
    """Frames that will not be hashed, since they are not as they were received."""
    for one in frames:
        try:
            found = (root / one.stored).stat()
        except OSError:
            yield one
            continue
        if (found.st_size, found.st_mtime_ns) != (one.size, one.mtime_ns):
            yield one


def _changed(changed: list[Unhashed]) -> Iterator[Waiting]:
    if changed:
        what = (
            f"{counted(len(changed), 'frame')} changed or missing since stored, such as {changed[0].stored}"
        )
        yield Waiting(what=what, where=changed[0].stored, command="doit verify")


def _failed(library: OpenLibrary) -> Iterator[Waiting]:
    """What the latest run could not do, if it is still to be done."""
    logs = runlog.run_logs(library.state)
    failed = failures(runlog.read_log(logs[0])) if logs else []
    if failed:
        from pipeline.stages.night import plan_library  # only trouble needs the plan

        planned = {job.name for job in plan_library(library.root).jobs}
        yield from (one for one in failed if one.where in planned)


def _sync(library: OpenLibrary, holder: Holder | None) -> Iterator[Waiting]:
    """A sync service that a run paused and, being killed, did not resume."""
    if holder is not None:
        return
    try:
        note = read_note(note_in(library.state), library.configuration.library.sync)
    except PassingError:
        return
    if note is not None and not note.is_held:
        what = f"The sync service is still paused, since {local_words(note.since)}: the next run resumes it"
        yield Waiting(what=what, where="", command=NEXT_RUN)


def _promoted(library: OpenLibrary) -> Iterator[Waiting]:
    """Masters that cannot be made again, and are not where they were."""
    missed = masters_missed(library)
    if missed:
        are = "is" if len(missed) == 1 else "are"
        what = (
            f"{counted(len(missed), 'master')} that cannot be made again {are} missing, "
            f"such as {missed[0]}: its raw frames were purged, or another program made it. Put it back from a backup"
        )
        yield Waiting(what=what, where=missed[0], command="doit verify")
