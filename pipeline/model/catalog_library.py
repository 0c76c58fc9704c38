"""The catalogue's rows of what belongs to no rig: masters, equipment, sites. All others are in `model/catalog`.

_Catalog/_library.json           masters, equipment, sites
"""

from __future__ import annotations

from typing import Any, Required, TypedDict


class MasterRow(TypedDict, total=False):
    """One master."""

    path: Required[str]
    kind: Required[str]
    """`MASTER DARK` ..."""
    state: Required[str]
    """`good`, or what is to be known of it: held, superseded, too old, damaged."""
    label: str
    camera: str
    optic: str
    filter: str
    exposure_s: float
    set_temp_c: float
    sensor_temp_c: float
    gain: float
    offset: float
    binning: int
    readout_mode: str
    night: str
    frames: int
    by: str
    sha256: str
    size: int
    sets: list[str]
    """Those it was chosen for."""
    last_chosen: str
    backed_up: str
    """Joined when it is asked, in no file: the storage class of the pack that has it."""
    backup_pack: str
    """Likewise: that pack's key."""


class EquipmentRow(TypedDict, total=False):
    """A rig, optic, camera or filter, and when it was used."""

    what: Required[str]
    """`rig`, `optic`, `camera`, `filter`."""
    name: Required[str]
    rig: str
    """Of a filter: whose wheel."""
    defined: Required[bool]
    """A rig file describes it."""
    first_night: str
    last_night: str
    frames: int
    accepted_s: float
    details: dict[str, Any]


class SiteRow(TypedDict, total=False):
    """A place observed from."""

    name: Required[str]
    """Empty where no file defines it."""
    defined: Required[bool]
    latitude_deg: float
    longitude_deg: float
    rigs: list[str]
    first_night: str
    last_night: str
    frames: int
    details: dict[str, Any]
