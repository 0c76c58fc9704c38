"""A frame, and what its witnesses say of it.

A frame is one exposure as a camera wrote it. What it *is* comes from witnesses: corrections a person made, its path,
its header. Each witness yields an `Evidence`, silent (`None`) where it knows nothing; `rules/identity` weighs them and
yields a `Frame`, in which every value names its source and every disagreement is a `Problem`.

    header ──▶ Evidence ─┐
    path ────▶ Evidence ─┼─▶ identity ─▶ Frame(values, sources, problems)
    person ──▶ Evidence ─┘
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an exposure was made for."""

    LIGHT = "LIGHT"
    FLAT = "FLAT"
    DARK = "DARK"
    BIAS = "BIAS"
    FLATDARK = "FLATDARK"
    MASTER_LIGHT = "MASTER LIGHT"
    MASTER_FLAT = "MASTER FLAT"
    MASTER_DARK = "MASTER DARK"
    MASTER_BIAS = "MASTER BIAS"
    MASTER_FLATDARK = "MASTER FLATDARK"
    SNAPSHOT = "SNAPSHOT"
    """A plate-solve, focus or framing shot: stored, never culled, offered or counted."""
    STACK = "STACK"
    """A picture a telescope stacked by itself, told from its subs."""

    @property
    def is_master(self) -> bool:
        """True for what was integrated from many exposures of one kind."""
        return self.value.startswith("MASTER ")

    @property
    def master(self) -> Kind:
        """The kind of the master made from exposures of this kind."""
        return self if self.is_master else Kind(f"MASTER {self.value}")

    @property
    def raw(self) -> Kind:
        """The kind of the exposures a master of this kind was made from."""
        return Kind(self.value.removeprefix("MASTER "))


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person may want to know about a frame: never a reason to lose it."""

    code: str
    """A short stable word, `no-time`, `cut-off`, `disagree`: what programs look for."""
    text: str
    """One sentence: what is wrong, and what is still known."""

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


Value = str | int | float | bool
"""What a header card can hold."""


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one file, whatever its format: cards, and how long the file ought to be."""

    cards: Mapping[str, Value]
    """Upper-case keyword to value; the first of a repeated keyword; commentary left out."""
    container: str
    """`fits`, `xisf`, `raw` (camera RAW) or `tiff`."""
    whole_bytes: int | None = None
    """The least size of a complete file by its own header, where that can be known."""
    problems: tuple[Problem, ...] = ()
    """Cards that could not be read, data that end too early: what is still known stands beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one witness says of a frame; `None` where it is silent. All numbers are numbers, in the unit of the name."""

    dialect: str | None = None
    """Which program's tongue it was read in: `nina`, `asiair`, `seestar`, ..."""
    stage: str | None = None
    """The stage folder a path lies in: `10_Blink`, `20_Data`, ..."""
    kind: Kind | None = None
    optic: str | None = None
    focal_ratio: float | None = None
    camera: str | None = None
    camera_id: str | None = None
    """What tells two bodies of one model apart: a driver id or a serial number."""
    target: str | None = None
    panel: str | None = None
    night: date | None = None
    """A night said outright (a DATE_ folder), the evening's date."""
    utc: datetime | None = None
    """Start of the exposure; aware, in UTC."""
    local: datetime | None = None
    """Start of the exposure on the observatory's clock; naive."""
    filter: str | None = None
    """As written. Empty: the witness says outright that there is none."""
    exposure_s: float | None = None
    set_temp_c: float | None = None
    sensor_temp_c: float | None = None
    focuser_temp_c: float | None = None
    """Of the tube, as the focuser feels it."""
    ambient_temp_c: float | None = None
    """Of the air."""
    gain: float | None = None
    """Camera gain; a DSLR's ISO."""
    offset: float | None = None
    binning: int | None = None
    readout_mode: str | None = None
    focal_length_mm: float | None = None
    pixel_um: float | None = None
    """Pixel pitch as binned."""
    width_px: int | None = None
    height_px: int | None = None
    planes: int | None = None
    """Colour planes: 1 for a raw exposure."""
    bayer: str | None = None
    ra_deg: float | None = None
    dec_deg: float | None = None
    rotator_deg: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    """East positive."""
    site: str | None = None
    hfr_px: float | None = None
    stars: int | None = None
    rms_arcsec: float | None = None
    rms_guider_px: float | None = None
    """Guiding RMS in pixels of the guide camera: worth nothing without its scale."""
    stack_count: int | None = None
    """How many exposures went into it, where it says so."""
    spoken: Mapping[str, str] = field(default_factory=dict)
    """Field to the place it was read from: `{"exposure_s": "EXPTIME"}`."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One exposure, understood: the value every later step speaks in."""

    path: str
    """As it was given; either slash."""
    kind: Kind | None = None
    rig: str | None = None
    """`<optic>@f<ratio>+<camera>`, also for a rig no file describes yet."""
    rig_known: bool = False
    """True when a rig file describes it."""
    optic: str | None = None
    focal_ratio: float | None = None
    camera: str | None = None
    camera_id: str | None = None
    target: str | None = None
    panel: str = ""
    night: date | None = None
    utc: datetime | None = None
    local: datetime | None = None
    site: str | None = None
    filter: str | None = None
    exposure_s: float | None = None
    set_temp_c: float | None = None
    sensor_temp_c: float | None = None
    focuser_temp_c: float | None = None
    ambient_temp_c: float | None = None
    gain: float | None = None
    offset: float | None = None
    binning: int | None = None
    readout_mode: str | None = None
    focal_length_mm: float | None = None
    pixel_um: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    planes: int | None = None
    bayer: str | None = None
    ra_deg: float | None = None
    dec_deg: float | None = None
    rotator_deg: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    """East positive; where the header is silent, its site's."""
    hfr_px: float | None = None
    stars: int | None = None
    rms_arcsec: float | None = None
    rms_guider_px: float | None = None
    stack_count: int | None = None
    dialect: str | None = None
    stage: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    """Field to where its value came from: `{"filter": "name FILTER", "gain": "header GAIN"}`."""
    problems: tuple[Problem, ...] = ()

    def has(self, code: str) -> bool:
        """True when a problem of this code was found."""
        return any(problem.code == code for problem in self.problems)
