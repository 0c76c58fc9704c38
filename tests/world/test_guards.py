"""Folders looked into before anything is planned, and once more before a name is placed."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.model.errors import NotReachable
from pipeline.model.records import Delivered, Received
from pipeline.rules.guards import held_homes
from pipeline.world import ledger
from pipeline.world.guards import look_around, require_home, views_away
from pipeline.world.library import init_library, open_library
from pipeline.world.summaries import read_outline

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


LINK = f"{RIG}/10_Blink/M31/DATE_2026-01-14/FILTER_L/a.fits"
ACCEPTED = f"{RIG}/20_Data/M31/accept/DATE_2026-01-14/FILTER_L/a.fits"


def delivered(library: Path, link: str) -> Path:
    """The frame under another name, and the ledger told."""
    entry = Delivered(when=datetime(2026, 1, 15, tzinfo=UTC), link=link, stored=STORED)
    ledger.write(library, RIG, NIGHT, [entry])
    (library / link).parent.mkdir(parents=True)
    (library / link).hardlink_to(library / STORED)
    return library / link


def away(library: Path) -> dict[str, int]:
    outline = read_outline(library, None)
    guard = look_around(library, outline.held_homes(), [])
    return dict(views_away(open_library(library), outline, guard).homes)


def test_an_emptied_stage_folder_is_away_until_a_keep_file_says_otherwise(library):
    link = delivered(library, LINK)
    assert away(library) == {}
    link.unlink()
    assert away(library) == {}  # its folders are there: somebody deleted a frame
    shutil.rmtree(library / RIG / "10_Blink")
    assert away(library) == {f"{RIG}/10_Blink": 1}
    (library / RIG / "10_Blink").mkdir()
    (library / RIG / "10_Blink/Thumbs.db").write_bytes(b"x")
    assert away(library) == {f"{RIG}/10_Blink": 1}
    (library / RIG / "10_Blink/.keep").write_bytes(b"")
    assert away(library) == {}


def test_accepted_lights_that_were_moved_on_leave_20_data_lawfully_empty(library):
    link = delivered(library, ACCEPTED)
    (library / "_Inbox").mkdir(exist_ok=True)
    (library / "_Inbox/a.fits").hardlink_to(library / STORED)
    moved = library / RIG / "30_Master/M31/a.fits"
    moved.parent.mkdir(parents=True)
    link.rename(moved)
    shutil.rmtree(library / RIG / "20_Data")
    assert away(library) == {}
    moved.unlink()
    assert away(library) == {f"{RIG}/20_Data": 1}
