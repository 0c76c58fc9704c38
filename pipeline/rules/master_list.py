"""The masters of a library as a table: what each is, who uses it, and what is to be known about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.model.calibration import Matching
from pipeline.model.frames import Kind
from pipeline.model.masters import Master
from pipeline.model.rigs import Rig
from pipeline.rules.match_words import master_label
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.spoken import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Who uses a master."""

    sets: int = 0
    last: str = ""
    """The day it was last chosen, ISO."""


def master_row(master: Master, use: Use, rigs: Iterable[Rig], today: date) -> dict[str, Any]:
    """One line of the table, and the same for programs."""
    return {
        "master": master.path,
        "what": f"{master.frame.camera}, {master_label(master)}",
        "night": str(master.frame.night or "unknown"),
        "frames": master.frames or "",
        "sets": use.sets,
        "last chosen": use.last or "never",
        "state": standing_of(master, rigs, today),
        "held": master.held,
        "trouble": master.trouble,
        "superseded": master.superseded,
        "inputs": master.inputs,
        "by": master.by,
    }


def standing_of(master: Master, rigs: Iterable[Rig], today: date) -> str:
    """What is to be known of it before it is used; `good` where nothing is."""
    return told_of(master, too_old(master, rigs, today))


def told_of(master: Master, age: str = "") -> str:
    """The same without a look at the calendar; `age`: what that says."""
    said = [f"held: {master.held}" if master.held else "", master.trouble]
    said += ["superseded" if master.superseded else "", age]
    return "; ".join(filter(None, said)) or "good"


def too_old(master: Master, rigs: Iterable[Rig], today: date) -> str:
    """`412 days old, its rigs allow 365`; empty while it is young enough for one of them, and for flats."""
    kind, night = master.frame.kind, master.frame.night
    if kind in {None, Kind.MASTER_FLAT} or night is None:
        return ""
    camera = rig_key(master.frame.camera or "")
    rules = [rig.matching for rig in rigs if rig_key(rig.camera.name) == camera] or [Matching()]
    allowed = max((one.bias_max_age if kind is Kind.MASTER_BIAS else one.dark_max_age).days for one in rules)
    days = (today - night).days
    return f"{counted(days, 'day')} old, its rigs allow {allowed:g}" if days > allowed else ""


def uses(matched: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Use]:
    """Who uses what, by path and SHA-256, from the choices of accepted sets."""
    found: dict[tuple[str, str], Use] = {}
    for record in matched:
        chosen = record.get("masters")
        when = str(record.get("when", ""))[:10]
        for one in chosen.values() if isinstance(chosen, Mapping) else ():
            if isinstance(one, Mapping):
                key = str(one.get("path", "")), str(one.get("sha256", ""))
                known = found.get(key, Use())
                found[key] = Use(sets=known.sets + 1, last=max(known.last, when))
    return found
