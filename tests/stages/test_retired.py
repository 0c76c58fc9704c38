from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from pipeline.rules.balance import balance
from pipeline.world.library import open_library
from pipeline.world.retirement import leaving_now
from pipeline.world.survey import see
from tests.killed import killed_at
from tests.libraries import nights_work
from tests.living_library import LivingLibrary, executed, make_library, put


@pytest.fixture
def library(tmp_path):
    return make_library(tmp_path / "library")


def is_balanced(library: LivingLibrary) -> bool:
    seen = see(open_library(library.root), remember=False)
    return balance(seen.survey, seen.ledger).difference == 0


def test_names_leave_half_a_day_later_and_a_second_run_executes_nothing(library):
    frames = library.shoot(1, 2)
    (library.inbox / "LIGHT/.DS_Store").write_bytes(b"litter")
    bytes_of = [frame.read_bytes() for frame in frames]
    assert [task.partition(":")[0] for task in nights_work(executed(library.doit()))] == [
        "renamed",
        "blinked",
        "measured",
        "recorded",
        "culled",
        "offered",
        "accepted",
        "distributed",
        "distributed",
        "shown",
    ]
    assert executed(library.doit()) == []
    library.forget()
    before = library.picture()
    library.doit()
    assert library.picture() == before, "without its caches the next run changes nothing"
    library.days_pass(1)
    (task,) = nights_work(executed(library.doit()))
    assert task.startswith("retired:")
    assert library.left() == [".DS_Store"]
    assert (library.inbox / "LIGHT").is_dir(), "litter is not ours to delete, so its folder stays"
    assert not (library.inbox / "LIGHT/M31").exists()
    assert [(library.root / path).read_bytes() for path in library.stored] == bytes_of
    assert executed(library.doit()) == []
    after = library.picture()
    library.forget()
    library.doit()
    assert library.picture() == after
    assert is_balanced(library)


def test_keep_keeps_the_folder_but_not_the_frames(library):
    library.shoot(1)
    (library.inbox / "LIGHT/M31/.keep").touch()
    library.night()
    library.days_pass(1)
    library.night()
    assert library.left() == [".keep"]


def test_the_inbox_itself_stays_when_it_became_empty(library):
    library.shoot(1, into=".")
    library.night()
    library.days_pass(1)
    assert "retired" in library.night()
    assert list(library.inbox.iterdir()) == []


def test_the_same_frame_dropped_again_is_a_duplicate_and_retired(library):
    (frame,) = library.shoot(1)
    data, age = frame.read_bytes(), frame.stat().st_mtime_ns
    library.doit()
    library.days_pass(1)
    library.doit()
    put(library.inbox / "again.fits", data, age_s=30)
    assert "1 duplicate" in library.doit().stdout
    assert executed(library.doit()) == []
    library.days_pass(1)
    library.doit()
    assert library.left() == []
    put(frame, data)  # the very name and time: as if the run had been killed before it went
    os.utime(frame, ns=(age, age))
    assert [task.partition(":")[0] for task in nights_work(executed(library.doit()))] == ["retired"]
    assert library.left() == []
    assert executed(library.doit()) == []
    assert len(library.stored) == 1
    assert is_balanced(library)


def test_the_same_name_and_time_with_other_bytes_stays(library):
    (frame,) = library.shoot(1)
    data, age = frame.read_bytes(), frame.stat().st_mtime_ns
    library.night()
    library.days_pass(1)
    library.night()
    put(frame, data[:-1] + b"\1")
    os.utime(frame, ns=(age, age))
    library.night()
    assert library.left() == ["light_001.fits"]


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_name_whose_stored_frame_is_in_doubt_stays_and_is_tried_again_when_mended(library, harm):
    (frame,) = library.shoot(1)
    library.doit()
    stored = library.root / library.stored[0]
    data, age = frame.read_bytes(), frame.stat().st_mtime_ns
    stored.unlink()
    if harm == "changed":
        stored.write_bytes(data[:-1] + b"\1")
        os.utime(stored, ns=(age, age))
    library.days_pass(1)
    assert "1 stay" in library.doit().stdout
    assert frame.read_bytes() == data
    assert executed(library.doit()) == [], "said once, then it rests"
    stored.unlink(missing_ok=True)
    stored.write_bytes(data)
    assert len(nights_work(executed(library.doit()))) == 1
    assert not frame.exists()


