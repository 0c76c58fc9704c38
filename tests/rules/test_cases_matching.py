"""Other programs' cases on matching: which dark, which flat night, where a rig's past ends."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.frames import Frame, Kind
from pipeline.model.masters import Fitness, Master
from pipeline.rules.changes import cutoff
from pipeline.rules.flat_nights import distance_words, offer, whole_nights
from pipeline.rules.matching import chosen_of, match, match_flat, match_light
from pipeline.rules.serving import Ground, Wish, date_folder, plan_places
from tests.rules.masters import RULES, bias, dark, flat, light, raw_flat, rules

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "process.json"
ABSENT = [pytest.param({}, marks=pytest.mark.skip(reason="../shared/cases is not beside this checkout"))]


def cases(kind: str) -> list[Any]:
    if not CASES.is_file():
        return ABSENT
    found = [case for case in json.loads(CASES.read_text(encoding="utf-8")) if case["kind"] == kind]
    assert found, kind
    return found


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def numbers(text: str) -> dict[str, float]:
    """`..._EXP_120.00_SETTEMP_-10.00` as numbers."""
    return {key: float(value) for key, value in re.findall(r"([A-Z]+)_(-?\d+(?:\.\d+)?)", text)}


def master_of(name: str) -> Master:
    told = numbers(name)
    return dark(
        told["EXPOSURE"],
        path=name,
        camera="AP26CC",
        gain=told["GAIN"],
        offset=told["OFFSET"],
        set_temp_c=told["SETTEMP"],
    )


def light_of(given: dict[str, Any]) -> Frame:
    told = numbers(given["light_dir"])
    return light(
        camera=given["camera"],
        gain=float(given["gain"]),
        offset=float(given["offset"]),
        exposure_s=told["EXP"],
        set_temp_c=told["SETTEMP"],
    )


@pytest.mark.parametrize("case", cases("light dir->dark"), ids=lambda case: str(case.get("input"))[-60:])
def test_a_light_takes_the_dark_of_its_exposure_alone(case):
    library = [master_of(name) for name in case["input"]["library"]]
    found = match(light_of(case["input"]), Kind.DARK, library, RULES, cooled=True)
    if case["expect"].get("missing"):
        assert found.chosen is None
        assert found.missing.startswith("darks of 45 s at −10 °C")
    else:
        assert found.chosen is not None
        assert found.chosen.master.path == case["expect"]["from"]


@pytest.mark.parametrize("case", cases("light dir->flat"), ids=lambda case: str(case.get("input"))[-60:])
def test_of_two_flats_that_fit_one_is_taken_and_both_are_listed(case):
    """The peer stops its whole run here; a choice that is always the same and says so is enough."""
    told = numbers(case["input"]["flats"][0])
    twins = [flat(path=name, filter="X", gain=told["GAIN"]) for name in case["input"]["flats"]]
    found = match(light(filter="X", gain=told["GAIN"]), Kind.FLAT, twins, RULES, cooled=True)
    assert [one.fitness for one in found.candidates] == [Fitness.CHOSEN, Fitness.FITS]
    assert (
        found.chosen
        == match(light(filter="X", gain=999.0), Kind.FLAT, twins[::-1], RULES, cooled=True).chosen
    )


@pytest.mark.parametrize("case", cases("dark for a light"), ids=lambda case: str(case.get("input"))[:60])
def test_darks_for_a_light_the_longest_first(case):
    given = case["input"]
    masters = [*(dark(exposure) for exposure in given["dark_exposures"]), bias()]
    need, asked = light(exposure_s=given["light_exposure"]), rules(scale_darks=given["scale_dark"])
    found = match_light(need, masters, asked, cooled=True).matches[Kind.DARK]
    usable = [one.master.frame.exposure_s for one in found.candidates if one.fitness is not Fitness.LOST]
    assert usable == case["expect"]["matches_longest_first"]


@pytest.mark.parametrize("case", cases("masters for a light"), ids=lambda case: str(case.get("input"))[:60])
def test_masters_for_a_light(case):
    given, expect = case["input"], case["expect"]
    masters = [dark(float(given["dark"])), *([bias()] if given["bias_available"] else [])]
    need = light(exposure_s=float(given["light_exposure"]))
    found = match_light(need, masters, rules(scale_darks=given.get("scale_dark", False)), cooled=True)
    assert (found.master(Kind.DARK) is not None) == bool(expect["dark"])
    assert (found.master(Kind.BIAS) is not None) == bool(expect["bias"])


@pytest.mark.parametrize("case", cases("dark for a flat group"), ids=lambda case: str(case.get("input"))[:60])
def test_a_dark_for_flats(case):
    masters = [dark(exposure) for exposure in case["input"]["dark_exposures"]]
    found = match_flat(raw_flat(exposure_s=min(case["input"]["flat_exposures"])), masters, RULES, cooled=True)
    best = chosen_of(found)
    assert (best.master.frame.exposure_s if best else None) == case["expect"]["dark"]


@pytest.mark.parametrize("case", cases("flat cutoff"), ids=lambda case: str(case.get("input")))
def test_where_flats_may_come_from_never_moves_back(case):
    """The peer's cutoff is a night after which the rig was another: here the latest mark says so."""
    marks = [night for night in map(day, case["input"].values()) if night is not None]
    assert cutoff(date(2025, 12, 1), marks) == day(case["expect"]["cutoff"])


