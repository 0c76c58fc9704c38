"""Guide logs and session files beside their nights, in a real library."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipeline.model.records import Stays
from pipeline.rules.balance import balance, balance_line
from pipeline.world import ledger
from pipeline.world.library import open_library
from pipeline.world.survey import see
from tests.stages.night_library import (
    LONG_AGO_S,
    OTHER,
    OTHER_RIG,
    RIG,
    drop,
    is_idle,
    new_library,
    outlives_its_caches,
    run,
)

NIGHT = "00_Frames/DATE_2026-01-14/_witness"
PHD2 = "PHD2_GuideLog_2026-01-14_201333.txt"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return new_library(tmp_path / "library", RIG, OTHER_RIG)


def write(path: Path, text: str, *, age_s: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    when = time.time() - age_s if age_s else LONG_AGO_S
    os.utime(path, (when, when))
    return path


def beside(library: Path, rig: str = RIG) -> dict[str, str]:
    folder = library / rig / NIGHT
    return {path.name: path.read_text() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def said_of_balance(library: Path) -> str:
    seen = see(open_library(library), remember=False)
    return balance_line(balance(seen.survey, seen.ledger))


def test_session_files_are_stored_beside_their_night_with_bytes_of_their_own(library):
    inbox = library / "_Inbox"
    drop(inbox, "2026-01-14/LIGHT/a.fits")
    table = write(inbox / "2026-01-14/LIGHT/ImageMetaData.csv", "HFR\n2.3\n")
    said = run(library)
    assert "1 log or session file" in said
    assert "1 received = 1 stored; 1 log or session file" in said
    stored = library / RIG / NIGHT / "ImageMetaData.csv"
    assert stored.read_bytes() == table.read_bytes()
    assert stored.stat().st_ino != table.stat().st_ino
    fact = ledger.read(library).stored[f"{RIG}/{NIGHT}/ImageMetaData.csv"]
    assert (fact.stays, fact.original) == (Stays.WITNESS, "2026-01-14/LIGHT/ImageMetaData.csv")
    assert fact.sha256 is not None
    assert is_idle(library)


def test_two_tables_of_one_name_lie_side_by_side(library):
    inbox = library / "_Inbox"
    for minute, part in enumerate(("L", "R")):
        drop(inbox, f"{part}/a.fits", minute=minute, FILTER=part)
        write(inbox / f"{part}/ImageMetaData.csv", f"table of {part}")
    run(library)
    assert sorted(beside(library).values()) == ["table of L", "table of R"]
    assert list(beside(library)) == ["ImageMetaData.csv", "ImageMetaData~2.csv"]


def test_a_growing_table_gets_a_further_version_once_it_is_quiet(library):
    inbox = library / "_Inbox"
    drop(inbox, "n/a.fits")
    table = write(inbox / "n/ImageMetaData.csv", "one\n", age_s=3000)
    run(library)
    write(table, "one\ntwo\n", age_s=2000)
    run(library)
    assert beside(library) == {"ImageMetaData.csv": "one\n", "ImageMetaData~2.csv": "one\ntwo\n"}
    write(table, "one\ntwo\n", age_s=1000)
    run(library)
    assert len(beside(library)) == 2, "the same content again is no new version"
    assert "1 received = 1 stored; 1 log or session file" in said_of_balance(library)
    assert outlives_its_caches(library)


def test_a_table_still_written_is_left_for_the_next_run(library):
    settings = library / "_Rigs/library.toml"
    settings.write_text(settings.read_text().replace("settle_seconds = 0", "settle_seconds = 1"))
    inbox = library / "_Inbox"
    drop(inbox, "n/a.fits")
    table = write(inbox / "n/ImageMetaData.csv", "one\n", age_s=0.01)
    before = time.monotonic()
    run(library)
    assert time.monotonic() - before >= 0.9, "it waited until the file was quiet"
    assert beside(library) == {"ImageMetaData.csv": "one\n"}
    assert table.read_text() == "one\n"


def test_a_guide_log_lies_beside_both_rigs_of_its_night(library):
    inbox = library / "_Inbox"
    drop(inbox, "c8/a.fits")
    drop(inbox, "sqa/b.fits", minute=5, **OTHER)
    write(inbox / "logs" / PHD2, "PHD2 version 2.6.14")
    run(library)
    assert list(beside(library)) == [PHD2]
    assert list(beside(library, OTHER_RIG)) == [PHD2]
    assert "; 1 log or session file" in said_of_balance(library), "one file, however many rigs it lies beside"
    assert is_idle(library)


def test_a_guide_log_waits_until_frames_of_its_night_come(library):
    inbox = library / "_Inbox"
    log = write(inbox / PHD2, "PHD2 version 2.6.14")
    drop(inbox, "a.fits", DATE__LOC="2026-02-01T23:00:00", DATE__OBS="2026-02-01T22:00:00")
    assert "0 logs and session files, 1 left in the inbox" in run(library)
    assert is_idle(library)
    assert log.is_file()
    drop(inbox, "b.fits", minute=7)
    run(library)
    assert list(beside(library)) == [PHD2]
    drop(inbox, "c.fits", minute=9, **OTHER)
    run(library)
    assert list(beside(library, OTHER_RIG)) == [PHD2]


def test_a_run_killed_before_the_ledger_was_written_stores_nothing_twice(library):
    inbox = library / "_Inbox"
    drop(inbox, "n/a.fits")
    run(library)
    table = write(inbox / "n/ImageMetaData.csv", "one\n")
    orphan = library / RIG / NIGHT / "ImageMetaData.csv"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(table.read_bytes())
    run(library)
    assert list(beside(library)) == ["ImageMetaData.csv"]
    facts = ledger.read(library).stored.values()
    assert [f.sha256 is None for f in facts if f.stays == Stays.WITNESS] == [False]


def test_a_hostile_name_stays_in_its_folder(library):
    inbox = library / "_Inbox"
    drop(inbox, "n/a.fits")
    name = "ImageMetaData CON .. %2E%2E\u202e.csv"
    write(inbox / "n" / name, "one\n")
    run(library)
    assert list(beside(library).values()) == ["one\n"]
