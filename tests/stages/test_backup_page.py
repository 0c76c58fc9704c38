"""The backup's page is a job behind the backup: it tells what is so, and is made only when something else is so."""

from __future__ import annotations

import shutil

import pytest

from pipeline.model.jobs import Work
from pipeline.stages.night import plan_library
from pipeline.stages.reports import is_backup_told, tell_backup
from pipeline.world.backup_coverage import lost_tonight
from pipeline.world.library import open_library
from pipeline.world.receipts import renew, without_packs
from pipeline.world.reporting import expected_pages
from pipeline.world.summaries import read_outline
from tests.held_library import TOML, hold
from tests.living_library import LivingLibrary, make_library

PAGE = "_Reports/backup.html"


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """Three stored frames."""
    library = make_library(tmp_path_factory.mktemp("paged") / "library")
    library.settings('retire = "manual"\n')
    library.shoot(1, 2, 3)
    library.night()
    return library.root


@pytest.fixture
def library(night, tmp_path):
    made = LivingLibrary(shutil.copytree(night, tmp_path / "library"))
    made.settings('retire = "manual"\n' + TOML)
    return made


def tell(library):
    told = tell_backup(Work(library.root))
    assert is_backup_told(library.root)
    return (library.root / PAGE).read_text(encoding="utf-8"), told.says


def jobs(library):
    return [job for job in plan_library(library.root).jobs if job.name == "reports:_backup"]


def test_the_page_is_made_anew_only_when_a_receipt_or_the_ledger_changed(library):
    assert not is_backup_told(library.root)
    page, _ = tell(library)
    assert "Nothing is in the bucket nights" in page and "3 frames" in page
    hold(library.root, library.stored[:2])
    assert not is_backup_told(library.root)
    page, says = tell(library)
    assert "2 of 3 frames are in the bucket nights at http://127.0.0.1:1" in page and says
    assert tell(library) == (page, ""), "it tells nothing new"
    library.forget()
    assert tell(library) == (page, ""), "without caches the same bytes are made"


def test_a_pack_found_damaged_is_said(library):
    (receipt,) = hold(library.root, library.stored)
    assert "Nothing would be lost tonight." in tell(library)[0]
    renew(library.root, receipt.home, lambda one: without_packs(one, [one.packs[0].key]))
    page, _ = tell(library)
    assert "1 pack was found damaged or gone" in page and "Would be lost tonight: 3 frames" in page


def test_it_stands_behind_the_whole_backup_and_only_where_there_is_one(library):
    (job,) = jobs(library)
    every = plan_library(library.root).jobs
    assert {one.name for one in every if one.stage == "backed_up"} <= set(job.behind)
    assert not any("reports:_backup" in one.behind for one in every), "so that there is no circle"
    assert PAGE in expected_pages(open_library(library.root)).paths
    library.settings('retire = "manual"\n')
    assert jobs(library) == []
    assert PAGE not in expected_pages(open_library(library.root)).paths


def test_what_would_be_lost_is_remembered_until_the_night_or_its_receipt_changes(library):
    opened = open_library(library.root)
    nights = read_outline(library.root, opened.state).nights
    assert lost_tonight(opened, nights).startswith("would be lost tonight: 3 frames")
    hold(library.root, library.stored[:2])
    assert lost_tonight(opened, nights).startswith("would be lost tonight: 1 frame,")
    hold(library.root, library.stored[2:])
    assert lost_tonight(opened, nights) == ""
    shutil.rmtree(library.root / "_Backup")
    assert lost_tonight(opened, nights).startswith("would be lost tonight: 3 frames")
    library.settings('retire = "manual"\n')
    assert lost_tonight(open_library(library.root), nights) == "", (
        "where nothing is backed up, nothing is said of it"
    )
