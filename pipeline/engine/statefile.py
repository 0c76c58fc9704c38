"""The file the state lies in: opened when first needed, and never a reason for a run to crash.

Damaged or from another version, it is set aside as `.damaged-<n>` with a sentence, and a new one begun. Held
by another program, read-only or gone: a sentence too, and nothing else happens.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline.model.errors import Busy, NotReachable

if TYPE_CHECKING:
    import sqlite3

Result = TypeVar("Result")

VERSION = 1
BUSY_S = 10
"""How long another program may hold the file."""
_NOT_ITS_FAULT = frozenset({3, 5, 6, 7, 8, 10, 13, 14, 15, 22, 23})
"""SQLite's codes for a world in the way: no rights, held by others, read-only, full, not there."""


class StateFile:
    """A connection that opens itself when asked; for one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def read(self, question: Callable[[sqlite3.Connection], Result], nothing: Result) -> Result:
        """Asks without making a file where none is."""
        if self._connection is None and not self.path.exists():
            return nothing
        return self.ask(question, nothing)

    def ask(self, question: Callable[[sqlite3.Connection], Result], nothing: Result) -> Result:
        """Asks; a file that cannot be used is set aside, and the question put to a new one."""
        import sqlite3

        for attempt in (1, 2):
            try:
                self._connection = self._connection or _connect(self.path)
                return question(self._connection)
            except (sqlite3.DatabaseError, ForeignVersionError) as error:
                if attempt == 2 or getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_ITS_FAULT:
                    raise _in_words(self.path, error) from error
                self._set_aside(error)
        return nothing

    def _set_aside(self, why: Exception) -> None:
        self.close()
        try:
            kept_as = set_aside(self.path)
        except OSError as error:
            raise _in_words(self.path, error) from why
        reason = str(why) if isinstance(why, ForeignVersionError) else f"it is damaged ({why})"
        print(
            f"The state file {self.path} was set aside as {kept_as.name}: {reason}. "
            "No frame is touched by this; what was done is looked at again.",
            file=sys.stderr,
        )

    def close(self) -> None:
        """Lets go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class ForeignVersionError(Exception):
    """The state was written by a Nightbuild with another idea of it."""


def set_aside(path: Path) -> Path:
    """Renames a file, and its journal, to the first free `.damaged-<n>`."""
    number = 1
    while path.with_name(f"{path.name}.damaged-{number}").exists():
        number += 1
    kept_as = path.with_name(f"{path.name}.damaged-{number}")
    path.replace(kept_as)
    journal = path.with_name(path.name + "-journal")
    if journal.exists():
        journal.replace(kept_as.with_name(kept_as.name + "-journal"))
    return kept_as


def _connect(path: Path) -> sqlite3.Connection:
    """Opens the file; where the place is read-only, for reading."""
    import sqlite3

    writable = _make_folder(path.parent)
    mode = "rwc" if writable else "ro"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY_S, check_same_thread=False
    )
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_folder(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, VERSION):
        raise ForeignVersionError(
            f"it was written by another Nightbuild (state version {version}, here {VERSION})"
        )
    connection.execute("PRAGMA journal_mode = TRUNCATE")  # not WAL: libraries lie on network disks
    connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last task, never a frame
    if version == 0:
        connection.execute("CREATE TABLE IF NOT EXISTS task (name TEXT PRIMARY KEY, data TEXT) WITHOUT ROWID")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.commit()


def _in_words(path: Path, error: Exception) -> Exception:
    text = str(error)
    if "locked" in text or "busy" in text:
        return Busy(f"{path} is held by another program ({text}). Wait for it to end, then run `doit` again.")
    return NotReachable(f"{path} cannot be written or read: {text}. Is the disk full, read-only or gone?")
