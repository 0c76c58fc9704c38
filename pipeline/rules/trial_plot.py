"""The plot of a trial: each frame a dot in the order of the nights, each limit a line, what changes named.

Numbers of an SVG drawing, 1000 units wide; the template only draws them. Dots that stay what they are become one path,
so that a year of frames is still a small page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model.measures import QUANTITIES
from pipeline.model.policies import CullPass
from pipeline.rules.cull_words import reasons_text
from pipeline.rules.limits import named, number_text, value_of
from pipeline.rules.trial import Tried, limit_of, taken_by

WIDTH, HEIGHT = 1000.0, 260.0
_ROOM = 1.15
"""How much of the plot lies above the highest limit or the bulk of the values."""
_BULK = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A frame that the tried limits judge otherwise."""

    x: float
    y: float
    leaves: bool
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A limit, as long as the set it was reckoned for."""

    x1: float
    x2: float
    y: float
    is_tried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One quantity over all sets."""

    title: str
    stays: str
    """Path of the frames that both keep."""
    goes: str
    """Path of those that both take."""
    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]
    """Height and text."""
    nights: tuple[tuple[float, str], ...]
    """Where a night begins, and its date; where there is room for it."""
    higher: int
    """Frames whose value lies above the plot; they are drawn at its edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    top: float
    frames: int

    def x(self, number: float) -> float:
        return round(WIDTH * (number + 0.5) / max(self.frames, 1), 1)

    def y(self, value: float) -> float:
        share = min(max(value / self.top, 0.0), 1.0) if self.top > 0 else 0.0
        return round(HEIGHT * (1 - share), 1)


def plot_quantity(
    name: str, tried: Sequence[Tried], now: Sequence[CullPass | None], then: Sequence[CullPass | None]
) -> Plot | None:
    """The plot of one quantity; None where no frame has it.

    Args:
        name: The quantity.
        tried: The sets, in the order of their nights.
        now: For each set the limits in force.
        then: For each set those tried.
    """
    values = [value for one in tried for _, value in _values(one, name)]
    if not values:
        return None
    old = [limit_of(one, limits, name) for one, limits in zip(tried, now, strict=True)]
    new = [limit_of(one, limits, name) for one, limits in zip(tried, then, strict=True)]
    bulk = sorted(values)[int(_BULK * (len(values) - 1))]
    top = _ROOM * max([bulk, *(limit for limit in (*old, *new) if limit is not None)])
    scale = _Scale(top=top, frames=sum(len(one.frames.members) for one in tried))
    starts = [sum(len(each.frames.members) for each in tried[:at]) for at in range(len(tried))]
    dots = [dot for start, one in zip(starts, tried, strict=True) for dot in _dots(start, one, name, scale)]
    return Plot(
        title=f"{named(QUANTITIES[name])}{f' ({unit})' if (unit := QUANTITIES[name].unit) else ''}",
        stays=_path(dots, "stays"),
        goes=_path(dots, "goes"),
        dots=tuple(Dot(x=x, y=y, leaves=what == "leaves", says=says) for what, x, y, says in dots if says),
        lines=tuple(_lines(tried, starts, scale, old, new)),
        ticks=tuple((scale.y(top * at), number_text(top * at, QUANTITIES[name])) for at in (0.25, 0.5, 0.75)),
        nights=tuple(_nights(tried, starts, scale)),
        higher=sum(value > top for value in values),
    )


def _values(one: Tried, name: str) -> Iterator[tuple[int, float]]:
    for at, member in enumerate(one.frames.members):
        value = value_of(one.rows.get(member.stored), name)
        if value is not None:
            yield at, value


def _dots(start: int, one: Tried, name: str, scale: _Scale) -> Iterator[tuple[str, float, float, str]]:
    """What becomes of a frame, where it lies, and a sentence for those that are judged otherwise."""
    now, then = taken_by(one.now), taken_by(one.then)
    for at, value in _values(one, name):
        member = one.frames.members[at]
        x, y = scale.x(start + at), scale.y(value)
        if (member.stored in now) == (member.stored in then):
            yield ("goes" if member.stored in now else "stays"), x, y, ""
        else:
            leaves = member.stored in then
            told = (one.then if leaves else one.now).frames[member.stored]
            says = f"{one.frames.label}, {member.name}: {'goes' if leaves else 'stays'}; {reasons_text(told)}"
            yield ("leaves" if leaves else "returns"), x, y, says


def _path(dots: Sequence[tuple[str, float, float, str]], what: str) -> str:
    """Dots as points of one path: a line of no length with a round end."""
    return "".join(f"M{x:g} {y:g}h0" for is_what, x, y, _ in dots if is_what == what)


def _lines(
    tried: Sequence[Tried],
    starts: Sequence[int],
    scale: _Scale,
    old: Sequence[float | None],
    new: Sequence[float | None],
) -> Iterator[Line]:
    for at, one in enumerate(tried):
        x1, x2 = scale.x(starts[at] - 0.5), scale.x(starts[at] + len(one.frames.members) - 0.5)
        for limit, is_tried in ((old[at], False), (new[at], True)):
            if limit is not None:
                yield Line(x1=x1, x2=x2, y=scale.y(limit), is_tried=is_tried)


def _nights(tried: Sequence[Tried], starts: Sequence[int], scale: _Scale) -> Iterator[tuple[float, str]]:
    """Where nights begin; a date only where the last one does not lie under it."""
    night, written = None, -1000.0
    for start, one in zip(starts, tried, strict=True):
        if one.frames.night == night:
            continue
        night, x = one.frames.night, scale.x(start - 0.5)
        shown = x - written > 80
        written = x if shown else written
        yield x, night.isoformat() if shown else ""
