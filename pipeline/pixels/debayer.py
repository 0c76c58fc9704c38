"""A one-shot colour camera's mosaic as red, green and blue: for pictures people look at, never for measuring.

Two ways: each 2 × 2 cell as one pixel (half the size, nothing invented), or every pixel with the two colours it
lacks taken from its neighbours (full size, for looking 1:1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]

PATTERNS = ("RGGB", "BGGR", "GRBG", "GBRG")
RGB = "RGB"


def is_mosaic(image: Pixels, pattern: str | None) -> bool:
    """True when the image is one plane behind a Bayer filter we know, and holds a whole cell."""
    return pattern in PATTERNS and image.ndim == 2 and min(image.shape) >= 2


def sites(pattern: str, colour: str) -> list[tuple[int, int]]:
    """Where in a cell a colour lies: (row, column); green lies twice."""
    return [divmod(place, 2) for place, letter in enumerate(pattern) if letter == colour]


def colour_planes(mosaic: Pixels, pattern: str) -> tuple[Pixels, ...]:
    """Red, both greens' first, and blue of each cell, as views of half the size: for statistics."""
    rows, columns = (length // 2 * 2 for length in mosaic.shape)
    whole = mosaic[:rows, :columns]
    return tuple(whole[y::2, x::2] for y, x in (sites(pattern, colour)[0] for colour in RGB))


def superpixels(mosaic: Pixels, pattern: str) -> tuple[NDArray[np.float32], ...]:
    """Red, green and blue, each cell one pixel; the greens are averaged."""
    rows, columns = (length // 2 * 2 for length in mosaic.shape)
    whole = mosaic[:rows, :columns]
    planes: list[NDArray[np.float32]] = []
    for colour in RGB:
        (y, x), *second = sites(pattern, colour)
        plane = whole[y::2, x::2].astype(np.float32)
        for y, x in second:
            plane = (plane + whole[y::2, x::2]) / np.float32(2)
        planes.append(plane)
    return tuple(planes)


def interpolate(mosaic: NDArray[np.uint8], pattern: str) -> NDArray[np.uint8]:
    """Every pixel in three colours, the missing ones as the mean of their nearest neighbours."""
    rows, columns = mosaic.shape
    even = np.pad(mosaic, ((1, 1 + rows % 2), (1, 1 + columns % 2)), mode="reflect")
    colours = np.empty((even.shape[0] - 2, even.shape[1] - 2, 3), np.uint8)
    for place, own in enumerate(pattern):
        y, x = divmod(place, 2)
        here = colours[y::2, x::2]
        for colour in RGB:
            around = _neighbours(pattern, y, x, colour)
            here[..., RGB.index(colour)] = _mean(even, y, x, around if colour != own else [(0, 0)])
    return colours[:rows, :columns]


def _neighbours(pattern: str, y: int, x: int, colour: str) -> list[tuple[int, int]]:
    """Steps to the nearest pixels of a colour, from one place of the cell."""
    steps = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]
    there = [(dy, dx) for dy, dx in steps if pattern[(y + dy) % 2 * 2 + (x + dx) % 2] == colour]
    nearest = min((abs(dy) + abs(dx) for dy, dx in there), default=0)
    return [(dy, dx) for dy, dx in there if abs(dy) + abs(dx) == nearest]


def _mean(even: NDArray[np.uint8], y: int, x: int, steps: list[tuple[int, int]]) -> Pixels:
    rows, columns = even.shape
    total: Any = 0
    for dy, dx in steps:
        y0, x0 = 1 + y + dy, 1 + x + dx
        total = total + even[y0 : rows - 1 + dy : 2, x0 : columns - 1 + dx : 2].astype(np.uint16)
    mean: Pixels = (total + len(steps) // 2) // len(steps)
    return mean
