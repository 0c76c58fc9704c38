"""`doit unlock`: a dead run's lock is freed, a living one's is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.toy_night import CHECKOUT
from tests.looking import asked, doit, new_library

HOLD = """
import sys, time
from pathlib import Path
from pipeline.world.lock import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    root = new_library(tmp_path / "library")
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield root, process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_library_nobody_holds_is_left_as_it_is(tmp_path: Path) -> None:
    root = new_library(tmp_path / "library")
    result = doit(root, "unlock")
    assert (result.returncode, result.stdout) == (0, f"{root} is not locked.\n")
    assert not (root / ".nightbuild").exists()


def test_a_living_run_keeps_its_lock_unless_forced(held: tuple[Path, subprocess.Popen[str]]) -> None:
    root, process = held
    refused = doit(root, "unlock")
    assert refused.returncode == 3
    assert f"process {process.pid}" in refused.stderr
    assert "doit unlock --force" in refused.stderr
    taken = asked(root, "unlock", "--force")
    assert taken["was_alive"] is True
    assert doit(root, "unlock").stdout == f"{root} is not locked.\n"


def test_a_dead_run_is_named_and_its_lock_freed(held: tuple[Path, subprocess.Popen[str]]) -> None:
    root, process = held
    process.kill()
    process.wait()
    result = doit(root, "unlock")
    assert result.returncode == 0
    assert f"process {process.pid}" in result.stdout
    assert doit(root).returncode == 0
