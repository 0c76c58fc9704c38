"""The panels of a mosaic as they lie on the sky, each with what it has: drawn north up, east left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import cos, radians

from pipeline.rules.report_progress import Target
from pipeline.rules.report_sums import sum_of
from pipeline.rules.report_words import hours, percent, some_hours
from pipeline.rules.targets import panel_key

_WIDTH, _MOST_HEIGHT = 400.0, 400.0
_FIELD_DEG = (0.5, 0.35)
"""What is drawn where nobody knows how much a rig sees."""
_LEVELS = 5
_LETTER, _TALL = 6.2, 36.0
"""How wide a letter of an amount is, and how high a name with its amount."""
_SPOTS = tuple((across, down) for across in (0.5, 0.3, 0.7) for down in (0.5, 0.22, 0.78))
"""Where in a panel its name may stand, the middle first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Where the middle of a panel's name stands: in the part of it that is its own, clear of other names."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel, laid out."""

    name: str
    x: float
    y: float
    width: float
    height: float
    level: int
    """0 to 5: how much it has of what it should."""
    amount: str
    """Empty where it would be wider than the panel: the table beside it says it."""
    says: str
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Mosaic:
    """All panels."""

    says: str
    width: float
    height: float
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A panel on the sky, in degrees from the first one: x to the right (west), y down (south)."""

    name: str
    x: float
    y: float
    wide: float
    high: float
    had_s: float
    wanted_s: float


def mosaic_of(target: Target) -> Mosaic | None:
    """The panels; None where there is only one, or nobody knows where they lie."""
    places = _places(target)
    if len(places) < 2:
        return None
    left, top = min(one.x for one in places), min(one.y for one in places)
    across = max(one.x + one.wide for one in places) - left
    down = max(one.y + one.high for one in places) - top
    scale = min(_WIDTH / across, _MOST_HEIGHT / down)
    most = max(one.had_s for one in places)
    panels = _labelled([_panel(one, left, top, scale, most) for one in places])
    return Mosaic(
        says=f"Panels as they lie on the sky, north up, east left: {'; '.join(one.says for one in panels)}",
        width=round(across * scale, 1),
        height=round(down * scale, 1),
        panels=panels,
    )


def panel_names(target: Target) -> list[str]:
    """The panels of a target, in order; none where it is no mosaic."""
    names = {panel_key(one.panel): one.panel for one in target.progress if one.panel}
    return [name for _, name in sorted(names.items(), key=lambda one: (len(one[0]), one[0]))]


def amounts(target: Target, panel: str, name: str | None = None) -> tuple[float, float]:
    """Seconds kept and wanted of a panel, through one filter or all."""
    key = panel_key(panel)
    sets = [row for row in target.sets if panel_key(row.get("panel", "")) == key]
    wishes = [one for one in target.progress if panel_key(one.panel) == key]
    if name is not None:
        sets = [row for row in sets if row.get("filter", "").casefold() == name.casefold()]
        wishes = [one for one in wishes if one.filter.casefold() == name.casefold()]
    return sum_of(sets).kept_s, sum(one.wanted_s or 0.0 for one in wishes)


def amount_words(had_s: float, wanted_s: float) -> str:
    """`2 h 30 min of 4 h`."""
    return f"{hours(had_s)} of {hours(wanted_s)}" if wanted_s else some_hours(had_s)


def _places(target: Target) -> list[_Place]:
    found: list[tuple[str, float, float, tuple[float, float]]] = []
    for name in panel_names(target):
        rows = [row for row in target.sets if panel_key(row.get("panel", "")) == panel_key(name)]
        known = [row for row in rows if "ra_deg" in row and "dec_deg" in row]
        if known:
            row = known[0]
            field = target.fields_deg.get(row["rig"], _FIELD_DEG)
            found.append((name, row["ra_deg"], row["dec_deg"], field))
    return [_place(target, one, found[0]) for one in found]


def _place(
    target: Target,
    one: tuple[str, float, float, tuple[float, float]],
    first: tuple[str, float, float, tuple[float, float]],
) -> _Place:
    name, ra_deg, dec_deg, (wide, high) = one
    east = ((ra_deg - first[1] + 180) % 360 - 180) * cos(radians(dec_deg))
    had, wanted = amounts(target, name)
    return _Place(
        name=name,
        x=-east - wide / 2,
        y=first[2] - dec_deg - high / 2,
        wide=wide,
        high=high,
        had_s=had,
        wanted_s=wanted,
    )


def _panel(one: _Place, left: float, top: float, scale: float, most_s: float) -> Panel:
    of = one.wanted_s or most_s
    share = min(1.0, one.had_s / of) if of else 0.0
    more = f", {percent(one.had_s, one.wanted_s)} of what is wanted" if one.wanted_s else ""
    words = amount_words(one.had_s, one.wanted_s)
    return Panel(
        name=one.name,
        x=round((one.x - left) * scale, 1),
        y=round((one.y - top) * scale, 1),
        width=round(one.wide * scale, 1),
        height=round(one.high * scale, 1),
        level=round(share * _LEVELS),
        amount=words if len(words) * _LETTER <= one.wide * scale and one.high * scale >= _TALL else "",
        label=Label(x=0.0, y=0.0),
        says=f"panel {one.name}: {amount_words(one.had_s, one.wanted_s)}{more}",
    )


def _labelled(panels: Sequence[Panel]) -> tuple[Panel, ...]:
    """Each with a place for its name: in as few other panels as can be, away from the names that have theirs."""
    found: list[Panel] = []
    for one in panels:
        others = [each for each in panels if each is not one]
        spots = [
            Label(x=round(one.x + across * one.width, 1), y=round(one.y + down * one.height, 1))
            for across, down in _SPOTS
        ]
        best = min(
            spots, key=lambda spot: (_clashes(spot, one, found), sum(_holds(each, spot) for each in others))
        )
        found.append(replace(one, label=best))
    return tuple(found)


def _clashes(spot: Label, one: Panel, placed: Iterable[Panel]) -> int:
    wide = max(len(one.amount), len(one.name) + 1) * _LETTER
    return sum(
        abs(spot.x - each.label.x) < (wide + max(len(each.amount), len(each.name) + 1) * _LETTER) / 2
        and abs(spot.y - each.label.y) < _TALL
        for each in placed
    )


def _holds(panel: Panel, spot: Label) -> bool:
    return panel.x <= spot.x <= panel.x + panel.width and panel.y <= spot.y <= panel.y + panel.height
