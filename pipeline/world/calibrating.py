"""One light calibrated: read by strips, corrected, written beside what others read, whole or not at all.

    masters ─open_correction, once a set─▶ Ready ─┐
    light ─strips─▶ calibrate_rows ─▶ part-file ──┴─looked at, header, fsync─▶ placed, or withheld

The same light and masters give the same bytes: CALDATE is the newest time that light and masters say of themselves, not
the clock's. A name that is not ours by its header is never written over.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.model.calibrated import Counts, Score
from pipeline.model.errors import FrameError, NoRoom, PassingError, UserError
from pipeline.model.frames import Frame, Value
from pipeline.pixels.calibrate import PlaneCorrection, Thinned, calibrate_rows
from pipeline.pixels.soundness import look_at_result
from pipeline.rules.calibrating import Ingredients, is_calibrated, refusals, score_of
from pipeline.world.calibrated_header import SPOKEN, Done, cards_for, is_ours, layout_for, newest_time
from pipeline.world.files import begin_sync, part_of, place_part, sync_file, sync_folder, write_all
from pipeline.world.fits_text import BLOCK
from pipeline.world.headers import read_header
from pipeline.world.kept_cards import header_with, kept_lines
from pipeline.world.opened_masters import Ready
from pipeline.world.passing import is_full, is_passing, retry
from pipeline.world.pictures import Picture, open_picture
from pipeline.world.pixel_digest import digest_of

STRIP_PIXELS = 800_000
"""Read and written at once."""
_TYPES: dict[str, tuple[int, np.dtype[Any]]] = {
    "float32": (-32, np.dtype(">f4")),
    "uint16": (16, np.dtype(">u2")),
}
_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """One light that is to be calibrated."""

    path: str
    target: str
    """Where its calibrated copy goes; the folder is there."""
    frame: Frame
    sha256: str
    basis: str
    bayer: str = ""
    there: tuple[int, int] | None = None
    """Size and time of the copy of ours that is known to lie there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one light."""

    basis: str
    score: float = 0.0
    reasons: tuple[str, ...] = ()
    counts: Counts
    size: int = 0
    """Of the file; 0: it was withheld."""
    mtime_ns: int = 0


class StoppedError(PassingError):
    """The run is ending; nothing half is left."""


def calibrate_light(light: Light, ready: Ready, stop: Event | None = None) -> Result:
    """Calibrate one light.

    Raises:
        FrameError: light or masters do not allow it; the sentence says why.
        UserError: something of the person's lies under its name.
        PassingError: the disk is in the way, or the run is ending.
    """
    path, target = Path(light.path), Path(light.target)
    _require_fit(light, ready)
    picture = open_picture(path)
    cards = read_header(path).cards
    if is_calibrated(cards):
        raise FrameError(f"{path}: says that it is calibrated already (CALIBRAT or CALSTAT)")
    if picture.shape != ready.shape:
        raise FrameError(f"{path}: has {_sides(picture.shape)} pixels, its masters {_sides(ready.shape)}")
    _require_ours(light)
    part = part_of(target)
    try:
        return _made(light, ready, picture, cards, part, stop)
    except OSError as error:
        if is_full(error):
            raise NoRoom(f"{target}: no space left on its disk; make room, run `doit`") from error
        if is_passing(error):
            raise PassingError(f"{target}: {error.strerror}; the next run tries again") from error
        raise
    finally:
        part.unlink(missing_ok=True)


def _require_fit(light: Light, ready: Ready) -> None:
    asked = Ingredients(light=light.frame, masters=ready.frames, dark_scale=ready.dark_scale)
    wrong = refusals(asked, ready.policy)
    if wrong:
        raise FrameError(f"{light.path}: {'; '.join(wrong)}")


def _require_ours(light: Light) -> None:
    target = Path(light.target)
    try:
        seen = target.lstat()
    except FileNotFoundError:
        return
    if (seen.st_size, seen.st_mtime_ns) != light.there and not is_ours(target, light.sha256):
        raise UserError(
            f"{target}: is not ours by its header, and is not written over; move it away, run `doit`"
        )


def _sides(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, reversed(shape)))


def _made(
    light: Light, ready: Ready, picture: Picture, cards: Mapping[str, Value], part: Path, stop: Event | None
) -> Result:
    path, policy = Path(light.path), ready.policy
    bitpix, stored = _TYPES[policy.output]
    kept = kept_lines(path, SPOKEN)
    done = Done(
        used=ready.used,
        steps=ready.steps,
        dark_scale=ready.dark_scale,
        policy=policy,
        basis=light.basis,
        light_sha256=light.sha256,
        time=newest_time([cards, *(one.cards for one in ready.used)]),
        old_pedestal=cards.get("PEDESTAL"),
    )
    layout = layout_for(picture.shape, bitpix)
    header = header_with(layout, kept, cards_for(done))
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | _BINARY, 0o666)
    try:
        counts, score, pixels = _pour(descriptor, len(header), picture, ready, stored, light.bayer, stop)
        if policy.quality_check and score.points < policy.min_score:
            return Result(basis=light.basis, score=score.points, reasons=score.reasons, counts=counts)
        done = replace(done, counts=counts, score=score.points, pixels=pixels)
        final = header_with(layout, kept, cards_for(done))
        assert len(final) == len(header)
        os.lseek(descriptor, 0, os.SEEK_SET)
        write_all(descriptor, final)
        sync_file(descriptor)
    finally:
        os.close(descriptor)
    seen = _placed(part, light)
    return Result(
        basis=light.basis,
        score=score.points,
        reasons=score.reasons,
        counts=counts,
        size=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
    )


def _placed(part: Path, light: Light) -> os.stat_result:
    target = Path(light.target)
    if os.path.lexists(target):
        _require_ours(light)
        retry(lambda: part.replace(target), target)
        sync_folder(target.parent)
    else:
        place_part(part, target)
    return target.stat()


def _pour(
    descriptor: int,
    data_at: int,
    picture: Picture,
    ready: Ready,
    stored: np.dtype[Any],
    bayer: str,
    stop: Event | None,
) -> tuple[Counts, Score, str]:
    """The pixels, strip by strip, into the part-file; what was counted, what is thought of them, their digest."""
    height, width = picture.height, picture.width
    phase = divmod(bayer.upper().find("G"), 2) if bayer and "G" in bayer.upper() else (0, 0)
    before, after = (Thinned.of_shape(height, width, phase) for _ in range(2))
    counts, planes = Counts(undivided=ready.correction.undivided), ready.correction.planes
    sums = [0] * len(planes)
    deep, margin = max(2, STRIP_PIXELS // width), ready.correction.margin
    whole = None if picture.by_strips else picture.pixels()
    buffer = np.empty((min(deep, height), width), stored)
    for top in range(0, height, deep):
        if stop is not None and stop.is_set():
            raise StoppedError(f"{picture.path}: the run is ending; the next one goes on here")
        first, last = max(0, top - margin), min(height, top + deep + margin)
        rows = picture.rows(first, last) if whole is None else whole[..., first:last, :]
        out = buffer[: min(top + deep, height) - top]
        for number, plane in enumerate(planes):
            mine = rows if rows.ndim == 2 else rows[number]
            sample = after if number == len(planes) // 2 else None
            if sample is not None:
                before.take(mine, first)
            calibrate_rows(mine, first, top, height, plane, ready.correction, out, counts, sample)
            place = data_at + (number * height + top) * out.strides[0]
            os.lseek(descriptor, place, os.SEEK_SET)
            stored_bytes = out.view(np.uint8).reshape(-1).data
            write_all(descriptor, stored_bytes)
            begin_sync(descriptor, place, len(stored_bytes))
            sums[number] = crc32(stored_bytes, sums[number])
    length = len(planes) * height * width * stored.itemsize
    os.ftruncate(descriptor, data_at + -(-length // BLOCK) * BLOCK)
    pedestal_adu = ready.correction.pedestal_adu
    pixels = len(planes) * height * width
    factor = _thin_factor(planes[len(planes) // 2], height, width, phase)
    seen = look_at_result(before.values, after.values, factor, counts, pixels, pedestal_adu)
    return counts, score_of(seen), digest_of(sums)


def _thin_factor(
    plane: PlaneCorrection, height: int, width: int, phase: tuple[int, int]
) -> NDArray[Any] | None:
    if plane.factor is None:
        return None
    thin = Thinned.of_shape(height, width, phase)
    thin.take(plane.factor, 0, plane.unit)
    return thin.values
