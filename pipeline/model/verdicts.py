"""What was decided about the frames of a set, by limits and by eyes, each with its reasons.

Reason       one value held against one limit: "HFR 5.10 px (NINA) > 4.60"
Judgement    what the limits say of one frame
SetVerdict   what they say of a set: kept, culled, or held because it would lose too many
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One value held against one limit."""

    quantity: str
    """Its name in `QUANTITIES`."""
    value: float
    limit: float
    """As a number, whatever it was derived from."""
    derived: str = ""
    """How the limit came about where it is no plain number: `3 sigma of the set`, `1.4 x the rig's usual 2.1`."""
    stage: str = "pass1"
    """`pass1`, `pass2` or `mark`."""


class Fate(StrEnum):
    """What the limits make of a frame."""

    KEPT = "kept"
    CULLED = "culled"
    SUSPECT = "suspect"
    """It exceeds a limit, and waits for an answer: its set would lose too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the limits say of one frame."""

    fate: Fate
    reasons: tuple[Reason, ...] = ()
    """Why it is culled or suspect; of a kept one what answer or restore kept it is in `because`."""
    marks: tuple[Reason, ...] = ()
    """What it is marked for, without being rejected."""
    because: str = ""
    """`you restored it`, `you said keep`, `blinked before the limits changed`; empty where the limits alone spoke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVerdict:
    """What the limits, and the answers to their question, make of a set."""

    frames: Mapping[str, Judgement] = field(default_factory=dict)
    """By stored path; every member is here."""
    held: bool = False
    """Pass 1 would take too many: offered whole, suspects first, until somebody answers."""
    losing: int = 0
    """How many pass 1 takes, or would take."""
    of: int = 0
    """How many it looked at."""
    missing: Mapping[str, int] = field(default_factory=dict)
    """Quantity with a limit to how many frames lack it: those are never rejected by it."""
    unjudged: tuple[str, ...] = ()
    """Sentences about limits that could not be held against the set (no usual value yet, too few frames)."""
    usual: Mapping[str, float] = field(default_factory=dict)
    """The rig's usual values it was judged by."""


class State(StrEnum):
    """Where a stored frame is in its life (DESIGN §4); each is in exactly one."""

    STORED = "stored"
    """Its set's night is not over, or it was just stored."""
    HELD = "held"
    """Offered, and its set asks about the suspects."""
    OFFERED = "offered"
    CULLED = "culled"
    REJECTED = "blinked away"
    ACCEPTED = "accepted"
    MOVED_ON = "moved on"
    TAKEN_OUT = "taken out"
    """Accepted once, and removed from 20_Data by the person."""
    GONE = "gone, asked"
    """Many vanished at once: nothing is judged until the person answers."""
    LATE = "late"
    """Stored after its set's marker: offered as a remainder."""
    GIVEN_UP = "given up"
    ASIDE = "aside"
    """A snapshot, a stack: stored, never judged."""
    PASSED = "passed"
    """A calibration frame that was blinked, or whose rig asks for no eyes."""
