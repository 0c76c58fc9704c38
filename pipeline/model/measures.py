"""What is known of a frame's quality: quantities, each with its unit and the witness that gave it.

NINA's HFR and ours are two quantities (`hfr`, `hfr_measured`), never one number from two sources: a limit names the
one it means, and a set is judged by what all its frames have from the same witness.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MEASURED, CULLED = "measured.json", "culled.json"
"""A set's manifests: what was measured of its frames, and what its rig's limits make of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StarMeasures:
    """What the pixels of one light say. None: there was nothing to measure it by (no stars, no scale)."""

    stars: int
    """Stars found; 0 for a blank or clouded frame, which is a result."""
    sample: int
    """How many of them the sizes below are drawn from: the brighter ones, unsaturated, not blended."""
    hfr_px: float | None
    """Half-flux radius: the radius of the circle that holds half of a star's light."""
    mean_radius_px: float | None
    """Mean distance of a star's light from its middle: what NINA calls HFR."""
    fwhm_px: float | None
    """Diameter of the circle with the area above half of a star's peak."""
    eccentricity: float | None
    """√(1−(b/a)²) of the stars: 0 is round."""
    elongation_deg: float | None
    """Direction of their long axis, from +x towards +y (down the rows), 0 to 180."""
    background_adu: float
    """Level of the sky, median over the frame."""
    noise_adu: float
    """Standard deviation of a pixel where there is only sky."""
    gradient_percent: float
    """How far the background changes across the frame, in percent of its level above the black point."""
    saturated_percent: float
    """Share of pixels at saturation, in percent."""
    trail: bool
    """A straight line of light crosses the frame: a satellite or an aeroplane."""
    clear_percent: float
    """Share of the frame in which stars are found about as densely as elsewhere; low under patchy cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMeasures:
    """What the pixels of a flat, dark, bias or flat-dark say."""

    median_adu: float
    mean_adu: float
    noise_adu: float
    """Standard deviation of a pixel against its neighbours."""
    saturated_percent: float
    """Share of pixels at or above saturation: clipping, in a flat."""
    corners_percent: float
    """Mean level of the corners in percent of the middle: a flat's vignetting, a dark's light leak."""
    gradient_percent: float
    """Change from edge to edge along its steepest direction, in percent of the level."""
    gradient_deg: float
    """That direction, from +x towards +y."""
    banding_adu: float
    """Spread of row means beyond what noise explains."""
    hot_pixels: int
    """Pixels far above all their neighbours."""
    stars: int
    """Stars found (sky flats)."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing a frame can be judged by."""

    name: str
    """As limits and tables call it: `hfr_measured`."""
    words: str
    """As sentences say it: `HFR`."""
    unit: str
    """`px`, `″`, `ADU`, `%`, `°`; empty for a pure number."""
    witness: str
    """Who gives it: `NINA`, `measured`, `PHD2`, `computed`."""
    bad_is: Literal["high", "low"] = "high"
    """On which side of a limit a frame is rejected."""
    digits: int = 2


_ALL = (
    Quantity("hfr", "HFR", "px", "NINA"),
    Quantity("hfr_measured", "HFR", "px", "measured"),
    Quantity("fwhm_arcsec", "FWHM", "″", "NINA"),
    Quantity("fwhm_px_measured", "FWHM", "px", "measured"),
    Quantity("fwhm_arcsec_measured", "FWHM", "″", "measured"),
    Quantity("eccentricity", "eccentricity", "", "NINA"),
    Quantity("eccentricity_measured", "eccentricity", "", "measured"),
    Quantity("stars", "stars", "", "NINA", "low", 0),
    Quantity("stars_measured", "stars", "", "measured", "low", 0),
    Quantity("rms_arcsec", "RMS", "″", "NINA"),
    Quantity("rms_arcsec_guide_log", "RMS", "″", "PHD2"),
    Quantity("background_adu", "background", "ADU", "measured", "high", 0),
    Quantity("noise_adu", "noise", "ADU", "measured", "high", 1),
    Quantity("gradient_percent", "gradient", "%", "measured", "high", 1),
    Quantity("saturated_percent", "saturated", "%", "measured", "high", 3),
    Quantity("clear_percent", "clear sky", "%", "measured", "low", 0),
    Quantity("trail", "satellite trail", "", "measured", "high", 0),
    Quantity("weight", "weight", "", "computed", "low", 2),
    Quantity("altitude_deg", "altitude", "°", "computed", "low", 1),
    Quantity("moon_altitude_deg", "moon altitude", "°", "computed", "high", 1),
    Quantity("moon_separation_deg", "moon separation", "°", "computed", "low", 1),
)
QUANTITIES: Mapping[str, Quantity] = {one.name: one for one in _ALL}
"""By name, in the order tables show them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One frame's row in a set's manifest."""

    stored: str
    size: int
    mtime_ns: int
    sha256: str | None = None
    """Taken while the pixels were read; None where it was known already."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Quantity to value; what is missing or was no number is not there."""
    levels: Mapping[str, float] = field(default_factory=dict)
    """Of calibration frames: the fields of `LevelMeasures`."""
    extras: Mapping[str, float] = field(default_factory=dict)
    """What nothing is judged by: the star sample, the mean radius, the direction of the elongation."""
    trouble: str = ""
    """Why the pixels could not be measured, as a sentence; the frame is then offered unmeasured."""
    retry: bool = False
    """The trouble may pass: measure again in the next run."""
