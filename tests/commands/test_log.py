"""`doit log`: what runs did, and the ledger's own lines in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.model.errors import UserError
from tests.looking import NIGHT, RIG, answered, asked, doit, drop, new_library


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_library(tmp_path_factory.mktemp("log") / "library")
    drop(root / "_Inbox", "a.fits", minute=1)
    doit(root, "run")
    drop(root / "_Inbox", "b.fits", minute=2)
    drop(root / "_Inbox", "copy of b.fits", minute=2)
    doit(root, "run")
    return root


def told(folder: Path, *words: str) -> Any:
    return answered(folder, "log", *words).data


def test_runs_are_told_the_latest_first_stage_by_stage(library: Path) -> None:
    runs = told(library)
    assert [run["stages"][0]["counts"]["stored"] for run in runs] == [1, 1]
    assert runs[0]["begun"] > runs[1]["begun"]
    assert asked(library, "log") == runs
    assert {stage["stage"] for stage in runs[0]["stages"]} >= {"renamed", "recorded"}
    assert runs[0]["failures"] == []
    said = doit(library, "log", "--last", "1").stdout.splitlines()
    assert "done in" in said[0]
    assert said[1].split()[0] == "Stored"


def test_a_night_can_be_asked_about(library: Path) -> None:
    assert len(told(library, "--night", NIGHT)) == 2
    assert told(library, "--night", "2020-01-01") == []


def test_no_run_yet_is_a_sentence(tmp_path: Path) -> None:
    root = new_library(tmp_path / "library")
    assert answered(root, "log").sentences == ("No run has done anything here yet, as far as is remembered.",)


def test_the_ledger_is_told_in_words(library: Path) -> None:
    lines = told(library, "--ledger", "--night", NIGHT, "--rig", RIG.lower())
    assert lines[-1]["event"] == "received"
    assert {line["event"] for line in lines} == {"received", "hashed", "judged", "duplicate"}
    assert [line["when"] for line in lines] == sorted((line["when"] for line in lines), reverse=True)
    assert "received from _Inbox/a.fits" in "\n".join(answered(library, "log", "--ledger").sentences)
    assert told(library, "--ledger", "--rig", "nobody's") == []


def test_the_ledger_tells_of_one_file_and_of_no_other(library: Path) -> None:
    lines = told(library, "--ledger", "_Inbox/a.fits")
    assert [line["event"] for line in lines] == ["hashed", "received"]
    twin = told(library / "_Inbox", "--ledger", "copy of b.fits")
    assert {line["event"] for line in twin} == {"received", "hashed", "duplicate"}


@pytest.mark.parametrize("words", [["a.fits"], ["--last", "0"], ["--ledger", "nope.fits"]], ids=" ".join)
def test_what_cannot_be_asked_is_refused_in_a_sentence(library: Path, words: list[str]) -> None:
    with pytest.raises(UserError):
        told(library, *words)


def test_a_file_nobody_knows_is_exit_3(library: Path) -> None:
    result = doit(library, "log", "--ledger", "nope.fits")
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == "nope.fits: no such file, and nothing is known of one.\n"
