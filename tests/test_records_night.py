"""Law 10 with all stages: two rigs and a camera, masters, calibrated lights, a scheduler, pages, summaries, notes.

A second run executes nothing; without its caches the next one changes nothing; what is derived comes back the same; a
night that is killed while it is written down is written down by the next as if nothing had happened.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import unquote

import pytest

from pipeline.stages import STAGES
from tests.eyes import LIMITS, changes, make_eyes
from tests.killed import killed_at
from tests.libraries import environment, executed, half_files, outside_caches
from tests.masters_library import CAMERA, FEW, NO_EYES, Stacked
from tests.scheduler_database import PROFILE, make_database
from tests.stages.night_library import OTHER_RIG, RIG, new_library

RECORDS = {"catalog", "scheduler", "summaries", "reports", "notes"}
SEEN = frozenset({"blink", "pictures"})
"""What is made of nights that wait for eyes, and stays as it is once they were dealt with."""
DERIVED = ("_Catalog", "_Reports", "_Notes")
SETTINGS = '[scheduler]\nwrite = true\n[[scheduler.database]]\nname = "pc"\npath = "../pc"\n'
CALIBRATE = "[calibrate]\nenabled = true\nquality_check = false\n"
SLOW = pytest.mark.slow
POSIX = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Places whose paths have one length: pages say it where paths grow too long for Windows."""
    home = tmp_path_factory.mktemp("law")
    return (home / f"{number:03}" for number in count())


@pytest.fixture(scope="module")
def scene(ground: Iterator[Path]) -> Path:
    """The folder above a library at rest; a capture computer's scheduler lies beside it."""
    home = next(ground)
    make_database(home / "pc" / "schedulerdb.sqlite")
    eyes = Stacked(new_library(home / "library", RIG, OTHER_RIG, eyes=True))
    for rig in (RIG, OTHER_RIG):
        eyes.limit(LIMITS + FEW + NO_EYES + CALIBRATE, rig)
        file = eyes.root / f"_Rigs/{rig}.toml"
        file.write_text(f'profile_ids = ["{PROFILE}"]\n{file.read_text("utf-8")}', encoding="utf-8")
    eyes.settings(SETTINGS)
    for kind in ("BIAS", "DARK", "FLAT"):
        eyes.expose(kind, size=(8, 12))
    eyes.shoot(2.0, 2.1, 2.2, 5.4)
    eyes.shoot(2.0, 2.1, target="NGC 7000", rig=OTHER_RIG)
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    eyes.doit()
    eyes.shoot(2.3, 2.4, day=1)
    eyes.doit()
    eyes.require_idle()
    return home


@pytest.fixture
def night(scene: Path, ground: Iterator[Path]) -> Stacked:
    """A library of one's own."""
    return copied(scene, next(ground))


def copied(home: Path, place: Path) -> Stacked:
    shutil.copytree(home, place, symlinks=True)
    return Stacked(place / "library", shot=100)


