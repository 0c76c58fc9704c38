"""A master, what is asked of one, and how the two are brought together.

raw frames ─StackRequest─▶ a stacker ─Stacked─▶ Master in a library
a light    ─match─▶ Match(chosen, every candidate with its verdict and reasons)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pipeline.model.calibration import MasterRecipe
from pipeline.model.frames import Frame, Kind

ADUSCALE = "ADUSCALE"
"""The keyword that says how many of the camera's numbers 1.0 in a float file stands for (65535)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRequest:
    """Frames to be integrated, and how. Everything is in the camera's numbers (ADU)."""

    frames: tuple[str, ...]
    """Absolute paths, in the order they were taken."""
    kind: Kind
    """Of the frames: BIAS, DARK, FLAT or FLATDARK."""
    recipe: MasterRecipe
    subtract: str = ""
    """A master, absolute path, taken from each frame before anything else (flats); empty: none."""
    normalise: bool = False
    """Each frame is scaled to the stack's common level before outliers are looked for (flats)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacked:
    """What a stacker made. The picture lies in a scratch folder; whoever asked gives it its header and place."""

    picture: str
    """Absolute path of a float FITS file; `world/pictures` reads it in ADU."""
    backend: str
    """Who made it, with its version: `Nightbuild 0.5.0`, `Siril 1.0.6`."""
    method: str
    """As a person says it: `mean, winsorised 4.0/3.0 sigma`."""
    rejected_low: int | None = None
    """Values left out as too low, over the whole stack; None: the backend does not say."""
    rejected_high: int | None = None
    log: tuple[str, ...] = ()
    """What the backend said that a person may want: kept in the run's log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Master:
    """One master in a library (or in a folder another program writes masters to)."""

    path: str
    """Relative to the library, with `/`."""
    frame: Frame
    """What it is, by its header: kind, camera, exposure, temperature, filter, night ..."""
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    """Of the whole file, where it is known."""
    frames: int | None = None
    """How many exposures went into it (NCOMBINE)."""
    inputs: str = ""
    """A digest of what it was made of and how (NBINPUTS): equal means the same master would be made again."""
    by: str = ""
    """The program that made it."""
    superseded: bool = False
    """It lies in `superseded/`: a newer one has its name."""
    held: str = ""
    """Why it waits for `doit master NAME --ok`, as half a sentence; empty: it may be used."""
    trouble: str = ""
    """Why it cannot be used (not whole, wrong size, hash changed); empty: nothing is wrong."""


class Fitness(StrEnum):
    """What a master is to a light."""

    CHOSEN = "chosen"
    FITS = "fits"
    """It would do; another is nearer."""
    UNSURE = "unknown"
    """Something is said on one side only: used if nothing better is there, with a warning."""
    LOST = "lost"
    """It does not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A master that was looked at for a light, and what became of it."""

    master: Master
    fitness: Fitness
    reasons: tuple[str, ...] = ()
    """`gain 100, not 0`, `12 days older`, `offset is not in its header`: halves of sentences."""
    days: int | None = None
    """Nights between light and master; negative: shot before."""
    scale: float = 1.0
    """What its signal above bias is multiplied by for this light (dark scaling); 1: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What was found for one need of a light or flat."""

    kind: Kind
    """DARK, BIAS, FLAT or FLATDARK: what is asked for."""
    chosen: Candidate | None = None
    candidates: tuple[Candidate, ...] = ()
    """Best first; the chosen one among them."""
    why: str = ""
    """The choice in a sentence: `dark 300 s, -10.0 °C, 12 days older; two lost on temperature`."""
    missing: str = ""
    """What to shoot where nothing was found: `darks of 300 s at -10 °C, gain 100, offset 50, binning 1`."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMatch:
    """Everything a set of lights (or of flats) is calibrated with."""

    matches: Mapping[Kind, Match] = field(default_factory=dict)
    """By raw kind. Lights: DARK and FLAT, and BIAS where there is no dark or it is scaled. Flats: FLATDARK, else DARK,
    else BIAS: the one that is to be subtracted."""

    def master(self, kind: Kind) -> Master | None:
        """The master chosen for a need, where there is one."""
        found = self.matches.get(kind)
        return found.chosen.master if found is not None and found.chosen is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From this night on a rig is not what it was: no flat serves across it."""

    rig: str
    night: date
    why: str = ""
    by_hand: bool = True
    """True: a person said so (`doit changed`); False: rotator, focal length or camera jumped."""
