"""SQLite with the rows of the catalogue, for `tests.bench.records`: made, brought up to date by a night, read."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.bench.record_steps import BIGGEST, Said

_PLACE = ".nightbuild/bench.sqlite"
_TABLES = ("frames", "sets")


def _make(library: Path) -> Said:
    """A column for what is asked most, the row as JSON; indexed."""
    import orjson

    from pipeline.world.catalog import read_catalog
    from pipeline.world.library import open_library

    found = read_catalog(open_library(library))
    place = library / _PLACE
    place.unlink(missing_ok=True)
    begun = time.perf_counter()
    with closing(sqlite3.connect(place)) as db, db:
        for name in _TABLES:
            db.execute(f"CREATE TABLE {name}(owner TEXT, night TEXT, row BLOB)")
            rows = [
                (one.owner, row["night"], orjson.dumps(row))
                for one in found.owners.values()
                for row in getattr(one, name)
            ]
            db.executemany(f"INSERT INTO {name} VALUES (?, ?, ?)", rows)
            db.execute(f"CREATE INDEX {name}_by ON {name}(owner, night)")
    return {"took": time.perf_counter() - begun}


def _replace_night(library: Path) -> Said:
    """One night's rows taken out and put in."""
    begun = time.perf_counter()
    with closing(sqlite3.connect(library / _PLACE)) as db, db:
        latest = "SELECT owner, max(night) FROM frames WHERE owner = ?"
        at = db.execute(latest, (BIGGEST,)).fetchone()
        for name in _TABLES:
            rows = db.execute(f"SELECT * FROM {name} WHERE owner = ? AND night = ?", at).fetchall()
            db.execute(f"DELETE FROM {name} WHERE owner = ? AND night = ?", at)
            db.executemany(f"INSERT INTO {name} VALUES (?, ?, ?)", rows)
    return {"took": time.perf_counter() - begun}


def _read(library: Path) -> Said:
    import orjson

    with closing(sqlite3.connect(library / _PLACE)) as db:
        rows = [orjson.loads(row) for (row,) in db.execute("SELECT row FROM frames")]
    return {"frames": len(rows)}


PEERS: dict[str, Callable[[Path], Said]] = {
    "SQLite: made of these rows": _make,
    "SQLite: a night's rows replaced": _replace_night,
    "SQLite: all frames read": _read,
}
