"""What may spoil a simulated exposure: cloud, twilight, dew, a satellite, a stumbling mount, a lost focus."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.psf import Psf

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class SatelliteTrail:
    """A straight streak from edge to edge."""

    peak_adu: float = 800.0
    """Height of the streak over the sky, whatever the exposure: the satellite's time in a pixel counts."""
    angle_deg: float = 25.0
    offset_px: float = 0.0
    """How far from the middle of the frame it passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How one exposure went. The default is a clear, steady sky."""

    shift_px: tuple[float, float] = (0.0, 0.0)
    """Dither: how far the field moved on the sensor."""
    cloud: float = 0.0
    """Share of the light that is lost; thicker here and thinner there."""
    cloud_glow: float = 1.5
    """How much brighter the sky gets under a whole cloud, in sky levels."""
    twilight_adu_s: float = 0.0
    """Light of dusk or dawn, brighter towards one side."""
    dew: float = 0.0
    """Share of each star's light that a dewed lens spreads into a halo."""
    drift_px: float = 0.0
    """Length of the line that stars were drawn into (trailing)."""
    drift_angle_deg: float = 0.0
    defocus_px: float = 0.0
    """Outer radius of the rings that stars became."""
    trails: tuple[SatelliteTrail, ...] = ()

    @property
    def events(self) -> tuple[str, ...]:
        """What happened, in words: `cloud`, `twilight`, `dew`, `trailing`, `defocus`, `satellite trail`."""
        happened = {
            "cloud": self.cloud,
            "twilight": self.twilight_adu_s,
            "dew": self.dew,
            "trailing": self.drift_px,
            "defocus": self.defocus_px,
            "satellite trail": len(self.trails),
        }
        return tuple(name for name, much in happened.items() if much)


CLEAR = Conditions()


def focused(psf: Psf, conditions: Conditions) -> Psf:
    """The profile as the focuser left it."""
    return replace(psf, ring_px=conditions.defocus_px) if conditions.defocus_px else psf


def clouds(height: int, width: int, share: float, chance: np.random.Generator) -> Floats:
    """The share of the light that passes, uneven over the frame, on average `1 - share`."""
    y = np.linspace(0, 2 * math.pi, height, dtype=np.float32)[:, None]
    x = np.linspace(0, 2 * math.pi, width, dtype=np.float32)[None, :]
    waves = np.zeros((height, width), np.float32)
    for _ in range(3):
        fx, fy, phase = chance.uniform(-0.7, 0.7), chance.uniform(-0.7, 0.7), chance.uniform(0, 2 * math.pi)
        waves += np.sin(np.float32(fx) * x + np.float32(fy) * y + np.float32(phase)) / 3
    waves -= waves.mean(dtype=np.float64)
    thickness = np.float32(share) * (1 + np.float32(0.25) * waves)
    passing: Floats = np.clip(1 - thickness, 0, 1)
    return passing


def add_twilight(light: Floats, level_adu: float) -> None:
    """Brighten the sky, by a fifth more on one side."""
    light += np.float32(level_adu) * np.linspace(0.9, 1.1, light.shape[1], dtype=np.float32)


def add_trail(light: Floats, trail: SatelliteTrail, fwhm_px: float) -> None:
    """Add a satellite's streak, as wide as a star."""
    height, width = light.shape
    angle = math.radians(trail.angle_deg)
    y = (np.arange(height, dtype=np.float32) - np.float32((height - 1) / 2))[:, None]
    x = (np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2))[None, :]
    off = y * np.float32(math.cos(angle)) - x * np.float32(math.sin(angle)) - np.float32(trail.offset_px)
    near = np.abs(off) < 2 * fwhm_px
    off = off[near]
    light[near] += trail.peak_adu * np.exp(off * off * np.float32(-4 * math.log(2) / fwhm_px**2))
