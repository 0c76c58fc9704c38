"""A newcomer's first minute: one command, and the second time nothing is due."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def doit(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "doit", *words], capture_output=True, text=True, cwd=folder, check=False
    )


def test_the_demo_runs_and_a_second_one_executes_nothing(tmp_path: Path) -> None:
    first = doit("demo", "d", folder=tmp_path)
    assert first.returncode == 0, first.stderr
    executed = [line for line in first.stdout.splitlines() if line.startswith(". ")]
    assert executed
    assert not [line for line in first.stdout.splitlines() if line.startswith("! ")]
    assert "received = " in first.stdout
    second = doit("demo", "d", "--json", folder=tmp_path)
    assert second.returncode == 0
    assert not [line for line in second.stderr.splitlines() if line.startswith((". ", "! "))]
    assert json.loads(second.stdout)["library"] == str(tmp_path / "d")


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "thesis.txt").write_text("mine")
    result = doit("demo", "d", folder=tmp_path)
    assert result.returncode == 3
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("given", [(), ("lib",)])
def test_init_makes_a_library_once(tmp_path: Path, given: tuple[str, ...]) -> None:
    assert doit("init", *given, folder=tmp_path).returncode == 0
    root = tmp_path.joinpath(*given)
    before = (root / ".nightbuild-library").read_bytes()
    again = doit("init", *given, folder=tmp_path)
    assert again.returncode == 0
    assert "already" in again.stdout
    assert (root / ".nightbuild-library").read_bytes() == before
    assert (root / "_Inbox").is_dir()
    assert doit(folder=root).returncode == 0
