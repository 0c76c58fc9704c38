"""Straight lines that many places share: where a frame may be crossed by something.

Each place votes for all lines through it; a band with more votes than chance puts there is drawn through the places
near it. Where places crowd (nebulae, bright stars) each counts less. What a line is made of is for `trails` to see.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.pixels.background import Floats
from pipeline.pixels.profile import Reals

_FINEST = 256
"""Widths of a band that a diagonal has, at most; as many angles."""
_BLOCK_PX = 8
_PATCH_PX = 96
_MOST_POINTS = 8_000
_TRIED = 10
"""Lines that are looked at closely."""
_NEAR_PX = 5
_SHORTEST_PX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A straight line: where x·cos(a) + y·sin(a) = `offset_px`, the direction `a` standing upright on it."""

    upright_deg: float
    offset_px: float
    half_width_px: float = 0.0

    def off(self, x: Floats, y: Floats) -> Floats:
        """How far places are from the line."""
        a = math.radians(self.upright_deg)
        away: Floats = x * np.float32(math.cos(a)) + y * np.float32(math.sin(a)) - np.float32(self.offset_px)
        return away


def likely_lines(x: Floats, y: Floats, shape: tuple[int, int]) -> Iterator[Line]:
    """Lines that may cross a frame, likeliest first.

    Args:
        x: columns of places that stand out.
        y: rows.
        shape: of the frame.
    """
    x, y = _thinned(x, y)
    for guess in _shared(x, y, shape):
        line = _drawn_through(guess, x, y)
        if _is_dense(line, x, y, shape):
            yield line


def steps_along(line: Line, shape: tuple[int, int], step_px: float) -> tuple[Reals, Reals]:
    """Places along a line, as far as it lies on the frame."""
    a = math.radians(line.upright_deg)
    c, s = math.cos(a), math.sin(a)
    reach = math.hypot(*shape)
    along = np.arange(-reach, reach, step_px)
    x, y = line.offset_px * c - along * s, line.offset_px * s + along * c
    inside = (x >= 0) & (x <= shape[1] - 1) & (y >= 0) & (y <= shape[0] - 1)
    return x[inside], y[inside]


def is_same(one: Line, other: Line, shape: tuple[int, int]) -> bool:
    """Whether two lines are one, seen twice."""
    turned = abs((one.upright_deg - other.upright_deg + 90) % 180 - 90)
    middle = np.array([shape[1] / 2], np.float32), np.array([shape[0] / 2], np.float32)
    sign = 1 if abs((one.upright_deg - other.upright_deg + 180) % 360 - 180) < 90 else -1
    return turned < 1 and abs(float(one.off(*middle)[0]) - sign * float(other.off(*middle)[0])) < 20


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """One place a block, so that a bright star does not speak for many."""
    blocks = (y // _BLOCK_PX).astype(np.int64) * 1_000_000 + (x // _BLOCK_PX).astype(np.int64)
    first = np.unique(blocks, return_index=True)[1]
    first = first[:: max(1, -(-len(first) // _MOST_POINTS))]
    return x[first], y[first]


def _shared(x: Floats, y: Floats, shape: tuple[int, int]) -> Iterator[Line]:
    """Lines with more places near them than chance puts there, by how much more."""
    if len(x) < 10:
        return
    longest = math.hypot(*shape)
    wide = max(_BLOCK_PX, longest / _FINEST)
    angles = np.arange(180.0, step=180.0 * wide / longest)
    count = math.ceil(2 * longest / wide) + 2
    seen, weight = np.empty((len(angles), count)), _rarity(x, y)
    for number, angle in enumerate(np.radians(angles)):
        c, s = np.float32(math.cos(angle) / wide), np.float32(math.sin(angle) / wide)
        place = x * c
        place += y * s
        place += np.float32(longest / wide)
        seen[number] = np.bincount(place.astype(np.int64), weights=weight, minlength=count)
    usual = _lengths(np.radians(angles), (np.arange(count) + 0.5) * wide - longest, shape)
    usual *= weight.sum() * wide / (shape[0] * shape[1])
    excess = (seen - usual) / np.sqrt(usual + 2)
    for _ in range(_TRIED):
        best = int(excess.argmax())
        number, column = divmod(best, count)
        if excess[number, column] < 4:
            return
        yield Line(
            upright_deg=float(angles[number]),
            offset_px=(column + 0.5) * wide - longest,
            half_width_px=2 * wide,
        )
        excess[max(0, number - 2) : number + 3, max(0, column - 2) : column + 3] = 0


def _rarity(x: Floats, y: Floats) -> Reals:
    """How much each place counts: less where many stand together, as in a nebula or around a bright star."""
    patch = (y // _PATCH_PX).astype(np.int64) * 100_000 + (x // _PATCH_PX).astype(np.int64)
    _, own, many = np.unique(patch, return_inverse=True, return_counts=True)
    weight: Reals = np.minimum(1.0, 1.5 * np.median(many) / many)[own]
    return weight


def _lengths(angles: Reals, offsets_px: Reals, shape: tuple[int, int]) -> Reals:
    """How long lines are on the frame: (angle, offset)."""
    across, down = shape[1] * np.abs(np.cos(angles)), shape[0] * np.abs(np.sin(angles))
    middle = (shape[1] / 2 * np.cos(angles) + shape[0] / 2 * np.sin(angles))[:, None]
    away = np.abs(offsets_px - middle)
    flat, edge = np.abs(across - down)[:, None] / 2, (across + down)[:, None] / 2
    longest = shape[0] * shape[1] / np.maximum(np.maximum(across, down), 1e-9)[:, None]
    lengths: Reals = longest * np.clip((edge - away) / np.maximum(edge - flat, 1e-9), 0, 1)
    return lengths


def _drawn_through(line: Line, x: Floats, y: Floats) -> Line:
    """The straight line through the places near one, nearer and nearer."""
    for near in (1.0, 0.5, 0.25, 0.12, 0.06):
        band = max(4.0, near * line.half_width_px)
        on = np.abs(line.off(x, y)) <= band
        if on.sum() < 6:
            return line
        px, py = x[on].astype(np.float64), y[on].astype(np.float64)
        mx, my = px.mean(), py.mean()
        xx, yy, xy = ((px - mx) ** 2).sum(), ((py - my) ** 2).sum(), ((px - mx) * (py - my)).sum()
        along = 0.5 * math.atan2(2 * xy, xx - yy)
        a = along + math.pi / 2
        line = Line(
            upright_deg=math.degrees(a),
            offset_px=mx * math.cos(a) + my * math.sin(a),
            half_width_px=line.half_width_px,
        )
    return line


def _is_dense(line: Line, x: Floats, y: Floats, shape: tuple[int, int]) -> bool:
    """Whether so many places lie near the line that looking at the frame is worth the time."""
    on = int((np.abs(line.off(x, y)) <= _NEAR_PX).sum())
    blocks = len(steps_along(line, shape, _BLOCK_PX)[0])
    usual = len(x) * 2 * _NEAR_PX * _BLOCK_PX / (shape[0] * shape[1])
    return blocks * _BLOCK_PX >= _SHORTEST_PX and on / blocks > max(0.12, 2 * usual)
