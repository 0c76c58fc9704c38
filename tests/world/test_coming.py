"""What the next run would do with sets: told without touching anything, and then done."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pipeline.rules.forecast import Does, Step, forecast
from pipeline.rules.ledger import ledger_file
from pipeline.world import journals
from pipeline.world.coming import ledger_ahead, steps_of_sets
from pipeline.world.library import open_library
from pipeline.world.survey import see
from pipeline.world.tallies import read_tallies
from tests.bench import shapes
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


def test_files_are_foretold_alike_from_the_whole_ledger_and_from_what_matters_of_it(tmp_path: Path) -> None:
    sets = shapes.make_library(tmp_path, 400, inbox_full=True)
    unhashed, gone = sets[0], sets[1]
    journal = tmp_path / ledger_file(shapes.rig_name(unhashed.rig), unhashed.night)
    lines = [line for line in journal.read_text("utf-8").splitlines() if '"hashed"' not in line]
    journal.write_text("\n".join([*lines, ""]), "utf-8")
    (tmp_path / ledger_file(shapes.rig_name(gone.rig), gone.night)).unlink()
    shapes.add_new_night(tmp_path, 3)
    seen = see(open_library(tmp_path), remember=False)
    told = list(forecast(seen.survey, ledger_ahead(seen)))
    assert told == list(forecast(seen.survey, seen.ledger))
    assert {step.does for step in told} >= {Does.STORE, Does.RECORD}


def test_of_a_library_at_rest_no_line_of_the_ledger_is_read_to_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes.make_library(tmp_path, 400)
    library = open_library(tmp_path)
    see(library), read_tallies(tmp_path, library.state)
    seen = see(library)
    monkeypatch.setattr(journals, "read", None)
    assert ledger_ahead(seen).stored == {}
