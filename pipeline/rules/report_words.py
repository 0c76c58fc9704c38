"""What the pages say, in words: hours, degrees, nights, filters; and bars of what was had of what is wanted.

A number goes out with its unit and no more digits than it is worth: `HFR 2.31 px`, `4 h 25 min`, `−10.0 °C`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from pipeline.model.measures import QUANTITIES
from pipeline.model.reports import Link
from pipeline.rules.record_places import report_page
from pipeline.rules.rigfiles import split_rig_name
from pipeline.rules.spoken import counted

_SIGNS = (
    ("Ha", r"h|ha|h[ _-]?alpha|hα"),
    ("OIII", r"o|oiii|o3|o[ _-]iii"),
    ("SII", r"s|sii|s2|s[ _-]ii"),
    ("L", r"l|lum|luminance|clear|uv.?ir.*"),
    ("R", r"r|red"),
    ("G", r"g|green"),
    ("B", r"b|blue"),
)
_BAND = re.compile(r"[ _-]*\d+(\.\d+)?[ _]*nm$", re.I)
_ORDER = {sign: number for number, sign in enumerate(("L", "R", "G", "B", "Ha", "OIII", "SII", "other"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    name: str
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How much there is of what is wanted, or of the most there is."""

    sign: str
    """The filter's sign: what colours it."""
    percent: float
    """0 to 100."""
    more: float = 0.0
    """What would be added once it is looked at, likewise."""
    says: str
    """The same in words, for who cannot see it."""


@lru_cache(maxsize=4096)
def filter_sign(name: str) -> str:
    """Which of the trade's colours a filter has: `Ha` for `H`, `Ha_3nm`, `H-alpha`; `other` for what has none."""
    plain = _BAND.sub("", name.strip())
    return next((sign for sign, spelled in _SIGNS if re.fullmatch(spelled, plain, re.I)), "other")


@lru_cache(maxsize=4096)
def filter_order(name: str) -> tuple[int, str]:
    """L R G B Ha OIII SII, then the rest by name."""
    return _ORDER[filter_sign(name)], name.casefold()


def filter_word(name: str) -> str:
    """A filter's name; without one it is said that there is none."""
    return name or "no filter"


def hours(seconds: float) -> str:
    """`0 min`, `45 min`, `4 h 25 min`, `132 h`: minutes are said while they matter."""
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes >= 6000:
        return f"{round(minutes / 60):,} h"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes % 60 else f"{minutes // 60} h"


def some_hours(seconds: float) -> str:
    """The same; a dash where there is nothing, so that a table is read at a glance."""
    return hours(seconds) if seconds >= 30 else "–"


def percent(part: float, whole: float) -> str:
    """`42 %`; never 100 % while something is missing, never 0 % once something is there."""
    if not whole:
        return ""
    share = 100 * part / whole
    rounded = min(round(share), 99) if share < 100 else round(share)
    return f"{max(rounded, 1) if part > 0 else 0} %"


def quantity(name: str, value: float) -> str:
    """A measured value with its unit: `2.31 px`, `0.62″`, `1,834`."""
    told = QUANTITIES[name]
    blank = "" if told.unit in {"″", "°", ""} else " "
    return f"{value:,.{told.digits}f}{blank}{told.unit}".replace("-", "−")


def degrees_c(value: float) -> str:
    """`−10.0 °C`, with a real minus."""
    return f"{value:.1f} °C".replace("-", "−")


def exposure(seconds: float) -> str:
    """`300 s`, `0.5 s`."""
    return f"{seconds:g} s"


def evening(night: str) -> str:
    """`Saturday 17 January 2026` for the night that began that evening."""
    try:
        day = date.fromisoformat(night)
    except ValueError:
        return night
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def month(night: str) -> str:
    """`Jan 2026`."""
    try:
        return f"{date.fromisoformat(night):%b %Y}"
    except ValueError:
        return night[:7]


def as_of(nights: Iterable[str]) -> str:
    """Up to when a page tells."""
    last = max(nights, default="")
    return f"As of the night of {last}. A night is called by the date of its evening." if last else ""


def short_rig(rig: str) -> str:
    """A rig where there is little room: its optic and camera, without the ratio."""
    parts = split_rig_name(rig)
    return f"{parts[0]} + {parts[2]}" if parts else rig


def rig_link(owner: str, text: str = "") -> Link:
    """To a rig's or camera's page."""
    return Link(text=text or owner, path=rig_page(owner))


def night_link(owner: str, night: str, text: str = "") -> Link:
    """To the page of a rig's night; there is one for each night with a row in the catalogue."""
    return Link(text=text or night, path=night_page(owner, night))


def target_link(target: str, text: str = "") -> Link:
    """To a target's page; `target` as `report_targets` groups and spells it."""
    return Link(text=text or target, path=target_page(target))


def rig_page(owner: str) -> str:
    """Where a rig's or camera's page lies."""
    return report_page("rigs", owner)


def night_page(owner: str, night: str) -> str:
    """Where the page of a rig's night lies."""
    return report_page("nights", owner, night)


def target_page(target: str) -> str:
    """Where a target's page lies."""
    return report_page("targets", target)


def bar_of(name: str, had_s: float, wanted_s: float | None, most_s: float, waits_s: float = 0.0) -> Bar:
    """Had of wanted; where nobody said how much is wanted, of the longest bar beside it."""
    of = wanted_s or most_s
    share = min(100.0, 100 * had_s / of) if of else 0.0
    more = min(100.0 - share, 100 * waits_s / of) if of else 0.0
    wanted = f" of {hours(wanted_s)} wanted" if wanted_s else ""
    waits = f", {hours(waits_s)} more not looked at yet" if waits_s else ""
    return Bar(
        sign=filter_sign(name),
        percent=round(share, 1),
        more=round(more, 1),
        says=f"{filter_word(name)}: {hours(had_s)} accepted{wanted}{waits}",
    )


def frames_word(number: int) -> str:
    """`1 frame`, `80,118 frames`."""
    return counted(number, "frame")
