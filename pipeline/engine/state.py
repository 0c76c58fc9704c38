"""What was done, remembered: a doit backend that writes each task as it ends.

doit's own backends write when a run ends, so a kill forgets the night. Here a task's row is committed the
moment its success is known, and only the rows of planned tasks are read, in one query. Paths in it are
relative to the library, which may be copied or moved. It is a cache: damaged, lost or from a newer version,
it is set aside and the night is found up to date or done again.

    task(name, data)     data: {"files": {path: [size, mtime_ns, sha256]}, "_values_:": {...}, ...}
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any

from pipeline.engine.statefile import StateFile

if TYPE_CHECKING:
    import sqlite3

FILES = "files"
DONE = "deps:"
"""The key doit sets last when a task has succeeded."""
OWN_KEYS = frozenset({"_values_:", "result:", "checker:", "ignore:"})
"""doit's own keys; every other key is the path of an input."""
HEAL_S = 2
"""Healed records wait this long at most for company."""


class StateDb:
    """doit's idea of a backend: a mapping of tasks to mappings."""

    desc = "Nightbuild's state: written as each task ends"

    def __init__(self, name: str, codec: object = None, *, module_name: str | None = None) -> None:  # noqa: ARG002
        self.name = name
        self._rows: dict[str, dict[str, Any] | None] = {}
        self._dirty: set[str] = set()
        self._lock = RLock()
        self._written = monotonic()
        self._file = StateFile(Path(name))

    # -- what doit asks for

    def get(self, task: str, key: str) -> Any:  # noqa: ANN401 - what was set
        """The value kept under a key of a task, or None."""
        row = self._row(task)
        if row is None:
            return None
        if key == DONE:
            return list(row[FILES])
        return row.get(key) if key in OWN_KEYS else row[FILES].get(key)

    def set(self, task: str, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON
        """Keeps a value; the last key of a success writes the task."""
        with self._lock:
            row = self._row(task) or {FILES: {}}
            self._rows[task] = row
            self._dirty.add(task)
            if key == DONE:
                row[FILES] = {path: row[FILES].get(path) for path in value}
                self.commit()
            elif key in OWN_KEYS:
                row[key] = value
            else:
                row[FILES][key] = value

    def in_(self, task: str) -> bool:
        """True when something is kept of a task."""
        return self._row(task) is not None

    def remove(self, task: str) -> None:
        """Forgets a task, at once."""
        with self._lock:
            if self._row(task) is not None:
                self._rows[task] = None
                self._dirty.add(task)
                self.commit()

    def remove_all(self) -> None:
        """Forgets everything, at once."""
        with self._lock:
            self._rows.clear()
            self._dirty.clear()
            if self._file.path.exists():
                self._file.ask(lambda db: db.execute("DELETE FROM task"), None)
                self._file.ask(lambda db: db.commit(), None)

    def dump(self) -> None:
        """Writes what is left to write and lets go of the file."""
        with self._lock:
            self.commit()
            self._file.close()

    # -- what we ask for besides

    def prefetch(self, names: Iterable[str]) -> None:
        """Reads the rows of all planned tasks in one query."""
        query = "SELECT name, data FROM task WHERE name IN (SELECT value FROM json_each(?))"
        wanted = list(names)
        with self._lock:
            ask = json.dumps(wanted)
            found: list[tuple[str, str]] = self._file.read(
                lambda db: db.execute(query, (ask,)).fetchall(), []
            )
            rows = {name: _decoded(data) for name, data in found}
            self._rows.update((name, rows.get(name)) for name in wanted if name not in self._dirty)

    def heal(self, task: str, path: str, state: object) -> None:
        """Keeps a newer record of an unchanged file; written soon, since proving it cost a reading."""
        with self._lock:
            row = self._row(task)
            if row is not None:
                row[FILES][path] = state
                self._dirty.add(task)
                if monotonic() - self._written > HEAL_S:
                    self.commit()

    def commit(self) -> None:
        """Writes every changed task in one transaction."""
        with self._lock:
            if not self._dirty:
                return
            rows = [(name, self._rows.get(name)) for name in sorted(self._dirty)]
            kept = [(name, json.dumps(row, separators=(",", ":"))) for name, row in rows if row is not None]
            gone = [(name,) for name, row in rows if row is None]
            self._file.ask(lambda db: _write(db, kept, gone), None)
            self._dirty.clear()
            self._written = monotonic()

    # -- inside

    def _row(self, task: str) -> dict[str, Any] | None:
        if task not in self._rows:
            with self._lock:
                query = "SELECT data FROM task WHERE name = ?"
                found = self._file.read(lambda db: db.execute(query, (task,)).fetchone(), None)
                self._rows[task] = _decoded(found[0]) if found else None
        return self._rows[task]


def _write(connection: sqlite3.Connection, kept: list[tuple[str, str]], gone: list[tuple[str]]) -> None:
    with connection:
        connection.executemany("INSERT OR REPLACE INTO task VALUES (?, ?)", kept)
        connection.executemany("DELETE FROM task WHERE name = ?", gone)


def _decoded(data: str) -> dict[str, Any] | None:
    """A row; None for one that cannot be read, whose task is then done again."""
    try:
        row = json.loads(data)
        return row if isinstance(row, dict) and isinstance(row.get(FILES), dict) else None
    except (ValueError, TypeError):
        return None
