"""What a rig file asks of calibration: what makes a master, what matches it to a light, how lights are calibrated.

The defaults are those of a rig whose file is silent; `_default.toml` says them aloud, and a test holds both equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pipeline.model.bounds import Between, Count, Distinct, MustBe, Positive, Suffix

Property = Literal[
    "camera", "size", "binning", "gain", "offset", "readout_mode", "exposure", "temperature", "optic",
    "filter", "focal_length", "rotation", "night",
]  # fmt: skip
Properties = Annotated[tuple[Property, ...], Distinct()]

_CAMERA: tuple[Property, ...] = ("camera", "size", "binning", "gain", "offset")
_LIGHT_PATH: tuple[Property, ...] = ("optic", "focal_length", "filter", "night")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxAge:
    """How old a master may be against the lights it serves, either way round."""

    days: Annotated[float, Between(0, 36_500)] = 365.0
    """So many days apart at the most."""
    then: Literal["warn", "refuse"] = "warn"
    """Over it: used with a warning where nothing nearer is there, or not used."""


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
    set_temperature_tolerance_c: Annotated[float, Between(0, 20)] = 1.0
    """How far apart the set points of a cooled camera may be, in °C; the nearest wins."""
    max_temperature_difference_c: Annotated[float, Between(0, 50)] = 5.0
    """The same for sensor temperatures of a camera without a set point."""
    dark_max_age: MaxAge = MaxAge()
    """How many days may lie between a light and its dark."""
    bias_max_age: MaxAge = MaxAge()
    """The same for bias."""
    future: bool = True
    """False: a dark or bias shot after the light is not used for it."""
    flat_max_nights: Annotated[int, Between(0, 36_500)] = 0
    """How many nights away flats may be, where there are none of the same night; 0: `doit status` lists them and you
    choose with `doit pin`."""
    scale_darks: bool = False
    """True: where no dark of the exposure is there, the longest shorter one is scaled to it; needs a bias."""


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
    campaign_nights: Annotated[int, Between(0, 36_500)] = 14
    """Darks and bias shot with no longer pause than this between them become one master; 0: each night its own."""


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

    backend: Literal["built-in", "siril", "pixinsight"] = "built-in"
    """Who integrates: Nightbuild itself, Siril or PixInsight."""
    bias: MasterRecipe = MasterRecipe()
    """Bias."""
    dark: MasterRecipe = MasterRecipe()
    """Darks."""
    flat: MasterRecipe = MasterRecipe()
    """Flats."""
    flatdark: MasterRecipe = MasterRecipe()
    """Flat-darks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrate:
    """Whether and how accepted lights are calibrated here, beside the originals."""

    enabled: bool = False
    """True: calibrated copies of accepted lights are made in 20_Data/<target>/calibrated."""
    suffix: Annotated[str, Suffix()] = "_calibrated"
    """What their names end in."""
    preserve_originals: Annotated[bool, MustBe(True, "a stored frame is never changed or removed")] = True
    """Always true; here so that nobody need ask."""
    on_new_master: Literal["never", "missing", "all"] = "missing"
    """A better or missing master came after a light was calibrated: leave it, redo it if it had lacked one, or redo."""
    require: Annotated[tuple[Literal["bias", "dark", "flat"], ...], Distinct()] = ("dark", "flat")
    """A set without these masters is not calibrated, and listed."""
    quality_check: bool = True
    """Each calibrated light is checked; one that fails is withheld and listed, its light stays accepted."""
    min_score: Annotated[float, Between(0, 100)] = 50.0
    """The least score of that check, 0 to 100."""
    max_temperature_difference_c: Annotated[float, Between(0, 50)] = 5.0
    """A light whose sensor was further than this from its dark's is not calibrated with it."""
    output: Literal["uint16", "float32"] = "float32"
    """float32 holds 0 to 1, with the factor back to the camera's numbers in ADUSCALE."""
    cosmetic: bool = False
    """True: pixels in the dark's defect map are filled from their neighbours."""
    pedestal: Annotated[float, Between(0, 65_535)] = 0.0
    """Added to each pixel after calibration, in the camera's numbers; said in PEDESTAL."""
