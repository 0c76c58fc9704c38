"""What a person said about masters of sets: `doit pin`, `doit changed`, `doit rematch`, folded to what holds.

pin      about a set       this master, whatever its keys: one a kind, the latest speaks
changed  about a rig       from this night on it was another, so that no flat serves across it
rematch  about a set       choose its masters anew, although it was accepted with others
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pipeline.model.frames import Kind
from pipeline.model.masters import Change
from pipeline.model.records import About, Decision
from pipeline.model.sets import FrameSet
from pipeline.rules.decisions import Decisions
from pipeline.rules.rigfiles import rig_key

PIN, CHANGED, REMATCH = "pin", "changed", "rematch"
"""The kinds of these decisions."""
PINNED_KINDS = (Kind.DARK, Kind.BIAS, Kind.FLAT, Kind.FLATDARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A master a person chose for a set."""

    path: str
    """Where it lay when it was pinned."""
    sha256: str = ""
    """What it was then; a newer master may have taken its name since."""
    decision: Decision


def pins_of(frames: FrameSet, decisions: Decisions) -> dict[Kind, Pin]:
    """The masters pinned to a set, by raw kind."""
    found: dict[Kind, Pin] = {}
    for one in decisions.holding.get((About.SET, frames.id), ()):
        kind, path, sha256 = (one.values.get(key) for key in ("kind", "master", "sha256"))
        if one.kind == PIN and kind in PINNED_KINDS and isinstance(path, str) and path:
            found[Kind(str(kind))] = Pin(
                path=path, sha256=sha256 if isinstance(sha256, str) else "", decision=one
            )
    return found


def changes_of(rig: str, decisions: Decisions) -> tuple[Change, ...]:
    """The nights from which on a person said this rig was another, the oldest first."""
    marks = dict(_marks(rig, decisions))
    return tuple(Change(rig=rig, night=night, why=one.why) for night, one in sorted(marks.items()))


def mark_of(rig: str, night: date, decisions: Decisions) -> Decision | None:
    """The word that this rig was another from this very night on."""
    return next((one for at, one in _marks(rig, decisions) if at == night), None)


def _marks(rig: str, decisions: Decisions) -> Iterator[tuple[date, Decision]]:
    for one in decisions.of_kind(CHANGED):
        if one.about is About.RIG and rig_key(one.subject) == rig_key(rig):
            night = _as_night(one.values.get("night"))
            if night is not None:
                yield night, one


def _as_night(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
