"""What of a flat's shape is left in the sky, and what only looks like it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.model.calibrated import Counts
from pipeline.pixels.soundness import look_at_result
from pipeline.rules.calibrating import score_of

SKY_ADU = 300.0
Y, X = np.mgrid[0:480, 0:640]
R2 = ((X - 320) ** 2 + (Y - 240) ** 2) / 400**2


def flat_of(depth: float = 0.3) -> np.ndarray:
    """Vignetting, and eight dust shadows of 2 %."""
    flat = 1 - depth * R2
    for number in range(8):
        x, y = 60 + 74 * number, 60 + (number * 173) % 360
        flat = flat * (1 - 0.02 * np.exp(-((((X - x) ** 2 + (Y - y) ** 2) / 2 / 14**2) ** 2)))
    return flat


def looked_at(left: float, nebula: float = 0.0, tilt: float = 0.0):
    """A light calibrated so that this power of the flat is left in its sky."""
    flat, noise = flat_of(), np.random.default_rng(5).normal(0, 6, X.shape)
    sky = SKY_ADU * (1 + nebula * np.exp(-R2 * 12) + tilt * (X - 320) / 640)
    seen = sky * flat**left + noise
    return look_at_result(seen * flat, seen, 1 / flat, Counts(), seen.size)


def test_a_well_calibrated_sky_keeps_its_points():
    seen = looked_at(0.0)
    assert seen.flat_error.percent is not None and seen.flat_error.percent < 0.5
    assert score_of(seen).points > 95


@pytest.mark.parametrize("left", [1.0, 0.5, -0.5])
def test_a_flat_that_did_too_little_or_too_much_is_found_and_proven_by_its_dust(left):
    seen = looked_at(left)
    assert not seen.flat_error.may_be_sky and seen.flat_error.sigma > 5
    assert score_of(seen).points < 50


@pytest.mark.parametrize("nebula", [0.2, 0.8, 2.0])
def test_a_nebula_in_the_middle_is_noted_and_not_withheld(nebula):
    seen = looked_at(0.0, nebula)
    assert seen.flat_error.may_be_sky or seen.flat_error.sigma < 3
    assert score_of(seen).points >= 80


def test_moonlight_from_one_side_is_no_error_of_the_flat():
    assert score_of(looked_at(0.0, tilt=0.2)).points > 90
