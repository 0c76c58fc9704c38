"""Which exposures and temperatures a camera has darks for, and which its lights still want: a chart that is a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model.catalog import MasterRow, SetRow
from pipeline.rules.report_words import degrees_c, exposure
from pipeline.rules.spoken import counted

_MOST = 14
"""Exposures that have room beside each other; of more those the lights use most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One exposure at one temperature."""

    sign: str
    """`●` a dark that lights use, `○` one that none uses yet, `◌` lights without just this, `✕` to be shot."""
    text: str
    says: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Exposures across, temperatures down."""

    says: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


_Place = tuple[float, float]
"""Temperature and exposure."""


def coverage_of(masters: Iterable[MasterRow], sets: Iterable[SetRow]) -> Coverage | None:
    """The chart of a camera; None where nothing is known of either."""
    darks: dict[_Place, list[MasterRow]] = {}
    shots: dict[_Place, list[SetRow]] = {}
    for one in masters:
        place = _place(one)
        if one["kind"] == "MASTER DARK" and "superseded" not in one["state"] and place:
            darks.setdefault(place, []).append(one)
    for row in sets:
        place = _place(row)
        if place:
            shots.setdefault(place, []).append(row)
    places = {*darks, *shots}
    if not places:
        return None
    exposures = _shown(places, shots)
    temperatures = sorted({place[0] for place in places})
    short = sum(_is_short(rows) for rows in shots.values())
    return Coverage(
        says=f"Darks by exposure and temperature; lights of {counted(short, 'combination')} lack one",
        heads=tuple(exposure(one) for one in exposures),
        rows=tuple(
            (
                degrees_c(warm),
                tuple(_cell(darks.get((warm, one), ()), shots.get((warm, one), ())) for one in exposures),
            )
            for warm in temperatures
        ),
    )


def _place(row: MasterRow | SetRow) -> _Place | None:
    """Where a master or set stands: its set temperature, else that of its sensor, in whole degrees."""
    warm = row.get("set_temp_c", row.get("sensor_temp_c"))
    if not isinstance(warm, (int, float)) or "exposure_s" not in row:
        return None
    return float(round(warm)), float(row["exposure_s"])


def _shown(places: Iterable[_Place], shots: Mapping[_Place, Sequence[SetRow]]) -> list[float]:
    used: dict[float, int] = {}
    for warm, seconds in places:
        used[seconds] = used.get(seconds, 0) + len(shots.get((warm, seconds), ()))
    best = sorted(used, key=lambda seconds: (-used[seconds], seconds))[:_MOST]
    return sorted(best)


def _is_short(sets: Iterable[SetRow]) -> bool:
    return any("dark" in lack.casefold() for row in sets for lack in row.get("lacks", ()))


def _cell(darks: Sequence[MasterRow], sets: Sequence[SetRow]) -> Cell:
    lights = f"{counted(len(sets), 'set')} of lights" if sets else "no lights"
    if _is_short(sets):
        return Cell(sign="✕", text="to be shot", says=f"{lights} lack a dark", tone="bad")
    if darks:
        frames = max(row.get("frames", 0) for row in darks)
        text = f"{frames:,} frames" if frames else counted(len(darks), "dark")
        sign = "●" if sets else "○"
        return Cell(
            sign=sign,
            text=text,
            says=f"{counted(len(darks), 'dark')}, {lights}",
            tone="good" if sets else "quiet",
        )
    if sets:
        return Cell(
            sign="◌", text=counted(len(sets), "set"), says=f"{lights}, no dark of just this", tone="doubt"
        )
    return Cell(sign="", text="", says="", tone="")
