"""The catalogue's place in the night: behind everything, stopped by nothing; killed at any step, made whole by the next."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from pipeline.model.jobs import Job
from pipeline.rules.record_places import LIBRARY_CATALOG, catalog_file
from pipeline.stages import catalog
from pipeline.world.catalog import catalog_files, read_catalog
from pipeline.world.library import open_library
from pipeline.world.manifests import read_verdict, write_verdict
from tests.eyes import Eyes, make_eyes
from tests.killed import killed_at
from tests.stages.night_library import RIG

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")


def job(name: str, owner: str = "") -> Job:
    return Job(
        stage="masters",
        name=f"masters:{name}",
        doc="",
        effect="x:y",
        arguments={"owner": owner} if owner else {},
    )


def test_each_rig_waits_for_its_own_jobs_and_for_those_of_all() -> None:
    jobs = [job("1", "C8E"), job("2", "SQA55"), job("late")]
    mine, other, library = catalog.plan(["C8E", "SQA55"], jobs)
    assert mine.behind == ("masters:1", "masters:late")
    assert other.behind == ("masters:2", "masters:late")
    assert library.behind == (mine.name, other.name)
    assert (mine.after, mine.rig, mine.targets) == ((), "C8E", (catalog_file("C8E"),))
    assert mine.derived
    assert library.targets == (LIBRARY_CATALOG,)


def test_a_library_without_frames_has_no_catalogue() -> None:
    assert catalog.plan([], [job("late")]) == []


@pytest.mark.parametrize("name", ["_library", "_plans", "../x", "CON", "a/b", "x" * 300])
def test_no_name_takes_a_file_that_is_not_its_own(name: str) -> None:
    path = catalog_file(name)
    assert path.startswith("_Catalog/")
    assert path.count("/") == 1
    assert path != LIBRARY_CATALOG
    assert not path.startswith("_Catalog/_")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    eyes = make_eyes(tmp_path_factory.mktemp("library"))
    eyes.shoot(2.0, 2.2, 2.4)
    eyes.doit("catalog")
    eyes.age_folders()
    eyes.doit("catalog")
    return eyes.root


@pytest.fixture
def eyes(made: Path, tmp_path: Path) -> Eyes:
    shutil.copytree(made, tmp_path / "library", symlinks=True)
    return Eyes(tmp_path / "library", shot=50)


def held(root: Path) -> dict[str, bytes]:
    return {name: (root / name).read_bytes() for name in catalog_files(open_library(root))}


def test_without_a_catalogue_a_reader_says_what_to_type(eyes: Eyes) -> None:
    shutil.rmtree(eyes.root / "_Catalog")
    assert read_catalog(open_library(eyes.root)).troubles == ["There is no catalogue yet. Type: doit"]


def test_a_verdict_that_changed_is_written_down(eyes: Eyes) -> None:
    library, one = open_library(eyes.root), eyes.only()
    kept = read_verdict(library, one.id)
    assert kept is not None
    write_verdict(library, one.id, kept[0], type(kept[1])(frames=kept[1].frames, held=True))
    assert not catalog.is_written(eyes.root, owner=RIG)
    eyes.doit("catalog")
    assert catalog.is_written(eyes.root, owner=RIG)


def test_the_diary_counts_what_was_written_down(eyes: Eyes) -> None:
    eyes.shoot(2.1, day=1)
    assert f"catalog:{RIG}  C8E   1 frame, 1 set of 1 night" in eyes.doit("catalog")
    assert "catalog:" not in eyes.doit("catalog")


@POSIX
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "step", ["pipeline.world.catalog_making:replace_if_different", "pipeline.world.catalog_making:dump"]
)
def test_a_run_killed_while_it_writes_leaves_a_catalogue_that_the_next_one_makes_whole(
    eyes: Eyes, step: str, moment: str
) -> None:
    eyes.shoot(2.1, 2.3, day=1)
    assert killed_at(eyes.root, step, 1, moment, "catalog") == -9
    assert read_catalog(open_library(eyes.root)).troubles == []
    eyes.doit("catalog")
    eyes.require_whole()
    before = held(eyes.root)
    shutil.rmtree(eyes.root / "_Catalog")
    eyes.doit("catalog")
    assert held(eyes.root) == before


def test_other_times_of_the_same_contents_make_nothing_due(eyes: Eyes) -> None:
    places = ["_Catalog", "_Ledger", "_Decisions", ".nightbuild/manifests", RIG]
    for path in (path for place in places for path in (eyes.root / place).rglob("*")):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    assert catalog.is_written(eyes.root, owner=RIG)
    assert catalog.is_library_written(eyes.root)


def test_a_row_that_somebody_changed_is_made_again(eyes: Eyes) -> None:
    before, path = held(eyes.root), eyes.root / catalog_file(RIG)
    path.write_bytes(path.read_bytes().replace(b'"accepted_s":0', b'"accepted_s":9', 1))
    assert held(eyes.root) != before
    assert not catalog.is_written(eyes.root, owner=RIG)
    eyes.doit("catalog")
    assert held(eyes.root) == before
