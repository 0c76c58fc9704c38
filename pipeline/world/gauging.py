"""One frame gauged, in this process or a worker: its pixels read once, measured, and hashed while they are at hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.model.errors import FrameError, PassingError
from pipeline.model.measures import QUANTITIES, LevelMeasures, Measured, StarMeasures
from pipeline.world.files import sha256_of
from pipeline.world.passing import is_passing

VERSION = 1
"""Of what the pixels are asked."""

_OURS = {
    "stars": "stars_measured",
    "hfr_px": "hfr_measured",
    "fwhm_px": "fwhm_px_measured",
    "eccentricity": "eccentricity_measured",
}
"""Where ours has another name than the capture program's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One frame to be gauged, as it travels to a worker."""

    path: str
    stored: str
    size: int
    mtime_ns: int
    is_light: bool
    saturation_adu: float
    bayer: str | None
    wants_hash: bool


def gauge(task: Task) -> Measured:
    """What the pixels of one frame say; its hash is taken with the same reading."""
    path = Path(task.path)
    row = Measured(stored=task.stored, size=task.size, mtime_ns=task.mtime_ns)
    try:
        seen = path.stat()
        if (seen.st_size, seen.st_mtime_ns) != (task.size, task.mtime_ns):
            return _troubled(row, "it is not as it was stored; run `doit verify`")
        sha256 = sha256_of(path) if task.wants_hash else None
        said = _look(path, task)
    except FrameError as error:
        return _troubled(row, str(error))
    except (OSError, PassingError) as error:
        passing = isinstance(error, PassingError) or is_passing(error)
        return _troubled(row, f"it could not be read ({error})", retry=passing)
    return as_row(task, said, sha256)


def _look(path: Path, task: Task) -> dict[str, Any]:
    import numpy as np

    from pipeline.pixels.levels import measure_level
    from pipeline.pixels.stars import measure_light
    from pipeline.world.pixel_files import read_pixels

    measure: Callable[..., StarMeasures | LevelMeasures] = measure_light if task.is_light else measure_level
    with np.errstate(
        all="ignore"
    ):  # odd pixels end as a value that is left out, never as words on the terminal
        return asdict(measure(read_pixels(path), saturation_adu=task.saturation_adu, bayer=task.bayer))


def as_row(task: Task, said: Mapping[str, Any], sha256: str | None = None) -> Measured:
    """What was measured, as a row of the manifest; what could not be is not there."""
    is_light = task.is_light
    sound = {name: float(value) for name, value in said.items() if value is not None and math.isfinite(value)}
    named = {_OURS.get(name, name): value for name, value in sound.items()}
    return Measured(
        stored=task.stored,
        size=task.size,
        mtime_ns=task.mtime_ns,
        sha256=sha256,
        values={name: value for name, value in named.items() if name in QUANTITIES} if is_light else {},
        levels={} if is_light else sound,
        extras={name: value for name, value in named.items() if name not in QUANTITIES} if is_light else {},
    )


def _troubled(row: Measured, trouble: str, *, retry: bool = False) -> Measured:
    return Measured(stored=row.stored, size=row.size, mtime_ns=row.mtime_ns, trouble=trouble, retry=retry)
