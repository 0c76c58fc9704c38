"""The recorded cases of the process this one grew from: where masters go, whether they are there, what may move on.

Here lights are taken on when their person says so, each set by itself: one that lacks a master stops no other. What it
lacks is written down and said; the moving cases are held against that.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.frames import Kind
from pipeline.model.masters import Candidate, Fitness, Master, Match, SetMatch
from pipeline.rules.frozen import freeze, lacking
from pipeline.rules.moves import meaning_of
from pipeline.rules.serving import Ground, There, Wish, date_folder, plan_places
from tests.factories import make_frame

CASES = Path(__file__).resolve().parents[2].parent / "shared/cases/process.json"
KINDS = {"dark": Kind.DARK, "flats": Kind.FLAT, "flat": Kind.FLAT}


def cases(kind: str) -> list[Any]:
    if not CASES.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="shared/cases is not beside this checkout"))]
    return [one for one in json.loads(CASES.read_text(encoding="utf-8")) if one["kind"] == kind]


@pytest.mark.parametrize("case", cases("where masters go"))
def test_masters_go_into_the_nearest_folder_of_a_night(case: dict[str, Any]) -> None:
    begins = case["input"]["pattern"].removeprefix("^").removesuffix(".*")
    assert date_folder(case["input"]["light_dir"], begins) == case["expect"]["dir"]


@pytest.mark.parametrize("case", cases("masters already there"))
def test_another_dark_in_the_folder_is_not_the_dark_that_is_needed(case: dict[str, Any]) -> None:
    folder = "C8E/20_Data/M31/accept/DATE_2024-01-15"
    given = {
        f"{folder}/masterDark_EXPOSURE_45.00.fits": {
            "event": "master_given", "master": "_Dark Library/x/masterDark_EXPOSURE_45.00.fits", "sha256": "45",
        }
    }  # fmt: skip
    ground = Ground(folders={folder}, given=given, there=dict.fromkeys(given, There.OURS))
    wish = Wish(master="_Dark Library/x/masterDark_EXPOSURE_60.00.fits", sha256="60")
    places = plan_places({folder: [wish]}, {folder: {"45"}}, ground)
    assert bool(places.give) == case["expect"]["copy"]
    assert not places.take


@pytest.mark.parametrize(
    "case", [one for one in cases("move to data") if "tree" in one.get("input", {"tree": 1})]
)
def test_each_set_goes_on_by_itself_and_what_lacks_is_reported(case: dict[str, Any]) -> None:
    """Where the peer holds a whole folder back for one incomplete set, that set alone is reported here."""
    complete, reported = [], []
    for folder, says in case["input"]["tree"].items():
        has_dark, has_flat = "no calibration" not in says, "missing" not in says and "no calib" not in says
        chosen = freeze(folder, _match(has_dark, has_flat), {"dark": "1", "flat": "2"}, None, when=_now())
        (reported if chosen.missing else complete).append(folder)
        if chosen.missing == ("FLAT",):
            assert lacking(_match(has_dark, has_flat)) == {"FLAT": "flats with L"}
    for unit in case["expect"]["move"]:
        assert any(folder == unit or folder.startswith(f"{unit}/") for folder in complete)
    for unit in case["expect"].get("stay", []):
        assert unit in reported
    for unit, _ in case["expect"].get("report", []):
        assert unit in reported


@pytest.mark.parametrize("case", [one for one in cases("move to data") if "lights" in one.get("input", {})])
def test_masters_of_all_lights_of_a_night_lie_together(case: dict[str, Any]) -> None:
    """The peer looks for the deepest folder that holds them all; here it is the night's, by construction."""
    lights = case["input"]["lights"].replace("DATE1", "DATE_2024-01-15")
    assert date_folder(lights).replace("DATE_2024-01-15", "DATE1") == case["expect"]["calibration_dir"]


@pytest.mark.parametrize("case", cases("move to data default path filter"))
def test_what_lies_in_accept_is_accepted_and_nothing_else(case: dict[str, Any]) -> None:
    said = [
        folder
        for folder in case["input"]["dirs"]
        if meaning_of("C8E/10_Blink/M31/DATE_1/F/x.fits", f"C8E/10_Blink/{folder}/x.fits", home=True).says
        == "accept"
    ]
    assert said == case["expect"]["considered"]


def _match(has_dark: bool, has_flat: bool) -> SetMatch:
    return SetMatch(
        matches={
            Kind.DARK: _found(Kind.DARK, "dark")
            if has_dark
            else Match(kind=Kind.DARK, missing="darks of 300 s"),
            Kind.FLAT: _found(Kind.FLAT, "flat")
            if has_flat
            else Match(kind=Kind.FLAT, missing="flats with L"),
        }
    )


def _found(kind: Kind, path: str) -> Match:
    chosen = Candidate(master=Master(path=path, frame=make_frame(kind=kind.master)), fitness=Fitness.CHOSEN)
    return Match(kind=kind, chosen=chosen, candidates=(chosen,))


def _now() -> datetime:
    return datetime(2026, 1, 15, 8, tzinfo=UTC)