@pytest.mark.parametrize("case", cases("flat picker"), ids=lambda case: str(case.get("input"))[:60])
def test_the_nearest_nights_are_offered_and_none_is_the_usual_answer(case):
    given, expect = case["input"], case["expect"]
    found = offer(
        date.fromisoformat(given["light"]),
        [date.fromisoformat(night) for night in (*given["older"], *given["newer"])],
        given["limit"],
    )
    assert [night and night.isoformat() for night in found.shown] == expect["shown"]
    assert found.usual == expect["default_index"]
    assert found.hidden_older == expect.get("hidden_older", 0)


@pytest.mark.parametrize("case", cases("flat candidates"), ids=lambda case: str(case.get("input"))[:60])
def test_only_a_night_with_every_filter_is_offered(case):
    given = case["input"]
    held = {date.fromisoformat(night): frozenset(filters) for night, filters in given["library"].items()}
    found = whole_nights(frozenset(given["filters_needed"]), held)
    assert [night.isoformat() for night in found] == case["expect"]["candidates"]
    masters = [flat(night=night, filter=name) for night, filters in held.items() for name in filters]
    own = date.fromisoformat(given["light"])
    one = match(
        light(night=own, filter=given["filters_needed"][0]),
        Kind.FLAT,
        masters,
        RULES,
        cooled=True,
        night_filters={own: frozenset(given["filters_needed"])},
    )
    offered = {each.master.frame.night for each in one.candidates if each.fitness is Fitness.FITS}
    assert offered == set(found)


@pytest.mark.parametrize("case", cases("flat date label"), ids=lambda case: str(case.get("input")))
def test_how_far_a_flat_is(case):
    """Nights here, since an evening's date is one: `same night`."""
    given = case["input"]
    days = (date.fromisoformat(given["flat"]) - date.fromisoformat(given["light"])).days
    assert f"({distance_words(days)})".replace("night", "day") == case["expect"]["label"]


@pytest.mark.parametrize("case", cases("where masters go"), ids=lambda case: str(case.get("input"))[:60])
def test_masters_go_into_the_nearest_folder_of_a_night(case):
    given = case["input"]
    assert date_folder(given["light_dir"], given["pattern"][1:-2]) == case["expect"]["dir"]


@pytest.mark.parametrize("case", cases("masters already there"), ids=lambda case: str(case.get("input")))
def test_a_master_is_there_only_if_its_very_bytes_are(case):
    """Presence is judged by the file, not by there being any dark."""
    folder = "rig/20_Data/M31/accept/DATE_2026-01-14"
    lies_there = {"event": "master_given", "master": "dark_45", "sha256": "45", "link": f"{folder}/dark_45"}
    ground = Ground(folders={folder}, given={f"{folder}/dark_45": lies_there})
    wanted = {folder: [Wish(master="dark_60", sha256="60")]}
    found = plan_places(wanted, {folder: ["45"]}, ground)
    assert bool(found.give) == case["expect"]["copy"]
    assert found.take == ()  # another set needs it


@pytest.mark.parametrize(
    "case",
    [case for case in cases("move to data") if not case or "lights" in case["input"]]
    if CASES.is_file()
    else ABSENT,
    ids=lambda case: str(case.get("input"))[:60],
)
def test_what_is_moved_together_is_the_folder_of_the_night(case):
    """The other cases of moving are those of accepting (test_cases_accepted)."""
    assert date_folder(case["input"]["lights"], "DATE") == case["expect"]["calibration_dir"]
