from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.model.jobs import Job, Tally
from pipeline.stages.night import close_run, plan_library
from pipeline.world import journals
from tests.bench import shapes


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Sixty frames, stored years ago and hashed; their inbox is empty."""
    shapes.make_library(tmp_path, 60)
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The journals that were read, from now on."""
    read: list[str] = []
    parse = journals.read

    def note(path: Path) -> journals.Journal:
        read.append(path.name)
        return parse(path)

    monkeypatch.setattr(journals, "read", note)
    return read


def jobs_of(library: Path) -> dict[str, Job]:
    return {job.name: job for job in plan_library(library).jobs}


def test_a_night_with_nothing_due_reads_no_line_of_the_ledger(library: Path, read: list[str]) -> None:
    before = jobs_of(library)
    assert read
    read.clear()
    assert jobs_of(library) == before
    close_run(library, Tally())
    assert read == []


def test_the_plan_is_the_same_without_the_cache(library: Path) -> None:
    before = jobs_of(library)
    shutil.rmtree(library / ".nightbuild")
    assert jobs_of(library) == before


def test_one_new_night_changes_no_other_job_and_reads_no_journal(library: Path, read: list[str]) -> None:
    before = jobs_of(library)
    shapes.add_new_night(library, 3)
    read.clear()
    after = jobs_of(library)
    night = f"{shapes.rig_name(0)}_{shapes.NEW_NIGHT}"
    assert after.keys() - before.keys() == {f"renamed:{night}", f"recorded:{night}"}
    assert {name: after[name] for name in before} == before
    assert read == []


def test_of_frames_that_still_lie_in_the_inbox_only_their_own_night_is_read(
    tmp_path: Path, read: list[str]
) -> None:
    sets = shapes.make_library(tmp_path, 400, inbox_full=True)
    here, *others = sorted({(one.rig, one.night) for one in sets})
    assert others
    for one in sets:
        for frame in shapes.frames_of(one) if (one.rig, one.night) != here else ():
            (tmp_path / shapes.INBOX / frame.path).unlink()
    jobs_of(tmp_path)
    read.clear()
    jobs_of(tmp_path)
    assert read == [f"DATE_{here[1]}.jsonl"]
