"""A set: what a person calls "my Ha subs of M31 that night", and what is judged, blinked and accepted together.

Lights of one rig, target, panel, night, filter, exposure, gain, offset, set temperature, binning and readout mode.
Flats, darks and bias form sets too: they are offered to the eye and spoken for by markers in the same way.

    stored frames ─rules/grouping─▶ FrameSet(members) ─▶ measured ─▶ culled ─▶ offered ─▶ accepted
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pipeline.model.frames import Frame, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One stored frame of a set."""

    stored: str
    """Its address: what everything else speaks of it by."""
    name: str
    """Its file name in every view of the set; no other member of the folder bears it."""
    size: int
    mtime_ns: int
    sha256: str | None
    frame: Frame
    """What it is, corrections heard."""


@dataclass(frozen=True, kw_only=True)
class FrameSet:
    """Frames that are judged together. Paths are relative to the library."""

    id: str
    """`<rig>/M31/DATE_2026-01-14/FILTER_L_EXP_300.00`; where two sets share a folder the second ends in `~2`."""
    owner: str
    """The rig or camera its frames are filed under, in store, ledger and decisions."""
    night: date
    """The night they are filed under; a correction may have made another of it, which the folders then say."""
    rig: str
    """The rig whose file says how it is culled, blinked and accepted."""
    kind: Kind
    label: str
    """As a person says it: `M31 L 300 s`, `flat L`, `dark 300 s -10 °C`."""
    target: str = ""
    blink: str
    """The folder it is offered in: `<rig>/10_Blink/M31/DATE_2026-01-14/FILTER_L_EXP_300.00`."""
    reject: str = ""
    """The folder of its rejected frames: `_Reject/<rig>/10_Blink/M31/...`."""
    data: str = ""
    """The folder of its accepted lights: `<rig>/20_Data/M31/accept/DATE_../FILTER_..`; empty: it has none."""
    members: tuple[Member, ...] = ()
    """In the order they were taken."""
    is_adopted: bool = False
    """True for frames registered where they lie: no stage acts on them."""

    @cached_property
    def by_stored(self) -> dict[str, Member]:
        """Its members by address."""
        return {member.stored: member for member in self.members}
