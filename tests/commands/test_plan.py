"""`doit plan`: file by file what the next `doit` would do, and nothing touched."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.errors import UserError
from tests.judged_library import JudgedLibrary
from tests.looking import NIGHT, RIG, answered, cut, doit, drop, listed, new_library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = new_library(tmp_path / "library")
    inbox = root / "_Inbox"
    drop(inbox, "a.fits", minute=1)
    drop(inbox, "copy of a.fits", minute=1)
    drop(inbox, "flat.fits", minute=3, IMAGETYP="FLAT")
    cut(drop(inbox, "cut.fits", minute=4))
    drop(inbox, "strange.fits", minute=5, TELESCOP="RC12", FOCRATIO=8.0)
    drop(inbox, "half.fits.part", minute=7)
    (inbox / "PHD2_GuideLog_2026-01-14_200000.txt").write_text("PHD2")
    (inbox / "PHD2_GuideLog_2025-12-24_200000.txt").write_text("PHD2")
    for log in inbox.glob("PHD2*"):
        os.utime(log, (1_768_500_000, 1_768_500_000))
    (inbox / "notes.txt").write_text("mine")
    return root


def plan(root: Path, *words: str) -> dict[str, dict[str, Any]]:
    return {step["file"].removeprefix("_Inbox/"): step for step in answered(root, "plan", *words).data}


def test_programs_read_one_document_with_one_object_a_file(library: Path) -> None:
    result = doit(library, "plan", "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout) == list(plan(library).values())


@pytest.mark.parametrize("word", ["C8E", "c8e+zwo asi2600mm pro"])
def test_a_rig_is_asked_for_by_its_short_name_or_its_label(library: Path, word: str) -> None:
    assert plan(library, "--rig", word) == plan(library, "--rig", RIG)
    assert plan(library, "--rig", word)


def test_each_file_has_what_would_become_of_it_and_why(library: Path) -> None:
    steps = plan(library)
    does = {file: step["does"] for file, step in steps.items()}
    assert does == {
        "a.fits": "store",
        "copy of a.fits": "duplicate",
        "flat.fits": "store",
        "cut.fits": "quarantine",
        "strange.fits": "ask",
        "half.fits.part": "wait",
        "PHD2_GuideLog_2026-01-14_200000.txt": "witness",
        "PHD2_GuideLog_2025-12-24_200000.txt": "wait",
        "notes.txt": "leave",
    }
    stored = steps["a.fits"]
    assert stored["to"].startswith(f"{RIG}/00_Frames/DATE_{NIGHT}/LIGHT/M31/FILTER_L_EXP_300.00")
    assert (stored["rig"], stored["night"], stored["kind"], stored["target"]) == (RIG, NIGHT, "LIGHT", "M31")
    assert "target by header OBJECT" in stored["why"]
    assert steps["copy of a.fits"]["to"] == stored["to"]
    assert "copy cut off?" in steps["cut.fits"]["why"]
    assert steps["strange.fits"]["command"].startswith("doit rig --new")


@pytest.mark.parametrize("after_a_run", [False, True], ids=["a new library", "after a run"])
def test_nothing_is_touched(library: Path, after_a_run: bool) -> None:
    if after_a_run:
        doit(library)
        drop(library / "_Inbox", "later.fits", minute=20)
    before = listed(library.parent)
    assert doit(library, "plan").returncode == 0
    assert plan(library)
    assert listed(library.parent) == before
    assert (library / ".nightbuild").exists() == after_a_run


def test_the_run_does_what_the_plan_said(library: Path) -> None:
    steps = plan(library)
    doit(library)
    stored = {path.relative_to(library).as_posix() for path in (library / RIG).rglob("*.*") if path.is_file()}
    assert stored == {step["to"] for step in steps.values() if step["does"] in {"store", "witness"}}
    left = plan(library)
    assert left.keys() & {"a.fits", "flat.fits"} == set()
    assert left["cut.fits"]["does"] == "quarantine"


def test_two_frames_of_one_second_get_two_addresses(tmp_path: Path) -> None:
    root = new_library(tmp_path / "library")
    drop(root / "_Inbox", "a.fits", seed=1)
    drop(root / "_Inbox", "b.fits", seed=2, NOTE="longer by a card " * 200)
    planned = {step["to"] for step in plan(root).values()}
    assert len(planned) == 2
    assert any("~2" in to for to in planned)
    doit(root)
    assert planned == {path.relative_to(root).as_posix() for path in (root / RIG).rglob("*.fits")}


def test_a_rig_a_night_or_a_target_can_be_asked_about(library: Path) -> None:
    drop(library / "_Inbox", "other.fits", minute=9, OBJECT="NGC 7000")
    assert set(plan(library, "--target", "ngc  7000")) == {"other.fits"}
    assert {"a.fits", "other.fits"} <= set(plan(library, "--rig", RIG.upper(), "--night", NIGHT))
    assert plan(library, "--night", "2026-01-13") == {}
    refused = doit(library, "plan", "--night", "tonight")
    assert refused.returncode == 2
    assert "tonight" in refused.stderr


def test_a_rig_that_is_not_there_is_answered_with_the_one_that_is_meant(library: Path) -> None:
    with pytest.raises(UserError, match=r"no rig 'C9E@f10.0\+ZWO' here; did you mean \"C8E@f10.0"):
        plan(library, "--rig", "C9E@f10.0+ZWO")


def test_people_read_each_night_its_files_and_the_sums_last(library: Path) -> None:
    answer = answered(library, "plan")
    said = [*answer.sentences, *answer.closing]
    assert any(line.startswith(f"{RIG}, night of {NIGHT}: 2 frames to store") for line in said)
    assert any(line.startswith("  store") and "_Inbox/a.fits → " in line for line in said)
    assert "Nothing was touched" in said[-1]


def test_nothing_to_do_is_one_line(tmp_path: Path) -> None:
    root = new_library(tmp_path / "library")
    assert answered(root, "plan").closing == ("Nothing to do: what lies in the inboxes is stored.",)


def test_what_follows_for_sets_is_told_in_words_and_touches_nothing(tmp_path: Path) -> None:
    judged = JudgedLibrary(tmp_path / "library")
    judged.shoot(1, 2, 3)
    before = listed(judged.root)
    said = doit(judged.root, "plan").stdout
    assert listed(judged.root) == before
    assert "Sets: 1 set to measure, 1 set to judge" in said
    assert "measure     M31 L 300 s: 3 frames" in said
    judged.night()
    judged.mark()
    before = listed(judged.root)
    answer = answered(judged.root, "plan")
    assert any("take up" in line and "1 set blinked" in line for line in answer.sentences)
    assert listed(judged.root) == before
