"""What a scheduler wants: panels split off, filters by the template, rigs by their profile; and how urgent it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.model.library import TargetAlias
from pipeline.model.plans import Plans, Wish
from pipeline.model.rigs import Camera, Filter, Rig
from pipeline.rules.plan_priority import priority_of
from pipeline.rules.scheduler_wishes import lines_of, wishes_of
from pipeline.rules.targets import split_panel
from pipeline.world.scheduler_db import read_rows
from tests.scheduler_database import PROFILE, make_database, schemas, tell

CASES = Path(__file__).resolve().parents[2].parent / "shared/cases/process.json"
RIG = Rig(
    name="C8E@f10.0+X",
    optic="C8E",
    focal_ratio=10.0,
    camera=Camera(name="X"),
    profile_ids=("{" + PROFILE.upper() + "}",),
    filters=(Filter(name="Ha", aliases=("Ha 3nm",)), Filter(name="L")),
)


@pytest.fixture(params=sorted(schemas()))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_database(tmp_path / "schedulerdb.sqlite", schemas()[request.param])


def wishes(database: Path, *rigs: Rig) -> list[Wish]:
    rows, _ = read_rows(database, database.parent, images=False)
    lines = json.loads(json.dumps(lines_of(rows)))
    return sorted(wishes_of(lines, rigs, "pc"), key=lambda one: (one.target, one.panel, one.filter))


def test_panels_filters_exposures_and_rigs_are_understood(database: Path) -> None:
    found = [(w.target, w.panel, w.filter, w.exposure_s, w.desired, w.rig) for w in wishes(database, RIG)]
    assert found == [
        ("M31", "1", "L", 180.0, 40, RIG.name),
        ("M31", "2", "Ha", 300.0, 20, RIG.name),
        ("M31", "2", "L", 120.0, 40, RIG.name),
        ("NGC 7000", "", "Ha", 300.0, 30, RIG.name),
        ("NGC 7000", "", "L", 0.0, 10, RIG.name),
        ("X", "", "L", 180.0, 10, RIG.name),
    ]


def test_a_profile_no_rig_names_is_any_rigs(database: Path) -> None:
    assert {one.rig for one in wishes(database)} == {""}
    assert {one.filter for one in wishes(database)} == {"L", "Ha 3nm"}


def test_places_are_degrees_and_only_of_j2000(database: Path) -> None:
    tell(database, "UPDATE target SET epochcode = 0 WHERE Id = 3")
    found = {(one.target, one.panel): (one.ra_deg, one.dec_deg) for one in wishes(database)}
    assert found["M31", "1"] == (10.5, 41.2)
    assert found["NGC 7000", ""] == (None, None)


def test_a_target_set_aside_rests(database: Path) -> None:
    tell(database, "UPDATE target SET active = 0 WHERE Id = 1")
    found = {(one.target, one.panel): one.state for one in wishes(database)}
    assert found["M31", "1"] == "inactive"
    assert found["M31", "2"] == "active"
    assert found["X", ""] == "draft"


def test_the_highest_wish_of_a_target_is_its_priority(database: Path) -> None:
    plans = Plans(wishes=tuple(wishes(database, RIG)))
    assert priority_of(plans, RIG.name, "m31") == 2
    assert priority_of(plans, RIG.name, "NGC  7000") == 0
    assert priority_of(plans, "another@f4.0+Y", "M31") == 1
    assert priority_of(plans, RIG.name, "X") == 1  # a draft says nothing
    assert priority_of(plans, RIG.name, "Andromeda", [TargetAlias(name="M31", aliases=("Andromeda",))]) == 2


def test_lines_that_were_tampered_with_are_passed_over() -> None:
    good: dict[str, object] = {
        "profile": "",
        "project": "",
        "state": "",
        "priority": 1,
        "is_mosaic": False,
        "target": "M31",
    }
    counts = {"filter": "L", "exposure_s": 1, "desired": 1, "acquired": 0, "accepted": 0}
    lines: list[dict[str, object]] = [good | counts, good, {"target": 3}, good | counts | {"desired": "x"}]
    assert len(list(wishes_of(lines, [], "pc"))) == 1


def test_the_processes_own_panels_hold() -> None:
    if not CASES.is_file():
        pytest.skip(f"{CASES} is not there")
    cases = [one for one in json.loads(CASES.read_text("utf-8")) if one["kind"] == "target->[target,panel]"]
    assert cases
    for one in cases:
        target, panel = split_panel(one["input"])
        assert (target.replace("'", ""), panel) == (one["expect"]["targetname"], one["expect"]["panel"]), one
