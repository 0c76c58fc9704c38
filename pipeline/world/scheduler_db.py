"""NINA's Target Scheduler database opened to read, and only to read.

    schedulerdb.sqlite ─columns asked, not levels─▶ SchedulerRows

A database on another computer is copied first and the copy is read; one beside which a journal lies is not touched.
"""

from __future__ import annotations

import os
import sqlite3
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.model.errors import NoRoom, PassingError, UserError
from pipeline.model.scheduler import SchedulerRows
from pipeline.rules.scheduler_rows import (
    FIRST_LEVEL,
    NEEDED,
    Row,
    columns_to_read,
    missing_columns,
    understand,
)
from pipeline.world.files import CHUNK_BYTES, make_folder, open_regular, part_of, sweep_parts
from pipeline.world.nina_at_work import journal_beside
from pipeline.world.passing import retry
from pipeline.world.shares import is_on_share

FILE = "schedulerdb.sqlite"
WAIT_S = 10.0
"""The plugin itself waits 5 s for a locked database."""
_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES, _READ_VERSION, _WAL = 100, 19, 2
_PASSING = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_PROTOCOL", "SQLITE_INTERRUPT"}
_REFUSED = {"SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"}
Look = tuple[int, int]
"""Size and time of a database's file."""


def database_file(path: Path) -> Path:
    """The file itself, where the folder that holds it was named."""
    return path / FILE if path.is_dir() else path


def look_of(database: Path) -> Look | None:
    """How the file looks now; None where it cannot be reached."""
    try:
        found = database.stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


def read_rows(database: Path, scratch: Path, *, images: bool) -> tuple[SchedulerRows, Look]:
    """All that matters of a database, and how the file looked that holds it.

    Args:
        database: The file.
        scratch: A folder for a copy, where the file lies on a share.
        images: The acquired images too: there may be tens of thousands.

    Raises:
        PassingError: somebody writes in it. UserError: it is no scheduler's, damaged, or of a shape not known.
    """
    if is_on_share(database):
        with _copy(database, scratch) as (copy, look):
            return _rows_of(copy, images=images), look
    before = _require_rest(database)
    rows = _rows_of(database, images=images)
    if look_of(database) != before:
        raise PassingError(f"{database}: was written while it was read; the next run looks again")
    return rows, before


def _rows_of(database: Path, *, images: bool) -> SchedulerRows:
    with closing(open_to_read(database)) as connection, telling(database):
        return rows_in(connection, database, images=images)


def open_to_read(database: Path) -> sqlite3.Connection:
    """A connection that cannot write; a database in WAL mode is opened so that nothing appears beside it."""
    modes = "mode=ro&immutable=1" if _header(database)[_READ_VERSION] == _WAL else "mode=ro"
    return connect(database, modes)


def connect(database: Path, modes: str, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """A connection to a file that is there, told to trust nothing in it."""
    path = urllib.parse.quote(str(database.absolute()).replace(os.sep, "/"), safe="/:")
    uri = f"file:{path if path.startswith('/') else '/' + path}?{modes}"
    with telling(database):
        connection = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.text_factory = _tolerant_text
        connection.execute("PRAGMA trusted_schema = OFF")
        return connection


def rows_in(connection: sqlite3.Connection, database: Path, *, images: bool) -> SchedulerRows:
    """The rows of an open database."""
    level, columns = require_shape(connection, database)
    tables = [name for name in NEEDED if images or name != "acquiredimage"]
    return understand(level, {name: _table(connection, name, columns[name]) for name in tables})


def require_shape(connection: sqlite3.Connection, database: Path) -> tuple[int, Mapping[str, Sequence[str]]]:
    """The level of the schema and the columns of its tables; UserError where they are not those we know."""
    level = int(connection.execute("PRAGMA user_version").fetchone()[0])
    columns = {name: _columns(connection, name) for name in NEEDED}
    missing = missing_columns(columns)
    if len(columns) == sum(not found for found in columns.values()):
        raise UserError(f"{database}: no database of NINA's Target Scheduler; left as it is")
    if level < FIRST_LEVEL or missing:
        lacks = f"it lacks {', '.join(missing[:3])}" if missing else f"its level is {level}"
        raise UserError(
            f"{database}: made by a version of the Target Scheduler that is not known ({lacks}; levels "
            f"{FIRST_LEVEL} to 28 are). Left as it is; start NINA once with the newest plugin"
        )
    return level, columns


@contextmanager
def telling(database: Path) -> Iterator[None]:
    """SQLite's complaints as ours: what passes is later, what does not is a sentence."""
    try:
        yield
    except UnicodeDecodeError as error:  # a complaint of SQLite's that quotes what is no text
        raise UserError(
            f"{database}: is damaged, or no database; left as it is. NINA's own copies lie beside it"
        ) from error
    except sqlite3.Error as error:
        name = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
        if name == "SQLITE_FULL":
            raise NoRoom(f"{database}: no space left on its disk; make room, run `doit`") from error
        if name in _PASSING:
            raise PassingError(f"{database}: is in use ({error}); the next run tries again") from error
        if name in _REFUSED:
            raise UserError(
                f"{database}: may not be written ({error}); left as it is. Give it write rights, and its folder too"
            ) from error
        raise UserError(
            f"{database}: is damaged, or no database ({error}); left as it is. NINA's own copies lie beside it"
        ) from error


def _table(connection: sqlite3.Connection, table: str, there: Sequence[str]) -> list[Row]:
    wanted = columns_to_read(table, {name.casefold() for name in there})
    listed = ", ".join(f'"{name}" AS "{name}"' for name in wanted)
    return [dict(row) for row in connection.execute(f'SELECT {listed} FROM "{table}"')]


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table; none where it is a view, or not there."""
    kind = connection.execute(
        "SELECT type FROM sqlite_master WHERE lower(name) = ? AND type = 'table'", (table,)
    ).fetchone()
    return [str(row["name"]) for row in connection.execute(f'PRAGMA table_info("{table}")')] if kind else []


def _require_rest(database: Path) -> Look:
    look = look_of(database)
    if look is None:
        raise PassingError(f"{database}: cannot be reached; the next run looks again")
    if journal := journal_beside(database):
        raise PassingError(
            f"{database}: {journal} lies beside it: it is being written; the next run looks again"
        )
    return look


@contextmanager
def _copy(database: Path, scratch: Path) -> Iterator[tuple[Path, Look]]:
    """A copy of a database that lies on another computer, for as long as it is read."""
    make_folder(scratch)
    sweep_parts(scratch)
    copy = part_of(scratch / database.name)
    try:
        before = _require_rest(database)
        retry(lambda: _copy_bytes(database, copy), database)
        if look_of(database) != before or journal_beside(database):
            raise PassingError(f"{database}: was written while it was copied; the next run looks again")
        yield copy, before
    finally:
        copy.unlink(missing_ok=True)


def _copy_bytes(source: Path, target: Path) -> None:
    descriptor = open_regular(source)
    with os.fdopen(descriptor, "rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK_BYTES):
            writer.write(chunk)


def _header(database: Path) -> bytes:
    """The first bytes; UserError where they are no SQLite database's."""
    descriptor = open_regular(database)
    with os.fdopen(descriptor, "rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header.startswith(_MAGIC) or len(header) < _HEADER_BYTES:
        raise UserError(f"{database}: is no SQLite database; name `{FILE}` of NINA's SchedulerPlugin folder")
    return header


def _tolerant_text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
