"""Satellites and aeroplanes: straight ridges of light across a frame.

A likely line is believed only where the frame itself shows a ridge along most of the way, on a mean along the line
in which stars, hot pixels and nebulae count for little; and the stars it seems to be made of are none.
"""

from __future__ import annotations

import math

import bottleneck as bn
import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.background import Background, Floats, Image
from pipeline.pixels.detect import Peaks
from pipeline.pixels.lines import Line, is_same, likely_lines, steps_along
from pipeline.pixels.stamps import level_at

_MOST_LINES = 5
_EDGE_PX = 14
"""How far to each side of a line the frame is looked at."""
_FLANK_PX = 8
_STEPS = 1200
"""Places along a frame's diagonal where it is looked at."""
_FAINTEST = 0.4
"""Height of a ridge that is believed, in noises of a pixel."""
_CLIP = 3.0
"""Stars and hot pixels on the way count for no more than this, in noises of a pixel."""
_PIECES = 32
_LIT = 0.5
"""Share of a line along which its ridge must show without a gap."""


def find_lines(image: Image, background: Background, x: Floats, y: Floats) -> list[Line]:
    """Lines of light, brightest first.

    Args:
        image: the frame.
        background: its sky.
        x: columns of cells that stand out.
        y: rows.
    """
    lines: list[Line] = []
    for likely in likely_lines(x, y, background.shape):
        line = _ridge(image, background, likely)
        if line is not None and not any(is_same(line, other, background.shape) for other in lines):
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
    if (
        ridge[[middle - 1, middle + 1]].mean() < 0.25 * height
        or _lit_share(strip, middle, height, noise) < _LIT
    ):
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
    x, y = steps_along(line, background.shape, max(1.0, math.hypot(height, width) / _STEPS))
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


def _lit_share(strip: Floats, middle: int, height: float, noise: float) -> float:
    """Longest stretch in which a line's ridge shows, as a share of the line; stars in a row have gaps."""
    lit = np.zeros(_PIECES + 2, bool)
    for number, piece in enumerate(np.array_split(strip, _PIECES), start=1):
        across = bn.nanmean(piece, axis=0)
        least = max(0.35 * height, 2 * noise / math.sqrt(3 * max(1, len(piece))))
        lit[number] = float(across[middle - 1 : middle + 2].mean()) - _beside(across, middle) > least
    lit[1:-1] |= lit[:-2] & lit[2:]
    dark = np.flatnonzero(~lit)
    return float(np.diff(dark).max() - 1) / _PIECES
