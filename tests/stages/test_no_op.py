from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model.jobs import Job, Tally, Work
from pipeline.stages import blinked, catalog
from pipeline.stages.night import plan_library
from pipeline.stages.surroundings import close_run
from pipeline.world import journals
from tests.bench import shapes
from tests.libraries import RECORDS

LONG_AGO_S = 1_768_500_000
AT_REST = {"renamed", "recorded", "distributed"} | RECORDS - {"scheduler"}
"""What is planned where all nights are sealed: that their store stays as it is, that no set lacks a master that came, and
that what is written down tells of it; no scheduler is asked where none is named."""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Sixty frames, accepted years ago: their inbox is empty, and a run has sealed their nights."""
    shapes.make_library(tmp_path, 60)
    seal_all(tmp_path)
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The journals of the ledger that were read, from now on."""
    read: list[str] = []
    parse = journals.read

    def note(path: Path) -> journals.Journal:
        if "_Ledger" in path.parts:
            read.append(path.name)
        return parse(path)

    monkeypatch.setattr(journals, "read", note)
    return read


def seal_all(library: Path) -> None:
    """What the first run does about nights in which nothing waits: it looks into their folders, once, and notes it all."""
    for leaf in library.glob("*/20_Data/*/accept/DATE_*/FILTER_*"):
        os.utime(leaf, (LONG_AGO_S, LONG_AGO_S))
    jobs = plan_library(library).jobs
    assert {job.stage for job in jobs} == AT_REST | {"blinked"}
    looks = [job for job in jobs if job.stage == "blinked"]
    assert all(blinked.is_absorbed(library, **job.check_arguments) for job in looks)
    for owner in {job.rig for job in jobs if job.stage == "catalog"} - {""}:
        catalog.write_owner(Work(library), owner=owner)


def jobs_of(library: Path) -> dict[str, Job]:
    return {job.name: job for job in plan_library(library).jobs}


def test_a_night_with_nothing_due_reads_no_line_of_the_ledger(library: Path, read: list[str]) -> None:
    assert {job.stage for job in jobs_of(library).values()} == AT_REST
    assert read == []
    close_run(library, Tally())  # whoever did something weighs all there is: counted once, and kept
    read.clear()
    close_run(library, Tally())
    assert read == []


def test_the_plan_is_the_same_without_the_cache(library: Path) -> None:
    before = jobs_of(library)
    shutil.rmtree(library / ".nightbuild")
    seal_all(library)
    assert jobs_of(library) == before


def test_one_new_night_opens_that_night_alone(library: Path, read: list[str]) -> None:
    before = jobs_of(library)
    shapes.add_new_night(library, 3)
    read.clear()
    after = jobs_of(library)
    unordered = {
        name: replace(after[name], after=before[name].after, behind=before[name].behind) for name in before
    }
    assert unordered == before
    jobs = {name: job for name, job in after.items() if name not in before}
    rig, night = shapes.rig_name(0), str(shapes.NEW_NIGHT)
    here = f"{rig}/M 31/DATE_{night}/FILTER_L_EXP_30.00_SETTEMP_-10.00"
    of_set = ("measured", "culled", "offered", "accepted", "distributed")
    assert set(jobs) == {
        *(f"{stage}:{rig}_{night}" for stage in ("renamed", "recorded", "shown")),
        *(f"{stage}:{here}" for stage in of_set),
        f"blinked:{rig}",
    }
    assert jobs[f"blinked:{rig}"].arguments == {"owner": rig, "nights": [night]}
    assert set(read) <= {f"DATE_{night}.jsonl"}


def test_a_sealed_night_opens_where_somebody_did_something_and_no_other(
    library: Path, read: list[str]
) -> None:
    leaf, *others = sorted(library.glob("*/20_Data/*/accept/DATE_*/FILTER_*"))
    assert others
    next(leaf.iterdir()).unlink()
    (job,) = (job for job in plan_library(library).jobs if job.stage == "blinked")
    assert job.rig == leaf.relative_to(library).parts[0]
    assert [f"DATE_{night}" for night in job.arguments["nights"]] == [leaf.parent.name]
    assert set(read) <= {f"{leaf.parent.name}.jsonl"}


def test_of_frames_that_still_lie_in_the_inbox_only_their_own_night_is_read(
    tmp_path: Path, read: list[str]
) -> None:
    sets = shapes.make_library(tmp_path, 400, inbox_full=True)
    here, *others = sorted({(one.rig, one.night) for one in sets})
    assert others
    for one in sets:
        for frame in shapes.frames_of(one) if (one.rig, one.night) != here else ():
            (tmp_path / shapes.INBOX / frame.path).unlink()
    seal_all(tmp_path)
    read.clear()
    assert {job.stage for job in jobs_of(tmp_path).values()} == AT_REST
    assert read == [f"DATE_{here[1]}.jsonl"]
