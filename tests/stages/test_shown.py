"""The page of a night: there while something waits, the same bytes for the same state, silent once all is dealt with."""

from __future__ import annotations

import shutil

import pytest

from pipeline.model.jobs import Work
from pipeline.stages import shown
from pipeline.stages.night import plan_library
from tests.libraries import night
from tests.stages.night_library import RIG, configure, drop, new_library, outlives_its_caches, run

WHICH = {"owner": RIG, "night": "2026-01-14"}
PAGE = f"_Reports/blink/{RIG} 2026-01-14.html"
BLINK = f"{RIG}/10_Blink/M31/DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00"


@pytest.fixture
def library(tmp_path):
    root = new_library(tmp_path / "library", RIG, eyes=True)
    for minute in (1, 2, 3):
        drop(root / "_Inbox", f"{minute}.fits", minute=minute)
    night(root)
    return root


def test_a_night_that_waits_for_eyes_has_a_page_with_its_frames_and_pictures(library):
    text = (library / PAGE).read_text("utf-8")
    assert "M31 L 300 s" in text
    assert all(path.name in text for path in (library / BLINK).glob("*.fits"))
    assert len(list((library / "_Reports").rglob("*.thumb.jpg"))) == 3
    assert shown.is_done(library, **WHICH)


def test_the_same_state_gives_the_same_page(library):
    before = (library / PAGE).read_bytes()
    (library / PAGE).unlink()
    assert not shown.is_done(library, **WHICH)
    shown.show_night(Work(library), **WHICH)
    assert (library / PAGE).read_bytes() == before


def test_a_late_frame_costs_one_picture(library):
    pictures = {path: path.stat().st_mtime_ns for path in (library / "_Reports").rglob("*.jpg")}
    drop(library / "_Inbox", "4.fits", minute=4)
    night(library)
    after = {path: path.stat().st_mtime_ns for path in (library / "_Reports").rglob("*.jpg")}
    assert after.items() >= pictures.items()
    assert len(after) == len(pictures) + 2


def test_a_page_whose_sets_were_all_dealt_with_says_so(library):
    (library / BLINK / "BLINKED").touch()
    night(library)
    text = (library / PAGE).read_text("utf-8")
    assert "M31 L 300 s" not in text
    assert shown.is_done(library, **WHICH)


def test_pages_are_not_made_where_nobody_wants_them(library):
    shutil.rmtree(library / "_Reports")
    configure(library, "\n[blink]\npages = false\n")
    assert not [job for job in plan_library(library).jobs if job.stage == "shown"]


def test_without_its_caches_no_page_and_no_picture_is_written_anew(library):
    run(library)
    assert outlives_its_caches(library)
