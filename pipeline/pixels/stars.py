"""What the pixels of a light say of its stars and of its sky.

    image ──▶ sky ──▶ peaks ──▶ lines taken out ──▶ sample ──▶ profile ──▶ sizes
                                                                  └──▶ census: how many stars

HFR is the radius of the circle that holds half of a star's light, all of it: what the sky drowns is reckoned from the
star's own profile. NINA's HFR is our `mean_radius_px`. Sizes are those of the profile that up to 200 stars (400 where
they are sharp) draw together: bright, unsaturated, without near rivals. All sizes are in pixels of the sensor, also
of a mosaic.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.model.measures import StarMeasures
from pipeline.pixels.background import Background, Floats, Image, lay_background
from pipeline.pixels.binned import binned, single_plane, without_border
from pipeline.pixels.census import take_census
from pipeline.pixels.coverage import clear_percent
from pipeline.pixels.detect import Peaks, find_peaks
from pipeline.pixels.drawing import draw_profile
from pipeline.pixels.profile import Profile
from pipeline.pixels.sample import choose_sample, rough_radius
from pipeline.pixels.sizes import Sizes, measure_sizes
from pipeline.pixels.slope import gradient_percent
from pipeline.pixels.stamps import colours_seen, tint_of
from pipeline.pixels.trails import find_lines, off_lines

_SMALLEST = 16
"""Frames with a shorter side have no sky to measure a star against."""
_SHARPEST_PX = 1.25
"""No optics draws sharper stars: what is narrower are pixels that are hot."""
_SHARP_PX, _FEW = 1.7, 5
"""Few and so sharp: hot pixels that lie together."""
_FEW_WIDE = 2
"""A single patch of light is no field of stars out of focus."""
_WIDE_PX = 6.0
"""Stars with a larger half-flux radius are measured on a frame of larger pixels."""
_AIMED_PX = 2.5
"""Half-flux radius they should have there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """What one look for stars gave."""

    x: Floats
    y: Floats
    sample: int = 0
    sizes: Sizes | None = None
    profile: Profile | None = None
    trail: bool = False


def measure_light(
    image: Image, *, saturation_adu: float, bayer: str | None = None, black_adu: float = 0.0
) -> StarMeasures:
    """Measure a light.

    Args:
        image: rows and columns of any number type, or three planes of colour; NaN and infinities are no light.
        saturation_adu: where the sensor or the converter ends.
        bayer: the mosaic's pattern; None is mono.
        black_adu: what the frame shows without light, where that is known; the gradient is a share of what is above.
    """
    plane, is_mosaic = single_plane(image), bool(bayer) and image.ndim == 2
    if not plane.size:
        plane = np.zeros((1, 1), np.float32)
    saturated = 100 * int(np.count_nonzero(plane >= saturation_adu)) / plane.size
    plane = without_border(plane)
    background = lay_background(plane, is_mosaic=is_mosaic)
    seen = _look(plane, background, saturation_adu)
    ellipse = seen.profile.ellipse if seen.profile else None
    return StarMeasures(
        stars=len(seen.x),
        sample=seen.sample,
        hfr_px=seen.sizes.hfr_px if seen.sizes else None,
        mean_radius_px=seen.sizes.mean_radius_px if seen.sizes else None,
        fwhm_px=seen.sizes.fwhm_px if seen.sizes else None,
        eccentricity=ellipse.eccentricity if ellipse else None,
        elongation_deg=ellipse.angle_deg if ellipse else None,
        background_adu=background.level_adu,
        noise_adu=background.noise_adu,
        gradient_percent=gradient_percent(background, black_adu),
        saturated_percent=saturated,
        trail=seen.trail,
        clear_percent=clear_percent(seen.x, seen.y, background.shape),
    )


def count_stars(plane: Image, background: Background, saturation_adu: float) -> int:
    """Stars on a frame of one plane."""
    return len(_look(plane, background, saturation_adu).x)


def _look(plane: Image, background: Background, saturation_adu: float) -> _Seen:
    """Find and measure the stars of a frame."""
    nothing = _Seen(x=np.empty(0, np.float32), y=np.empty(0, np.float32))
    if min(plane.shape) < _SMALLEST or background.noise_adu <= 0:
        return nothing
    finds = find_peaks(plane, background)
    lines = find_lines(plane, background, finds.lit_x, finds.lit_y)
    nothing = replace(nothing, trail=bool(lines))
    peaks = finds.peaks.where(off_lines(finds.peaks, lines))
    if not len(peaks):
        return nothing
    rough_px = rough_radius(plane, background, peaks, saturation_adu)
    if rough_px is None:
        return nothing
    if rough_px > _WIDE_PX:
        return _look_wider(plane, background, saturation_adu, rough_px, nothing.trail)
    return _measured(plane, background, peaks, rough_px, saturation_adu, nothing)


def _measured(
    plane: Image, background: Background, peaks: Peaks, rough_px: float, saturation_adu: float, nothing: _Seen
) -> _Seen:
    """The stars' profile, sizes and number."""
    stamps = choose_sample(plane, background, peaks, rough_px, saturation_adu)
    if not len(stamps):
        return nothing
    tint = None
    if background.period > 1:
        tint = tint_of(background, colours_seen(stamps, rough_px))
        stamps = stamps.tinted(tint / background.evening)
    core = stamps.within(int(np.ceil(min(stamps.reach, max(4.0, 3.2 * rough_px)))))
    profile, fitted, alike = draw_profile(core, rough_px)
    sizes = measure_sizes(stamps.where(alike), profile, fitted.where(alike))
    if sizes is None or sizes.fwhm_px < _SHARPEST_PX:
        return nothing
    stars = take_census(plane, background, peaks, profile, sizes.fwhm_px, saturation_adu, tint)
    if sizes.fwhm_px < _SHARP_PX and stars.sum() < _FEW:
        return nothing
    return replace(
        nothing,
        x=peaks.x[stars],
        y=peaks.y[stars],
        sample=int(min(alike.sum(), stars.sum())),
        sizes=sizes if stars.any() else None,
        profile=profile if stars.any() else None,
    )


def _look_wider(
    plane: Image, background: Background, saturation_adu: float, rough_px: float, is_trailed: bool
) -> _Seen:
    """Stars far out of focus or drawn out long: on larger pixels, where they are of a usual size."""
    factor = int(2 ** max(1, round(np.log2(rough_px / _AIMED_PX))))
    coarse = binned(plane, background, factor)
    limit_adu = 0.9 * (saturation_adu - background.level_adu)
    if min(coarse.shape) < _SMALLEST:
        return _Seen(x=np.empty(0, np.float32), y=np.empty(0, np.float32), trail=is_trailed)
    sky = lay_background(coarse, is_mosaic=False)
    peaks = find_peaks(coarse, sky).peaks
    nothing = _Seen(x=np.empty(0, np.float32), y=np.empty(0, np.float32), trail=is_trailed)
    radius = rough_radius(coarse, sky, peaks, limit_adu) if len(peaks) else None
    if radius is None:
        return nothing
    seen = _measured(coarse, sky, peaks, radius, limit_adu, nothing)
    if len(seen.x) < _FEW_WIDE:
        return nothing
    sizes = seen.sizes and Sizes(
        hfr_px=seen.sizes.hfr_px * factor,
        mean_radius_px=seen.sizes.mean_radius_px * factor,
        fwhm_px=seen.sizes.fwhm_px * factor,
    )
    middle = (factor - 1) / 2
    return replace(seen, x=seen.x * factor + middle, y=seen.y * factor + middle, sizes=sizes)