def derived(root: Path, *folders: str) -> dict[str, bytes]:
    """What is written of the library: every file with its bytes; what a person said in pages is not."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in folders or DERIVED
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def test_all_of_it_rests(scene):
    root = scene / "library"
    before = outside_caches(root)
    said = Stacked(root).doit()
    assert said.startswith("Nothing due"), said
    assert changes(before, outside_caches(root)) == []


def test_the_scene_has_every_kind_of_thing_in_it(scene):
    root = scene / "library"
    names = derived(root).keys()
    assert {f"_Catalog/{owner}.json" for owner in (RIG, OTHER_RIG, CAMERA, "_library")} <= names
    assert any(name.startswith("_Catalog/_plans/") for name in names)
    assert any(name.startswith("_Notes/Targets/") for name in names)
    assert {"_Reports/index.html", "_Reports/summaries/totals.json"} <= names
    assert len(list(root.glob("_*Library/*/*"))) >= 2
    assert list((root / RIG / "20_Data/M31/calibrated").rglob("*.fits"))
    assert {stage.name for stage in STAGES} >= RECORDS


def test_without_its_caches_the_next_run_changes_nothing_outside_them(night):
    before = outside_caches(night.root)
    shutil.rmtree(night.root / ".nightbuild")
    night.doit()
    assert changes(before, outside_caches(night.root)) == []
    night.require_idle()


@pytest.mark.parametrize(
    "folder",
    [
        *DERIVED,
        pytest.param("_Notes .nightbuild", marks=SLOW),
        pytest.param("_Catalog .nightbuild", marks=SLOW),
        pytest.param("_Catalog _Reports _Notes .nightbuild", marks=SLOW),
    ],
)
def test_what_is_derived_comes_back_with_the_same_bytes(night, folder):
    before = derived(night.root)
    for path in (path for home in folder.split() for path in (night.root / home).iterdir()):
        if path.name not in SEEN:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    night.doit()
    assert changes(before, derived(night.root)) == []
    night.require_idle()


@pytest.mark.parametrize(
    "name",
    [
        f"_Catalog/{RIG}.json",
        pytest.param("_Catalog/_library.json", marks=SLOW),
        pytest.param("_Reports/index.html", marks=SLOW),
        pytest.param("_Reports/summaries/totals.json", marks=SLOW),
    ],
)
def test_a_folder_in_the_place_of_a_file_is_named_and_stops_no_other_rig(night, name):
    (night.root / name).unlink()
    (night.root / name / "mine").mkdir(parents=True)
    night.shoot(2.5, day=2, target="NGC 7000", rig=OTHER_RIG)
    said = night.doit(code=1)
    (line,) = {line.partition("  ")[2] for line in said.splitlines() if line.startswith("! ")}
    assert f"{name}: a folder lies where a file should be; move it away and run `doit` again" in line
    assert b"2026-01-16" in (night.root / f"_Catalog/{OTHER_RIG}.json").read_bytes()
    shutil.rmtree(night.root / name)
    night.doit()
    night.require_idle()


@pytest.mark.parametrize("name", [RIG, pytest.param("_library", marks=SLOW)])
def test_a_catalogue_changed_in_place_is_made_again_once_a_reader_has_said_so(night, name):
    path = night.root / f"_Catalog/{name}.json"
    whole, look = path.read_bytes(), path.stat()
    path.write_bytes(whole.replace(b"M31", b"M32").replace(b"master", b"mastes"))
    os.utime(path, ns=(look.st_atime_ns, look.st_mtime_ns))
    night.require_idle()
    told = night.doit("show", "frames" if name == RIG else "equipment", code=1)
    assert f"_Catalog/{name}.json is damaged, so it is left out. The next `doit` makes it again." in told
    assert f"_Catalog/{name}.json was damaged, and is made anew" in night.doit() or name != RIG
    assert path.read_bytes() == whole
    night.require_idle()


def _accepted(night: Stacked) -> Path:
    return next(
        path for path in night.frames("20_Data") if path.parts[-4] == "accept" and "master" not in path.name
    )


def _move_on(night: Stacked) -> None:
    (night.root / RIG / "60_Done").mkdir()
    (night.root / RIG / "20_Data/M31").rename(night.root / RIG / "60_Done/M31")


_DEEDS = {
    "moved on": _move_on,
    "back to be looked at": lambda night: night.move(_accepted(night), f"{RIG}/10_Blink/M31"),
    "restored": lambda night: night.move(night.frames("_Reject")[0], f"{RIG}/10_Blink/M31"),
    "renamed": lambda night: (night.root / RIG / "20_Data/M31").rename(
        night.root / RIG / "20_Data/Andromeda"
    ),
}


@pytest.mark.parametrize(
    "deed", ["moved on", *(pytest.param(deed, marks=SLOW) for deed in _DEEDS if deed != "moved on")]
)
def test_what_a_person_does_while_there_are_no_caches_is_dealt_with_in_one_run(night, deed):
    night.age_folders()
    night.doit()
    shutil.rmtree(night.root / ".nightbuild")
    _DEEDS[deed](night)
    night.doit()
    night.require_idle()


def test_what_a_person_wrote_into_a_page_or_table_goes_with_the_next_run(night):
    """Not with the first one whose caches are gone: that one changes nothing."""
    files = [
        next((night.root / "_Reports/nights").rglob("*.html")),
        night.root / "_Reports/summaries/totals.json",
        night.root / "_Reports/index.html",
    ]
    before = [path.read_bytes() for path in files]
    for path in files:
        path.write_bytes(path.read_bytes() + b" mine")
    night.doit()
    assert [path.read_bytes() for path in files] == before
    night.require_idle()


def test_of_a_held_set_that_nobody_is_shown_no_page_says_it_is_offered_or_leads_to_its_folder(tmp_path):
    eyes = make_eyes(tmp_path / "library")
    eyes.limit(LIMITS + NO_EYES + "light = false\n")
    eyes.shoot(2.0, 5.1, 5.2)
    eyes.doit()
    assert eyes.states() == {"offered": 1, "held": 2} and eyes.count() == {}
    pages = {path: path.read_text("utf-8") for path in (eyes.root / "_Reports").rglob("*.html")}
    assert any("Shall they go? Until you answer none of it is accepted" in text for text in pages.values())
    for path, text in pages.items():
        assert "offered whole" not in text
        for link in re.findall(r'href="(?!data:)([^"#]+)', text):
            assert (path.parent / unquote(link)).exists(), f"{path.name}: {link}"


def test_without_any_page_or_picture_it_comes_to_rest_again(night):
    """A picture was made from what was blinked: of a set that was dealt with there is none any more."""
    shutil.rmtree(night.root / "_Reports")
    night.doit()
    night.require_rest()
    pages = "".join(path.read_text("utf-8") for path in (night.root / "_Reports").rglob("*.html"))
    assert "c1e48175.jpg" not in pages, "no page shows a picture that is not there"


@pytest.mark.parametrize(
    "name", ["summaries", "pictures", pytest.param("nights", marks=SLOW), pytest.param("targets", marks=SLOW)]
)
def test_one_page_picture_or_table_that_was_deleted_comes_back(night, name):
    before = derived(night.root)
    files = sorted((night.root / "_Reports" / name).rglob("*.*"))
    next(path for path in files if path.stem != "totals" and path.is_file()).unlink()
    night.doit()
    assert changes(before, derived(night.root)) == []
    night.require_idle()


@pytest.mark.parametrize(
    "deed",
    ["moved", "front edited", "all gone",
     *(pytest.param(deed, marks=SLOW) for deed in ("deleted", "written in", "block edited", "block deleted"))],
)  # fmt: skip
def test_whatever_a_person_does_to_notes_it_comes_to_rest(night, deed):
    note = next((night.root / "_Notes/Targets").glob("M31*.md"))
    text = note.read_text("utf-8")
    block = text[text.index("<!-- nightbuild:progress") : text.index("<!-- nightbuild:sessions")]
    if deed == "deleted":
        note.unlink()
    elif deed == "moved":
        note.rename(night.root / "_Notes/Andromeda.md")
    elif deed == "all gone":
        shutil.rmtree(night.root / "_Notes")
    else:
        told = {"written in": text + "\nClouds.\n", "block deleted": text.replace(block, ""),
                "front edited": text.replace("hours: 0.25", "hours: 25"),
                "block edited": text.replace(block, block.replace("15 min", "16 min"))}  # fmt: skip
        assert told[deed] != text
        note.write_text(told[deed], encoding="utf-8")
    night.doit()
    assert (night.root / "_Notes/Targets/NGC 7000.md").is_file()
    night.require_rest()


def test_a_new_night_touches_what_tells_of_it_and_nothing_else(night):
    before = outside_caches(night.root)
    night.shoot(2.5, 2.6, day=3)
    said = night.doit()
    touched = changes(before, outside_caches(night.root))
    old_nights = [path for path in touched if "2026-01-14" in path or "2026-01-15" in path]
    assert old_nights == [f"_Reports/nights/{RIG}/2026-01-15.html"], "its link to the next night"
    assert [path for path in touched if OTHER_RIG in path] == [], "the other rig's is as it was"
    assert [path for path in touched if path.startswith("_Calibration")] == []
    assert {f"_Catalog/{CAMERA}.json", f"_Reports/rigs/{CAMERA}.html"}.isdisjoint(touched), "and the camera's"
    tasks = [task for task in executed(said) if task.partition(":")[0] in RECORDS]
    assert sorted(tasks) == [
        f"catalog:{RIG}", "catalog:_library", "notes:library",
        f"reports:{RIG}", "reports:_library", "scheduler:pc", "summaries:library"
    ]  # fmt: skip
    night.require_idle()


@pytest.fixture(scope="module")
def half_told(scene: Path, ground: Iterator[Path]) -> Path:
    """A new night of both rigs is stored, offered, in the ledger: nothing of it is written down yet."""
    eyes = copied(scene, next(ground))
    eyes.shoot(2.5, 2.6, day=3)
    eyes.shoot(2.5, day=3, target="NGC 7000", rig=OTHER_RIG)
    eyes.expose("BIAS", day=3, size=(8, 12))
    assert killed_at(eyes.root, "pipeline.stages.catalog:write_owner", 1, "before") == -9
    assert killed_at(eyes.root, "pipeline.stages.catalog:write_owner", 1, "before") == -9
    return eyes.root.parent


@pytest.fixture(scope="module")
def told(half_told: Path, ground: Iterator[Path]) -> dict[str, bytes]:
    """What an undisturbed run writes of it."""
    eyes = copied(half_told, next(ground))
    eyes.doit()
    return derived(eyes.root)


STEPS = [
    pytest.param("pipeline.world.catalog_making:replace_if_different", 1, "before", marks=SLOW),
    ("pipeline.world.catalog_making:replace_if_different", 2, "after"),
    pytest.param("pipeline.world.catalog_library:make_catalog", 1, "after", marks=SLOW),
    pytest.param("pipeline.world.summing:_write", 2, "after", marks=SLOW),
    pytest.param("pipeline.world.report_pages:_write", 3, "after", marks=SLOW),
    pytest.param("pipeline.world.report_pages:keep_digests", 1, "before", marks=SLOW),
    pytest.param("pipeline.world.report_pages:keep_digests", 2, "after", marks=SLOW),
    pytest.param("pipeline.world.noting:_write", 1, "before", marks=SLOW),
    ("pipeline.world.noting:_write", 1, "after"),
    pytest.param("pipeline.world.noting:_bring", 1, "after", marks=SLOW),
    *(
        pytest.param("pipeline.world.files:write_part", nth, moment, marks=SLOW)
        for nth in (2, 7, 13, 19, 26)
        for moment in ("before", "after")
    ),
]


@POSIX
@pytest.mark.parametrize(("step", "nth", "moment"), STEPS)
def test_killed_while_it_writes_down_it_goes_on_to_the_same_bytes(half_told, told, ground, step, nth, moment):
    night = copied(half_told, next(ground))
    assert killed_at(night.root, step, nth, moment) == -9, "it never came to this step"
    night.doit()
    assert changes(told, derived(night.root)) == []
    assert half_files(night.root) == []
    night.require_idle()


@SLOW
def test_two_at_once_write_what_one_would(half_told, told, ground):
    night = copied(half_told, next(ground))
    command = [sys.executable, "-m", "doit"]
    runs = [
        subprocess.Popen(
            command,
            cwd=night.root,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert all("Traceback" not in one for one in said), said
    assert 0 in {run.returncode for run in runs}, said
    assert changes(told, derived(night.root)) == []
    night.require_idle()
