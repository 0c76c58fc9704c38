"""A scheduler database looked after: read for what it wants, and told what is to be shot again.

    database ─read─▶ snapshot        catalogue + rows ─propose─▶ changes ─▶ written, or they wait

It is only written where library.toml asks for it (or `doit schedule --push` does), on the computer it lies on, and
while NINA rests.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.model.errors import PassingError, UserError
from pipeline.model.record_policies import SchedulerDatabase
from pipeline.model.scheduler import Proposal, SchedulerRows
from pipeline.rules.record_places import scheduler_backups
from pipeline.rules.scheduler_proposal import Known, propose, seen_frames, stages_of
from pipeline.rules.scheduler_wishes import rigs_of_profiles
from pipeline.world.catalog import read_catalog
from pipeline.world.library import OpenLibrary
from pipeline.world.nina_at_work import at_work, journal_beside
from pipeline.world.scheduler_db import Look as FileLook
from pipeline.world.scheduler_db import database_file, look_of, read_rows
from pipeline.world.scheduler_notes import FOLDER, is_current, keep_note, note_now, read_note
from pipeline.world.scheduler_snapshot import write_snapshot
from pipeline.world.scheduler_write import take_back, was_killed, write_changes
from pipeline.world.shares import is_on_share


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at a database came to."""

    proposal: Proposal = field(default_factory=Proposal)
    waits: str = ""
    """Why the changes wait, as half a sentence; empty where there are none, or they were made."""
    backup: Path | None = None
    """The copy from before; None: nothing was changed."""


def file_of(library: OpenLibrary, database: SchedulerDatabase) -> Path:
    """The database's file."""
    return database_file(library.root / database.path)


def logs_of(library: OpenLibrary, database: SchedulerDatabase) -> Path | None:
    """NINA's log folder on its computer."""
    return library.root / database.logs if database.logs else None


def is_done(library: OpenLibrary, database: SchedulerDatabase) -> bool:
    """True when nothing is new, or nothing can be done about it just now."""
    file = file_of(library, database)
    look = look_of(file)
    if look is None:
        return True
    note = read_note(library, database)
    if not is_current(note, note_now(library, database, look)):
        return bool(journal_beside(file)) and not was_killed(backups_of(library, database))
    if not note.pending or not library.configuration.library.scheduler.write:
        return True
    return is_on_share(file) or bool(at_work(file, logs_of(library, database), note.newest_image_unix_s))


def look_after(library: OpenLibrary, database: SchedulerDatabase) -> Look:
    """Take the snapshot; make the changes where that is asked for and possible, else say that they wait.

    Raises:
        UserError: it is no scheduler database, damaged, read-only, or of a shape not known. Nothing was changed.
    """
    writes = library.configuration.library.scheduler.write
    file = file_of(library, database)
    if look_of(file) is None:
        return Look()
    try:
        take_back(file, backups_of(library, database))
        rows, look = _take_snapshot(library, database, file, images=writes)
        if writes:
            return _write_if_possible(library, database, file, rows, look)
    except PassingError as error:
        return Look(waits=str(error))
    _remember(library, database, rows, look)
    return Look()


def proposal_for(library: OpenLibrary, database: SchedulerDatabase, file: Path | None = None) -> Proposal:
    """What would be changed now; nothing is written, not even a snapshot."""
    rows, _ = read_rows(file or file_of(library, database), library.state / FOLDER, images=True)
    return propose(rows, known_for(library, database))


def push(library: OpenLibrary, database: SchedulerDatabase, file: Path) -> Look:
    """Make the changes now, whatever library.toml says; a sentence where that cannot be.

    Raises:
        UserError, PassingError: nothing was changed.
    """
    take_back(file, backups_of(library, database))
    rows, _ = read_rows(file, library.state / FOLDER, images=True)
    if busy := at_work(file, logs_of(library, database), _newest(rows)):
        raise UserError(f"{database.name}: {busy}. Nothing was changed; end NINA and type it again")
    known = known_for(library, database)
    proposal, backup = write_changes(
        file, lambda now: propose(now, known), backups_of(library, database), _keep(library)
    )
    _remember(library, database, *_take_snapshot(library, database, file, images=True))
    return Look(proposal=proposal, backup=backup)


def backups_of(library: OpenLibrary, database: SchedulerDatabase) -> Path:
    """Where copies of this database lie."""
    return library.root / scheduler_backups(database.name)


def known_for(library: OpenLibrary, database: SchedulerDatabase) -> Known:
    """What the catalogue knows of the rigs a database speaks for."""
    settings = library.configuration
    rigs = rigs_of_profiles(settings.rigs, database.profiles)
    names = sorted({name for each in rigs.values() for name in each})
    states = settings.library.scheduler.project_state
    catalog = read_catalog(library, tables=("frames", "projects") if states else ("frames",), owners=names)
    return Known(
        rigs=rigs,
        described={rig.name: rig for rig in settings.rigs},
        frames=tuple(seen_frames(catalog)),
        stages=stages_of(catalog) if states else {},
        aliases=settings.targets,
    )


def _write_if_possible(
    library: OpenLibrary, database: SchedulerDatabase, file: Path, rows: SchedulerRows, look: FileLook
) -> Look:
    known = known_for(library, database)
    proposal = propose(rows, known)
    if not proposal.changes:
        _remember(library, database, rows, look)
        return Look(proposal=proposal)
    waits = _why_not_now(library, database, file, rows)
    if not waits:
        try:
            made, backup = write_changes(
                file, lambda now: propose(now, known), backups_of(library, database), _keep(library)
            )
            _remember(library, database, *_take_snapshot(library, database, file, images=True))
            return Look(proposal=made, backup=backup)
        except PassingError as error:
            waits = str(error)
    _remember(library, database, rows, look, pending=len(proposal.changes))
    return Look(proposal=proposal, waits=waits)


def _why_not_now(library: OpenLibrary, database: SchedulerDatabase, file: Path, rows: SchedulerRows) -> str:
    if is_on_share(file):
        return "it lies on another computer: type `doit schedule --push` there"
    return at_work(file, logs_of(library, database), _newest(rows))


def _take_snapshot(
    library: OpenLibrary, database: SchedulerDatabase, file: Path, *, images: bool
) -> tuple[SchedulerRows, FileLook]:
    rows, look = read_rows(file, library.state / FOLDER, images=images)
    write_snapshot(library, database.name, rows, look)
    return rows, look


def _remember(
    library: OpenLibrary, database: SchedulerDatabase, rows: SchedulerRows, look: FileLook, pending: int = 0
) -> None:
    """Kept only once all was done: what was refused is tried again."""
    note = note_now(library, database, look)
    keep_note(library, database, replace(note, newest_image_unix_s=_newest(rows), pending=pending))


def _newest(rows: SchedulerRows) -> float | None:
    return max((one.taken_unix_s for one in rows.images if one.taken_unix_s is not None), default=None)


def _keep(library: OpenLibrary) -> int:
    return library.configuration.library.scheduler.keep_backups
