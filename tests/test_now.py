"""A night that is not over: its frames are stored and measured at once, and judged when it is, or with `--now`."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from tests import forked
from tests.stages.night_library import RIG, drop, is_idle, new_library, run


@pytest.fixture
def library(tmp_path):
    root = new_library(tmp_path / "library", RIG, eyes=True)
    begun = datetime.now(UTC) - timedelta(minutes=30)
    for number in range(2):
        clock = f"{begun + timedelta(minutes=6 * number):%Y-%m-%dT%H:%M:%S}.12"
        path = drop(
            root / "_Inbox",
            f"{number}.fits",
            minute=number,
            SITELAT=None,
            SITELONG=None,
            DATE__OBS=clock,
            DATE__LOC=clock,
        )
        os.utime(path)
    return root


def offered(library):
    return len(list((library / RIG).glob("10_Blink/**/*.fits")))


def test_nothing_is_offered_while_the_night_lasts_and_all_of_it_with_now(library):
    assert "stored" in run(library)
    assert offered(library) == 0
    assert is_idle(library)
    told = forked.doit(library, "--now")
    assert told.returncode == 0
    assert "2 offered" in told.stdout
    assert offered(library) == 2
    assert is_idle(library), "what was judged once is judged, whatever the clock says"
