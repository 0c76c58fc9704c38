"""What every test stands on: no library of the person's own, and properties that are not judged by the clock."""

from __future__ import annotations

import functools
import gc
import os
import signal
import sqlite3
from collections.abc import Iterator

import doit.plugin
import pytest
from hypothesis import HealthCheck, settings

from tests import forked
from tests.amounts import examples
from tests.hasty import connect_hastily, sync_nothing
from tests.s3_server import s3_server

__all__ = ["s3_server"]  # one server for all who ask: a fixture imported by each would be one each

settings.register_profile(
    "night", max_examples=examples(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("night")
# hundreds of tests run `doit`: in this process what is installed is looked up once, and others find us compiled
doit.plugin.entry_points = functools.cache(doit.plugin.entry_points)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["NIGHTBUILD_DIARY"] = "tasks"  # so that a task which ran is seen, also where it had nothing to say


if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # a suite in the background: what it starts would ignore Ctrl-C too
    signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(autouse=True, scope="session")
def no_library_of_ones_own() -> Iterator[None]:
    """A person's NIGHTBUILD_LIBRARY must never be what a test works on."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NIGHTBUILD_LIBRARY", "NIGHTBUILD_RIGS"):
            patch.delenv(name, raising=False)
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whole flows first, which take seconds each: behind them no worker is left waiting for a long one of another's."""
    home = config.rootpath / "tests"
    items.sort(key=lambda item: item.path.parent != home)


def pytest_collection_finish() -> None:
    """What has been read in stays, and need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
