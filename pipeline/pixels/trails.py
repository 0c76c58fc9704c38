"""Straight lines of light across a frame: satellites and aeroplanes.

Cells that stand out a little are asked for the straight lines many of them share; the best are drawn through the
cells near them, and believed only where the frame itself shows a ridge along most of the way: a median along the
line passes over stars, hot pixels and nebulae, which are no lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import bottleneck as bn
import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Background, Floats, Image
from pipeline.pixels.detect import Peaks
from pipeline.pixels.profile import Reals
from pipeline.pixels.stamps import level_at

_FINEST = 256
"""Widths of a band that a diagonal has, at most; as many angles."""
_BLOCK_PX = 8
_MOST_POINTS = 8_000
_TRIED = 10
"""Lines that are looked at closely."""
_MOST_LINES = 5
_EDGE_PX = 14
"""How far to each side of a line the frame is looked at."""
_FLANK_PX = 8
_NEAR_PX = 5
_STEPS = 800
"""Places along a frame's diagonal where it is looked at."""
_SHORTEST_PX = 60
_FAINTEST = 0.3
"""Height of a ridge that is believed, in noises of a pixel."""
_CLIP = 3.0
"""Stars and hot pixels on the way count for no more than this, in noises of a pixel."""
_PIECES = 32
_LIT = 0.4
"""Share of a line along which its ridge must show without a gap."""


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


def find_lines(image: Image, background: Background, x: Floats, y: Floats) -> list[Line]:
    """Lines of light, brightest first.

    Args:
        image: the frame.
        background: its sky.
        x: columns of cells that stand out.
        y: rows.
    """
    lines: list[Line] = []
    x, y = _thinned(x, y)
    for guess in _shared(x, y, background.shape):
        drawn = _drawn_through(guess, x, y)
        line = _ridge(image, background, drawn) if _is_dense(drawn, x, y, background.shape) else None
        if line is None or any(_same(line, other, background.shape) for other in lines):
            continue
        lines.append(line)
        if len(lines) == _MOST_LINES:
            break
    return lines


def off_lines(peaks: Peaks, lines: list[Line]) -> NDArray[np.bool_]:
    """Which peaks are not made by a line; a star on it stands well above the rest of it."""
    keep = np.ones(len(peaks), bool)
    for line in lines:
        on = np.abs(line.off(peaks.x, peaks.y)) < line.half_width_px + 2
        if on.any():
            usual = float(np.median(peaks.height[on]))
            spread = 1.4826 * float(np.median(np.abs(peaks.height[on] - usual)))
            keep &= ~on | (peaks.height > usual + 6 * max(1.0, spread))
    return keep


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
    seen = np.empty((len(angles), count))
    for number, angle in enumerate(np.radians(angles)):
        c, s = np.float32(math.cos(angle) / wide), np.float32(math.sin(angle) / wide)
        place = x * c
        place += y * s
        place += np.float32(longest / wide)
        seen[number] = np.bincount(place.astype(np.int64), minlength=count)
    usual = _lengths(np.radians(angles), (np.arange(count) + 0.5) * wide - longest, shape)
    usual *= len(x) * wide / (shape[0] * shape[1])
    excess = (seen - usual) / np.sqrt(usual + 2)
    for _ in range(_TRIED):
        best = int(excess.argmax())
        number, place = divmod(best, count)
        if excess[number, place] < 4:
            return
        yield Line(
            upright_deg=float(angles[number]),
            offset_px=(place + 0.5) * wide - longest,
            half_width_px=2 * wide,
        )
        excess[max(0, number - 2) : number + 3, max(0, place - 2) : place + 3] = 0


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
    blocks = len(_steps(line, shape, _BLOCK_PX)[0])
    usual = len(x) * 2 * _NEAR_PX * _BLOCK_PX / (shape[0] * shape[1])
    return blocks * _BLOCK_PX >= _SHORTEST_PX and on / blocks > max(0.12, 2 * usual)


