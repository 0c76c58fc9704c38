"""A newcomer's first minute: one command, and the second time nothing is due."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path

import pytest

from pipeline.commands.demo import make_demo
from pipeline.world import demo_nights
from tests import forked


def doit(*words: str, folder: Path, cold: bool = False) -> subprocess.CompletedProcess[str]:
    return forked.doit(folder, *words, cold=cold)


@pytest.mark.parametrize(
    "quick", [pytest.param(True, id="few frames"), pytest.param(False, id="as it is", marks=pytest.mark.slow)]
)
def test_the_demo_runs_and_a_second_one_executes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: bool
) -> None:
    if quick:
        few = partial(demo_nights.write_demo_nights, quick=True)
        monkeypatch.setattr(demo_nights, "write_demo_nights", few)
        make_demo(tmp_path / "d")
    first = doit("demo", "d", folder=tmp_path, cold=True)
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
