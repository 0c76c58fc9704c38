from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.pixels.debayer import PATTERNS, colour_planes, interpolate, sites, superpixels
from pipeline.pixels.pictures import shrink, small_picture, whole_picture
from pipeline.pixels.stretch import Stretch, levels_of, stretch_for, stretch_from_json


def noisy(level: float = 1000.0, noise: float = 30.0, shape: tuple[int, ...] = (200, 300), seed: int = 1):
    chance = np.random.Generator(np.random.PCG64(seed))
    return np.clip(level + chance.normal(0, noise, shape), 0, 65535).astype(np.uint16)


def own(image, bayer: str | None = None) -> Stretch:
    return stretch_for([levels_of(image, bayer)])


def mosaic(colours: tuple[int, int, int], pattern: str, shape: tuple[int, int] = (40, 60)):
    image = np.zeros(shape, np.uint16)
    for value, colour in zip(colours, "RGB", strict=True):
        for y, x in sites(pattern, colour):
            image[y::2, x::2] = value
    return image


def test_the_sky_becomes_a_quarter_of_the_screens_range():
    sky = noisy()
    sky[100, 100] = 60_000
    assert np.median(whole_picture(sky, own(sky))) == pytest.approx(64, abs=1)


def test_a_star_is_white_and_what_is_far_below_the_sky_is_black():
    sky = noisy()
    sky[100, 100], sky[50, 50] = 65_535, 0
    picture = whole_picture(sky, own(sky))
    assert (picture[100, 100], picture[50, 50]) == (255, 0)


def test_a_cloud_is_brighter_than_the_sky_it_is_compared_with():
    clear, cloudy = noisy(1000), noisy(1100, seed=2)
    stretch = stretch_for([levels_of(clear)])
    assert np.median(whole_picture(cloudy, stretch)) > np.median(whole_picture(clear, stretch)) + 20


def test_one_odd_frame_does_not_decide_for_the_set():
    usual = [levels_of(noisy(seed=seed)) for seed in range(4)]
    odd = levels_of(noisy(40_000))
    stretch, without = stretch_for([*usual, odd]), stretch_for(usual)
    assert stretch.curves[0].black == pytest.approx(without.curves[0].black, rel=0.01)


def test_the_colours_of_a_mosaic_are_balanced():
    sky = mosaic((900, 1600, 1200), "RGGB", (200, 300)) + noisy(100)
    small = small_picture(sky, own(sky, "RGGB"), 150, "RGGB")
    assert small.shape == (100, 150, 3)
    middles = np.median(small.reshape(-1, 3), axis=0)
    assert np.ptp(middles) <= 6


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_flat_colour_comes_out_of_every_mosaic_as_it_went_in(pattern):
    image = mosaic((10, 100, 200), pattern, (41, 61))
    assert [set(np.unique(plane)) for plane in superpixels(image, pattern)] == [{10.0}, {100.0}, {200.0}]
    assert [set(np.unique(plane)) for plane in colour_planes(image, pattern)] == [{10}, {100}, {200}]
    assert (interpolate(image.astype(np.uint8), pattern) == (10, 100, 200)).all()


def test_a_missing_colour_is_the_mean_of_its_neighbours():
    image = np.zeros((4, 4), np.uint8)
    image[0, 0], image[0, 2] = 100, 50  # two reds of RGGB
    colours = interpolate(image, "RGGB")
    assert colours[0, 1, 0] == 75
    assert colours[1, 1, 0] == 38  # a quarter of 150, rounded


def test_the_letters_of_no_mosaic_are_taken_for_mono():
    sky = noisy()
    assert whole_picture(sky, own(sky, "RRRR"), "RRRR").shape == sky.shape


def test_shrinking_averages_whole_blocks():
    image = np.arange(5 * 7, dtype=np.uint16).reshape(5, 7)
    assert shrink(image, 2).tolist() == [[4.0, 6.0, 8.0], [18.0, 20.0, 22.0]]


