"""Masters, pixel by pixel, against a plain slow reference that does what the docstrings say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.model.calibration import MasterRecipe
from pipeline.pixels.combine import combine, combine_strips
from tests.amounts import examples

CLIPS = ["sigma", "winsorised", "linear_fit", "percentile"]
ALL = ["none", *CLIPS, "minmax"]
F = np.float32


def recipe(reject: str, low: float = 3.1, high: float = 2.7) -> MasterRecipe:
    if reject == "percentile":
        low, high = 100 * low / 16, 100 * high / 16
    return MasterRecipe(reject=reject, low_sigma=low, high_sigma=high)  # type: ignore[arg-type]


MEDIAN = MasterRecipe(combine="median")


def combined(values: np.ndarray, how: MasterRecipe):
    return combine(list(values.copy()), how)


# The reference: one pixel at a time, in single precision as `clip` says.


def deviation(values: np.ndarray) -> np.float32:
    total, squares, count = F(0), F(0), F(len(values))
    for value in values:
        total, squares = total + value, squares + value * value
    return np.sqrt(max(squares - total * total / count, F(0)) / max(count - 1, F(1)))


def winsorised(values: np.ndarray, middle: np.float32, whole: bool) -> np.float32:
    spread = deviation(values)
    for _ in range(200):
        low, high = -F(1.5) * spread, F(1.5) * spread
        if whole:
            low, high = np.floor(middle + low + F(0.5)) - middle, np.floor(middle + high + F(0.5)) - middle
        values = np.maximum(np.minimum(values, high), low)
        before, spread = spread, F(1.134) * deviation(values)
        if abs(spread - before) <= before * F(0.0005):
            break
    return spread


def to_the_line(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    rank = np.arange(len(values)) - (len(values) - 1) / 2
    values = values.astype(float)
    apart = values - values.mean() - rank * (rank * values).sum() / (rank * rank).sum()
    return apart, np.abs(apart), float(np.abs(apart).mean())


def slow(column: np.ndarray, how: MasterRecipe) -> tuple[float, int, int]:
    """The mean of what is kept, and how many went at either side."""
    whole = column.dtype.kind in "iu"
    values = np.sort(column)
    low = high = 0
    reject, k_low, k_high = how.reject, how.low_sigma, how.high_sigma
    if reject == "minmax" and len(values) > 2:
        return float(values[1:-1].mean(dtype=float)), 1, 1
    limit = max(k_low, k_high)
    rounds = [reject]
    if reject == "sigma" and len(values) <= limit**2:
        rounds = ["winsorised"]
    if reject == "linear_fit" and (len(values) - 4) * 3 <= 8 * limit:
        rounds = ["winsorised", "linear_fit"]
    for method in rounds:
        while reject not in {"none", "minmax"} and len(values) > 4:
            anchor = float(values[len(values) // 2])
            apart = (values.astype(float) - anchor).astype(F)
            middle = (apart[(len(values) - 1) // 2] + apart[len(values) // 2]) / F(2)
            apart = apart - middle
            if method == "linear_fit":
                apart, distance, spread = to_the_line(values)
            else:
                distance = np.abs(apart)
                spread = {
                    "sigma": lambda apart=apart: deviation(apart),
                    "winsorised": lambda apart=apart, middle=middle: winsorised(apart, middle, whole),
                    "percentile": lambda middle=middle, anchor=anchor: F(abs(F(anchor) + middle)) / F(100),
                }[method]()
            below, above = apart < -k_low * spread, apart > k_high * spread
            if (~below & ~above).sum() < 4:
                nearest = np.argsort(distance, kind="stable")[:4]
                below[nearest] = above[nearest] = False
            if not (below | above).any():
                break
            low, high = low + below.sum(), high + above.sum()
            values = values[~below & ~above]
            if method == "percentile":
                break
    return float(values.mean(dtype=float)), int(low), int(high)


def require_same(values: np.ndarray, how: MasterRecipe) -> None:
    found = combined(values, how)
    expected = [slow(column, how) for column in values.reshape(len(values), -1).T]
    means = np.array([mean for mean, _, _ in expected]).reshape(values.shape[1:])
    np.testing.assert_allclose(found.picture, means, rtol=2e-6, atol=1e-4)
    assert (found.low, found.high) == (
        sum(low for _, low, _ in expected),
        sum(high for _, _, high in expected),
    )


def night(seed: int, count: int, level: float, noise: float, wild: float, width: int = 60) -> np.ndarray:
    """A dark's values with some wild ones."""
    chance = np.random.default_rng(seed)
    values = chance.normal(level, noise, (count, width))
    strokes = chance.random(values.shape) < wild
    values[strokes] += chance.exponential(40 * noise, strokes.sum()) * chance.choice([-1, 1], strokes.sum())
    return np.clip(np.rint(values), 0, 65535).astype(np.uint16)


