"""Stacks by strips: flats brought to one level before anything is rejected."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from pipeline.model.calibration import MasterRecipe
from pipeline.pixels.strips import Stack, factors_to_common, level_of


@dataclass(frozen=True)
class Held:
    """A picture that is an array."""

    pixels: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.pixels.shape

    @property
    def dtype(self) -> np.dtype:
        return self.pixels.dtype

    def rows(self, y0: int, y1: int) -> np.ndarray:
        return self.pixels[..., y0:y1, :].copy()


def flats(brightness: list[float], bias: float = 1000.0) -> tuple[list[Held], np.ndarray]:
    """Flats of a vignetted telescope under a brightening sky, and what they show."""
    chance = np.random.default_rng(4)
    y, x = np.mgrid[-1:1:120j, -1:1:130j]
    shade = 1 - 0.3 * (x * x + y * y) / 2
    made = [
        np.rint(bias + chance.normal(light * shade, np.sqrt(light) / 2)).astype(np.uint16)
        for light in brightness
    ]
    return [Held(each) for each in made], shade


def test_flats_of_different_brightness_are_made_alike_before_clipping() -> None:
    frames, shade = flats([12_000 + 900 * number for number in range(12)])
    frames[3].pixels[40, 50] = 65535
    master = Held(np.full((120, 130), 1000, np.float32))
    factors = factors_to_common([level_of(frame, master) for frame in frames])
    stack = Stack(frames=tuple(frames), subtract=master, factors=factors)
    how = MasterRecipe(reject="sigma", low_sigma=4.0, high_sigma=3.0)
    made = stack.combined(0, 120, how)
    expected = shade * np.median([12_000 + 900 * number for number in range(12)])
    assert made.high + made.low < 0.02 * 12 * shade.size  # noise beyond 3 sigma, and the stroke
    assert abs(made.picture[40, 50] / expected[40, 50] - 1) < 0.01
    assert abs((made.picture / expected).mean() - 1) < 0.001
    bare = Stack(frames=tuple(frames)).combined(0, 120, how)
    assert bare.picture[40, 50] > made.picture[40, 50] + 900  # the bias is still in it


def test_level_doubles_with_the_light_and_ignores_hot_pixels() -> None:
    chance = np.random.default_rng(1)
    pixels = chance.normal(1000, 10, (500, 300)).astype(np.float32)
    wild = pixels.copy()
    wild[chance.random(wild.shape) < 0.01] = 60_000
    wild[0, :5] = np.nan
    assert level_of(Held(2 * pixels)) == pytest.approx(2 * level_of(Held(pixels)), rel=1e-6)
    assert level_of(Held(wild)) == pytest.approx(1000, abs=2)


def test_level_of_a_mosaic_weighs_all_colours() -> None:
    pixels = np.full((400, 300), 2000.0, np.float32)
    pixels[::2, ::2], pixels[1::2, 1::2] = 1000, 1500
    noise = np.random.default_rng(1).normal(1, 0.01, pixels.shape)
    levels = [level_of(Held((factor * pixels * noise).astype(np.float32))) for factor in (1.0, 1.1)]
    assert levels[1] / levels[0] == pytest.approx(1.1, rel=1e-4)


def test_level_of_a_picture_without_values_is_no_number() -> None:
    assert np.isnan(level_of(Held(np.full((5, 5), np.nan, np.float32))))


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (97, 2), (2, 5, 3)])
def test_strips_of_any_height_give_the_same_picture(shape: tuple[int, ...]) -> None:
    chance = np.random.default_rng(3)
    frames = tuple(Held(chance.integers(0, 65536, shape).astype(np.uint16)) for _ in range(11))
    stack = pickle.loads(pickle.dumps(Stack(frames=frames)))
    how = MasterRecipe(low_sigma=1.5, high_sigma=1.5)
    whole = stack.combined(0, shape[-2], how)
    parts = [stack.combined(y, y + 1, how) for y in range(shape[-2])]
    assert whole.picture.shape == shape
    np.testing.assert_array_equal(whole.picture, np.concatenate([part.picture for part in parts], axis=-2))
    assert (whole.low, whole.high) == (sum(part.low for part in parts), sum(part.high for part in parts))


def test_mixed_frames_are_combined_as_numbers() -> None:
    frames = (Held(np.full((2, 3), 7, np.uint8)), Held(np.full((2, 3), 8.5, np.float32)))
    made = Stack(frames=frames).combined(0, 2, MasterRecipe(reject="none"))
    np.testing.assert_array_equal(made.picture, np.full((2, 3), 7.75, np.float32))
