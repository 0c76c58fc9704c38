"""What came of calibrating a light: counts, measures of how good it is, and the row its set keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar


@dataclass(slots=True)
class Counts:
    """Pixels of one calibrated light that are worth a number."""

    negative: int = 0
    """Fell below 0 and were set to 0."""
    clipped: int = 0
    """Rose above what the file can hold, and were set to that."""
    blank: int = 0
    """Were no number (float lights); 0 now."""
    undivided: int = 0
    """The flat is too dark there: not divided."""
    filled: int = 0
    """Defects, filled from their neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatError:
    """How much of the flat's shape is still in the sky."""

    percent: float | None = None
    """From its brightest to its darkest part, of the sky's level; None: the flat is even, or there is none."""
    sigma: float = 0.0
    """The same in its own uncertainties."""
    may_be_sky: bool = False
    """The middle is brighter, as a nebula would make it, and no dust of the flat's proves otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Soundness:
    """How a calibrated light looks, in the camera's numbers, its pedestal taken off."""

    level_adu: float
    """Median: the sky."""
    noise_adu: float
    """Of a pixel."""
    noise_ratio: float | None = None
    """The noise against that of the light alone, divided by the same flat; what the masters add to it."""
    range_adu: float = 0.0
    """From the darkest to the brightest pixel that was looked at."""
    negative_share: float = 0.0
    clipped_share: float = 0.0
    flat_error: FlatError = field(default_factory=FlatError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A verdict on a calibrated light."""

    points: float
    """0 to 100."""
    reasons: tuple[str, ...] = ()
    """What cost points, as halves of sentences with values and limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the ledger keeps of calibrating a set: that it is wanted, waits for masters, is done, or is left alone."""

    event: ClassVar[str] = "calibration"
    when: datetime
    set: str
    state: str
    """`wanted`: lights were accepted while the rig asked for it, or a person asked; `waits`; `done`; `left` alone."""
    asked: bool = False
    """A person did: what is calibrated by other masters is made again, whatever the rig says of new masters."""
    policy: str = ""
    """A digest of what the rig asked for: where it asks for something else, a set that waits is looked at again."""
    why: str = ""
    """What it waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedLight:
    """What became of one light: a row of the set's manifest."""

    stored: str
    target: str = ""
    """Its calibrated copy, relative to the library."""
    basis: str = ""
    """A digest of all it was made from."""
    masters: Mapping[str, str] = field(default_factory=dict)
    """By raw kind, the first digits of the masters' SHA-256."""
    size: int = 0
    mtime_ns: int = 0
    score: float = 0.0
    reasons: tuple[str, ...] = ()
    withheld: bool = False
    """It failed its check and is not in the folder."""
    trouble: str = ""
    """Why it could not be calibrated."""
    negative: int = 0
    clipped: int = 0
    undivided: int = 0
    filled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationProgress:
    """How far a set's calibration is, as status shows it."""

    accepted: int
    calibrated: int
    withheld: int = 0
    failed: int = 0
    outdated: int = 0
    """With a copy, made by a master they no longer have."""
    missing: int = 0
    """Without a copy, though nothing is due and no check is known to have failed: deleted, most likely."""
    percent: float = 0.0
    """Calibrated, of the accepted ones."""
    score: float | None = None
    """Of the middling light."""
    masters: Mapping[str, int] = field(default_factory=dict)
    """By raw kind and the first digits of its SHA-256 (`DARK 554e1d06971613c1`): the lights it was used for."""
