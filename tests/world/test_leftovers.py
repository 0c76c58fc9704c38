from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from pipeline.world.files import part_of
from pipeline.world.leftovers import sweep_state
from pipeline.world.processes import host_mark
from tests.eyes import make_eyes


def dead_pid() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def left_in(folder: Path, pid: int, host: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".measured.json.{pid}-{host or host_mark()}0a1b2c3d.part"
    part.write_text("half")
    return part


def test_what_a_dead_writer_left_goes_once_it_is_old(tmp_path: Path) -> None:
    part = left_in(tmp_path / "manifests/C8/M31/L", dead_pid())

    assert sweep_state(tmp_path) == []
    assert part.exists()
    assert sweep_state(tmp_path, age_s=-1) == [part]
    assert not part.exists()


def test_what_is_still_being_written_stays_and_so_does_everything_else(tmp_path: Path) -> None:
    mine = part_of(tmp_path / "runs/log.jsonl")
    mine.parent.mkdir()
    mine.write_text("half")
    elsewhere = left_in(tmp_path / "runs", dead_pid(), "0000")
    others = [tmp_path / "runs" / name for name in ("culled.json", ".x.part", ".hidden", "x.1-2.part")]
    for path in others:
        path.write_text("whole")

    assert sweep_state(tmp_path, age_s=-1) == []
    assert all(path.exists() for path in (mine, elsewhere, *others))


def test_a_folder_that_is_not_there_has_nothing_left(tmp_path: Path) -> None:
    assert sweep_state(tmp_path / "none") == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_nothing_is_swept_through_a_link(tmp_path: Path) -> None:
    part = left_in(tmp_path / "elsewhere", dead_pid())
    (tmp_path / "state").mkdir()
    (tmp_path / "state/manifests").symlink_to(part.parent, target_is_directory=True)

    assert sweep_state(tmp_path / "state", age_s=-1) == []
    assert part.exists()


def test_a_run_that_does_something_sweeps_and_one_that_does_not_looks_at_nothing(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("pipeline.world.leftovers.sweep_state", partial(sweep_state, age_s=-1))
    eyes = make_eyes(tmp_path / "library")
    part = left_in(eyes.root / ".nightbuild/manifests/a set of long ago", dead_pid())
    eyes.shoot(2.0)
    eyes.doit()
    assert not part.exists()
    part = left_in(part.parent, dead_pid())
    eyes.doit()
    assert part.exists()