def test_manual_and_backed_up_never_take_a_name(library):
    for policy in ('"manual"', '{ after_days = 0, when = "backed_up" }'):
        library.settings(f"retire = {policy}\nsettle_seconds = 0\n")
        library.shoot(1)
        library.night()
        library.days_pass(500)
        assert "retired" not in library.night()
    assert library.left() == ["light_001.fits"]


def test_next_run_takes_it_in_the_next_run(library):
    library.settings('retire = "next_run"\n')
    library.shoot(1)
    assert "retired" not in library.night()
    assert "retired" in library.night()
    assert library.left() == []


def test_a_syncthing_folder_waits_until_it_is_allowed(library):
    library.shoot(1)
    (library.inbox / ".stfolder").mkdir()
    library.night()
    library.days_pass(1)
    assert "retired" not in library.night()
    leaving, waiting = leaving_now(see(open_library(library.root), remember=False))
    assert leaving == []
    assert "Syncthing" in waiting[0].what
    assert "retire_synced" in waiting[0].command
    library.settings('[[inbox]]\npath = "_Inbox"\nretire_synced = true\n')
    assert "retired" in library.night()
    assert library.left() == []


def test_a_read_only_inbox_is_a_sentence_and_no_line_in_the_ledger(library, monkeypatch):
    library.shoot(1)
    library.night()
    library.days_pass(1)
    inbox, access = str(library.inbox), os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: not str(path).startswith(inbox) and access(path, mode)
    )
    assert "retired" in library.night()
    assert library.ledger.retired == {}
    assert library.left() == ["light_001.fits"]
    assert "read-only" in library.command("retire").sentences[1]


def test_an_inbox_that_shows_the_store_by_another_way_loses_nothing(library):
    (frame,) = library.shoot(1)
    library.night()
    frame.unlink()
    stored = library.root / library.stored[0]
    library.inbox.rename(library.root / "old")
    fact = library.ledger.stored[library.stored[0]]
    real = library.root / "old/LIGHT/M31"
    real.rmdir()
    real.symlink_to(stored.parent)
    library.settings('[[inbox]]\npath = "old"\n')
    library.days_pass(1)
    library.night()
    assert stored.is_file()
    assert fact.size == stored.stat().st_size


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize(
    ("step", "nth", "moment"),
    [
        ("pipeline.world.retirement:_record", 2, "before"),
        ("pipeline.world.retirement:_record", 2, "after"),
        ("pipeline.world.removal:retry", 2, "after"),
        ("pipeline.world.retirement:_drop_empty", 1, "before"),
    ],
)
def test_a_kill_in_the_middle_loses_nothing_and_the_next_run_ends_it(
    library: LivingLibrary, step, nth, moment
):
    frames = library.shoot(1, 2, 3)
    whole = {frame.read_bytes() for frame in frames}
    library.night()
    library.days_pass(1)
    assert killed_at(library.root, step, nth, moment) == -signal.SIGKILL
    assert {(library.root / path).read_bytes() for path in library.stored} == whole
    library.doit()
    assert library.left() == []
    assert len(library.stored) == 3, "a name that came through a kill is not stored twice"
    assert {(library.root / path).read_bytes() for path in library.stored} == whole
    assert is_balanced(library)
    assert executed(library.doit()) == []
    assert stray_parts(library.root) == []


def stray_parts(root: Path) -> list[Path]:
    return [path for path in root.rglob(".*.part") if ".nightbuild" not in path.parts]
