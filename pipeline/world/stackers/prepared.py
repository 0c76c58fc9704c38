"""Frames laid out for another program: under plain names in a folder of its own, never the originals at risk.

A plain raw frame is linked. Whatever the other program would not read, or would read its own way (XISF, packed FITS,
a float file in units of its own), is written anew: uint16 as the camera wrote it, else 0 to 1 = ADU / 65535.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.model.errors import FrameError, NightbuildError, NoRoom
from pipeline.model.library import KeepFree
from pipeline.model.masters import ADUSCALE
from pipeline.rules.spoken import sized
from pipeline.world.fits_image import FitsImage, open_image, write_image
from pipeline.world.fits_text import Card
from pipeline.world.pictures import open_picture
from pipeline.world.space import room_for

FULL_SCALE = 65535.0
Tell = Callable[[], None]


def lay_out(frames: Sequence[str], folder: Path, tell: Tell) -> tuple[int, int]:
    """Put frames into a folder as `frame_00001.fit` and so on; rows and columns of them all.

    Raises:
        FrameError: one cannot be read, or is of another size than the first.
    """
    shape = shape_of(frames)
    for number, frame in enumerate(frames, 1):
        source, target = Path(frame), folder / f"frame_{number:05d}.fit"
        if _is_plain(source):
            _link(source, target)
        else:
            write_adu(target, pixels_of(source))
        tell()
    return shape


def lay_out_less(frames: Sequence[str], master: str, folder: Path, tell: Tell) -> tuple[list[Path], int]:
    """Frames less a master, as float files; and how many values had to be held at 0 or 1."""
    less = pixels_of(Path(master)).astype(np.float32)
    made, held = [], 0
    for number, frame in enumerate(frames, 1):
        pixels = pixels_of(Path(frame))
        if pixels.shape != less.shape:
            raise FrameError(f"{master}: of another size than {frame}, from which it is to be taken")
        values = pixels.astype(np.float32) - less
        held += int(np.count_nonzero((values < 0) | (values > FULL_SCALE)))
        target = folder / f"frame_{number:05d}.fit"
        write_adu(target, np.clip(values, 0, FULL_SCALE))
        made.append(target)
        tell()
    return made, held


def shape_of(frames: Sequence[str]) -> tuple[int, int]:
    """Rows and columns, the same for all."""
    first = ""
    shape: tuple[int, ...] = ()
    for frame in frames:
        here = tuple(open_picture(Path(frame)).shape)
        if len(here) != 2:
            raise FrameError(f"{frame}: a colour picture; only raw frames of one plane are integrated")
        if first and here != shape:
            sizes = f"{here[1]} × {here[0]} pixels, not {shape[1]} × {shape[0]} as {Path(first).name}"
            raise FrameError(f"{frame}: {sizes}")
        first, shape = first or frame, here
    return shape[0], shape[1]


def pixels_of(path: Path) -> NDArray[Any]:
    """A whole picture in the camera's numbers."""
    picture = open_picture(path)
    pixels: NDArray[Any] = picture.rows(0, picture.shape[0])
    return pixels


def write_adu(path: Path, pixels: NDArray[Any]) -> None:
    """Write the camera's numbers: integers as they are, others as 0 to 1."""
    if pixels.dtype == np.uint16:
        write_image(path, pixels, [])
        return
    values = (pixels.astype(np.float32) / np.float32(FULL_SCALE)).astype(np.float32, copy=False)
    write_image(path, values, [Card(ADUSCALE, FULL_SCALE, "what 1.0 stands for, in the camera's numbers")])


@contextmanager
def noting(lines: Sequence[str]) -> Iterator[None]:
    """An error takes along what the program was told and said, as its notes; lines may still be added inside."""
    try:
        yield
    except NightbuildError as error:
        for line in lines:
            error.add_note(line)
        raise


def require_room(folder: Path, wanted_bytes: int, keep: KeepFree) -> None:
    """Raise `NoRoom` where the files in between would fill the disk."""
    room = room_for(wanted_bytes, folder, keep_percent=keep.percent, keep_gb=keep.gb)
    if not room.fits:
        raise NoRoom(
            f"integrating needs {sized(wanted_bytes)} for files in between in {folder}; {sized(room.free_bytes)} "
            f"are free, of which {sized(room.kept_bytes)} are kept. Make room, or set state_dir, and run `doit`"
        )


def require_result(picture: Path, shape: tuple[int, int], program: str, why: str) -> FitsImage:
    """The result another program promised: there, whole, of the right size, and holding numbers.

    Raises:
        FrameError: it is not; `why` says what the program said last.
    """
    try:
        image = open_image(picture)
    except OSError as error:
        raise FrameError(f"{program} ended without a result: {why}") from error
    except FrameError as error:
        raise FrameError(f"{program} left a result that cannot be read ({error})") from error
    if image.shape != shape:
        sizes = (
            f"{image.width} × {image.height} × {image.planes} pixels for frames of {shape[1]} × {shape[0]}"
        )
        raise FrameError(f"{program} left a result of {sizes}: {why}")
    middle = image.rows(image.height // 2, image.height // 2 + 1)
    if not np.isfinite(middle).all() or not middle.any():
        raise FrameError(f"{program} left a result that holds no picture: {why}")
    return image


def _is_plain(path: Path) -> bool:
    """True for what every program reads alike: unsigned 16 bit, one plane, not packed."""
    try:
        image = open_image(path)
    except FrameError:
        return False
    return image.dtype == np.uint16 and image.planes == 1


def _link(source: Path, target: Path) -> None:
    """A second name, or a copy where there can be none (another disk on Windows)."""
    for way in (_symlink, os.link):
        try:
            way(source.absolute(), target)
        except (OSError, NotImplementedError):
            continue
        return
    shutil.copyfile(source, target)


def _symlink(source: Path, target: Path) -> None:
    target.symlink_to(source)
