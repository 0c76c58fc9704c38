"""The whole flow, as a person runs it: from raw frames in an inbox to a store that stays as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model.services import SyncKind, SyncSettings
from pipeline.stages import STAGES
from pipeline.stages.night import plan_library
from pipeline.world import ledger
from pipeline.world.pause_notes import make_note, note_in, write_note
from tests.libraries import (
    RECORDS,
    doit,
    executed,
    fill_inbox,
    is_at_rest,
    received_twice,
    sha256,
    stored_tree,
    sums,
    write,
)
from tests.libraries import frame_bytes as frame
from tests.stages.night_library import (
    OTHER,
    OTHER_RIG,
    RIG,
    is_idle,
    new_library,
    outlives_its_caches,
    outside_caches,
)

LIGHTS = {
    "L": "LIGHT/M31/FILTER_L_EXP_300.00_SETTEMP_-10.00",
    "H": "LIGHT/M31/FILTER_H_EXP_300.00_SETTEMP_-10.00",
}
EXPECTED = {
    f"{RIG}/00_Frames/DATE_2026-01-14/{LIGHTS['L']}/2026-01-14_22-00-00_TEMP_-9.90.fits",
    f"{RIG}/00_Frames/DATE_2026-01-14/{LIGHTS['L']}/2026-01-14_22-05-00_TEMP_-9.90.fits",
    f"{RIG}/00_Frames/DATE_2026-01-14/{LIGHTS['L']}/2026-01-14_22-05-00~2_TEMP_-9.90.fits",
    f"{RIG}/00_Frames/DATE_2026-01-14/{LIGHTS['H']}/2026-01-15_03-00-00_TEMP_-9.90.fits",
    f"{RIG}/00_Frames/DATE_2026-01-14/FLAT/FILTER_L_EXP_2.00_SETTEMP_-10.00/2026-01-15_07-30-00_TEMP_-9.90.fits",
    f"{RIG}/00_Frames/DATE_2026-01-16/{LIGHTS['L']}/2026-01-16_22-00-00_TEMP_-9.90.fits",
    f"{OTHER_RIG}/00_Frames/DATE_2026-01-14/{LIGHTS['L']}/2026-01-14_22-00-00_TEMP_-9.90.fits",
    "_Calibration/ZWO ASI2600MM Pro/DATE_2026-01-14/DARK/EXP_300.00_SETTEMP_-10.00/2026-01-15_08-00-00_TEMP_-9.90.fits",
    "_Calibration/ZWO ASI2600MM Pro/DATE_2026-01-14/BIAS/EXP_0.00_SETTEMP_-10.00/2026-01-15_09-00-00_TEMP_-9.90.fits",
}
FLOW = {
    ("unpacked", "witnessed"),
    ("renamed", "measured"),
    ("renamed", "recorded"),
    ("measured", "recorded"),
    ("measured", "culled"),
    ("blinked", "culled"),
    ("blinked", "offered"),
    ("blinked", "accepted"),
    ("culled", "offered"),
    ("culled", "accepted"),
    ("offered", "accepted"),
    ("accepted", "shown"),
    ("recorded", "masters"),
    ("accepted", "masters"),
    ("masters", "masters"),  # flats behind the darks and bias of their camera
    ("accepted", "distributed"),
    ("blinked", "distributed"),
    ("masters", "distributed"),
}
"""Which step waits for which, beside the files they hand on: the process's own order."""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return new_library(tmp_path / "library", RIG, OTHER_RIG)


def at(when: str, seed: int, **cards: object) -> bytes:
    return frame(seed, DATE__OBS=f"{when}.5", DATE__LOC=f"{when}.5", **cards)  # type: ignore[arg-type]


