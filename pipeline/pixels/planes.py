"""Samples of a raw frame laid out so that they pack well, and back: every bit, whatever the numbers are.

    16-bit samples ─▶ difference to the neighbour ─▶ small numbers without a sign ─▶ all high bytes, then all low bytes

The sky differs little from one pixel to the next: the high bytes come out nearly all nought, and what is left is noise,
which nothing packs. `step` is the neighbour's distance: 2 under a Bayer mask, where the next pixel has another colour.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

_SAMPLE_BYTES = 2
_ONE, _MINUS_ONE, _BYTE = np.uint16(1), np.uint16(0xFFFF), np.uint16(256)
_BYTE_BITS, _SIGN_BIT = np.uint16(8), np.int16(15)
STEPS = (1, 2)
"""The distances that are tried."""


class _Room(threading.local):
    """Arrays of this thread that are used again: to get fresh ones takes as long as the sums that are done in them."""

    def __init__(self) -> None:
        self._arrays = [np.empty(0, np.uint16)] * 3

    def of(self, number: int, size: int) -> NDArray[np.uint16]:
        """The array of this number, so long."""
        if self._arrays[number].size < size:
            self._arrays[number] = np.empty(size, np.uint16)
        return self._arrays[number][:size]


_room = _Room()
_SAMPLES, _NUMBERS, _SIGNS = range(3)


def to_planes(data: bytes | memoryview, order: str, step: int) -> bytes:
    """The bytes of 16-bit samples as planes.

    Args:
        data: An even number of bytes.
        order: `>` or `<`: which byte of a sample comes first.
        step: How far away the neighbour is.
    """
    numbers = _small(_samples(data, order), step)
    planes = np.empty((_SAMPLE_BYTES, numbers.size), np.uint8)
    np.copyto(planes[1], numbers, casting="unsafe")
    np.right_shift(numbers, _BYTE_BITS, out=numbers)
    np.copyto(planes[0], numbers, casting="unsafe")
    return planes.tobytes()


def from_planes(planes: bytes | memoryview, order: str, step: int) -> bytes:
    """The bytes that `to_planes` was given."""
    differences = _differences(planes)
    samples = _room.of(_SAMPLES, differences.size)
    for first in range(step):
        np.add.accumulate(differences[first::step], dtype=np.uint16, out=samples[first::step])
    return samples.astype(f"{order}u2", copy=False).tobytes()


def tells(planes: bytes | memoryview, data: bytes | memoryview, order: str, step: int) -> bool:
    """True when `from_planes` would give just these bytes: each sample is its neighbour and the difference told.

    Undoing the differences is a sum over all samples, one after the other; comparing them is not, and proves the same.
    """
    samples, differences = _samples(data, order), _differences(planes)
    if samples.size != differences.size or not np.array_equal(samples[:step], differences[:step]):
        return False
    again = _room.of(_SIGNS, samples.size)[step:]
    np.subtract(samples[step:], samples[:-step], out=again)
    return bool(np.array_equal(again, differences[step:]))


def best_step(data: bytes | memoryview, order: str) -> int:
    """The distance at which these samples differ least."""
    samples = _samples(data, order)
    return min(STEPS, key=lambda step: float(_small(samples, step).sum(dtype=np.float64)))


def _samples(data: bytes | memoryview, order: str) -> NDArray[np.uint16]:
    found = np.frombuffer(data, dtype=f"{order}u2")
    samples = _room.of(_SAMPLES, found.size)
    np.copyto(samples, found)
    return samples


def _small(samples: NDArray[np.uint16], step: int) -> NDArray[np.uint16]:
    """Each sample's difference to the neighbour, as 0, -1, 1, -2, 2 ... are counted 0, 1, 2, 3, 4."""
    numbers, signs = _room.of(_NUMBERS, samples.size), _room.of(_SIGNS, samples.size)
    numbers[:step] = samples[:step]
    np.subtract(samples[step:], samples[:-step], out=numbers[step:])
    np.right_shift(numbers.view(np.int16), _SIGN_BIT, out=signs.view(np.int16))
    np.add(numbers, numbers, out=numbers)
    np.bitwise_xor(numbers, signs, out=numbers)
    return numbers


def _differences(planes: bytes | memoryview) -> NDArray[np.uint16]:
    """What `_small` counted, from its planes."""
    pairs = np.frombuffer(planes, dtype=np.uint8).reshape(_SAMPLE_BYTES, -1)
    numbers, signs = _room.of(_NUMBERS, pairs.shape[1]), _room.of(_SIGNS, pairs.shape[1])
    np.copyto(numbers, pairs[0])
    np.multiply(numbers, _BYTE, out=numbers)
    np.bitwise_or(numbers, pairs[1], out=numbers)
    np.bitwise_and(numbers, _ONE, out=signs)
    np.multiply(signs, _MINUS_ONE, out=signs)
    np.right_shift(numbers, _ONE, out=numbers)
    np.bitwise_xor(numbers, signs, out=numbers)
    return numbers
