"""Plots of the pages as values: frames along the hours of a night, drawn by `templates/report/plot.svg.j2`.

Places are percent of the plot's width and height, so that words and signs keep their size on a phone; curves lie in a
field of 1000 by 100 that is stretched. Everything is rounded, so that the same rows make the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, log10
from statistics import median

_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440)
_MOST_HOURS = 6
_BULK, _FAR, _WORTH = 0.95, 8.0, 2.0
"""Values more than so many times the bulk's spread beyond the bulk are drawn at the edge, where all others get at
least so many times the room by it."""

_FINEST = 0.001
"""Of what is smaller nothing is to be seen: the catalogue keeps four decimals."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A word on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A frame."""

    x: float
    y: float
    sign: str
    """Its verdict: the name of a sign that the template draws."""
    says: str
    anchor: str
    """Its row on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One quantity over the night."""

    title: str
    says: str
    """What it shows, in a sentence."""
    ticks: tuple[Tick, ...]
    dots: tuple[Dot, ...]
    limit: float | None = None
    limit_says: str = ""
    beyond: int = 0
    """Dots that are drawn at the edge, since they lie beyond."""


@dataclass(frozen=True, slots=True)
class Run:
    """Frames of one set, one after another."""

    x: float
    width: float
    sign: str
    """Its filter's."""
    text: str
    says: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Curve:
    """How high something stood."""

    path: str
    """In a field of 1000 by 100."""
    area: str
    """What lies below it, likewise."""
    is_moon: bool
    text: str
    x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A night: what was shot when, how high it stood, and each quantity below."""

    hours: tuple[Tick, ...]
    zone: str
    runs: tuple[Run, ...]
    curves: tuple[Curve, ...]
    sky_says: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to percent of a plot."""

    low: float
    high: float

    def up(self, value: float) -> float:
        """Percent from the top; what lies beyond is drawn at the edge."""
        share = (self.high - value) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 1)

    def along(self, value: float) -> float:
        """Percent from the left."""
        return round(100 * (value - self.low) / (self.high - self.low), 2)

    def ticks(self, most: int = 3) -> tuple[Tick, ...]:
        """Round numbers that lie on it, no more than that."""
        step = next(one for one in _nice_steps((self.high - self.low) / most) if self._count(one) <= most)
        digits = len(f"{step:.6f}".rstrip("0").partition(".")[2])
        first = ceil(self.low / step - 1e-9)
        values = [(first + number) * step for number in range(self._count(step))]
        return tuple(Tick(self.up(one), f"{one:,.{digits}f}".replace("-", "−")) for one in values)

    def _count(self, step: float) -> int:
        return floor(self.high / step + 1e-9) - ceil(self.low / step - 1e-9) + 1


def _nice_steps(about: float) -> Iterable[float]:
    power = 10.0 ** floor(log10(about))
    return (step * power * more for more in (1, 10, 100) for step in (1.0, 2.0, 2.5, 5.0))


def scale_of(values: Sequence[float], limit: float | None = None) -> Scale:
    """A scale that shows the bulk of the values, and a limit that lies near it."""
    ordered = sorted(values)
    last = len(ordered) - 1
    low, high = ordered[0], ordered[-1]
    if len(ordered) >= _MOST_HOURS:  # one frame in the clouds must not flatten the others
        inner_low, inner_high = ordered[ceil((1 - _BULK) * last)], ordered[floor(_BULK * last)]
        spread = max(inner_high - inner_low, abs(median(ordered)) * 0.1)
        near = max(low, inner_low - _FAR * spread), min(high, inner_high + _FAR * spread)
        low, high = near if high - low > _WORTH * (near[1] - near[0]) else (low, high)
    reach = max(high - low, abs(high) * 0.3)
    if limit is not None and low - reach <= limit <= high + reach:
        low, high = min(low, limit), max(high, limit)
    room = max((high - low) * 0.1 or abs(high) * 0.05 or 1.0, _FINEST)
    return Scale(low - room if low - room > 0 or low < 0 else min(low, 0.0), high + room)


def hour_ticks(begun: datetime, ended: datetime, ahead: timedelta) -> tuple[Tick, ...]:
    """Full hours (or quarters, minutes) of a clock that goes `ahead` of these times."""
    span_min = max((ended - begun).total_seconds() / 60, 1.0)
    step_min = next((one for one in _STEPS_MIN if span_min / one <= _MOST_HOURS), _STEPS_MIN[-1])
    local = begun + ahead
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    first = ceil((local - midnight) / timedelta(minutes=step_min))
    found = []
    for number in range(first, first + _MOST_HOURS + 1):
        when = midnight + timedelta(minutes=number * step_min)
        if when - ahead <= ended:
            share = (when - local) / (ended - begun)
            found.append(Tick(round(100 * share, 2), f"{when:%H:%M}"))
    return tuple(found)


def path_of(points: Iterable[tuple[float, float]]) -> str:
    """A line through points in percent, in the field of 1000 by 100."""
    return "M" + "L".join(f"{10 * x:.0f} {y:.0f}" for x, y in points)


def area_of(points: Sequence[tuple[float, float]]) -> str:
    """What lies below such a line."""
    return f"{path_of(points)}L{10 * points[-1][0]:.0f} 100L{10 * points[0][0]:.0f} 100Z"


def range_words(values: Sequence[float], word: Callable[[float], str]) -> str:
    """`between 1.90 px and 3.40 px`, `2.31 px throughout`."""
    low, high = word(min(values)), word(max(values))
    return f"{high} throughout" if low == high else f"between {low} and {high}"