def test_shrinking_the_brightest_frame_overflows_nothing():
    assert (shrink(np.full((64, 64), 65_535, np.uint16), 16) == 65_535).all()


def test_a_picture_that_fits_keeps_every_pixel():
    sky = noisy(shape=(20, 30))
    assert small_picture(sky, own(sky), 30).shape == (20, 30)
    assert small_picture(sky, own(sky), 29).shape == (10, 15)


def test_a_kept_stretch_is_the_same_stretch():
    stretch = own(noisy(1000), None)
    assert stretch_from_json(json.loads(json.dumps(stretch.as_json()))) == stretch


@pytest.mark.parametrize(
    "found",
    [None, [], {}, [1], [[1, 2]], [["a", 1, 0.5]], [[0, 0, 0.5]], [[0, 1, 0]], [[0, 1, 2]], [[0, 1, float("nan")]], [[0, 1, 0.5]] * 2],
)  # fmt: skip
def test_what_is_no_stretch_is_none(found):
    assert stretch_from_json(found) is None


@pytest.mark.parametrize(
    "image",
    [
        np.full((8, 8), 1000, np.uint16),
        np.zeros((8, 8), np.uint16),
        np.full((8, 8), 255, np.uint8),
        np.full((8, 8), np.nan, np.float32),
        np.full((8, 8), np.inf, np.float64),
        np.full((1, 1), 7, np.uint16),
        np.full((1, 90), 7, np.uint16),
        np.full((90, 1), 7, np.int16),
        np.full((3, 8, 8), 0.5, np.float32),
        np.full((2, 8, 8), 0.5, np.float32),
        np.full((5, 8, 8), 0.5, np.float64),
        np.full((8, 8), -(2**31), np.int32),
        np.full((8, 8), 2**32 - 1, np.uint32),
        np.full((8, 8), 2**64 - 1, np.uint64),
        np.full((8, 8), 1e-30, np.float64),
        np.full((8, 8), 3e38, np.float32),
    ],
)
@pytest.mark.parametrize("bayer", [None, "RGGB", "nonsense"])
def test_odd_images_are_pictures_too(image, bayer):
    stretch = own(image, bayer)
    assert stretch_from_json(json.loads(json.dumps(stretch.as_json()))) == stretch
    for picture in (whole_picture(image, stretch, bayer), small_picture(image, stretch, 4, bayer)):
        assert picture.dtype == np.uint8
        assert min(picture.shape) >= 1


def test_a_constant_image_is_grey_and_not_black():
    flat = np.full((8, 8), 1000, np.uint16)
    assert 60 <= whole_picture(flat, own(flat))[0, 0] <= 68


def test_pixels_that_are_no_number_are_black_and_spoil_no_others():
    image = noisy().astype(np.float32)
    clean = whole_picture(image, own(image))
    image[0, 0] = np.nan
    picture = whole_picture(image, own(image))
    assert picture[0, 0] == 0
    assert abs(picture[1:].astype(int) - clean[1:].astype(int)).max() <= 1


def test_a_mono_frame_among_colour_ones_is_stretched_as_their_green():
    colour = mosaic((500, 1000, 2000), "RGGB", (80, 80)) + noisy(100, shape=(80, 80))
    mono = noisy(1100)
    assert whole_picture(mono, own(colour, "RGGB")).shape == mono.shape


kinds = st.sampled_from([np.uint8, np.uint16, np.int16, np.float32, np.float64])
shapes = st.one_of(arrays.array_shapes(min_dims=2, max_dims=2, max_side=9), st.just((3, 4, 5)))


@given(kinds.flatmap(lambda kind: arrays.arrays(kind, shapes)), st.sampled_from([None, *PATTERNS]))
def test_no_image_is_refused(image, bayer):
    stretch = own(image, bayer)
    assert whole_picture(image, stretch, bayer).dtype == np.uint8
    assert small_picture(image, stretch, 3, bayer).dtype == np.uint8
