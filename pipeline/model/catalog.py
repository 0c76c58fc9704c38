"""The catalogue: everything the library knows, as rows that can be asked, shown and exported.

    _Catalog/<rig or camera>.json    nights, frames, sets, sessions, calibrations, projects
    _Catalog/_library.json           masters, equipment, sites

Rows are plain documents, as TinyDB keeps them: what is unknown is not there. Every file can be deleted and made again.
Times are those of frames and ledger, never of the moment a row was written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Required, TypedDict

from pipeline.model import catalog_library

RIG_TABLES = ("nights", "frames", "sets", "sessions", "calibrations", "projects")
"""Of a rig's or camera's file."""
LIBRARY_TABLES = ("masters", "equipment", "sites")
MasterRow = catalog_library.MasterRow
EquipmentRow = catalog_library.EquipmentRow
SiteRow = catalog_library.SiteRow
COUNTING = frozenset({"accepted", "moved on"})  # frames that count: in 20_Data, or taken further on


class NightRow(TypedDict):
    """What the rows of one rig's night were made from."""

    night: str
    made_from: str
    """A digest: equal means the same rows would be made again."""


class FrameRow(TypedDict, total=False):
    """One stored frame."""

    stored: Required[str]
    """Its address."""
    night: Required[str]
    """Under which it is filed; ISO, the evening's date."""
    kind: Required[str]
    state: Required[str]
    """Where it is in its life: a value of `verdicts.State`."""
    set: str
    session: str
    target: str
    """As the folder spells it."""
    panel: str
    filter: str
    exposure_s: float
    utc: str
    local: str
    fate: str
    """What the limits say: `kept`, `culled`, `suspect`."""
    reasons: list[str]
    """What the limits hold against it, in words: `HFR 5.10 px (NINA) > 4.60`."""
    why: str
    """What a person did with it: `moved into bad/`; `not seen` of one accepted without anybody's eyes."""
    values: dict[str, float]
    """Quantity (`measures.QUANTITIES`) to value."""
    levels: dict[str, float]
    """Of calibration frames: the fields of `LevelMeasures`."""
    sensor_temp_c: float
    focuser_temp_c: float
    ambient_temp_c: float
    ra_deg: float
    dec_deg: float
    rotator_deg: float
    site: str
    size: int
    sha256: str
    inbox: str
    original: str
    """Where it came from, relative to the inbox; of an adopted frame, where it lay."""
    origin: str
    """`received`, `adopted` or `promoted`."""
    lies_at: str
    """Where a person sees it: its place in 10_Blink, 20_Data, _Reject ..."""
    calibrated: str
    """Its calibrated copy."""
    problems: list[str]
    """Codes of what a person may want to know."""
    backed_up: str
    """Joined when it is asked (`world/backup_held`), in no file: the storage class of the pack that has it."""
    backup_pack: str
    """Likewise: that pack's key."""


class SetRow(TypedDict, total=False):
    """One set: what is judged, blinked and accepted together."""

    id: Required[str]
    owner: Required[str]
    night: Required[str]
    rig: Required[str]
    kind: Required[str]
    label: Required[str]
    frames: Required[int]
    states: Required[dict[str, int]]
    """State to the number of its frames."""
    session: str
    target: str
    object: str
    """The target's name in the catalogues' normal form: `M31` for `Andromeda M 31`."""
    panel: str
    filter: str
    exposure_s: float
    gain: float
    offset: float
    set_temp_c: float
    binning: int
    readout_mode: str
    optic: str
    focal_ratio: float
    focal_length_mm: float
    camera: str
    site: str
    latitude_deg: float
    longitude_deg: float
    ra_deg: float
    dec_deg: float
    first_utc: str
    last_utc: str
    accepted: int
    """Frames accepted or moved on: what counts."""
    accepted_s: float
    """Their exposure together."""
    bytes: int
    medians: dict[str, float]
    """Of the frames that count (else of those the limits keep), by quantity."""
    focuser_temp_c: float
    ambient_temp_c: float
    """These two likewise: the middle of the frames that count."""
    problems: dict[str, int]  # code to the number of frames it was noted of
    held: bool  # it asks whether so many may be culled
    suspects: int  # and about so many of its frames
    masters: dict[str, dict[str, str]]
    """Raw kind to `{"path", "sha256", "why"}` of the master chosen for it."""
    chosen: str  # when, ISO, UTC
    lacks: list[str]
    """What is to be shot for it: `darks of 300 s at -10 °C, gain 100`."""
    calibration: str
    """`done`, `waits`, `wanted`, `left`; absent: nobody asked."""
    calibrated: int
    blink: str
    data: str
    reject: str
    backed_up: int
    """Joined when it is asked, in no file: how many of its frames the bucket has."""