def _steps(line: Line, shape: tuple[int, int], step_px: float) -> tuple[Reals, Reals]:
    """Places along a line, as far as it lies on the frame."""
    a = math.radians(line.upright_deg)
    c, s = math.cos(a), math.sin(a)
    reach = math.hypot(*shape)
    along = np.arange(-reach, reach, step_px)
    x, y = line.offset_px * c - along * s, line.offset_px * s + along * c
    inside = (x >= 0) & (x <= shape[1] - 1) & (y >= 0) & (y <= shape[0] - 1)
    return x[inside], y[inside]


def _ridge(image: Image, background: Background, line: Line) -> Line | None:
    """The line as the frame shows it, with its width; None where there is none."""
    strip = _along(image, background, line)
    if strip is None:
        return None
    noise, many = background.noise_adu, strip.shape[0]
    strip = np.clip(strip, -_CLIP * noise, _CLIP * noise)
    across = bn.nanmean(strip, axis=0)
    smooth = (across[:-2] + across[1:-1] + across[2:]) / 3
    middle = int(np.argmax(smooth[_FLANK_PX:-_FLANK_PX])) + _FLANK_PX + 1
    ridge = across - _beside(across, middle)
    height = float(ridge[middle - 1 : middle + 2].mean())
    if not height >= max(_FAINTEST, 6 / math.sqrt(many)) * noise > 0:
        return None
    if ridge[[middle - 1, middle + 1]].mean() < 0.25 * height or _lit_share(strip, middle, height) < _LIT:
        return None
    near = np.flatnonzero(ridge > 0.1 * height) - middle
    width = float(np.abs(near[np.abs(near) < _FLANK_PX]).max(initial=1))
    return Line(
        upright_deg=line.upright_deg, offset_px=line.offset_px + middle - _EDGE_PX, half_width_px=width
    )


def _beside(across: Floats, middle: int) -> float:
    """Level beside a ridge: on the brighter of its sides, for the edge of something is no line."""
    left, right = across[: middle - _FLANK_PX + 1], across[middle + _FLANK_PX :]
    return float(np.fmax(bn.nanmean(left), bn.nanmean(right)))


def _along(image: Image, background: Background, line: Line) -> Floats | None:
    """The frame along a line without its sky: a row each step, a column each distance from it."""
    a, (height, width) = math.radians(line.upright_deg), background.shape
    x, y = _steps(line, background.shape, max(1.0, math.hypot(height, width) / _STEPS))
    if len(x) < _PIECES:
        return None
    beside = np.arange(-_EDGE_PX, _EDGE_PX + 1)
    column = np.rint(x[:, None] + beside * math.cos(a)).astype(np.int64)
    row = np.rint(y[:, None] + beside * math.sin(a)).astype(np.int64)
    seen_row, seen_column = np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)
    light = image[seen_row, seen_column].astype(np.float32)
    period = background.period
    skies = np.stack([level_at(background, layer, x, y) for layer in background.levels], axis=1)
    layer = seen_row % period * period + seen_column % period
    light -= np.take_along_axis(skies, layer, axis=1)
    if period > 1:
        light *= background.evening[layer]
    light[(row != seen_row) | (column != seen_column) | ~np.isfinite(light)] = np.nan
    return light if np.isfinite(light).any(axis=0).all() else None


def _lit_share(strip: Floats, middle: int, height: float) -> float:
    """Longest stretch in which a line's ridge shows, as a share of the line; stars in a row have gaps."""
    lit = np.zeros(_PIECES + 2, bool)
    for number, piece in enumerate(np.array_split(strip, _PIECES), start=1):
        across = bn.nanmean(piece, axis=0)
        lit[number] = float(across[middle - 1 : middle + 2].mean()) - _beside(across, middle) > 0.35 * height
    lit[1:-1] |= lit[:-2] & lit[2:]
    dark = np.flatnonzero(~lit)
    return float(np.diff(dark).max() - 1) / _PIECES


def _same(one: Line, other: Line, shape: tuple[int, int]) -> bool:
    """Whether two lines are one, seen twice."""
    turned = abs((one.upright_deg - other.upright_deg + 90) % 180 - 90)
    middle = np.array([shape[1] / 2], np.float32), np.array([shape[0] / 2], np.float32)
    sign = 1 if abs((one.upright_deg - other.upright_deg + 180) % 360 - 180) < 90 else -1
    return turned < 1 and abs(float(one.off(*middle)[0]) - sign * float(other.off(*middle)[0])) < 20