noisy = st.builds(
    night,
    st.integers(0, 10_000),
    st.integers(1, 40),
    st.integers(0, 60_000),
    st.sampled_from([0.3, 2.0, 9.0, 300.0]),
    st.floats(0, 0.2),
)


@pytest.mark.parametrize("reject", ALL)
@given(values=noisy)
@settings(max_examples=examples(10), deadline=None)
def test_whole_numbers_are_combined_as_the_slow_reference_does(reject: str, values: np.ndarray) -> None:
    require_same(values, recipe(reject))


@pytest.mark.parametrize("reject", ALL)
@given(st.integers(0, 1000), st.integers(1, 30))
@settings(max_examples=examples(6), deadline=None)
def test_floats_are_combined_as_the_slow_reference_does(reject: str, seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    values = night(seed, count, 500, 9, 0.1) + chance.random((count, 60), np.float32) * F(0.5)
    require_same(values, recipe(reject))


@pytest.mark.parametrize("reject", ["sigma", "winsorised"])
def test_many_frames_are_combined_as_the_slow_reference_does(reject: str) -> None:
    require_same(night(3, 300, 500, 9, 0.02, 40), recipe(reject))


@given(
    st.data(),
    st.integers(1, 70),
    st.sampled_from(["u1", "i1", "u2", "i2", ">u2", "i4", "u4", "f4", "f8"]),
    st.sampled_from([(1,), (7,), (3, 5), (2, 1, 3)]),
)
@settings(max_examples=examples(40), deadline=None)
def test_median_equals_numpy_bit_for_bit(data, count: int, kind: str, shape: tuple[int, ...]) -> None:
    dtype = np.dtype(kind)
    wide = {"elements": {"min_value": -(2.0**90), "max_value": 2.0**90}} if dtype.kind == "f" else {}
    values = data.draw(hnp.arrays(dtype, (count, *shape), **wide))
    with np.errstate(over="ignore"):
        expected = np.median(values.astype(dtype.newbyteorder("=")), axis=0).astype(np.float32)
    np.testing.assert_array_equal(combined(values, MEDIAN).picture, expected)


@pytest.mark.parametrize("count", [65, 150, 257, 1000])
@pytest.mark.parametrize("kind", ["u2", "f4"])
def test_median_of_many_frames_equals_numpy(count: int, kind: str) -> None:
    values = night(1, count, 500, 9, 0.01, 33).astype(kind)
    np.testing.assert_array_equal(combined(values, MEDIAN).picture, np.median(values, axis=0).astype(F))


@pytest.mark.parametrize("reject", ["sigma", "winsorised", "linear_fit"])
@pytest.mark.parametrize("wild", [60_000, 700, 0, 300])
@pytest.mark.parametrize("kind", ["u2", "f4"])
def test_one_outlier_in_five_frames_is_rejected(reject: str, wild: int, kind: str) -> None:
    values = np.array([498, 503, 500, 497, wild]).astype(kind)[:, np.newaxis]
    found = combined(values, MasterRecipe(reject=reject))  # type: ignore[arg-type]
    assert found.picture[0] == F(499.5)
    assert (found.low, found.high) == ((1, 0) if wild < 400 else (0, 1))


@pytest.mark.parametrize("reject", ["sigma", "winsorised", "linear_fit"])
def test_two_outliers_in_ten_frames_are_rejected(reject: str) -> None:
    values = np.array([498, 503, 500, 497, 501, 499, 502, 500, 9000, 12_000], np.uint16)[:, np.newaxis]
    found = combined(values, recipe(reject, 4.0, 3.0))
    assert (found.picture[0], found.low, found.high) == (500, 0, 2)


@pytest.mark.parametrize("reject", [*ALL, "median"])
@pytest.mark.parametrize("kind", ["u2", "f4"])
def test_order_of_frames_changes_nothing(reject: str, kind: str) -> None:
    values = night(5, 17, 500, 9, 0.1, 500).astype(kind) * (1 if kind == "u2" else F(1.0371))
    how = MEDIAN if reject == "median" else recipe(reject)
    first, other = combined(values, how), combined(values[np.random.default_rng(1).permutation(17)], how)
    np.testing.assert_array_equal(first.picture, other.picture)
    assert (first.low, first.high) == (other.low, other.high)


@pytest.mark.parametrize("reject", [*ALL, "median"])
@pytest.mark.parametrize("kind", ["u2", "f4"])
def test_cutting_the_picture_changes_nothing(reject: str, kind: str) -> None:
    values = night(6, 13, 500, 9, 0.1, 35).astype(kind) * (1 if kind == "u2" else F(1.0371))
    if kind == "f4":
        values[3, 4:9] = np.nan
    values = values.reshape(13, 7, 5)
    how = MEDIAN if reject == "median" else recipe(reject)
    whole = combined(values, how)
    rows = combine_strips([list(values[:, y : y + 1].copy()) for y in range(7)], how)
    pixels = [combined(values[:, y : y + 1, x : x + 1], how) for y in range(7) for x in range(5)]
    np.testing.assert_array_equal(whole.picture, rows.picture)
    np.testing.assert_array_equal(whole.picture.reshape(-1), [one.picture[0, 0] for one in pixels])
    assert (whole.low, whole.high) == (rows.low, rows.high)
    assert (whole.low, whole.high) == (sum(one.low for one in pixels), sum(one.high for one in pixels))


@pytest.mark.parametrize("reject", [*ALL, "median"])
def test_what_is_no_number_is_one_frame_fewer(reject: str) -> None:
    values = night(7, 12, 500, 9, 0.05, 50).astype(F)
    holed = np.insert(values, 5, np.nan, axis=0)
    holed = np.insert(holed, 9, [np.inf, -np.inf] * 25, axis=0)
    holed[:, 7] = np.nan
    how = MEDIAN if reject == "median" else recipe(reject)
    found, expected = combined(holed, how), combined(np.delete(values, 7, axis=1), how)
    assert np.isnan(found.picture[7])
    np.testing.assert_array_equal(np.delete(found.picture, 7), expected.picture)
    assert (found.low, found.high) == (expected.low, expected.high)


@pytest.mark.parametrize("reject", [*ALL, "median"])
@pytest.mark.parametrize("value", [0, 500, 65535])
def test_constant_and_saturated_stacks_stay_what_they_are(reject: str, value: int) -> None:
    how = MEDIAN if reject == "median" else recipe(reject)
    for kind in ("u2", "f4"):
        found = combined(np.full((20, 3, 4), value, kind), how)
        np.testing.assert_array_equal(found.picture, np.full((3, 4), value, F))
        assert reject == "minmax" or (found.low, found.high) == (0, 0)


@pytest.mark.parametrize("reject", [*ALL, "median"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 64, 65, 256, 257, 1000])
def test_any_number_of_frames_is_combined(reject: str, count: int) -> None:
    how = MEDIAN if reject == "median" else recipe(reject, 4.0, 3.0)
    found = combined(night(8, count, 500, 2, 0.0, 9), how)
    assert found.picture.shape == (9,)
    assert np.abs(found.picture - 500).max() < 8


@pytest.mark.parametrize("reject", CLIPS)
@given(values=hnp.arrays(np.uint16, st.tuples(st.integers(1, 12), st.just(3))))
@settings(max_examples=examples(40), deadline=None)
def test_a_pixel_keeps_at_least_four_values(reject: str, values: np.ndarray) -> None:
    found = combined(values, recipe(reject, 1.0, 1.0))
    assert found.low + found.high <= 3 * max(0, len(values) - 4)
    assert (found.picture >= values.min(axis=0)).all()
    assert (found.picture <= values.max(axis=0)).all()


def test_mean_of_whole_numbers_is_exact() -> None:
    values = np.random.default_rng(2).integers(0, 65536, (700, 50)).astype(np.uint16)
    expected = (values.sum(axis=0, dtype=np.int64) / 700).astype(F)
    np.testing.assert_array_equal(combined(values, recipe("none")).picture, expected)


def test_percentile_limits_are_per_cent_of_the_median() -> None:
    values = np.array([1000, 1000, 1000, 1000, 1029, 1031, 961, 959], np.uint16)[:, np.newaxis]
    found = combined(values, MasterRecipe(reject="percentile", low_sigma=4.0, high_sigma=3.0))
    assert (found.low, found.high) == (1, 1)
