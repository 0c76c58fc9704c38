"""Frames in another form: three planes of colour as one, and small pixels joined to larger ones."""

from __future__ import annotations

import bottleneck as bn
import numpy as np

from pipeline.pixels.background import Background, Floats, Image, subtract
from pipeline.pixels.hot import mend

_ABSURD = 1e12
"""No light is counted so high: such numbers are no pixels."""


def single_plane(image: Image) -> Image:
    """Rows and columns: of three planes of colour their mean, of other stacks the first plane."""
    while image.ndim > 3 or (image.ndim == 3 and 1 in (image.shape[0], image.shape[2])):
        image = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image[0]
    if image.ndim == 3:
        axis = 2 if image.shape[2] in (3, 4) and image.shape[0] not in (3, 4) else 0
        planes = np.moveaxis(image, axis, 0)[:3]
        total: Image = planes[0].astype(np.float32)
        for plane in planes[1:]:
            total += plane
        total /= np.float32(len(planes))
        return total
    image = np.atleast_2d(image)
    if image.dtype.kind in "bOSUVmMc":
        image = image.real.astype(np.float32)
    if not image.dtype.isnative:
        image = image.astype(image.dtype.newbyteorder("="))
    if image.dtype.kind == "f" and image.size and max(abs(bn.nanmax(image)), abs(bn.nanmin(image))) > _ABSURD:
        image = np.where(np.abs(image) > _ABSURD, np.copysign(np.inf, image), image)
    return image


def without_border(image: Image) -> Image:
    """The part of a frame inside rows and columns of one value, such as a masked edge; by twos, for the mosaic."""
    first, last, left, right = 0, image.shape[0], 0, image.shape[1]
    while first + 4 < last and _is_even(image[first : first + 2]):
        first += 2
    while first + 4 < last and _is_even(image[last - 1]):
        last -= 1
    if first + 4 >= last:
        return image
    while left + 4 < right and _is_even(image[first:last, left : left + 2]):
        left += 2
    while left + 4 < right and _is_even(image[first:last, right - 1]):
        right -= 1
    return image[first:last, left:right]


def _is_even(edge: Image) -> bool:
    """Whether all pixels are the same, or none has a number."""
    value = edge.flat[0]
    return bool((edge == value).all()) or (edge.dtype.kind == "f" and not np.isfinite(edge).any())


def binned(image: Image, background: Background, factor: int) -> Floats:
    """Means of factor × factor pixels, without sky and hot pixels."""
    wide = background.widened()
    rows, columns = image.shape[0] // factor, image.shape[1] // factor
    coarse = np.empty((rows, columns), np.float32)
    deep = max(1, 64 // factor)
    for first in range(0, rows, deep):
        last = min(rows, first + deep)
        light = subtract(image, background, wide, first * factor, last * factor)
        mend(light, background.noise_at((first + last) * factor / 2))
        light = light[:, : columns * factor].reshape(last - first, factor, columns, factor)
        coarse[first:last] = light.mean(axis=(1, 3))
    return coarse
