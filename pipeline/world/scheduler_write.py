"""NINA's Target Scheduler database changed: by a copy first, in one transaction, looked at again; or not at all.

    BEGIN IMMEDIATE ─▶ rows read anew ─▶ what is to change ─▶ backup, checked ─▶ UPDATEs ─▶ COMMIT ─▶ read again

Each value is only changed from what it was read as. A kill before the commit leaves SQLite's journal, and beside the
backups our word that it is ours: the next run lets SQLite take everything back, and begins anew.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from pipeline.model.errors import PassingError, UserError
from pipeline.model.scheduler import Change, Proposal, SchedulerRows
from pipeline.world.files import make_folder, part_of, place_part, sweep_parts, sync_folder
from pipeline.world.nina_at_work import journal_beside
from pipeline.world.scheduler_db import WAIT_S, connect, open_to_read, require_shape, rows_in, telling
from pipeline.world.shares import is_on_share

_COLUMNS = {
    "exposureplan": frozenset({"accepted", "acquired"}),
    "acquiredimage": frozenset({"gradingStatus", "rejectreason"}),
    "project": frozenset({"state"}),
}
"""All that is ever written."""
_SUFFIX = ".sqlite"
_UNFINISHED = ".unfinished"
_FOUND_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def write_changes(
    database: Path, propose: Callable[[SchedulerRows], Proposal], backups: Path, keep: int
) -> tuple[Proposal, Path | None]:
    """Change what is to be changed of the database as it is now; returns that, and the backup from before.

    Raises:
        PassingError: somebody writes in it. UserError: it may not be written, is damaged, or of a shape not known.
    """
    _require_writable(database)
    with closing(connect(database, "mode=rw")) as connection, telling(database):
        connection.execute("BEGIN IMMEDIATE")
        try:
            proposal = propose(rows_in(connection, database, images=True))
            if not proposal.changes:
                connection.execute("ROLLBACK")
                return proposal, None
            _refuse_triggers(connection, database)
            backup = back_up(database, backups)
            (backups / _UNFINISHED).touch()
            for change in proposal.changes:
                _update(connection, database, change)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            (backups / _UNFINISHED).unlink(missing_ok=True)
            raise
    (backups / _UNFINISHED).unlink(missing_ok=True)
    _require_written(database, proposal.changes, backup)
    _trim(backups, keep)
    return proposal, backup


def was_killed(backups: Path) -> bool:
    """True when a write of ours did not come to its end: a journal beside the database may be ours."""
    return (backups / _UNFINISHED).exists()


def take_back(database: Path, backups: Path) -> None:
    """Let SQLite undo what a killed run of ours left half done."""
    if not was_killed(backups) or is_on_share(database):
        return
    if journal_beside(database):
        with closing(connect(database, "mode=rw")) as connection, telling(database):
            connection.execute("BEGIN IMMEDIATE")  # reads the journal, where it holds anything
            level = int(connection.execute("PRAGMA user_version").fetchone()[0])
            connection.execute(f"PRAGMA user_version = {level}")  # as it is: a commit clears the journal away
            connection.execute("COMMIT")
    (backups / _UNFINISHED).unlink(missing_ok=True)


def restore(database: Path, backup: Path, backups: Path, keep: int) -> Path:
    """Make the database what it was in a backup; returns the backup of what it is now."""
    _require_writable(database)
    with closing(open_to_read(backup)) as source, telling(backup):
        require_shape(source, backup)
        _require_whole(source, backup)
        before = back_up(database, backups)
        with closing(connect(database, "mode=rw")) as target, telling(database):
            _copy_pages(source, target, database)
    with closing(open_to_read(database)) as connection, telling(database):
        _require_whole(connection, database)
    _trim(backups, keep)
    return before


def backups_in(folder: Path) -> list[Path]:
    """The backups of a database, the newest first."""
    with suppress(OSError):
        named = (path for path in folder.iterdir() if path.suffix == _SUFFIX and path.name[:1].isdigit())
        return sorted((path for path in named if path.is_file()), key=lambda path: path.stem, reverse=True)
    return []


def back_up(database: Path, folder: Path) -> Path:
    """A whole copy of the database as it is now, read again before anything is changed."""
    make_folder(folder)
    sweep_parts(folder)
    place = _new_name(folder)
    part = part_of(place)
    try:
        with (
            closing(open_to_read(database)) as source,
            closing(sqlite3.connect(part)) as target,
            telling(part),
        ):
            _copy_pages(source, target, database)
            _require_whole(target, database)
        place_part(part, place)
    finally:
        part.unlink(missing_ok=True)
    return place


def _copy_pages(source: sqlite3.Connection, target: sqlite3.Connection, database: Path) -> None:
    """SQLite's own copying, which would wait for ever where somebody holds one of the two."""
    end = monotonic() + WAIT_S

    def watch(status: int, _left: int, _of: int) -> None:
        if status in _FOUND_BUSY and monotonic() > end:
            raise PassingError(f"{database}: is in use; the next run tries again")

    source.backup(target, progress=watch, sleep=0.1)