def arrive(inbox: Path) -> dict[str, Path]:
    """A night and a bit, with a twin, a cut-off copy, a person's notes and litter."""
    raw = {
        "first": at("2026-01-14T22:00:00", 1),
        "second": at("2026-01-14T22:05:00", 2),
        "same second": at("2026-01-14T22:05:00", 3),
        "late": at("2026-01-15T03:00:00", 4, FILTER="H"),
        "flat": at("2026-01-15T07:30:00", 5, IMAGETYP="FLAT", EXPOSURE=2.0, EXPTIME=2.0, OBJECT=None),
        "dark": at("2026-01-15T08:00:00", 6, IMAGETYP="DARK", FILTER=None, OBJECT=None),
        "bias": at(
            "2026-01-15T09:00:00", 7, IMAGETYP="BIAS", EXPOSURE=0.0, EXPTIME=0.0, FILTER=None, OBJECT=None
        ),
        "other night": at("2026-01-16T22:00:00", 8),
        "other rig": at("2026-01-14T22:00:00", 9, **OTHER),
        "z twin": at("2026-01-14T22:00:00", 1),
        "cut off": at("2026-01-14T23:00:00", 10)[:-2800],
    }
    paths = {name: write(inbox / f"raw/{name}.fits", data) for name, data in raw.items()}
    write(inbox / "notes.txt", b"thin cloud")
    write(inbox / "raw/._first.fits", b"\0\5\x16\7")
    return paths


def names(library: Path) -> set[str]:
    return set(stored_tree(library))


def test_raw_frames_become_exactly_this_tree_this_ledger_and_this_balance(library):
    raw = arrive(library / "_Inbox")
    before = {path: sha256(path) for path in raw.values()}
    result = doit(library)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    assert names(library) == EXPECTED
    assert "Balance      11 received = 9 stored + 1 duplicate + 1 in quarantine" in result.stdout
    assert {path: sha256(path) for path in raw.values()} == before
    known = ledger.read(library)
    assert set(known.stored) == EXPECTED
    assert {fact.sha256 for fact in known.stored.values()} == {
        seen for seen, _ in stored_tree(library).values()
    }
    assert known.duplicates == {
        ("_Inbox", "raw/z twin.fits"): min(p for p in EXPECTED if "_22-00-00" in p and RIG in p)
    }
    assert len(list((library / "_Quarantine").iterdir())) == 1
    assert received_twice(library) == []
    second = doit(library)
    assert (second.returncode, executed(second.stdout)) == (0, [])
    assert outlives_its_caches(library)


def test_two_rigs_side_by_side_give_the_same_tree_as_one_after_the_other(tmp_path, library):
    fill_inbox(library / "_Inbox", 40)
    beside = new_library(tmp_path / "beside", RIG, OTHER_RIG)
    shutil.copytree(library / "_Inbox", beside / "_Inbox", dirs_exist_ok=True)
    assert doit(library).returncode == 0
    assert doit(beside, "-n", "2").returncode == 0
    assert stored_tree(beside) == stored_tree(library)
    assert sums(beside) == sums(library)
    assert is_at_rest(beside)


def test_workers_in_library_toml_are_what_n_would_have_been(library):
    fill_inbox(library / "_Inbox", 12)
    with (library / "_Rigs/library.toml").open("a") as settings:
        settings.write("[limits]\nworkers = 2\nnice = 0\n")
    result = doit(library)
    assert result.returncode == 0, result.stderr
    assert len(stored_tree(library)) == 12
    assert is_at_rest(library)


@pytest.mark.skipif(os.name == "nt", reason="cp -a is POSIX")
def test_a_library_copied_elsewhere_has_nothing_to_do(tmp_path, library):
    arrive(library / "_Inbox")
    assert doit(library).returncode == 0
    copy = tmp_path / "on another disk"
    subprocess.run(["cp", "-a", str(library), str(copy)], check=True)
    shutil.rmtree(library)
    before = outside_caches(copy)
    result = doit(copy, folder=tmp_path)
    assert (result.returncode, executed(result.stdout)) == (0, []), result.stdout + result.stderr
    assert outside_caches(copy) == before
    assert is_at_rest(copy)


