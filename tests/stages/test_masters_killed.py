"""SIGKILL before and after each step of making a master: the next run ends as if nothing had happened."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.killed import killed_at
from tests.libraries import half_files
from tests.masters_library import FEW, LIMITS, NO_EYES, Stacked, make_stacked

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")

SLOW = pytest.mark.slow
STEPS = [
    pytest.param("pipeline.world.shelving:rename_new", 1, "before", marks=SLOW),
    ("pipeline.world.shelving:rename_new", 1, "after"),
    pytest.param("pipeline.world.shelving:write_part", 1, "before", marks=SLOW),
    ("pipeline.world.shelving:write_part", 1, "after"),
    pytest.param("pipeline.world.shelving:write_part", 2, "after", marks=SLOW),
    pytest.param("pipeline.world.shelving:place_part", 1, "before", marks=SLOW),
    pytest.param("pipeline.world.shelving:place_part", 1, "after", marks=SLOW),
    pytest.param("pipeline.world.shelving:place_part", 2, "after", marks=SLOW),
    pytest.param("pipeline.world.files:place_part", 3, "before", marks=SLOW),
    pytest.param("pipeline.world.master_making:stacker_for", 1, "after", marks=SLOW),
]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Stacked:
    """A library with a master bias; more bias and flats have come."""
    night = make_stacked(tmp_path_factory.mktemp("scene") / "library")
    night.limit(LIMITS + FEW + NO_EYES)
    night.expose("BIAS")
    night.doit()
    night.expose("BIAS", day=1)
    night.expose("FLAT", day=1)
    return night


def masters(night: Stacked) -> dict[str, bytes]:
    return {one.path: (night.root / one.path).read_bytes() for one in night.shelf()}


@pytest.fixture(scope="module")
def expected(scene: Stacked, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an undisturbed run comes to."""
    root = tmp_path_factory.mktemp("undisturbed") / "library"
    shutil.copytree(scene.root, root)
    calm = Stacked(root)
    calm.doit()
    found = masters(calm)
    assert len(found) == 3
    return found


@pytest.mark.parametrize("forgets", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("step", "nth", "moment"), STEPS)
def test_killed_run_is_finished_by_the_next(tmp_path: Path, scene, expected, step, nth, moment, forgets):
    night = Stacked(tmp_path / "library")
    shutil.copytree(scene.root, night.root)
    killed_at(night.root, step, nth, moment)
    if forgets:
        shutil.rmtree(night.root / ".nightbuild", ignore_errors=True)
    night.doit()
    assert masters(night) == expected
    assert half_files(night.root) == []
    night.require_idle()