def _require_whole(connection: sqlite3.Connection, database: Path) -> None:
    said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if said != "ok":
        raise UserError(
            f"{database}: is damaged ({said[:80]}); left as it is. NINA's own copies lie beside it"
        )


def _require_writable(database: Path) -> None:
    if is_on_share(database):
        raise UserError(
            f"{database}: lies on another computer, where SQLite cannot be written safely; "
            "type `doit schedule --push` on that computer"
        )
    if not database.is_file():
        raise UserError(f"{database}: there is no such file")
    if journal := journal_beside(database):
        raise PassingError(
            f"{database}: {journal} lies beside it: it is being written; the next run tries again"
        )
    if not (
        database.stat().st_mode & 0o222
        and all(os.access(one, os.W_OK) for one in (database, database.parent))
    ):
        raise UserError(
            f"{database}: is read-only; left as it is. Give it write rights, and its folder too, or set "
            "`[scheduler] write = false`"
        )


def _refuse_triggers(connection: sqlite3.Connection, database: Path) -> None:
    """NINA's database has none: whatever a trigger does besides, we would do it."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchone()
    if found is not None:
        raise UserError(f"{database}: has a trigger ({found[0]}), which NINA's has not; left as it is")


def _update(connection: sqlite3.Connection, database: Path, change: Change) -> None:
    if change.column not in _COLUMNS[change.table]:
        raise ValueError(f"{change.table}.{change.column} is never written")
    silent = "''" if isinstance(change.before, str) else "0"
    done = connection.execute(
        f'UPDATE "{change.table}" SET "{change.column}" = ? '
        f'WHERE "Id" = ? AND COALESCE("{change.column}", {silent}) = ?',
        (change.after, change.id, change.before),
    )
    if done.rowcount != 1:
        raise UserError(
            f"{database}: {change.table} {change.id} holds a {change.column} that cannot be changed safely; "
            "nothing was changed"
        )


def _require_written(database: Path, changes: Sequence[Change], backup: Path) -> None:
    """What was committed is what is there."""
    with closing(open_to_read(database)) as connection, telling(database):
        for change in changes:
            found = connection.execute(
                f'SELECT "{change.column}" FROM "{change.table}" WHERE "Id" = ?',
                (change.id,),
            ).fetchone()
            if found is None or found[0] != change.after:
                raise UserError(
                    f"{database}: {change.about} was written and is not there; `doit schedule --restore "
                    f"{backup.stem}` puts everything back"
                )


def _new_name(folder: Path) -> Path:
    """The moment, by which copies are in order; later than every other, should the clock have been set back."""
    stem = f"{datetime.now(UTC):%Y-%m-%dT%H%M%S-%f}"
    newest = max((one.stem for one in backups_in(folder)), default="")
    return folder / f"{stem if stem > newest else newest + '+'}{_SUFFIX}"


def _trim(folder: Path, keep: int) -> None:
    """Only the newest copies are kept."""
    for old in backups_in(folder)[keep:]:
        with suppress(OSError):
            old.unlink()
    sync_folder(folder)
