"""The weight of a light: 1 for the middling frame, nothing where nothing was measured."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.measures import QUANTITIES
from pipeline.rules.weights import WEIGHT_NAME, weight_of

SET = {"noise_adu": 20.0, "fwhm_px_measured": 3.0, "stars_measured": 400.0}


def test_the_weight_has_a_name_and_its_parts_are_quantities() -> None:
    assert WEIGHT_NAME == "noise-fwhm-stars"
    assert set(SET) <= set(QUANTITIES)


def test_the_middling_frame_weighs_one() -> None:
    assert weight_of(SET, SET) == 1.0


@pytest.mark.parametrize(
    ("name", "value", "weight"),
    [("noise_adu", 40.0, 0.25), ("fwhm_px_measured", 1.5, 4.0), ("stars_measured", 100.0, 0.25)],
)
def test_each_part_counts_as_the_formula_says(name: str, value: float, weight: float) -> None:
    assert weight_of({**SET, name: value}, SET) == pytest.approx(weight)


@pytest.mark.parametrize("name", SET)
def test_what_was_not_measured_in_frame_or_set_has_no_part(name: str) -> None:
    worse = {"noise_adu": 40.0, "fwhm_px_measured": 6.0, "stars_measured": 200.0}
    less = {key: value for key, value in worse.items() if key != name}
    set_less = {key: value for key, value in SET.items() if key != name}
    assert weight_of(less, SET) == weight_of(worse, set_less)


def test_nothing_measured_is_no_weight() -> None:
    assert weight_of({}, SET) is None
    assert weight_of(SET, {}) is None
    assert weight_of({"noise_adu": math.nan, "fwhm_px_measured": 0.0}, SET) is None


def test_a_frame_without_stars_weighs_nothing() -> None:
    assert weight_of({"noise_adu": 18.0, "stars_measured": 0.0}, SET) == 0.0


ANY = st.dictionaries(st.sampled_from(sorted(SET)), st.floats())


@given(ANY, ANY)
def test_a_weight_is_a_number_from_nought_up(values: dict[str, float], medians: dict[str, float]) -> None:
    weight = weight_of(values, medians)
    assert weight is None or 0 <= weight <= 1000
