"""The sorting network, by the zero-one principle: what sorts all noughts and ones sorts everything."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from pipeline.pixels import network
from pipeline.pixels.network import middle_rows, sort_rows


@pytest.mark.parametrize("count", range(1, 13))
def test_everything_is_sorted(count: int) -> None:
    every = np.array(list(product([0, 1], repeat=count)), np.uint16).T
    np.testing.assert_array_equal(sort_rows(list(every.copy())), np.sort(every, axis=0))
    lower, upper = middle_rows(list(every.copy()))
    np.testing.assert_array_equal(lower, np.sort(every, axis=0)[(count - 1) // 2])
    np.testing.assert_array_equal(upper, np.sort(every, axis=0)[count // 2])


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("count", [64, 65, 100, 257])
@pytest.mark.parametrize("kind", ["u2", "i2", "f4", "f8"])
def test_many_frames_are_sorted_alike_on_any_processor(wide, count: int, kind: str, monkeypatch) -> None:
    monkeypatch.setattr(network, "sorts_wide", lambda _: wide)
    values = np.random.default_rng(count).integers(0, 30_000, (count, 21)).astype(kind)
    ordered = np.sort(values, axis=0)
    np.testing.assert_array_equal(sort_rows(list(values.copy())), ordered)
    lower, upper = middle_rows(list(values.copy()))
    np.testing.assert_array_equal(lower, ordered[(count - 1) // 2])
    np.testing.assert_array_equal(upper, ordered[count // 2])
