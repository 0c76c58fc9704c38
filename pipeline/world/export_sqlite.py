"""The catalogue as one SQLite file: typed tables, indices, and views that join what belongs together.

Equal catalogues give equal files: rows in order, no moment in it. The file says of itself that we wrote it
(`PRAGMA application_id`), which is how a database of somebody else is never written over.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from pipeline.model.errors import UserError
from pipeline.rules.export_tables import TABLES, Column, Source, Table
from pipeline.world.files import make_folder, part_of, sync_folder
from pipeline.world.passing import retry

APPLICATION_ID = 0x4E42_4C44  # NBLD
_ID_AT = 68
_MAGIC = b"SQLite format 3\x00"
_VIEWS = {
    "frame_details": """
        SELECT frames.*, sets.rig, sets.object, sets.optic, sets.focal_ratio, sets.camera, sets.gain, sets.set_temp_c,
               sets.binning, sets.calibration, sessions.name AS session_name
        FROM frames LEFT JOIN sets ON sets.id = frames."set" LEFT JOIN sessions ON sessions.id = frames.session""",
    "target_hours": """
        SELECT target, object, panel, filter, rig, count(*) AS sets, count(DISTINCT night) AS nights,
               sum(frames) AS frames, sum(accepted) AS accepted, sum(accepted_s) / 3600.0 AS hours,
               min(night) AS first_night, max(night) AS last_night
        FROM sets WHERE kind = 'LIGHT' GROUP BY target, object, panel, filter, rig""",
    "session_hours": """
        SELECT sessions.id, sessions.night, sessions.rig, sets.target, sets.filter, sum(sets.frames) AS frames,
               sum(sets.accepted) AS accepted, sum(sets.accepted_s) / 3600.0 AS hours
        FROM sessions JOIN sets ON sets.session = sessions.id
        GROUP BY sessions.id, sessions.night, sessions.rig, sets.target, sets.filter""",
    "master_use": """
        SELECT masters.path, masters.kind, masters.state, set_masters."set", sets.rig, sets.target, sets.night
        FROM masters JOIN set_masters ON set_masters.path = masters.path
        JOIN sets ON sets.id = set_masters."set" """,
}


def is_ours(path: Path) -> bool:
    """True for a database this module wrote; OSError where it cannot be read."""
    with path.open("rb") as file:
        head = file.read(_ID_AT + 4)
    return head.startswith(_MAGIC) and head[_ID_AT:] == APPLICATION_ID.to_bytes(4, "big")


def export_sqlite(path: Path, source: Source, *, force: bool) -> dict[str, int]:
    """Make the database, or make it anew; how many rows each table got.

    Raises:
        UserError: What lies there is not ours, and `force` was not said.
    """
    is_there = path.exists()
    if (is_there and not path.is_file()) or (is_there and not force and not is_ours(path)):
        raise UserError(
            f"{path} was not written by an export: it is left as it is. Choose another name, or add --force."
        )
    make_folder(path.parent)
    part = part_of(path)
    try:
        counts = write_sqlite(part, source)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        retry(lambda: part.replace(path), path)
        sync_folder(path.parent)
    except sqlite3.Error as error:
        raise UserError(
            f"{path} could not be written: {error}. Nothing half lies there; mend that or choose another place, "
            "and type it again."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return counts


def write_sqlite(part: Path, source: Source) -> dict[str, int]:
    """Write the database to a file that is not there yet; how many rows each table got."""
    with closing(sqlite3.connect(part)) as database:
        database.executescript(
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        )
        with database:
            counts = {table.name: _fill(database, table, source) for table in TABLES}
            for name, query in _VIEWS.items():
                database.execute(f"CREATE VIEW {name} AS {query}")
    return counts


def _fill(database: sqlite3.Connection, table: Table, source: Source) -> int:
    database.execute(f"CREATE TABLE {table.name} ({', '.join(_declared(table))})")
    places = ", ".join("?" * len(table.columns))
    cursor = database.executemany(
        f"INSERT OR IGNORE INTO {table.name} VALUES ({places})", _sound(table, source)
    )
    for name in table.indexed:
        database.execute(f"CREATE INDEX {table.name}_{name} ON {table.name}({quoted(name)})")
    return max(cursor.rowcount, 0)


def _declared(table: Table) -> Iterable[str]:
    yield from map(_column, table.columns)
    if table.key:
        yield f"PRIMARY KEY ({', '.join(map(quoted, table.key))})"


def _column(column: Column) -> str:
    return f"{quoted(column.name)} {column.type.upper()}"


def quoted(name: str) -> str:
    """A column's name; `set` is a word of SQL."""
    return f'"{name}"'


def _sound(table: Table, source: Source) -> Iterable[tuple[object, ...]]:
    """The rows, with a name in no alphabet written so that a database takes it, and no number beyond 64 bits."""
    for values in table.values(source):
        yield tuple(map(_storable, values))


def _storable(value: object) -> object:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    return None if isinstance(value, int) and abs(value) >= 2**63 else value