class SessionRow(TypedDict, total=False):
    """One imaging session: a rig's night, unless a person joined or parted it."""

    id: Required[str]
    rig: Required[str]
    night: Required[str]
    name: str  # as a person called it
    nights: list[str]
    site: str
    targets: list[str]
    filters: list[str]
    sets: list[str]
    parted: dict[str, dict[str, int]]  # sets not whole in it: their `frames` and `accepted` here
    frames: int
    lights: int
    states: dict[str, int]
    accepted_s: float
    first_utc: str
    last_utc: str
    medians: dict[str, float]


class CalibrationRow(TypedDict, total=False):
    """How far the lights of a set are calibrated, and with what."""

    set: Required[str]
    state: Required[str]
    lights: int
    calibrated: int
    withheld: int
    failed: int
    score: float
    """Mean of its lights, 0 to 100."""
    masters: dict[str, str]
    """Raw kind to path."""
    why: str
    folder: str


class ProjectRow(TypedDict, total=False):
    """A target as one rig works on it: where its folder has come to."""

    rig: Required[str]
    target: Required[str]
    stage: Required[str]
    """`20_Data`, `60_Done`: the most active of the folders it lies in."""
    status: Required[str]
    """`active`, `inactive`, `closed`."""
    object: str
    type: str
    """`galaxy`, `emission nebula` ..., where the name's catalogue says so."""
    name: str
    places: list[dict[str, Any]]
    """`{"stage", "path", "archive": bool, "files", "bytes", "pictures": [...]}`, each folder or archive it lies in;
    files and bytes are told of archives."""
    sets: list[str]
    files: int
    """In its archives."""
    panels: list[str]
    ra_deg: float
    dec_deg: float


@dataclass(frozen=True)
class OwnerTables:
    """The file of one rig or camera, read."""

    owner: str
    nights: Sequence[NightRow] = ()
    frames: Sequence[FrameRow] = ()
    sets: Sequence[SetRow] = ()
    sessions: Sequence[SessionRow] = ()
    calibrations: Sequence[CalibrationRow] = ()
    projects: Sequence[ProjectRow] = ()


@dataclass(frozen=True)
class Catalog:
    """All of it, as the files hold it."""

    owners: Mapping[str, OwnerTables] = field(default_factory=dict)
    """By rig or camera, sorted."""
    masters: Sequence[MasterRow] = ()
    equipment: Sequence[EquipmentRow] = ()
    sites: Sequence[SiteRow] = ()
    troubles: Sequence[str] = ()
    """Files that could not be read, as sentences."""

    @cached_property
    def sets(self) -> Sequence[SetRow]:
        """The sets of all rigs and cameras."""
        return [row for one in self.owners.values() for row in one.sets]

    @cached_property
    def sessions(self) -> Sequence[SessionRow]:
        """The sessions of all."""
        return [row for one in self.owners.values() for row in one.sessions]

    @cached_property
    def projects(self) -> Sequence[ProjectRow]:
        """The projects of all."""
        return [row for one in self.owners.values() for row in one.projects]
