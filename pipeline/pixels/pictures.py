"""A linear frame as a picture: stretched like all of its set, small enough for a window or with every pixel.

Small ones are averaged while still linear, so that noise falls and faint things stay; a colour camera's cells are
joined on the way. At full size the mosaic is stretched first and its colours are interpolated in bytes, which takes
a fraction of the memory and is exact enough for looking at stars.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.debayer import RGB, interpolate, is_mosaic, sites, superpixels
from pipeline.pixels.stretch import Bytes, Stretch, stretched

Pixels = NDArray[Any]


def whole_picture(image: Pixels, stretch: Stretch, bayer: str | None = None) -> Bytes:
    """Every pixel: (rows, columns), or (rows, columns, 3) in colour."""
    if is_mosaic(image, bayer):
        return interpolate(_stretched_mosaic(image, stretch, str(bayer)), str(bayer))
    return _join([stretched(plane, curve) for plane, curve in _with_curves(_planes(image), stretch)])


@np.errstate(all="ignore")  # garbage in floats ends black or white, without a word
def small_picture(image: Pixels, stretch: Stretch, long_side_px: int, bayer: str | None = None) -> Bytes:
    """At most so many pixels long, whole blocks averaged."""
    factor = shrink_factor(image.shape[-2:], long_side_px)
    if factor == 1:
        return whole_picture(image, stretch, bayer)
    planes = _planes(image)
    if is_mosaic(image, bayer):
        planes, factor = superpixels(image, str(bayer)), -(-factor // 2)
    pairs = _with_curves(planes, stretch)
    return _join([stretched(shrink(plane, factor), curve) for plane, curve in pairs])


def shrink_factor(shape: tuple[int, ...], long_side_px: int) -> int:
    """How many pixels become one, along each side, so that the longer fits."""
    return max(1, -(-max(shape) // long_side_px))


def shrink(plane: Pixels, factor: int) -> NDArray[np.float32]:
    """The mean of each block of `factor` × `factor` pixels; what fills no block at the far edges is left out."""
    tall, wide = (min(factor, length) for length in plane.shape)
    rows, columns = plane.shape[0] // tall, plane.shape[1] // wide
    whole = plane[: rows * tall, : columns * wide]
    # A camera's whole numbers add up exactly, and faster than as floats.
    kind = np.uint32 if plane.dtype.kind == "u" and plane.dtype.itemsize <= 2 else np.float32
    bands = np.add.reduce(whole.reshape(rows, tall, columns * wide), axis=1, dtype=kind)
    total = bands[:, ::wide].astype(kind)
    for column in range(1, wide):
        total += bands[:, column::wide]
    mean: NDArray[np.float32] = total.astype(np.float32) / np.float32(tall * wide)
    return mean


def _stretched_mosaic(image: Pixels, stretch: Stretch, bayer: str) -> Bytes:
    mosaic = np.empty(image.shape, np.uint8)
    for number, colour in enumerate(RGB):
        for y, x in sites(bayer, colour):
            mosaic[y::2, x::2] = stretched(image[y::2, x::2], stretch.curve(number, 3))
    return mosaic


def _planes(image: Pixels) -> tuple[Pixels, ...]:
    if image.ndim == 2:
        return (image,)
    return tuple(image[:3]) if len(image) >= 3 else (image[0],)


def _with_curves(planes: tuple[Pixels, ...], stretch: Stretch) -> list[tuple[Pixels, Any]]:
    return [(plane, stretch.curve(number, len(planes))) for number, plane in enumerate(planes)]


def _join(planes: list[Bytes]) -> Bytes:
    return planes[0] if len(planes) == 1 else np.stack(planes, axis=-1)
