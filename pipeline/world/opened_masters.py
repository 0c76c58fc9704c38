"""The masters of a set opened once: proven by their hash, brought into one correction that all its lights share.

    master files ─SHA-256, size─▶ pixels in ADU ─prepare_plane─▶ Ready(correction, what each said of itself)

A master flat that does not say what was taken off when it was made still holds its bias: the set's bias is taken from
it where there is one, else it is used as it is, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.model.calibration import Calibrate
from pipeline.model.errors import FrameError
from pipeline.model.frames import Frame, Kind
from pipeline.pixels.calibrate import Correction, PlaneCorrection, prepare_plane
from pipeline.pixels.defects import find_defects
from pipeline.rules.calibrating import is_free_of_bias
from pipeline.rules.calibration_due import CHANGED
from pipeline.world.calibrated_header import Used
from pipeline.world.files import sha256_of
from pipeline.world.headers import read_header
from pipeline.world.pictures import open_picture

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterFile:
    """A master that is to take part."""

    kind: Kind
    """BIAS, DARK or FLAT."""
    path: Path
    sha256: str
    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What all lights of a set are calibrated with."""

    correction: Correction
    shape: tuple[int, ...]
    used: tuple[Used, ...]
    frames: Mapping[Kind, Frame]
    dark_scale: float
    policy: Calibrate
    steps: tuple[str, ...]
    """What is really done: `("DARK", "FLAT")`."""
    remarks: tuple[str, ...] = ()
    """Sentences about what was not as it should be."""


def open_correction(
    files: Sequence[MasterFile], policy: Calibrate, *, bayer: str = "", dark_scale: float = 1.0
) -> Ready:
    """Open the masters and make them ready.

    Raises:
        FrameError: one is not what was chosen, or they cannot be used together.
        OSError, PassingError: one cannot be read just now.
    """
    if not files:
        raise FrameError("there is no master to calibrate with")
    with ThreadPoolExecutor(len(files)) as pool:  # hashing is the greater part, and lets the others run
        opened = dict(zip((one.kind for one in files), pool.map(_Opened, files), strict=True))
    shape = _common_shape(files, opened)
    is_mosaic = bool(bayer) and len(shape) == 2
    planes, undivided = _planes(files, opened, shape, policy, is_mosaic, dark_scale)
    correction = Correction(
        planes=tuple(planes), is_mosaic=is_mosaic, pedestal_adu=policy.pedestal, undivided=undivided
    )
    flat = opened.get(Kind.FLAT)
    is_raw = flat is not None and not flat.is_free and Kind.BIAS not in opened
    remark = (
        f"{flat.file.path.name} does not say what was taken off it" if flat is not None and is_raw else ""
    )
    return Ready(
        correction=correction,
        shape=shape,
        used=tuple(one.used for kind, one in opened.items() if _takes_part(kind, opened, dark_scale)),
        frames={one.kind: one.frame for one in files},
        dark_scale=dark_scale,
        policy=policy,
        steps=_steps(opened, correction, policy, dark_scale),
        remarks=(remark,) if remark else (),
    )


class _Opened:
    """One master's file: proven, its header heard; a single plane is read while others are hashed."""

    def __init__(self, file: MasterFile) -> None:
        self.file = file
        if sha256_of(file.path) != file.sha256:
            raise FrameError(f"{file.path}: {CHANGED}; put it back, or `doit rematch SET`")
        self.cards = read_header(file.path).cards
        self.is_free = is_free_of_bias(self.cards)
        self.picture = open_picture(file.path)
        self.used = Used(kind=file.kind, name=file.path.name, sha256=file.sha256, cards=self.cards)
        self._read: NDArray[Any] | None = self.picture.pixels() if len(self.picture.shape) == 2 else None

    def plane(self, number: int) -> Floats:
        """One plane in ADU, an array of the caller's own."""
        pixels, self._read = self.picture.pixels() if self._read is None else self._read, None
        return (pixels if pixels.ndim == 2 else pixels[number]).astype(np.float32, copy=pixels.ndim > 2)


def _common_shape(files: Iterable[MasterFile], opened: Mapping[Kind, _Opened]) -> tuple[int, ...]:
    shapes = {one.kind: opened[one.kind].picture.shape for one in files}
    if len(set(shapes.values())) > 1:
        said = ", ".join(f"{kind.value.lower()} {shape[-1]} × {shape[-2]}" for kind, shape in shapes.items())
        raise FrameError(f"the masters are not of one size: {said}")
    return next(iter(shapes.values()))


def _planes(
    files: Sequence[MasterFile],
    opened: Mapping[Kind, _Opened],
    shape: tuple[int, ...],
    policy: Calibrate,
    is_mosaic: bool,
    dark_scale: float,
) -> tuple[list[PlaneCorrection], int]:
    planes, undivided = [], 0
    for number in range(1 if len(shape) == 2 else shape[0]):
        have = {kind: one.plane(number) for kind, one in opened.items()}
        dark, bias, flat = (have.get(kind) for kind in (Kind.DARK, Kind.BIAS, Kind.FLAT))
        takes_bias = flat is not None and bias is not None and not opened[Kind.FLAT].is_free
        try:
            plane, dim = prepare_plane(
                dark=dark,
                bias=bias,
                flat=flat,
                dark_scale=dark_scale,
                dark_has_bias=dark is None or not opened[Kind.DARK].is_free,
                flat_bias=bias.copy() if takes_bias and bias is not None else None,
                defects=find_defects(dark, is_mosaic=is_mosaic)
                if policy.cosmetic and dark is not None
                else None,
                is_mosaic=is_mosaic,
                to_unit=policy.output == "float32",
            )
        except ValueError as error:
            raise FrameError(f"{files[0].path.parent}: {error}") from error
        planes.append(plane)
        undivided += dim
    return planes, undivided


def _takes_part(kind: Kind, opened: Mapping[Kind, _Opened], dark_scale: float) -> bool:
    """False for a bias beside a dark that holds it."""
    dark, flat = opened.get(Kind.DARK), opened.get(Kind.FLAT)
    if kind is not Kind.BIAS or dark is None or dark_scale != 1.0 or dark.is_free:
        return True
    return flat is not None and not flat.is_free


def _steps(
    opened: Mapping[Kind, _Opened], correction: Correction, policy: Calibrate, dark_scale: float
) -> tuple[str, ...]:
    steps = []
    if Kind.DARK in opened:
        steps += ["DARK"] if dark_scale == 1.0 else ["BIAS", "DARK SCALED"]
        steps[:0] = ["BIAS"] if dark_scale == 1.0 and opened[Kind.DARK].is_free else []
    elif Kind.BIAS in opened:
        steps.append("BIAS")
    steps += ["FLAT"] if Kind.FLAT in opened else []
    steps += ["DEFECTS"] if correction.margin else []
    return (*steps, *(["PEDESTAL"] if policy.pedestal else []))
