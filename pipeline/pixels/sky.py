"""The simulated sky: honest frames of every kind, with the truth beside them.

Tests, benchmarks and `doit demo` photograph it. What is measured or calibrated later is compared with the
`Truth`, which is known and not measured. The same arguments give the same bytes.

    Stars + glow ──weather──▶ light ──sensor: transmission, dark, bias──▶ expected ──noise──▶ adu
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.model.frames import Kind
from pipeline.pixels.field import Stars, no_stars
from pipeline.pixels.psf import Floats, Psf, Shape, drift_offsets, paint, shape_of
from pipeline.pixels.sensor import Sensor, dark_adu, hot_adu, hot_pixels, read_out, transmission
from pipeline.pixels.weather import CLEAR, Conditions, add_trail, add_twilight, clouds, focused


@dataclass(frozen=True, slots=True, kw_only=True)
class Nebula:
    """A soft round patch of light: a nebula, a galaxy's bulge."""

    x: float
    y: float
    radius_px: float
    """Where it has fallen to 61 %."""
    peak_adu_s: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sky:
    """What the telescope points at on a clear night."""

    stars: Stars = field(default_factory=no_stars)
    psf: Psf = field(default_factory=Psf)
    level_adu_s: float = 1.0
    """Sky background."""
    gradient: float = 0.0
    """How much the background changes across the frame, as a share of it (light pollution, moon)."""
    gradient_angle_deg: float = 30.0
    nebulae: tuple[Nebula, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What a perfect measurement of one exposure would find."""

    stars: Stars
    """Those whose middle is on the frame; cloud is taken off their flux, vignetting and colour are not."""
    psf: Psf
    conditions: Conditions
    background_adu: float
    """Mean level of the raw frame without stars and hot pixels."""
    sky_adu: float
    """Mean of what the sky alone adds to it."""
    hot: NDArray[np.int64]
    """Places of the hot pixels in the flattened frame."""
    expected: Floats
    """The frame without noise, in ADU."""

    @property
    def events(self) -> tuple[str, ...]:
        """What happened, in words."""
        return self.conditions.events

    @property
    def falls(self) -> Shape:
        """A star as it falls on the sensor (under dew: its core)."""
        return self._shape(on_pixels=False)

    @property
    def shows(self) -> Shape:
        """A star as pixels show it: wider by what a pixel adds, which matters below 2 px."""
        return self._shape(on_pixels=True)

    def _shape(self, *, on_pixels: bool) -> Shape:
        drift_px, angle_deg = self.conditions.drift_px, self.conditions.drift_angle_deg
        return shape_of(self.psf, drift_px=drift_px, drift_angle_deg=angle_deg, on_pixels=on_pixels)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposure:
    """A raw frame and its truth."""

    adu: NDArray[np.uint16]
    truth: Truth


def expose(
    sky: Sky | None,
    sensor: Sensor,
    *,
    kind: Kind = Kind.LIGHT,
    exposure_s: float = 60.0,
    seed: int,
    conditions: Conditions = CLEAR,
    temperature_c: float | None = None,
    flat_level_adu: float = 25_000.0,
) -> Exposure:
    """Take one frame.

    Args:
        sky: what is looked at; None for a capped telescope or a flat panel (stars in a flat: give a sky).
        sensor: the camera.
        kind: LIGHT, FLAT, DARK, BIAS or FLATDARK.
        exposure_s: seconds; a bias is taken without any.
        seed: of the noise and the clouds; the chip's own faults come from the sensor's seed.
        conditions: how the exposure went; heard for lights only.
        temperature_c: of the sensor; None is the sensor's reference.
        flat_level_adu: what a flat adds over bias and dark where nothing is shaded.
    """
    chance = np.random.Generator(np.random.PCG64(seed))
    exposure_s = 0.0 if kind is Kind.BIAS else exposure_s
    conditions = conditions if kind is Kind.LIGHT else CLEAR
    sky = sky or Sky(level_adu_s=0.0)
    glow, stars = _arrivals(sky, sensor, kind, exposure_s, conditions, flat_level_adu, chance)
    seen = transmission(sensor) if kind in {Kind.LIGHT, Kind.FLAT} else np.float32(1)
    sky_adu = float((glow * seen).mean(dtype=np.float64))
    floor_adu = sensor.bias_adu + dark_adu(sensor, exposure_s, temperature_c)
    psf, frame = focused(sky.psf, conditions), glow
    _draw(frame, psf, stars, conditions)
    frame *= seen
    frame += np.float32(floor_adu)
    frame.ravel()[hot_pixels(sensor)[0]] += hot_adu(sensor, exposure_s, temperature_c)
    truth = Truth(
        stars=_on_frame(stars, sensor),
        psf=psf,
        conditions=conditions,
        background_adu=floor_adu + sky_adu,
        sky_adu=sky_adu,
        hot=hot_pixels(sensor)[0],
        expected=frame,
    )
    return Exposure(adu=read_out(frame, sensor, chance), truth=truth)


def _arrivals(
    sky: Sky,
    sensor: Sensor,
    kind: Kind,
    exposure_s: float,
    conditions: Conditions,
    flat_level_adu: float,
    chance: np.random.Generator,
) -> tuple[Floats, Stars]:
    """What comes down the tube: the glow of each pixel, and the stars; nothing when it is capped."""
    light = np.zeros((sensor.height, sensor.width), np.float32)
    if kind is Kind.FLAT:
        light += np.float32(flat_level_adu)
        return light, _arriving(sky.stars, conditions, exposure_s, None)
    if kind is not Kind.LIGHT:
        return light, no_stars()
    passing = clouds(*light.shape, conditions.cloud, chance) if conditions.cloud else None
    _glow(light, sky, conditions, exposure_s, passing)
    return light, _arriving(sky.stars, conditions, exposure_s, passing)


def _glow(light: Floats, sky: Sky, conditions: Conditions, exposure_s: float, passing: Floats | None) -> None:
    """Everything that shines but is no star: sky, nebulae, cloud lit from below, dusk, a satellite."""
    height, width = light.shape
    y = np.arange(height, dtype=np.float32)[:, None]
    x = np.arange(width, dtype=np.float32)[None, :]
    light += np.float32(sky.level_adu_s * exposure_s)
    if sky.gradient:
        angle, longest = math.radians(sky.gradient_angle_deg), math.hypot(width, height)
        along = (x - width / 2) * np.float32(math.cos(angle)) + (y - height / 2) * np.float32(math.sin(angle))
        light *= 1 + np.float32(sky.gradient / longest) * along
    if passing is not None:
        light *= 1 + np.float32(conditions.cloud_glow) * (1 - passing)
    for nebula in sky.nebulae:
        across = np.exp(((x - nebula.x - conditions.shift_px[0]) / nebula.radius_px) ** 2 / -2)
        down = np.exp(((y - nebula.y - conditions.shift_px[1]) / nebula.radius_px) ** 2 / -2)
        patch = np.float32(nebula.peak_adu_s * exposure_s) * down * across
        light += patch if passing is None else patch * passing
    if conditions.twilight_adu_s:
        add_twilight(light, conditions.twilight_adu_s * exposure_s)
    for trail in conditions.trails:
        add_trail(light, trail, sky.psf.fwhm_px)


def _arriving(stars: Stars, conditions: Conditions, exposure_s: float, passing: Floats | None) -> Stars:
    """Stars where the dither put them, with what passes the cloud."""
    x, y = stars.x + conditions.shift_px[0], stars.y + conditions.shift_px[1]
    flux = stars.flux * exposure_s
    if passing is not None:
        row = np.clip(np.rint(y), 0, passing.shape[0] - 1).astype(int)
        column = np.clip(np.rint(x), 0, passing.shape[1] - 1).astype(int)
        flux = flux * passing[row, column]
    return Stars(x, y, flux)


def _draw(light: Floats, psf: Psf, stars: Stars, conditions: Conditions) -> None:
    """Paint the stars: once, or along the line the mount drifted; what dew spreads goes into a halo."""
    offsets = drift_offsets(psf, conditions.drift_px, conditions.drift_angle_deg)
    for dx, dy in offsets:
        paint(light, psf, stars.x + dx, stars.y + dy, stars.flux * (1 - conditions.dew) / len(offsets))
    if conditions.dew:
        halo = replace(psf, fwhm_px=5 * psf.fwhm_px, beta=None, ring_px=0.0)
        paint(light, halo, stars.x, stars.y, stars.flux * conditions.dew)


def _on_frame(stars: Stars, sensor: Sensor) -> Stars:
    """Stars whose middle fell on a pixel."""
    inside = (
        (stars.x >= -0.5)
        & (stars.x < sensor.width - 0.5)
        & (stars.y >= -0.5)
        & (stars.y < sensor.height - 0.5)
    )
    return Stars(stars.x[inside], stars.y[inside], stars.flux[inside])
