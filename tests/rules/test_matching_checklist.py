"""Catalogue and calibration peers' own list of what calibration ought to do: its lines on matching, one a test.

The other lines are tests where they belong: distribution, calibrated lights, masters, purge.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.frames import Kind
from pipeline.model.masters import Fitness
from pipeline.rules.matching import match, match_light
from tests.rules.masters import RULES, bias, dark, flat, light, rules, verdict


def chosen(kind, masters, need=None, asked=RULES, **more):
    found = match(need or light(), kind, masters, asked, cooled=True, **more).chosen
    return found.master if found is not None else None


def test_line_base_masters_are_discovered_by_kind_for_one_light():
    found = match_light(light(), [flat(), bias(), dark()], RULES, cooled=True)
    assert (found.master(Kind.DARK), found.master(Kind.FLAT)) == (dark(), flat())


@pytest.mark.parametrize("changed", [{"optic": "SQA55"}, {"camera": "ATR585M"}, {"binning": 2}])
def test_line_1_telescope_instrument_and_binning_match(changed):
    assert chosen(Kind.FLAT, [flat(**changed)]) is None
    assert chosen(Kind.FLAT, [flat(**changed), flat()]) == flat()


@pytest.mark.parametrize("changed", [{"gain": 0.0}, {"offset": 10.0}])
@pytest.mark.parametrize(("kind", "make"), [(Kind.DARK, dark), (Kind.BIAS, bias), (Kind.FLAT, flat)])
def test_line_1_gain_and_offset_match(kind, make, changed):
    assert chosen(kind, [make(**changed)]) is None
    assert chosen(kind, [make(**changed), make()]) == make()


def test_line_1_temperature_within_five_degrees_on_a_camera_without_a_set_point():
    need = light(set_temp_c=None, sensor_temp_c=20.0)
    for celsius, fits in ((25.0, True), (15.0, True), (25.1, False), (14.9, False)):
        one = dark(set_temp_c=None, sensor_temp_c=celsius)
        assert (match(need, Kind.DARK, [one], RULES, cooled=False).chosen is not None) == fits


def test_line_1_temperature_within_one_degree_of_the_set_point_of_a_cooled_one():
    for celsius, fits in ((-9.0, True), (-11.0, True), (-8.9, False)):
        assert (chosen(Kind.DARK, [dark(set_temp_c=celsius)]) is not None) == fits


def test_line_1_flat_filter_match():
    assert chosen(Kind.FLAT, [flat(filter="R"), flat()]) == flat()
    assert chosen(Kind.FLAT, [flat(filter="R")]) is None


def test_line_1_closest_date_and_where_the_rig_says_so_not_future():
    masters = [dark(days=-30), dark(days=-9), dark(days=3)]
    assert chosen(Kind.DARK, masters) == dark(days=3)
    assert chosen(Kind.DARK, masters, asked=rules(future=False)) == dark(days=-9)


def test_line_1_a_missing_master_is_said_and_the_rest_is_still_found():
    found = match_light(light(), [bias()], RULES, cooled=True)
    assert found.master(Kind.BIAS) == bias()
    assert {kind for kind, one in found.matches.items() if one.missing} == {Kind.DARK, Kind.FLAT}


def test_line_1_an_unsound_master_is_set_aside_with_a_reason_and_the_next_best_taken():
    bad, next_best = dark(trouble="its hash changed since it was made"), dark(days=-20)
    found = match(light(), Kind.DARK, [bad, next_best], RULES, cooled=True)
    assert found.chosen.master == next_best
    assert verdict(found, bad) == (Fitness.LOST, "its hash changed since it was made")


def test_line_1_compatibility_warnings_name_the_master_and_the_doubt():
    found = match(light(), Kind.DARK, [dark(offset=None)], RULES, cooled=True)
    assert len(found.warnings) == 1
    assert "the offset is not in its header" in found.warnings[0]


def test_line_2_mixed_sessions_each_light_is_matched_by_its_own_keys():
    masters = [dark(60.0), dark(300.0), flat(filter="L"), flat(filter="R")]
    for exposure_s, name in ((60.0, "R"), (300.0, "L")):
        found = match_light(light(exposure_s=exposure_s, filter=name), masters, RULES, cooled=True)
        assert found.master(Kind.DARK) == dark(exposure_s)
        assert found.master(Kind.FLAT) == flat(filter=name)


def test_line_4_exposure_filter_and_dimensions_are_checked_before_a_master_is_used():
    for kind, other in (
        (Kind.DARK, dark(299.0)),
        (Kind.FLAT, flat(filter="R")),
        (Kind.DARK, dark(width_px=100, height_px=100)),
    ):
        assert chosen(kind, [other]) is None


def test_line_6_the_choice_is_written_with_its_parameters():
    found = match(light(), Kind.DARK, [dark(days=-12)], RULES, cooled=True)
    assert found.why == "dark 300 s, −10.0 °C, 12 days older"


def test_line_9_a_preview_lists_every_master_with_its_verdict():
    masters = [dark(), dark(60.0), dark(gain=0.0), dark(offset=None), dark(days=-30), dark(camera="ATR585M")]
    found = match(light(), Kind.DARK, masters, RULES, cooled=True)
    assert len(found.candidates) == len(masters)
    assert all(one.reasons for one in found.candidates)
    assert [one.fitness.value for one in found.candidates] == [
        "chosen", "fits", "unknown", "lost", "lost", "lost",
    ]  # fmt: skip


def test_line_9_a_master_chosen_by_hand_goes_before_every_other():
    mine = dark(days=-300)
    assert chosen(Kind.DARK, [dark(), mine], pinned=mine.path) == mine


def test_numbers_are_compared_as_numbers():
    """Peers lost darks of "300" against "300.0", and flats of 2032 mm against 2032.0."""
    assert chosen(Kind.DARK, [dark(300)], light(exposure_s=300.0)) is not None
    assert chosen(Kind.FLAT, [flat(focal_length_mm=2032)], light(focal_length_mm=2032.0)) is not None


def test_a_dark_of_another_exposure_is_not_a_dark_that_is_there():
    """A peer once took a 45 s dark for the 60 s one that was needed."""
    assert chosen(Kind.DARK, [dark(45.0)], light(exposure_s=60.0)) is None


def test_cameras_without_gain_offset_or_set_point_are_matched_by_what_they_have():
    bare = {"gain": None, "offset": None, "set_temp_c": None, "sensor_temp_c": None, "filter": None}
    found = match_light(light(**bare), [dark(**bare), flat(**bare)], RULES, cooled=False)
    assert found.master(Kind.DARK) is not None
    assert found.master(Kind.FLAT) is not None
    assert not any(one.warnings for one in found.matches.values())


def test_deleted_or_replaced_masters_are_not_preferred():
    """A peer took the oldest row, or one that had been deleted."""
    old, new = dark(path="old", superseded=True), dark(path="new")
    assert chosen(Kind.DARK, [old, new]) == new
    assert chosen(Kind.DARK, [old, replace(new, trouble="you rejected it")]) == old
