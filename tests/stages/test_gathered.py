"""Masters made by hand: found where other programs write them, copied into the libraries, and written down."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.model.calibration import Matching
from pipeline.model.errors import PassingError
from pipeline.model.frames import Frame, Kind, Value
from pipeline.model.jobs import Work
from pipeline.model.records import Stays
from pipeline.rules.matching import match
from pipeline.stages import gathered
from pipeline.world import ledger
from pipeline.world.fits_image import image_bytes
from pipeline.world.fits_text import Card
from pipeline.world.found_masters import sources_of
from pipeline.world.library import open_library
from pipeline.world.master_shelf import read_shelf
from tests.stages.night_library import (
    LONG_AGO_S,
    RIG,
    configure,
    drop,
    is_idle,
    new_library,
    outlives_its_caches,
    outside_caches,
    run,
)

CAMERA: dict[str, Value] = {
    "INSTRUME": "ZWO ASI2600MM Pro",
    "GAIN": 100,
    "OFFSET": 50,
    "XBINNING": 1,
    "SET-TEMP": -10.0,
    "CCD-TEMP": -10.1,
}
TRAIN: dict[str, Value] = {"TELESCOP": "C8E", "FOCALLEN": 2032.0, "FOCRATIO": 10.0, "FILTER": "S"}
DARK = "_Dark Library/ZWO ASI2600MM Pro/masterDark_EXPOSURE_300.00_SETTEMP_-10.00_GAIN_100_OFFSET_50"


def library_with(tmp_path: Path, *more: str) -> tuple[Path, Path]:
    """A library, and a folder that PixInsight writes to."""
    library, wbpp = new_library(tmp_path / "library", RIG), tmp_path / "WBPP output"
    wbpp.mkdir()
    folders = ", ".join(f"'{folder}'" for folder in (wbpp, *more))
    configure(library, f"[masters]\nwbpp_output = [{folders}]\n")
    return library, wbpp


def master(
    folder: Path, name: str, seed: int = 1, /, *, age_s: int = 0, camera: bool = True, **cards: Value
) -> Path:
    """A file as another program leaves it; `__` is a dash."""
    told = (CAMERA if camera else {}) | {key.replace("__", "-"): value for key, value in cards.items()}
    pixels = np.random.default_rng(seed).random((8, 12)).astype(np.float32)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image_bytes(pixels, [Card(key, value) for key, value in told.items()]))
    os.utime(path, (LONG_AGO_S - age_s, LONG_AGO_S - age_s))
    return path


def gather(library: Path) -> str:
    """The stage alone, every folder that library.toml names; what it says."""
    jobs = gathered.plan(sources_of(open_library(library)))
    done = [gathered.take_masters(Work(library), **job.arguments) for job in jobs]
    return "\n".join(outcome.says for outcome in done)


def in_libraries(library: Path) -> list[str]:
    homes = ("_Bias Library", "_Dark Library", "_Flat Stash")
    files = (path for home in homes for path in (library / home).rglob("*") if path.is_file())
    return sorted(path.relative_to(library).as_posix() for path in files)


def test_what_wbpp_made_is_copied_renamed_and_written_down(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    made = [
        master(wbpp, "master/masterBias_BIN-1_6248x4176.fits", 1, IMAGETYP="BIAS", EXPTIME=0.0),
        master(
            wbpp, "master/masterDark_BIN-1_6248x4176_EXPOSURE-300.00s.fits", 2, IMAGETYP="DARK", EXPTIME=300.0
        ),
        master(
            wbpp,
            "master/masterFlat_BIN-1_6248x4176_FILTER-S_mono_INSTRUME-ZWO ASI2600MM Pro_DATE-2023-12-06"
            "_SETTEMP--10.00_OFFSET-50_GAIN-100.fits",
            3,
            IMAGETYP="Master Flat",
            EXPTIME=2.0,
            **TRAIN,
        ),
    ]
    master(wbpp, "master/masterLight_BIN-1_6248x4176_FILTER-S_mono.fits", 4, IMAGETYP="Master Light")
    master(wbpp, "calibrated/Light/light_c.fits", 5, IMAGETYP="LIGHT")
    before = outside_caches(wbpp)
    said = gather(library)
    assert "3 masters taken into the libraries" in said
    assert in_libraries(library) == [
        "_Bias Library/ZWO ASI2600MM Pro/masterBias_EXPOSURE_0.00_SETTEMP_-10.00_GAIN_100_OFFSET_50.fits",
        f"{DARK}.fits",
        "_Flat Stash/ZWO ASI2600MM Pro/C8E/DATE_2023-12-06/"
        "masterFlat_FILTER_S_SETTEMP_-10.00_GAIN_100_OFFSET_50_FOCALLEN_2032.fits",
    ]
    assert [(library / path).read_bytes() for path in in_libraries(library)] == [p.read_bytes() for p in made]
    assert outside_caches(wbpp) == before
    facts = {fact.original: fact for fact in ledger.read(library).stored.values()}
    assert set(facts) == {path.as_posix() for path in made}
    assert {fact.stays for fact in facts.values()} == {Stays.MASTER.value}
    kinds = [one.frame.kind for one in read_shelf(open_library(library))]
    assert kinds == [Kind.MASTER_BIAS, Kind.MASTER_DARK, Kind.MASTER_FLAT]


def test_a_second_run_executes_nothing_and_caches_may_go(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    master(wbpp, "masterDark_BIN-1_12x8_EXPOSURE-300.00s.fits", IMAGETYP="DARK", EXPTIME=300.0)
    master(wbpp, "something.fits", 2, IMAGETYP="LIGHT")
    assert "1 master taken" in run(library)
    assert outlives_its_caches(library)  # and a run with caches executes nothing


def test_a_master_taken_once_is_not_taken_again_when_it_went(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    master(wbpp, "masterDark_a.fits", IMAGETYP="Master Dark", EXPTIME=300.0)
    gather(library)
    (library / f"{DARK}.fits").rename(library / "mine.fits")
    master(wbpp, "masterDark_b.fits", 2, IMAGETYP="Master Dark", EXPTIME=60.0)
    gather(library)
    assert in_libraries(library) == [DARK.replace("300", "60") + ".fits"]


def test_a_newer_one_lies_beside_the_older_and_is_the_one_chosen(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    old = master(wbpp, "2024/masterDark.fits", 1, age_s=9000, IMAGETYP="Master Dark", EXPTIME=300.0)
    gather(library)
    new = master(wbpp, "2025/masterDark.fits", 2, age_s=10, IMAGETYP="Master Dark", EXPTIME=300.0)
    gather(library)
    twin = DARK.replace("masterDark_", "masterDark~2_")
    assert (library / f"{DARK}.fits").read_bytes() == old.read_bytes()
    assert (library / f"{twin}.fits").read_bytes() == new.read_bytes()
    assert set(ledger.read(library).stored) == {f"{DARK}.fits", f"{twin}.fits"}
    light = Frame(path="", kind=Kind.LIGHT, camera="ZWO ASI2600MM Pro", exposure_s=300.0, set_temp_c=-10.0)
    light = replace(light, gain=100.0, offset=50.0, binning=1, width_px=12, height_px=8, planes=1)
    found = match(light, Kind.DARK, read_shelf(open_library(library)), Matching(), cooled=True)
    assert found.chosen is not None
    assert found.chosen.master.path == f"{twin}.fits"
    assert gather(library) == ""
    assert "verified" in doit_verify(library)


def test_what_a_person_had_put_there_steps_aside_for_a_newer_one(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    home, _, name = DARK.rpartition("/")
    mine = master(
        library / home, f"{name}.fits", 1, age_s=9000, IMAGETYP="Master Dark", EXPTIME=300.0
    ).read_bytes()
    new = master(wbpp, "masterDark.fits", 2, IMAGETYP="Master Dark", EXPTIME=300.0)
    assert "1 superseded" in gather(library)
    assert (library / f"{DARK}.fits").read_bytes() == new.read_bytes()
    assert (library / home / "superseded" / f"{name}.fits").read_bytes() == mine


def doit_verify(library: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "doit", "verify"], cwd=library, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return f"verified {done.stdout}"


def test_masters_that_differ_in_what_a_name_does_not_say_lie_side_by_side(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    warm: dict[str, Value] = {"INSTRUME": "ATR585M", "GAIN": 0, "EXPTIME": 30.0, "IMAGETYP": "Master Dark"}
    master(wbpp, "a.fits", 1, camera=False, **warm, CCD__TEMP=12.0)
    master(wbpp, "b.fits", 2, camera=False, **warm, CCD__TEMP=25.0)
    gather(library)
    assert in_libraries(library) == [
        "_Dark Library/ATR585M/masterDark_EXPOSURE_30.00_GAIN_0.fits",
        "_Dark Library/ATR585M/masterDark~2_EXPOSURE_30.00_GAIN_0.fits",
    ]


def test_equal_bytes_are_taken_once(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    master(wbpp, "one/masterDark.fits", IMAGETYP="Master Dark", EXPTIME=300.0)
    master(wbpp, "two/masterDark_again.fits", IMAGETYP="Master Dark", EXPTIME=300.0)
    assert "1 master taken" in gather(library)
    assert in_libraries(library) == [f"{DARK}.fits"]


def test_a_run_that_was_killed_before_the_ledger_is_finished(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    made = master(wbpp, "masterDark.fits", IMAGETYP="Master Dark", EXPTIME=300.0)
    target = library / f"{DARK}.fits"
    target.parent.mkdir(parents=True)
    target.write_bytes(made.read_bytes())
    gather(library)
    assert in_libraries(library) == [f"{DARK}.fits"]
    assert list(ledger.read(library).stored) == [f"{DARK}.fits"]


def test_what_finds_no_place_is_said_with_what_to_do_and_its_folder_may_say_it(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    flat = master(wbpp, "masterFlat_BIN-1_12x8_FILTER-L_mono.fits", IMAGETYP="Master Flat", EXPTIME=1.0)
    (wbpp / "masterDark_cut.fits").write_bytes(flat.read_bytes()[:3000])
    said = gather(library)
    assert "2 not taken" in said
    assert "put it into a folder called DATE_YYYY-MM-DD there" in said
    assert "masterDark_cut.fits: the data end after" in said
    assert in_libraries(library) == []
    (wbpp / "DATE_2024-02-01").mkdir()
    flat.rename(wbpp / "DATE_2024-02-01" / flat.name)
    gather(library)
    assert in_libraries(library) == [
        "_Flat Stash/ZWO ASI2600MM Pro/DATE_2024-02-01/masterFlat_FILTER_L_SETTEMP_-10.00_GAIN_100_OFFSET_50.fits"
    ]


def test_masters_of_siril_and_an_asiair_are_taken_too(tmp_path: Path) -> None:
    library, folder = library_with(tmp_path)
    siril: dict[str, Value] = {"PROGRAM": "Siril v1.0.6", "STACKCNT": 20}
    master(folder, "process/bias_stacked.fit", 1, EXPTIME=0.0, **siril)
    master(folder, "process/dark_stacked.fit", 2, IMAGETYP="DARK", EXPTIME=300.0, **siril)
    master(folder, "process/pp_light_0001.fit", 3, IMAGETYP="LIGHT", EXPTIME=300.0, **siril)
    name = "MasterDark_120.0s_-10.0C_gain100_2600MM_20250721-092915.fit"
    master(
        folder,
        f"Stacked/DSO/Master Dark/{name}",
        4,
        IMAGETYP="Dark",
        EXPTIME=120.0,
        CREATOR="ZWO ASIAIR Plus",
    )
    gather(library)
    assert [Path(path).name for path in in_libraries(library)] == [
        "masterBias_EXPOSURE_0.00_SETTEMP_-10.00_GAIN_100_OFFSET_50.fits",
        "masterDark_EXPOSURE_120.00_SETTEMP_-10.00_GAIN_100_OFFSET_50.fits",
        "masterDark_EXPOSURE_300.00_SETTEMP_-10.00_GAIN_100_OFFSET_50.fits",
    ]


def test_dwarfs_factory_folder_is_taken_for_the_one_dwarf_there_is(tmp_path: Path) -> None:
    library, folder = library_with(tmp_path)
    bare = {"camera": False, "BAYERPAT": "RGGB"}
    for name, seed in (
        ("bias/cam_0/bias_gain_2_bin_1.fits", 1),
        ("dark/cam_0/dark_exp_60.000000_gain_60_bin_1_20C_stack_8.fits", 2),
        ("dark/cam_0/dark_exp_60.000000_gain_60_bin_1_30C_stack_8.fits", 3),
        ("flat/cam_0/flat_gain_2_bin_1_ir_1.fits", 4),
    ):
        master(folder, f"CALI_FRAME/{name}", seed, **bare)  # type: ignore[arg-type]
    assert "put it into a folder called CAMERA_<name> there" in gather(library)
    rig = 'optic = "DWARFIII"\nfocal_ratio = 4.3\ncamera = "DWARFIII"\n'
    (library / "_Rigs/DWARFIII@f4.3+DWARFIII.toml").write_text(rig)
    (folder / "CALI_FRAME/note.fits").write_bytes(b"")
    gather(library)
    assert in_libraries(library) == [
        "_Bias Library/DWARFIII/masterBias.fits",
        "_Dark Library/DWARFIII/masterDark_EXPOSURE_60.00_GAIN_60.fits",
        "_Dark Library/DWARFIII/masterDark~2_EXPOSURE_60.00_GAIN_60.fits",
        "_Flat Stash/DWARFIII/DWARFIII/DATE_2026-01-15/masterFlat_FILTER_Astro.fits",
    ]


def test_a_folder_that_is_not_there_is_said_and_does_no_harm(tmp_path: Path) -> None:
    library, _ = library_with(tmp_path, str(tmp_path / "unplugged"))
    said = run(library)
    assert "unplugged  is not there (disk not mounted?): no masters were taken from it" in said
    assert is_idle(library)


def test_the_generation_of_libraries_that_is_there_is_written(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    (library / "MASTER DARK").mkdir()
    master(wbpp, "masterDark.fits", IMAGETYP="Master Dark", EXPTIME=300.0)
    gather(library)
    assert (library / "MASTER DARK/ZWO ASI2600MM Pro").is_dir()
    assert in_libraries(library) == []


@pytest.mark.parametrize("name", ["../../escape", "CON", "a\nb", "x" * 300])
def test_a_hostile_camera_stays_in_the_library(tmp_path: Path, name: str) -> None:
    library, wbpp = library_with(tmp_path)
    hostile = name.replace("\n", " ")[:60]
    master(wbpp, "masterDark.fits", IMAGETYP="Master Dark", EXPTIME=300.0, INSTRUME=hostile)
    gather(library)
    (taken,) = in_libraries(library)
    assert (library / taken).resolve().is_relative_to(library.resolve() / "_Dark Library")


def test_lights_and_masters_balance(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    drop(library / "_Inbox", "light.fits")
    master(wbpp, "masterDark.fits", IMAGETYP="Master Dark", EXPTIME=300.0)
    said = run(library)
    assert "1 received = 1 stored" in said
    assert "bug" not in said


def test_masters_that_arrive_in_an_inbox_go_to_the_libraries_too(tmp_path: Path) -> None:
    library, _ = library_with(tmp_path)
    inbox = library / "_Inbox"
    when: dict[str, Value] = {"DATE-OBS": "2026-01-15T00:10:00", "DATE-LOC": "2026-01-15T00:10:00"}
    one = master(inbox, "masterDark_a.fit", 1, IMAGETYP="DARK", EXPTIME=300.0, **when)
    two = master(inbox, "masterDark_b.fit", 2, IMAGETYP="Master Dark", EXPTIME=300.0, **when)
    flat = master(inbox, "masterFlat.fits", 3, IMAGETYP="Master Flat", EXPTIME=1.0, **TRAIN, **when)
    master(inbox, "masterDark_of_no_night.fits", 4, IMAGETYP="Master Dark", EXPTIME=60.0)
    said = run(library)
    assert "4 received = 3 stored + 1 in quarantine" in said
    twin = DARK.replace("masterDark_", "masterDark~2_")
    place = "_Flat Stash/ZWO ASI2600MM Pro/C8E/DATE_2026-01-14/masterFlat_FILTER_S_SETTEMP_-10.00_GAIN_100_OFFSET_50"
    assert in_libraries(library) == [f"{DARK}.fits", f"{twin}.fits", f"{place}_FOCALLEN_2032.fits"]
    held = {(library / path).read_bytes() for path in in_libraries(library)}
    assert held == {path.read_bytes() for path in (one, two, flat)}
    (note,) = (library / "_Quarantine").rglob("*.txt")
    assert "night=YYYY-MM-DD" in note.read_text(encoding="utf-8")
    assert outlives_its_caches(library)
    retired = subprocess.run(
        [sys.executable, "-m", "doit", "retire"], cwd=library, capture_output=True, check=False
    )
    assert retired.returncode == 0
    assert not one.exists()
    assert len(in_libraries(library)) == 3


def test_a_camera_whose_folder_leads_away_keeps_no_other_from_its_place(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    (library / "_Dark Library").mkdir()
    (tmp_path / "away").mkdir()
    (library / "_Dark Library/Odd").symlink_to(tmp_path / "away", target_is_directory=True)
    master(wbpp, "masterDark_0.fits", 1, age_s=9, IMAGETYP="Master Dark", EXPTIME=300.0, INSTRUME="Odd")
    master(wbpp, "masterDark_1.fits", 2, IMAGETYP="Master Dark", EXPTIME=300.0)
    said = gather(library)
    assert "1 master taken" in said and "masterDark_0.fits: " in said
    assert (library / f"{DARK}.fits").is_file() and list((tmp_path / "away").iterdir()) == []


@pytest.mark.parametrize("what", ["folder", "dangling link"])
def test_a_name_that_a_folder_or_a_link_has_is_not_taken(tmp_path: Path, what: str) -> None:
    library, wbpp = library_with(tmp_path)
    there = library / f"{DARK}.fits"
    there.parent.mkdir(parents=True)
    if what == "folder":
        there.mkdir()
    else:
        there.symlink_to("nowhere")
    master(wbpp, "masterDark_0.fits", IMAGETYP="Master Dark", EXPTIME=300.0)
    assert "1 master taken" in gather(library)
    beside = library / f"{DARK.replace('masterDark', 'masterDark~2')}.fits"
    assert beside.is_file() and (there.is_dir() or there.is_symlink())


def test_file_of_another_kind_keeps_no_master_from_its_name_and_is_said(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    wrong = master(library, f"{DARK}.fits", 1, IMAGETYP="Master Flat", EXPTIME=300.0)
    right = master(wbpp, "masterDark_1.fits", 2, IMAGETYP="DARK", EXPTIME=300.0, age_s=500)
    master(wbpp, "masterDark_2.fits", 3, IMAGETYP="Light", EXPTIME=300.0)
    there = wrong.read_bytes()
    said = gather(library)
    assert "stepped aside; its header says it is a master flat, its name a master dark" in said
    assert "masterDark_2.fits: its header says it is a light, its name a master dark" in said
    assert (library / f"{DARK}.fits").read_bytes() == right.read_bytes()
    (aside,) = [path for path in in_libraries(library) if "superseded" in path]
    assert (library / aside).read_bytes() == there


def test_where_there_is_no_room_for_a_copy_what_has_its_name_keeps_it(tmp_path: Path) -> None:
    library, wbpp = library_with(tmp_path)
    old = master(library, f"{DARK}.fits", 1, IMAGETYP="DARK", EXPTIME=300.0, age_s=500)
    master(wbpp, "masterDark_1.fits", 2, IMAGETYP="DARK", EXPTIME=300.0)
    before = old.read_bytes()
    configure(library, f"[masters]\nwbpp_output = ['{wbpp}']\n[keep_free]\npercent = 100\ngb = 1000000\n")
    with pytest.raises(PassingError, match="Make room"):
        gather(library)
    assert old.read_bytes() == before and in_libraries(library) == [f"{DARK}.fits"]
