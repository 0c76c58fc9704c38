"""Small charts of the pages as values: columns by month, a trend by night, drawn by `templates/report/charts.html.j2`.

Coordinates are rounded to a tenth of a unit, so that the same rows make the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, HEIGHT = 640.0, 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A column, or a dot."""

    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    says: str = ""
    path: str = ""
    """Where it leads, relative to the library."""
    sign: str = ""
    """A filter's, where it is coloured by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A word on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart, laid out."""

    says: str
    """What it shows, in a sentence."""
    marks: tuple[Mark, ...]
    across: tuple[Tick, ...] = ()
    up: tuple[Tick, ...] = ()
    line: str = ""
    """A path through the marks."""
    width: float = WIDTH
    height: float = HEIGHT


def columns(
    amounts: Mapping[str, float],
    says: str,
    word: Callable[[float], str],
    axis: Callable[[float], str],
    short: Callable[[str], str] = str,
) -> Chart | None:
    """A column a key, in their order; None where there is nothing to compare.

    Args:
        amounts: Key to amount.
        says: What the chart shows.
        word: An amount as its column says it.
        axis: The same, short.
        short: A key as the axis says it.
    """
    if len(amounts) < 2:
        return None
    top = nice_top(max(amounts.values()))
    step = WIDTH / len(amounts)
    marks = []
    for number, (key, amount) in enumerate(amounts.items()):
        tall = HEIGHT * amount / top if top else 0.0
        gap = min(step * 0.25, 8.0)
        marks.append(
            Mark(
                x=_tenth(number * step + gap / 2),
                y=_tenth(HEIGHT - tall),
                width=_tenth(step - gap),
                height=_tenth(tall),
                says=f"{short(key)}: {word(amount)}",
            )
        )
    every = ceil(len(amounts) / 8)
    across = [
        Tick(at=_tenth((number + 0.5) * step), text=short(key))
        for number, key in enumerate(amounts)
        if number % every == 0
    ]
    up = (Tick(at=0.0, text=axis(top)), Tick(at=HEIGHT / 2, text=axis(top / 2)))
    return Chart(says=says, marks=tuple(marks), across=tuple(across), up=up)


def trend(
    points: Sequence[tuple[str, float, str, str]], says: str, word: Callable[[float], str]
) -> Chart | None:
    """A dot a night; None where there are fewer than two.

    Args:
        points: Night, value, what is said of it and where it leads.
        says: What the chart shows.
        word: A value with its unit.
    """
    if len(points) < 2:
        return None
    values = [value for _, value, _, _ in points]
    low, high = min(values), max(values)
    room = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    low, high = low - room, high + room
    step = WIDTH / len(points)
    marks = tuple(
        Mark(
            x=_tenth((number + 0.5) * step),
            y=_tenth(HEIGHT * (high - value) / (high - low)),
            says=said,
            path=path,
        )
        for number, (_, value, said, path) in enumerate(points)
    )
    every = ceil(len(points) / 6)
    across = tuple(
        Tick(at=one.x, text=points[number][0]) for number, one in enumerate(marks) if number % every == 0
    )
    up = tuple(
        Tick(at=_tenth(HEIGHT * share), text=word(high - share * (high - low))) for share in (0.1, 0.5, 0.9)
    )
    line = "M" + "L".join(f"{one.x:g} {one.y:g}" for one in marks)
    return Chart(says=says, marks=marks, across=across, up=up, line=line)


def nice_top(amount: float) -> float:
    """The next number that a person would end an axis with: 1, 2, 3, 5 or 10 times a power of ten."""
    if amount <= 0:
        return 0.0
    power = 10.0 ** floor(log10(amount))
    return next(
        (step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= amount * 0.999), amount
    )


def _tenth(value: float) -> float:
    return round(value, 1)
