from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.pixels.planes import best_step, from_planes, tells, to_planes


@given(
    st.binary(max_size=600).map(lambda data: data[: len(data) // 2 * 2]),
    st.sampled_from("<>"),
    st.sampled_from([1, 2]),
)
def test_every_bit_comes_back(data, order, step):
    assert from_planes(to_planes(data, order, step), order, step) == data


@given(
    st.binary(min_size=2, max_size=60).map(lambda data: data[: len(data) // 2 * 2]),
    st.sampled_from("<>"),
    st.sampled_from([1, 2]),
    st.data(),
)
def test_planes_tell_just_the_bytes_that_they_give_back(data, order, step, chosen):
    planes = bytearray(to_planes(data, order, step))
    assert tells(planes, data, order, step)
    planes[chosen.draw(st.integers(0, len(planes) - 1))] ^= 1 << chosen.draw(st.integers(0, 7))
    assert not tells(planes, data, order, step)
    assert not tells(planes[2:], data, order, step)


@pytest.mark.parametrize("value", [0, 1, 0x7FFF, 0x8000, 0xFFFF])
def test_the_ends_of_the_range_come_back(value):
    data = np.array([value, 0, value, 0xFFFF, value], dtype=">u2").tobytes()
    assert from_planes(to_planes(data, ">", 1), ">", 1) == data


def test_a_flat_sky_leaves_nothing_in_the_high_bytes():
    sky = np.random.default_rng(1).normal(600, 15, 4096).astype(">u2").tobytes()
    assert set(to_planes(sky, ">", 1)[2:4096]) == {0}


def test_under_a_bayer_mask_the_neighbour_is_two_away():
    mosaic = np.tile(np.array([500, 3000], dtype=">u2"), 500).tobytes()
    assert best_step(mosaic, ">") == 2
    assert best_step(np.arange(1000, dtype=">u2").tobytes(), ">") == 1
