"""Folders looked into before anything is planned, and once more before a name is placed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.model.errors import NotReachable
from pipeline.model.records import Received
from pipeline.rules.guards import held_homes
from pipeline.world import ledger
from pipeline.world.guards import look_around, require_home
from pipeline.world.library import init_library

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
STORED = f"{RIG}/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L/a.fits"
NIGHT = date(2026, 1, 14)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    init_library(tmp_path)
    entry = Received(
        when=datetime(2026, 1, 15, tzinfo=UTC),
        inbox="_Inbox",
        original="a.fits",
        stored=STORED,
        size=3,
        mtime_ns=4,
    )
    ledger.write(tmp_path, RIG, NIGHT, [entry])
    (tmp_path / STORED).parent.mkdir(parents=True)
    (tmp_path / STORED).write_bytes(b"abc")
    return tmp_path


def test_a_library_that_is_whole_has_nothing_to_wait_for(library):
    assert look_around(library, held_homes(ledger.read(library)), []).waits == ()
    require_home(library, RIG, STORED)


def test_a_folder_with_litter_alone_holds_nothing(library):
    (library / RIG / "00_Frames/DATE_2026-01-14").rename(library / "elsewhere")
    (library / RIG / "00_Frames/.DS_Store").write_bytes(b"x")
    assert look_around(library, held_homes(ledger.read(library)), []).owners == {RIG}
    with pytest.raises(NotReachable, match="is its disk mounted"):
        require_home(library, RIG, STORED)


def test_a_store_without_any_ledger_is_refused(library):
    (library / "_Ledger").rename(library / "aside")
    with pytest.raises(NotReachable, match=r"the ledger \(_Ledger\) is gone or empty"):
        look_around(library, held_homes(ledger.read(library)), [])


def test_a_run_killed_before_its_first_line_has_lost_no_ledger(tmp_path):
    init_library(tmp_path)
    ledger.begin(tmp_path, RIG, NIGHT)
    (tmp_path / STORED).parent.mkdir(parents=True)
    assert look_around(tmp_path, held_homes(ledger.read(tmp_path)), []).waits == ()
    assert ledger.read(tmp_path).notes == ()


def test_a_new_rig_has_no_home_yet_and_may_have_one(library):
    require_home(library, "New@f5.0+Camera", "New@f5.0+Camera/00_Frames/DATE_2026-01-14/LIGHT/M31/x/a.fits")


def test_a_library_that_went_away_meanwhile_gets_no_frame(library):
    (library / ".nightbuild-library").unlink()
    with pytest.raises(NotReachable, match="not reachable as a library"):
        require_home(library, RIG, STORED)
