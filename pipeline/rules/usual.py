"""What is usual for a rig: the median of what its earlier nights came to, by filter.

A set's first judgement writes down its own medians, for later nights to learn from, and the usual values it was held
against. Those hold for ever after, so a new night never re-judges an old set, until somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from pipeline.model.measures import QUANTITIES, Measured
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import Fate, SetVerdict
from pipeline.rules.layout import FLATS
from pipeline.rules.limits import value_of
from pipeline.rules.targets import target_key
from pipeline.rules.words import GIVE_UP, REJECT, SetWords

NIGHTS = 20
"""So many earlier nights are learnt from, the newest first."""
LEAST_SETS = 3
"""With fewer earlier sets nothing is usual yet."""

Record = Mapping[str, Any]


def usual_values(nights: Iterable[Sequence[Record]], frames: FrameSet) -> dict[str, float]:
    """The usual value of each quantity.

    Args:
        nights: What was judged in earlier nights, the newest first; read no further than needed.
        frames: The set they are wanted for: its rig and filter.
    """
    learnt: list[Mapping[str, float]] = []
    counted = 0
    for night in nights:
        found = [numbers(record.get("medians")) for record in night if _is_alike(record, frames)]
        learnt += [medians for medians in found if medians]
        counted += any(found)
        if counted == NIGHTS:
            break
    by_quantity = {name: [medians[name] for medians in learnt if name in medians] for name in QUANTITIES}
    return {name: median(values) for name, values in by_quantity.items() if len(values) >= LEAST_SETS}


def medians_of(
    frames: FrameSet, rows: Mapping[str, Measured], verdict: SetVerdict, words: SetWords
) -> dict[str, float]:
    """What a set came to: medians over the frames its limits and its person kept."""
    kept = [
        rows[member.stored]
        for member in frames.members
        if member.stored in rows and is_good(member.stored, verdict, words)
    ]
    values = {
        name: [value for row in kept if (value := value_of(row, name)) is not None] for name in QUANTITIES
    }
    return {name: median(found) for name, found in values.items() if found}


def level_medians(frames: FrameSet, rows: Mapping[str, Measured]) -> dict[str, float]:
    """What a set of flats came to: what later flats are held against."""
    told = [rows[member.stored].levels for member in frames.members if member.stored in rows]
    names = sorted({name for levels in told for name in levels})
    return {name: median(levels[name] for levels in told if name in levels) for name in names}


def last_flat(nights: Iterable[Sequence[Record]], frames: FrameSet) -> dict[str, float]:
    """What the rig's last earlier flats through this filter came to; empty where there are none."""
    for night in nights:
        for record in night:
            medians = record.get("medians")
            if _is_flat(record) and _is_of_filter(record, frames) and isinstance(medians, Mapping):
                return {str(name): float(value) for name, value in medians.items() if _is_number(value)}
    return {}


def is_good(stored: str, verdict: SetVerdict, words: SetWords) -> bool:
    """True for a frame that neither limits nor eyes have put away."""
    word = words.frames.get(stored)
    return verdict.frames[stored].fate is Fate.KEPT and (word is None or word.says not in {REJECT, GIVE_UP})


def filter_of(frames: FrameSet) -> str:
    """The filter of a set."""
    return (frames.members[0].frame.filter or "") if frames.members else ""


def numbers(said: object) -> dict[str, float]:
    """What a record says by quantity; what is no number is passed over."""
    if not isinstance(said, Mapping):
        return {}
    return {name: float(value) for name, value in said.items() if name in QUANTITIES and _is_number(value)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_alike(record: Record, frames: FrameSet) -> bool:
    """True for a set of lights of the same rig and filter."""
    return not _is_flat(record) and _is_of_filter(record, frames)


def _is_of_filter(record: Record, frames: FrameSet) -> bool:
    rig = str(record.get("set", "")).partition("/")[0]
    same = target_key(str(record.get("filter", ""))) == target_key(filter_of(frames))
    return same and rig == frames.id.partition("/")[0]


def _is_flat(record: Record) -> bool:
    return str(record.get("set", "")).split("/")[1:2] == [FLATS]
