"""A NINA equipment profile: what the capture program knows of the rig it drives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileOptic:
    """The telescope as typed into NINA; empty or None where nobody typed it."""

    name: str = ""
    focal_length_mm: float | None = None
    focal_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCamera:
    """The camera the profile connects to."""

    id: str
    """What NINA writes as CAMERAID."""
    name: str = ""
    pixel_um: float | None = None
    bit_depth: int | None = None
    bit_scaling: bool = True
    """True: NINA stretches the camera's numbers to 16 bits."""
    bayer: str | None = None
    """Only where a person set it; NINA asks the camera otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSite:
    """Where the rig stands."""

    latitude_deg: float
    longitude_deg: float
    """East positive."""
    elevation_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NinaProfile:
    """What one `.profile` file says."""

    path: str
    id: str
    """The GUID by which NINA and Target Scheduler know the profile; lower case."""
    name: str
    optic: ProfileOptic = ProfileOptic()
    camera: ProfileCamera | None = None
    site: ProfileSite | None = None
    """None also where NINA's default still stands."""
    filters: tuple[str, ...] = ()
    """In the order of the wheel."""
    skipped_slots: tuple[str, ...] = ()
    """Slots that let no light through: DARK, BLANK."""
    pattern: str | None = None
    """The image file pattern of lights, as typed."""
    other_patterns: tuple[str, ...] = ()
    """Kinds whose files are named by a pattern of their own: `FLAT`."""
