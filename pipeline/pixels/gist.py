"""What a thin sample says of a calibration frame or a master: its level, noise, hot pixels and coarse shape.

rows(y0, y1) ─every so many─▶ Gist        enough to tell a frame that does not belong, at a fiftieth of its bytes
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.model.master_groups import Gist
from pipeline.pixels.mesh import MAD

Rows = Callable[[int, int], NDArray[Any]]
_SAMPLED_ROWS = 96
_BLOCKS = 8
_HOT_SIGMA = 10.0


def gist_of(rows: Rows, height: int, *, saturation_adu: float) -> Gist:
    """Look at rows spread over the picture.

    Args:
        rows: Gives rows `y0` up to `y1` of a plane.
        height: How many there are.
        saturation_adu: From here on a pixel is saturated.
    """
    places = sorted({round(place) for place in np.linspace(0, height - 1, min(_SAMPLED_ROWS, height))})
    sample = np.concatenate([rows(place, place + 1) for place in places]).astype(np.float32)
    sound = np.isfinite(sample)
    filled = np.where(sound, sample, np.float32(0))
    level = float(np.median(filled[sound])) if sound.any() else 0.0
    noise = _noise(filled)
    blocks = _blocks(filled)
    return Gist(
        level_adu=level,
        noise_adu=noise,
        saturated_share=float(np.count_nonzero(filled >= saturation_adu)) / filled.size,
        hot_share=_hot_share(filled, blocks, noise),
        odd_share=1.0 - float(np.count_nonzero(sound)) / sample.size,
        blocks_adu=tuple(float(value) for value in blocks.ravel()),
    )


def _noise(sample: NDArray[np.float32]) -> float:
    """Spread of pixels against the next but one in their row: of one colour, and near enough to share the light."""
    if sample.shape[1] < 3:
        return 0.0
    steps = sample[:, 2:] - sample[:, :-2]
    return float(MAD * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2))


def _blocks(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Medians of the pieces of a coarse grid."""
    down = np.array_split(sample, min(_BLOCKS, sample.shape[0]), axis=0)
    return np.array(
        [
            [np.median(piece) for piece in np.array_split(band, min(_BLOCKS, sample.shape[1]), axis=1)]
            for band in down
        ],
        np.float32,
    )


def _hot_share(sample: NDArray[np.float32], blocks: NDArray[np.float32], noise: float) -> float:
    limit, hot = max(_HOT_SIGMA * noise, 1.0), 0
    for band, medians in zip(np.array_split(sample, blocks.shape[0], axis=0), blocks, strict=True):
        pieces = np.array_split(band, blocks.shape[1], axis=1)
        hot += sum(int(np.count_nonzero(piece > m + limit)) for piece, m in zip(pieces, medians, strict=True))
    return hot / sample.size
