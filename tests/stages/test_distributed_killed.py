"""SIGKILL before and after each step of laying masters beside lights: nothing doubled, nothing left to do."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from pipeline.model.records import About
from pipeline.world import decisions as decided
from tests.killed import killed_at
from tests.served_library import DATE, FLAT, Served, make_served
from tests.stages.night_library import RIG

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")

WRITE, PLACE = "pipeline.world.laying:_write", "pipeline.world.laying:place"
TAKE, FOLDER = "pipeline.world.laying:withdraw", "pipeline.world.laying:remove_hollow"
UNLINK = "pipeline.world.removal:retry"
STEPS = [
    ("accepted", WRITE, 1),
    ("accepted", WRITE, 2),
    ("accepted", PLACE, 1),
    ("accepted", PLACE, 2),
    ("rematched", WRITE, 1),
    ("rematched", TAKE, 1),
    ("rematched", UNLINK, 1),
    ("rematched", PLACE, 1),
    ("moved on", TAKE, 1),
    ("moved on", UNLINK, 2),
    ("moved on", FOLDER, 1),
]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Served]:
    """Libraries with something to do: lights to be accepted, masters asked for anew, lights moved on."""
    root = tmp_path_factory.mktemp("scenes")
    scenes = {}
    for name in ("accepted", "rematched", "moved on"):
        served = scenes[name] = make_served(root / name)
        served.shoot(2.0, 2.1)
        served.master()
        served.master(FLAT, night="2026-01-14")
        served.doit()
        served.accept()
        if name != "accepted":
            served.doit()
            served.age_folders()
    again = scenes["rematched"]
    (dark,) = (again.root / "_Dark Library").rglob("masterDark*")
    (dark.parent / "superseded").mkdir()
    dark.rename(dark.parent / "superseded" / f"{dark.stem}_DATE_2026-01-10.fits")
    again.master(night="2026-01-14")
    one = again.only()
    decided.decide(again.root, "rematch", About.SET, one.id, owner=one.owner, night=one.night)
    gone = scenes["moved on"]
    (lights,) = (path for path in (gone.root / RIG / "20_Data/M31/accept" / DATE).iterdir() if path.is_dir())
    gone.move(lights, f"{RIG}/30_Master/M31")
    return scenes


QUICK = {
    ("accepted", PLACE, 1, "after"),
    ("rematched", WRITE, 1, "after"),
    ("rematched", UNLINK, 1, "before"),
    ("moved on", UNLINK, 2, "before"),
    ("moved on", FOLDER, 1, "before"),
}
"""One of each way to be in the middle; the others are slow."""


def each_kill() -> Iterator[ParameterSet]:
    for step in STEPS:
        for moment in ("before", "after"):
            marks = () if (*step, moment) in QUICK else (pytest.mark.slow,)
            yield pytest.param(*step, moment, marks=marks)


@pytest.mark.parametrize(("scene", "step", "nth", "moment"), list(each_kill()))
def test_killed_run_is_finished_by_the_next(
    scenes: dict[str, Served], tmp_path: Path, scene: str, step: str, nth: int, moment: str
) -> None:
    root = tmp_path / "library"
    subprocess.run(["cp", "-a", scenes[scene].root, root], check=True)  # keeps links links
    served = Served(root, shot=10)
    assert killed_at(root, step, nth, moment) == -9
    served.doit()
    lying = served.masters()
    assert len(lying) == (0 if scene == "moved on" else 2), lying
    if scene == "rematched":
        (dark,) = (
            path for path in (root / "_Dark Library").rglob("masterDark*") if path.parent.name != "superseded"
        )
        assert dark.read_bytes() == next(root.rglob(f"{DATE}/masterDark*")).read_bytes()
    if scene == "moved on":
        assert not (root / RIG / "20_Data/M31").exists()
    served.require_rest()
