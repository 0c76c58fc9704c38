"""Has an input changed? Equal size and time: no. Else its SHA-256 decides, and the record is healed, once.

Inodes and clocks change between mounts, copies and restores; bytes do not. doit keeps what it knows of a
file only after a task ran, so a touched file would be read again on every run: here an equal hash is
written back at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from doit.dependency import FileChangedChecker

from pipeline.model.errors import NightbuildError
from pipeline.model.jobs import FileRecord
from pipeline.world.files import sha256_of

State = list[int | str]
"""`[size, mtime_ns, sha256]`."""


class FileChecker(FileChangedChecker):  # type: ignore[misc]  # doit has no types
    """doit's checker: by (size, mtime_ns), then by content."""

    def __init__(self, known: Callable[[str], FileRecord | None] = lambda _path: None) -> None:
        self._known = known
        self._hashes: dict[tuple[str, int, int], str] = {}
        self._healed: dict[str, State] = {}
        self.begun: dict[str, os.stat_result] = {}
        """How inputs looked when the latest task that reads them began: a change since is seen next time."""

    def check_modified(self, path: str, now: os.stat_result, state: State) -> bool:
        """True when the bytes differ from those of the last success."""
        size, mtime_ns, sha256 = state
        if now.st_size != size:
            return True
        if now.st_mtime_ns == mtime_ns:
            return False
        try:
            if self._hash(path, now) != sha256:
                return True
        except (OSError, NightbuildError):
            return True  # the effect will meet the same trouble, and has the words for it
        self._healed[path] = [now.st_size, now.st_mtime_ns, sha256]
        return False

    def take_healed(self) -> dict[str, State]:
        """The records that were found equal by content since the last call."""
        healed, self._healed = self._healed, {}
        return healed

    def get_state(self, path: str, state: State | None) -> State | None:
        """What to remember of an input after a success; None where it is already remembered."""
        now = os.stat(path)  # noqa: PTH116 - doit speaks in strings
        seen = self.begun.get(path, now)
        if (seen.st_size, seen.st_mtime_ns) != (now.st_size, now.st_mtime_ns):
            return [seen.st_size, seen.st_mtime_ns, "changed while it was read"]
        if state and state[:2] == [now.st_size, now.st_mtime_ns]:
            return None
        return [now.st_size, now.st_mtime_ns, self._hash(path, now)]

    def _hash(self, path: str, now: os.stat_result) -> str:
        """The file's SHA-256: read once a run, and not at all when the ledger has it."""
        key = (path, now.st_size, now.st_mtime_ns)
        if key not in self._hashes:
            known = self._known(path)
            fits = known is not None and (known.size, known.mtime_ns) == key[1:]
            self._hashes[key] = known.sha256 if known and fits else sha256_of(Path(path))
        return self._hashes[key]
