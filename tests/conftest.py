"""What every test stands on: no library of the person's own, and properties that are not judged by the clock."""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Iterator
from typing import Any

import doit.plugin
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("night", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("night")
# hundreds of tests run `doit`: in this process what is installed is looked up once, and others find us compiled
doit.plugin.entry_points = functools.cache(doit.plugin.entry_points)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


class Hasty(sqlite3.Connection):
    """A connection that waits for no disk."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        return super().execute("PRAGMA synchronous = OFF" if "synchronous" in sql else sql, *values)


@pytest.fixture(autouse=True, scope="session")
def power_does_not_fail_here() -> Iterator[None]:
    """No test of this process pulls the plug, and waiting for the disk takes a quarter of the time; kills need none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        patch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Hasty))
        yield


@pytest.fixture(autouse=True)
def no_library_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's NIGHTBUILD_LIBRARY must never be what a test works on."""
    for name in ("NIGHTBUILD_LIBRARY", "NIGHTBUILD_RIGS"):
        monkeypatch.delenv(name, raising=False)
