"""Purge and retire where the backup must have what goes: receipts written by hand, no bucket is asked."""

from __future__ import annotations

import shutil

import pytest

from pipeline.model.answers import CANNOT, OK, WAITS
from pipeline.model.errors import UserError
from pipeline.model.jobs import Work
from pipeline.stages.night import plan_library
from pipeline.stages.retired import retire_night
from pipeline.world.library import open_library
from pipeline.world.receipts import renew, without_packs
from pipeline.world.retirement import leaving_now
from pipeline.world.survey import see
from tests.held_library import SETTINGS, TOML, hold
from tests.living_library import LivingLibrary, make_library

NEEDS = TOML + "purge_needs = true\n"


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """Three stored frames whose names are still in the inbox."""
    library = make_library(tmp_path_factory.mktemp("held") / "library")
    library.settings('retire = "manual"\n')
    library.shoot(1, 2, 3)
    library.night()
    return library.root


@pytest.fixture
def library(night, tmp_path):
    return LivingLibrary(shutil.copytree(night, tmp_path / "library"))


def gone(answer):
    return answer.data["frames"]


def test_purge_refuses_frame_by_frame_what_no_backup_has(library):
    library.settings('retire = "manual"\n' + NEEDS)
    library.command("retire")
    first, *others = library.stored
    hold(library.root, [first])
    before = library.picture()
    shown = library.command("purge", *library.stored)
    assert (gone(shown), shown.code()) == ([first], OK)
    assert shown.data["refused"] == [
        f"{path}: stays, no backup has it yet; `doit backup` sends it" for path in others
    ]
    assert "2 files stay since no backup has them." in shown.closing
    assert library.picture() == before
    done = library.command("purge", *library.stored, "--yes")
    assert (gone(done), done.code()) == ([first], WAITS)
    assert "2 files stay since no backup has them." in done.sentences
    assert library.stored == others and all((library.root / path).is_file() for path in others)


def test_without_receipts_everything_counts_as_not_backed_up_and_stays(library):
    library.settings('retire = "manual"\n' + NEEDS)
    library.command("retire")
    hold(library.root, library.stored)
    shutil.rmtree(library.root / "_Backup")
    done = library.command("purge", *library.stored, "--yes")
    assert (gone(done), done.code()) == ([], CANNOT) and len(library.stored) == 3


def test_a_flag_asks_for_it_once_and_another_lets_it_go_all_the_same(library):
    library.settings('retire = "manual"\n' + TOML)
    library.command("retire")
    path = library.stored[0]
    assert gone(library.command("purge", path)) == [path], "nobody asked for it"
    assert gone(library.command("purge", path, "--needs-backup")) == []
    library.settings('retire = "manual"\n' + NEEDS)
    shown = library.command("purge", path, "--no-needs-backup")
    assert gone(shown) == [path]
    assert shown.closing[-1].endswith("--no-needs-backup --yes")
    with pytest.raises(UserError, match="libraries keep every master"):
        library.command("purge", "--distributed", "M31", "--needs-backup")


def test_a_broken_pack_and_one_in_another_bucket_let_nothing_go(library):
    library.settings('retire = "manual"\n' + NEEDS)
    library.command("retire")
    (receipt,) = hold(library.root, library.stored)
    assert len(gone(library.command("purge", *library.stored))) == 3
    library.settings('retire = "manual"\n' + NEEDS.replace('"nights"', '"elsewhere"'))
    assert gone(library.command("purge", *library.stored)) == []
    library.settings('retire = "manual"\n' + NEEDS)
    renew(library.root, receipt.home, lambda one: without_packs(one, [one.packs[0].key]))
    assert gone(library.command("purge", *library.stored)) == []


def leaving(library):
    found = leaving_now(see(open_library(library.root), remember=False))[0]
    return [one.leaver.stored for one in found]


def retiring(library):
    """The jobs of the night that take names out of the inbox."""
    return [job for job in plan_library(library.root).jobs if job.stage == "retired"]


def test_a_name_leaves_the_inbox_once_the_bucket_has_its_frame_and_a_second_run_takes_no_more(library):
    library.settings('retire = { after_days = 1, when = "backed_up" }\nsettle_seconds = 0\n' + TOML)
    first, second, _ = library.stored
    hold(library.root, [first, second])
    assert leaving(library) == [], "a day is not over yet"
    library.days_pass(2)
    assert leaving(library) == [first, second]
    (job,) = retiring(library)
    retire_night(Work(library.root), **job.arguments)
    assert library.left() == ["light_003.fits"]
    assert leaving(library) == [] and retiring(library) == []


def test_retire_by_hand_takes_what_the_bucket_has_where_that_is_asked(library):
    library.settings('retire = "manual"\n' + TOML)
    hold(library.root, library.stored[:1], SETTINGS)
    looked = library.command("retire", "--needs-backup", "--dry-run")
    assert [one["stored"] for one in looked.data["retired"]] == library.stored[:1]
    library.command("retire", "--needs-backup")
    assert library.left() == ["light_002.fits", "light_003.fits"]


def test_names_that_wait_for_a_backup_nobody_makes_are_told_of(library):
    library.settings('retire = { after_days = 1, when = "backed_up" }\n')
    assert any("No name leaves an inbox" in one for one in library.command("status").sentences)
    library.settings('retire = { after_days = 1, when = "backed_up" }\n' + TOML)
    assert not any("No name leaves an inbox" in one for one in library.command("status").sentences)


def test_why_says_whether_the_bucket_has_a_frame_and_nothing_where_there_is_no_backup(library):
    first, second, _ = library.stored
    assert "backup" not in library.command("why", first).data
    library.settings('retire = "manual"\n' + TOML)
    (receipt,) = hold(library.root, [first])
    told = library.command("why", first)
    assert told.data["backup"] == {
        "pack": receipt.packs[0].key,
        "storage_class": "STANDARD",
        "read_back": None,
    }
    assert "Backed up    yes, as STANDARD, never read back" in told.sentences
    told = library.command("why", second)
    assert told.data["backup"]["pack"] is None
    assert "Backed up    no, no backup has it yet; `doit backup` sends it" in told.sentences


def test_status_says_what_would_be_lost_only_where_something_is_backed_up_and_not_everything(library):
    said = "\n".join(library.command("status").sentences)
    assert "lost tonight" not in said and "backup" not in library.command("status").data
    library.settings('retire = "manual"\n' + TOML)
    hold(library.root, library.stored[:1])
    for words in ((), ("--all",)):
        told = library.command("status", *words)
        (line,) = (one for one in told.sentences if "lost tonight" in one)
        assert "2 frames" in line and "doit backup-status" in line
        assert told.data["backup"].startswith("would be lost tonight: 2 frames")
    hold(library.root, library.stored)
    assert "lost tonight" not in "\n".join(library.command("status").sentences)


def test_backup_status_counts_what_lies_in_another_bucket_as_lost(library):
    library.settings('retire = "manual"\n' + TOML)
    hold(library.root, library.stored)
    assert library.command("backup_status").data["lost"] == {}
    library.settings('retire = "manual"\n' + TOML.replace('"nights"', '"elsewhere"'))
    (lost,) = library.command("backup_status").data["lost"].values()
    assert lost["files"] == 3
