"""What a rig file asks for: how strictly lights are culled, how calibration is matched, how masters are made.

The defaults are those of a rig whose file is silent; `_default.toml` says them aloud, and a test holds both
equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Literal

from pipeline.model.bounds import Between, Count, Distinct, Percent, Positive

Property = Literal[
    "camera", "size", "binning", "gain", "offset", "readout_mode", "exposure", "temperature", "optic",
    "filter", "focal_length", "rotation", "night",
]  # fmt: skip
Properties = Annotated[tuple[Property, ...], Distinct()]

_CAMERA: tuple[Property, ...] = ("camera", "size", "binning", "gain", "offset")
_LIGHT_PATH: tuple[Property, ...] = ("optic", "focal_length", "filter", "night")


@dataclass(frozen=True, slots=True, kw_only=True)
class CullPass:
    """Limits for one look at a set. What equals its limit passes; what is missing never rejects."""

    hfr: Positive | None = None
    """Largest half-flux radius in pixels, as NINA measured it."""
    hfr_measured: Positive | None = None
    """Largest half-flux radius in pixels, as measured here. The two are not the same quantity."""
    fwhm_arcsec: Positive | None = None
    """Largest full width of a star at half its height, in seconds of arc."""
    eccentricity: Annotated[float, Between(0, 1)] | None = None
    """Largest eccentricity of the stars: 0 is round, 1 a line."""
    rms_arcsec: Positive | None = None
    """Largest guiding error in seconds of arc. Guider pixels without a known scale are not judged."""
    auto_percent: Percent | Literal["always"] = 0.0
    """A set that would lose this share or more is held and asks you. 0: always asks; "always": never asks."""

    @property
    def limits(self) -> Mapping[str, float]:
        """The limits that were set, by name."""
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "auto_percent"}
        return {name: limit for name, limit in named.items() if limit is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cull:
    """When a light is rejected before a person looks."""

    pass1: CullPass | None = None
    """The first look, which asks about heavy losses. Absent: nothing is culled by it."""
    pass2: CullPass | None = None
    """The second, for what the first left: it drops the hopeless. Absent: it is not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What a master must have in common with a light before it is used. Numbers are compared as numbers.

    `temperature` is the set point of a cooled camera and the sensor's temperature of any other.
    """

    dark: Properties = (*_CAMERA, "exposure", "temperature")
    """Darks with lights, and flat-darks with flats."""
    bias: Properties = (*_CAMERA, "temperature")
    """Bias with lights and flats."""
    flat: Properties = (*_CAMERA, "temperature", *_LIGHT_PATH)
    """Flats with lights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """What raw calibration frames must have in common to become one master."""

    dark: Properties = (*_CAMERA, "readout_mode", "exposure", "temperature")
    """Darks and flat-darks."""
    bias: Properties = (*_CAMERA, "readout_mode", "temperature")
    """Bias."""
    flat: Properties = (*_CAMERA, "readout_mode", "temperature", *_LIGHT_PATH)
    """Flats."""
    temperature_tolerance_c: Annotated[float, Between(0, 20)] = 1.0
    """How far apart two temperatures may be and still count as one, in °C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterRecipe:
    """How masters of one kind are integrated."""

    min_frames: Count = 10
    """With fewer frames than this no master is made, and status says how many are missing."""
    combine: Literal["mean", "median"] = "mean"
    """How the values of one pixel become one."""
    reject: Literal["none", "sigma", "winsorised", "linear_fit", "percentile", "minmax"] = "winsorised"
    """How outliers among the values of one pixel are found. The median needs none."""
    low_sigma: Positive = 4.0
    """How far below the rest a value may lie, in standard deviations."""
    high_sigma: Positive = 3.0
    """How far above the rest a value may lie, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masters:
    """How masters are integrated, kind by kind."""

    bias: MasterRecipe = MasterRecipe()
    """Bias."""
    dark: MasterRecipe = MasterRecipe()
    """Darks."""
    flat: MasterRecipe = MasterRecipe()
    """Flats."""
    flatdark: MasterRecipe = MasterRecipe()
    """Flat-darks."""
