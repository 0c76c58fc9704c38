"""Nobody pulls the plug on a test: what waits for the disk does not, and takes a quarter of the time; kills need none."""

from __future__ import annotations

import functools
import os
import sqlite3
from typing import Any


class Hasty(sqlite3.Connection):
    """A connection that waits for no disk."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        return super().execute("PRAGMA synchronous = OFF" if "synchronous" in sql else sql, *values)


def sync_nothing(_descriptor: int) -> None:
    """In the place of `os.fsync`."""


connect_hastily = functools.partial(sqlite3.connect, factory=Hasty)
"""In the place of `sqlite3.connect`."""


def be_hasty() -> None:
    """From now on, for as long as this process lives."""
    vars(os)["fsync"] = sync_nothing
    vars(sqlite3)["connect"] = connect_hastily
