"""Rigs, sites and inboxes: what the TOML files in `rigs/` say of the instruments, as values.

A rig is one optical train: optic, focal ratio, camera. Its file is written by a person and outranks every
guess. The docstring under a field is its manual: `docs` and error texts quote it, and a test holds that each
key has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from pipeline.model.bounds import Between, Count, Distinct, Filled, Name, Positive
from pipeline.model.calibration import Calibrate, Grouping, Masters, Matching
from pipeline.model.policies import USUAL_CULL, Accept, Blink, Cull

Views = Literal["auto", "copy", "symlink"]
Witnessed = Literal[
    "kind", "optic", "focal_ratio", "camera", "camera_id", "target", "panel", "night", "utc", "local",
    "filter", "exposure_s", "set_temp_c", "sensor_temp_c", "gain", "offset", "binning", "readout_mode",
    "focal_length_mm", "hfr_px", "stars", "rms_arcsec",
]  # fmt: skip


def also(word: str) -> Mapping[str, str]:
    """Let a list of tables be written in the singular too, as TOML habit has it: `[[site]]`."""
    return {"also": word}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The nights on which something was so: from `valid_from` on, before `valid_to`; open where absent."""

    valid_from: date | None = None
    """The first night on which it was so. Absent: it always was."""
    valid_to: date | None = None
    """The first night on which it no longer was. Absent: it still is."""

    def __post_init__(self) -> None:
        if self.valid_from and self.valid_to and self.valid_from >= self.valid_to:
            raise ValueError(f"expected valid_to ({self.valid_to}) later than valid_from ({self.valid_from})")

    def holds(self, on: date | None) -> bool:
        """True when it was so on that night; without a night, when it still is so."""
        if on is None:
            return self.valid_to is None
        return (self.valid_from or date.min) <= on < (self.valid_to or date.max)

    def meets(self, other: Span) -> bool:
        """True when there is a night on which both were so."""
        starts = max(self.valid_from or date.min, other.valid_from or date.min)
        return starts < min(self.valid_to or date.max, other.valid_to or date.max)

    def overlap(self, other: Span) -> Span:
        """The nights on which both were so; the two must meet."""
        starts = [day for day in (self.valid_from, other.valid_from) if day]
        ends = [day for day in (self.valid_to, other.valid_to) if day]
        return Span(valid_from=max(starts, default=None), valid_to=min(ends, default=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place one observes from. A frame's site is the one within 0.1° of its header's coordinates."""

    name: Name
    """What rigs and reports call it."""
    latitude: Annotated[float, Between(-90, 90)]
    """Degrees, north positive."""
    longitude: Annotated[float, Between(-180, 180)]
    """Degrees, east positive."""
    elevation_m: Annotated[float, Between(-500, 9000)] = 0.0
    """Metres above the sea."""
    time_zone: Name | None = None
    """IANA name (`Europe/Madrid`). Without it the night goes by the longitude."""
    bortle: Annotated[float, Between(1, 9)] | None = None
    """Darkness of the sky in Bortle's classes, 1 to 9, for the AstroBin file."""
    sqm: Annotated[float, Between(10, 25)] | None = None
    """Sky brightness, mag/arcsec²."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A folder programs write raw frames into."""

    path: Name
    """Absolute, or relative to the library."""
    rig: Name | None = None
    """The rig that writes here, where headers and names do not say."""
    retire_synced: bool = False
    """Take stored frames out of this inbox although a sync service will delete them on the other side too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """The camera of a rig."""

    name: Name
    """The one spelling used in folders."""
    pixel_um: Positive | None = None
    """Pixel pitch at binning 1, in micrometres."""
    width_px: Count | None = None
    """Width of the whole sensor at binning 1."""
    height_px: Count | None = None
    """Height of the whole sensor at binning 1."""
    bayer: Literal["RGGB", "BGGR", "GRBG", "GBRG"] | None = None
    """`RGGB` and the like; absent: a mono camera."""
    saturation_adu: Positive = 65535.0
    """The number a saturated pixel has in the file, whatever the converter's own bits."""
    cooled: bool = True
    """False: there is no set point, and sensor temperatures are compared instead."""
    ids: Annotated[tuple[Name, ...], Distinct()] = ()
    """CAMERAIDs or serial numbers of this body, where two bodies share a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias(Span):
    """Another name under which programs write this optic or camera."""

    name: Name
    """The name as programs write it. Letter case and doubled blanks make no difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Span):
    """One slot of the wheel, or the filter in the drawer."""

    name: Name
    """The one spelling used in folders."""
    aliases: Annotated[tuple[str, ...], Distinct()] = ()
    """What programs call it. An empty string: this is the filter when none is named."""
    astrobin_id: Count | None = None
    """AstroBin's number for the filter, from the address of its page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteUse(Span):
    """Where the rig stood."""

    name: Name
    """The name of a site in library.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRules:
    """How this rig's capture program names files."""

    pattern: Name | None = None
    """NINA's image file pattern, as typed there. Absent: the patterns in common use are tried."""
    header_wins: Annotated[tuple[Witnessed, ...], Distinct()] = ()
    """Values for which the header outranks the name (`["filter"]`); otherwise the name does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """One optical train. The file's name, `<optic>@f<ratio>+<camera>.toml`, is the rig's."""

    name: Name
    """As the file's name spells it: never written inside the file."""
    optic: Annotated[str, Filled(without="@")]
    """The telescope or lens, in the one spelling used in folders."""
    focal_ratio: Annotated[float, Between(0.3, 100)]
    """Effective, with reducer or extender. A number: 10 and 10.0 are the same rig."""
    camera: Camera
    """The camera: a table, or its name alone."""
    aperture_mm: Positive | None = None
    """Diameter of the light that comes in, in millimetres."""
    focal_length_mm: Positive | None = None
    """Effective, with reducer or extender. A header that differs by more than 2 % is mentioned."""
    guider_arcsec_px: Positive | None = None
    """Scale of the guide camera. Absent: a guiding error that was written in guider pixels is not judged."""
    optic_aliases: tuple[Alias, ...] = field(default=(), metadata=also("optic_alias"))
    """Other names of the optic: a list of names, or tables where a name held between dates."""
    camera_aliases: tuple[Alias, ...] = field(default=(), metadata=also("camera_alias"))
    """Other names of the camera, likewise."""
    sites: tuple[SiteUse, ...] = field(default=(), metadata=also("site"))
    """Where the rig stood: site names, or tables with dates. For frames whose header has no coordinates."""
    filters: tuple[Filter, ...] = field(default=(), metadata=also("filter"))
    """In the order reports show them."""
    names: NameRules = NameRules()
    """How this rig's capture program names files."""
    profile_ids: Annotated[tuple[Name, ...], Distinct()] = ()
    """GUIDs of the NINA profiles that drive this rig."""
    views: Views | None = None
    """How this rig's frames appear in 10_Blink and 20_Data. Absent: as library.toml says."""
    cull: Cull = USUAL_CULL
    """When a light is rejected before a person looks. A rig that says any of it says all of it."""
    blink: Blink = field(default_factory=Blink)
    """Which kinds of frames a person looks at."""
    accept: Accept = field(default_factory=Accept)
    """When a set's lights go on to 20_Data."""
    matching: Matching = field(default_factory=Matching)
    """What a dark, bias or flat must have in common with a light."""
    grouping: Grouping = field(default_factory=Grouping)
    """What raw calibration frames must have in common to become one master."""
    masters: Masters = field(default_factory=Masters)
    """How masters are integrated."""
    calibrate: Calibrate = field(default_factory=Calibrate)
    """Whether accepted lights are calibrated here, and how."""
