"""NINA's Target Scheduler as values: the rows that are read of its database, and what is to be changed in it.

project ─▶ target ─▶ exposureplan (wanted, acquired, accepted) ◀─ exposuretemplate (filter, usual exposure)
                          ▲
acquiredimage ────────────┘    one saved frame, graded: pending, accepted, rejected
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Grade(IntEnum):
    """What NINA's table says of an image."""

    PENDING = 0
    ACCEPTED = 1
    REJECTED = 2


STATES = {0: "draft", 1: "active", 2: "inactive", 3: "closed"}
"""What a project's state number means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What is planned together."""

    id: int
    profile: str
    """GUID of the NINA profile, as `rules.scheduler_rows.guid_key` writes it."""
    name: str
    state: int = 0
    priority: int = 1
    is_graded: bool = True
    """NINA's own grader looks at its frames: then `accepted` decides what is shot, else `acquired`."""
    is_mosaic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTarget:
    """One field, or one panel of a mosaic."""

    id: int
    project: int
    name: str
    is_active: bool = True
    priority: int = -1
    """-1: its project's."""
    ra_deg: float | None = None
    dec_deg: float | None = None
    rotation_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposurePlan:
    """So many exposures of a target through a filter."""

    id: int
    target: int
    filter: str
    """Its template's filter: the template's own name may be anything."""
    exposure_s: float
    """Its own, or the template's usual one where it says -1."""
    desired: int = 0
    acquired: int = 0
    accepted: int = 0
    is_enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquiredImage:
    """A frame as the scheduler remembers it."""

    id: int
    project: int
    target: int
    plan: int
    """0 where it is older than such numbers."""
    filter: str
    grade: int
    reason: str = ""
    profile: str = ""
    file: str = ""
    """The name of its file, without folders; empty where it is not known."""
    taken_unix_s: float | None = None
    """The exposure's start."""
    exposure_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerRows:
    """All that is read of a database."""

    level: int
    projects: dict[int, Project]
    targets: dict[int, PlannedTarget]
    plans: dict[int, ExposurePlan]
    images: tuple[AcquiredImage, ...] = ()
    """In the order of their Ids; empty where nobody asked for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFrame:
    """A light of this library, as the scheduler's images are held against it."""

    stored: str
    file: str
    """The name its file had when it was received."""
    rig: str
    state: str
    """A value of `verdicts.State`."""
    why: str = ""
    filter: str = ""
    exposure_s: float | None = None
    taken_unix_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value of the database that is to become another."""

    table: str
    id: int
    column: str
    before: int | str | None
    after: int | str | None
    about: str
    """What it is in words: `M31 panel 2, Ha`, or a file's name."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to be changed in a database, and what was left alone although one might expect otherwise."""

    changes: tuple[Change, ...] = ()
    left: tuple[str, ...] = ()
    """Sentences."""
