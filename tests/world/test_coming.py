"""What the next run would do with sets: told without touching anything, and then done."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pipeline.rules.forecast import Does, Step
from pipeline.world.coming import steps_of_sets
from pipeline.world.library import open_library
from pipeline.world.survey import see
from tests.judged_library import JudgedLibrary
from tests.looking import RIG, listed


@pytest.fixture
def library(tmp_path: Path) -> JudgedLibrary:
    made = JudgedLibrary(tmp_path / "library")
    made.shoot(*range(1, 7))
    return made


def steps(library: JudgedLibrary) -> list[Step]:
    before = listed(library.root)
    found = steps_of_sets(see(open_library(library.root), remember=False))
    assert listed(library.root) == before
    return found


def told(library: JudgedLibrary) -> dict[Does, str]:
    found = steps(library)
    assert max(Counter(step.does for step in found).values(), default=1) == 1
    return {step.does: step.why for step in found}


def test_frames_that_arrive_are_measured_and_judged_when_their_night_is_over(library: JudgedLibrary) -> None:
    assert told(library) == {
        Does.MEASURE: "M31 L 300 s: 6 frames",
        Does.JUDGE: "M31 L 300 s: held against its rig's limits; then it is offered to your eyes",
    }
    [measure, _] = steps(library)
    assert (measure.rig, measure.night, measure.target) == (RIG, "2026-01-14", "M31")


def test_what_was_done_is_not_foretold_again(library: JudgedLibrary) -> None:
    library.night()
    assert told(library) == {}


def test_a_marker_is_taken_up_and_late_frames_grow_their_set(library: JudgedLibrary) -> None:
    library.night()
    library.mark()
    library.shoot(20)
    found = told(library)
    assert "1 set blinked" in found[Does.TAKE_UP]
    assert found[Does.MEASURE] == "M31 L 300 s: 1 frame"


def test_a_lost_manifest_is_measured_again_and_a_lost_place_offered(library: JudgedLibrary) -> None:
    library.measure(2, hfr=5.1)
    library.night()
    library.rig_file.write_text(library.rig_file.read_text("utf-8").replace("4.6", "5.5"), "utf-8")
    for path in (library.root / ".nightbuild/manifests").rglob("measured.json"):
        path.unlink()
    assert told(library)[Does.MEASURE] == "M31 L 300 s: 6 frames"


def test_nothing_is_foretold_of_folders_that_are_away(library: JudgedLibrary, tmp_path: Path) -> None:
    library.night()
    library.mark()
    (library.root / RIG / "10_Blink").rename(tmp_path / "unplugged")
    assert told(library) == {}
