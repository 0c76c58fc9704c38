"""When each stored frame was last read and found to be what was recorded: a cache, kept beside the others.

After its loss every frame counts as never verified. It also remembers a pass over the library that was cut
short, so that the next one goes on from there; and what was found wrong, until it is found whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

FILE = "verified.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS verified(stored TEXT PRIMARY KEY, at TEXT, size INT, mtime_ns INT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS begun(what TEXT PRIMARY KEY, at TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wrong(stored TEXT PRIMARY KEY, says TEXT, mend TEXT, at TEXT) WITHOUT ROWID;
"""


class Proof(NamedTuple):
    """A stored file was read and was what it should be."""

    stored: str
    at: str
    """ISO, UTC."""
    size: int
    mtime_ns: int


class Harm(NamedTuple):
    """A stored file was not what it should be when it was last looked at."""

    stored: str
    says: str
    mend: str
    at: str
    """ISO, UTC."""


class Verified:
    """The cache, opened where it can be; elsewhere nothing is remembered."""

    def __init__(self, state: Path) -> None:
        self._path = state / FILE

    def proofs(self) -> dict[str, Proof]:
        """The last proof of each file."""
        rows = self._ask("SELECT stored, at, size, mtime_ns FROM verified", ())
        return {row[0]: Proof(*row) for row in rows}

    def note(self, proofs: Iterable[Proof]) -> None:
        """Remember proofs, at once: what is proven is no longer wrong."""
        proven = list(proofs)
        self._tell("INSERT OR REPLACE INTO verified VALUES (?, ?, ?, ?)", proven)
        if proven and self._path.is_file():
            self.mended(one.stored for one in proven)

    def harms(self) -> list[Harm]:
        """What was found wrong, and has not been found whole since."""
        return [Harm(*map(str, row)) for row in self._ask("SELECT * FROM wrong ORDER BY stored", ())]

    def harmed(self, harms: Iterable[Harm]) -> None:
        """Remember what is wrong."""
        if found := list(harms):
            self._tell("INSERT OR REPLACE INTO wrong VALUES (?, ?, ?, ?)", found)

    def mended(self, stored: Iterable[str]) -> None:
        """These are whole again, or are none of ours any more."""
        if found := [(one,) for one in stored]:
            self._tell("DELETE FROM wrong WHERE stored = ?", found)

    def begun(self, what: str) -> str | None:
        """When a pass over this part of the library was begun that has not ended."""
        rows = self._ask("SELECT at FROM begun WHERE what = ?", (what,))
        return str(rows[0][0]) if rows else None

    def begin(self, what: str, at: str) -> None:
        """A pass begins."""
        self._tell("INSERT OR REPLACE INTO begun VALUES (?, ?)", [(what, at)])

    def end(self, what: str) -> None:
        """A pass has come to its end."""
        self._tell("DELETE FROM begun WHERE what = ?", [(what,)])

    def _ask(self, question: str, values: tuple[str, ...]) -> list[tuple[str, str, int, int]]:
        if not self._path.is_file():
            return []
        try:
            with closing(self._open()) as db:
                return list(db.execute(question, values))
        except sqlite3.DatabaseError:
            return []

    def _tell(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        try:
            self._write(statement, rows)
        except sqlite3.OperationalError:
            return  # a read-only place: nothing is remembered
        except sqlite3.DatabaseError:
            self._path.unlink(missing_ok=True)  # damaged, and only a cache
            self._write(statement, rows)

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        with closing(self._open()) as db, db:
            db.executemany(statement, rows)

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, timeout=10)
        try:
            db.execute("PRAGMA journal_mode = TRUNCATE")
            db.executescript(_SCHEMA)
        except BaseException:
            db.close()
            raise
        return db
