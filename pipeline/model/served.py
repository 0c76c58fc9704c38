"""What the ledger keeps of masters: those an accepted set is calibrated by, and the places they were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The masters of a set were chosen for good: it was accepted, or a person asked for another choice."""

    event: ClassVar[str] = "matched"
    when: datetime
    set: str
    masters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """By raw kind (`DARK`): path, sha256, size, why, and scale where a dark is scaled."""
    missing: tuple[str, ...] = ()
    """Raw kinds that are wanted and were not there: the set is looked at again when the libraries change."""
    shoot: Mapping[str, str] = field(default_factory=dict)
    """Of these, what to shoot: `darks of 300 s at -10 °C, gain 100`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterGiven:
    """A master was given a place in a DATE folder, beside the lights that need it."""

    event: ClassVar[str] = "master_given"
    when: datetime
    link: str
    master: str
    """Its path in the library."""
    sha256: str
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterTaken:
    """Such a place was taken away again by us, or found empty: then the person took it, and it is not put back."""

    event: ClassVar[str] = "master_taken"
    when: datetime
    link: str
    master: str = ""
    sha256: str = ""
    by_person: bool = False
    why: str = ""
    gone: bool = False
    """Said a second time, once the name went: a run may be killed between the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Something about masters that the ledger alone shows to be unfinished in a night (rules/lacking)."""

    set: str = ""
    """The set that lacks a master, or was accepted without its masters being chosen."""
    kind: str = ""
    """The raw kind it lacks; empty: nothing was chosen for it yet."""
    shoot: str = ""
    """What to shoot."""
    frames: int = 0
    """How many of its lights lie in 20_Data."""
    folder: str = ""
    """Instead of a set: a DATE folder in which masters lie and no light any more."""
