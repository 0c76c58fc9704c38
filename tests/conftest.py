"""What every test stands on: no library of the person's own, and properties that are not judged by the clock."""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Iterator

import doit.plugin
import pytest
from hypothesis import HealthCheck, settings

from tests import forked
from tests.amounts import examples
from tests.hasty import connect_hastily, sync_nothing

settings.register_profile(
    "night", max_examples=examples(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("night")
# hundreds of tests run `doit`: in this process what is installed is looked up once, and others find us compiled
doit.plugin.entry_points = functools.cache(doit.plugin.entry_points)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True, scope="session")
def power_does_not_fail_here() -> Iterator[None]:
    """Nobody pulls the plug on a test of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", sync_nothing)
        patch.setattr(sqlite3, "connect", connect_hastily)
        yield


@pytest.fixture(autouse=True, scope="session")
def no_process_is_left_waiting() -> Iterator[None]:
    """What others were forked from ends with the tests."""
    yield
    forked.end()


@pytest.fixture(autouse=True)
def no_library_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's NIGHTBUILD_LIBRARY must never be what a test works on."""
    for name in ("NIGHTBUILD_LIBRARY", "NIGHTBUILD_RIGS"):
        monkeypatch.delenv(name, raising=False)