def test_a_new_frame_costs_only_its_night(library):
    arrive(library / "_Inbox")
    assert doit(library).returncode == 0
    before = outside_caches(library)
    new = write(library / "_Inbox/raw/new.fits", at("2026-01-16T23:00:00", 20))
    result = doit(library)
    night, this_set = f"{RIG}_2026-01-16", f"{RIG}/M31/DATE_2026-01-16/{LIGHTS['L'].rpartition('/')[2]}"
    done = executed(result.stdout)
    assert [task for task in done if task.partition(":")[0] not in RECORDS] == [
        *(f"renamed:{night}", f"measured:{this_set}", f"recorded:{night}"),
        *(f"{stage}:{this_set}" for stage in ("culled", "offered", "accepted")),
        f"shown:{night}",
    ]
    assert not [task for task in done if OTHER_RIG in task]
    changed = {path for path, seen in outside_caches(library).items() if before.get(path) != seen}
    here = f"{RIG}/00_Frames/DATE_2026-01-16/{LIGHTS['L']}"
    files = {path for path in changed if (library / path).is_file()}
    pages = {path for path in files if path.startswith("_Reports/")}
    blinked = {path for path in pages if path.startswith("_Reports/blink/")}
    assert all(path.startswith(f"_Reports/blink/{RIG} 2026-01-16") for path in blinked)
    assert not [path for path in pages if OTHER_RIG in path]
    assert not [path for path in blinked & before.keys() if path.endswith(".jpg")], (
        "its neighbour is drawn already"
    )
    assert {path for path in files - pages if not path.startswith(("_Catalog/", "_Notes/"))} == {
        str(new.relative_to(library)),
        f"{here}/2026-01-16_23-00-00_TEMP_-9.90.fits",
        f"_Ledger/{RIG}/DATE_2026-01-16.jsonl",
    }
    assert is_idle(library)


def test_one_frame_of_a_night_that_was_moved_away_by_hand_stops_no_other(library):
    arrive(library / "_Inbox")
    assert doit(library).returncode == 0
    gone = next((library / RIG).rglob("*03-00-00*"))
    gone.unlink()
    shutil.rmtree(library / ".nightbuild")
    write(library / "_Inbox/raw/new.fits", at("2026-01-14T23:30:00", 20))
    result = doit(library)
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(names(library)) == len(EXPECTED)


def test_the_edges_between_stages_are_the_nights_own(library):
    arrive(library / "_Inbox")
    jobs = {job.name: job for job in plan_library(library).jobs}
    made = {target: job for job in jobs.values() for target in job.targets}
    edges = {(jobs[name].stage, job.stage) for job in jobs.values() for name in (*job.after, *job.behind)}
    edges |= {(made[path].stage, job.stage) for job in jobs.values() for path in job.inputs if path in made}
    order = [stage.name for stage in STAGES]
    for one, next_one in sorted(edges, key=lambda edge: (order.index(edge[0]), order.index(edge[1]))):
        print(f"{one} -> {next_one}")
        assert order.index(one) < order.index(next_one) or one == next_one in {
            "masters",
            "catalog",
            "reports",
        }
    assert {edge for edge in edges if edge[1] not in RECORDS} == FLOW - {("unpacked", "witnessed")}


def test_doit_list_reads_in_the_order_of_the_night_and_info_says_why(library):
    arrive(library / "_Inbox")
    listed = doit(library, "list")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [stage.name for stage in STAGES]
    info = doit(library, "info", "--json", f"recorded:{RIG}_2026-01-14")
    assert f"renamed:{RIG}_2026-01-14" in json.loads(info.stdout)["after"]
    this_set = f"{OTHER_RIG}/M31/DATE_2026-01-14/{LIGHTS['L'].rpartition('/')[2]}"
    info = doit(library, "info", "--json", f"offered:{this_set}")
    assert json.loads(info.stdout)["after"] == [f"culled:{this_set}", f"blinked:{OTHER_RIG}"]
    assert names(library) == set()


def test_what_a_killed_run_had_paused_goes_on_first_thing(library):
    mark = library.parent / "resumed"
    command = (sys.executable, "-c", f"open({str(mark)!r}, 'w')")
    settings = SyncSettings(kind=SyncKind.COMMANDS, pause=command, resume=command)
    (library / ".nightbuild").mkdir()
    note = replace(make_note(settings), pid=2**22 + 1, started="long ago")
    write_note(note_in(library / ".nightbuild"), note)
    result = doit(library)
    assert result.returncode == 0
    assert mark.exists()
    assert "goes on" in result.stderr
