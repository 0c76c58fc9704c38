"""Samples of a raw frame laid out so that they pack well, and back: every bit, whatever the numbers are.

    16-bit samples ─▶ difference to the neighbour ─▶ small numbers without a sign ─▶ all high bytes, then all low bytes

The sky differs little from one pixel to the next: the high bytes come out nearly all nought, and what is left is noise,
which nothing packs. `step` is the neighbour's distance: 2 under a Bayer mask, where the next pixel has another colour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SAMPLE_BYTES = 2
STEPS = (1, 2)
"""The distances that are tried."""


def to_planes(data: bytes | memoryview, order: str, step: int) -> bytes:
    """The bytes of 16-bit samples as planes.

    Args:
        data: An even number of bytes.
        order: `>` or `<`: which byte of a sample comes first.
        step: How far away the neighbour is.
    """
    numbers = _small(np.frombuffer(data, dtype=f"{order}u2").astype(np.uint16), step)
    return bytes(
        numbers.astype("<u2", copy=False).view(np.uint8).reshape(-1, _SAMPLE_BYTES).T[::-1].tobytes()
    )


def from_planes(planes: bytes | memoryview, order: str, step: int) -> bytes:
    """The bytes that `to_planes` was given."""
    pairs = np.frombuffer(planes, dtype=np.uint8).reshape(_SAMPLE_BYTES, -1)
    numbers = (pairs[0].astype(np.uint16) << np.uint16(8)) | pairs[1]
    differences = (numbers >> np.uint16(1)) ^ (np.uint16(0) - (numbers & np.uint16(1)))
    samples = np.empty_like(differences)
    for first in range(step):
        np.add.accumulate(differences[first::step], dtype=np.uint16, out=samples[first::step])
    return bytes(samples.astype(f"{order}u2").tobytes())


def best_step(data: bytes | memoryview, order: str) -> int:
    """The distance at which these samples differ least."""
    samples = np.frombuffer(data, dtype=f"{order}u2").astype(np.uint16)
    return min(STEPS, key=lambda step: float(_small(samples, step).sum(dtype=np.float64)))


def _small(samples: NDArray[np.uint16], step: int) -> NDArray[Any]:
    """Each sample's difference to the neighbour, as 0, -1, 1, -2, 2 ... are counted 0, 1, 2, 3, 4."""
    differences = samples.copy()
    differences[step:] -= samples[:-step]
    return (differences << np.uint16(1)) ^ (np.uint16(0) - (differences >> np.uint16(15)))
