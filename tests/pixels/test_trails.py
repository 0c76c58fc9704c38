"""Satellites are seen, also faint and at a corner; nothing else is taken for one; and they are no stars."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.pixels.psf import Psf
from pipeline.pixels.stars import measure_light
from pipeline.pixels.weather import Conditions, SatelliteTrail
from tests.pixels.skies import photograph

TRAILS = {
    "bright": SatelliteTrail(peak_adu=800),
    "as the noise": SatelliteTrail(peak_adu=40, angle_deg=110, offset_px=-150),
    "along the rows": SatelliteTrail(peak_adu=150, angle_deg=0, offset_px=60),
    "upright": SatelliteTrail(peak_adu=150, angle_deg=90),
    "across a corner": SatelliteTrail(peak_adu=120, angle_deg=-45, offset_px=430),
}


@pytest.mark.parametrize("bayer", [None, "RGGB"])
@pytest.mark.parametrize("name", TRAILS)
def test_a_satellite_is_seen_and_adds_no_stars(name: str, bayer: str | None) -> None:
    clean = photograph(stars=150, bayer=bayer, nebulae=True)
    crossed = photograph(stars=150, bayer=bayer, nebulae=True, conditions=Conditions(trails=(TRAILS[name],)))
    before, after = (measure_light(p.adu, saturation_adu=65535, bayer=bayer) for p in (clean, crossed))
    assert not before.trail
    assert after.trail
    assert before.stars - 8 <= after.stars <= before.stars + 2  # a bright trail hides what lies under it
    assert after.hfr_px == pytest.approx(before.hfr_px, rel=0.02)


def test_a_satellite_that_comes_out_of_the_shadow_half_way_is_seen() -> None:
    whole = photograph(stars=80, conditions=Conditions(trails=(SatelliteTrail(peak_adu=200),)))
    clean = photograph(stars=80)
    half = clean.adu.copy()
    half[:, 400:] = whole.adu[:, 400:]
    assert measure_light(half, saturation_adu=65535).trail


def test_two_satellites_add_no_stars() -> None:
    trails = (SatelliteTrail(peak_adu=600, angle_deg=10), SatelliteTrail(peak_adu=200, angle_deg=95))
    crossed = photograph(stars=100, conditions=Conditions(trails=trails))
    found = measure_light(crossed.adu, saturation_adu=65535)
    assert found.trail
    assert found.stars == pytest.approx(
        measure_light(photograph(stars=100).adu, saturation_adu=65535).stars, abs=4
    )


@pytest.mark.parametrize(
    "conditions",
    [
        Conditions(),
        Conditions(drift_px=9, drift_angle_deg=12),
        Conditions(drift_px=22, drift_angle_deg=45),
        Conditions(cloud=0.7),
        Conditions(defocus_px=8),
        Conditions(twilight_adu_s=40),
    ],
    ids=lambda conditions: " ".join(conditions.events) or "clear",
)
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))])
def test_nothing_else_is_a_satellite(conditions: Conditions, seed: int) -> None:
    photo = photograph(
        stars=200, conditions=conditions, nebulae=True, gradient=0.3, hot_share=0.005, seed=seed
    )
    assert not measure_light(photo.adu, saturation_adu=65535).trail


def test_stars_in_a_row_are_no_satellite() -> None:
    photo = photograph(Psf(fwhm_px=8.0), stars=120, apart_px=45, flux_adu_s=(160, 16000))
    assert not measure_light(photo.adu, saturation_adu=65535).trail


@pytest.mark.parametrize("axis", [0, 1])
def test_a_dead_or_a_hot_column_is_no_satellite(axis: int) -> None:
    photo = photograph(stars=100)
    for level in (0, 250, 3000):
        pixels = photo.adu.copy()
        line = pixels[:, 333] if axis else pixels[222]
        line[:] = np.minimum(line.astype(int) * 0 + level + line // 2, 65535)
        assert not measure_light(pixels, saturation_adu=65535).trail
