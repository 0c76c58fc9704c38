"""Nightbuild's own stacker: strips of all frames through both cores into one float file, in bounded memory.

    frames ─open_picture─▶ Stack ─integrate─▶ a part-file ─▶ stacked.fits

Packed frames are unpacked into the scratch folder first. One stack at a time: it has all cores and all of the memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Event, Lock

from pipeline.model.errors import FrameError, PassingError
from pipeline.model.library import Limits
from pipeline.model.masters import ADUSCALE, Stacked, StackRequest
from pipeline.pixels.strips import Stack, Strips, factors_to_common, level_of
from pipeline.rules.recipes import method_text
from pipeline.world.files import part_of, place_part
from pipeline.world.fits_text import Card, header_text
from pipeline.world.integrating import FULL_SCALE_ADU, Work, begin_file, integrate
from pipeline.world.pictures import Picture, lay_out, open_picture
from pipeline.world.stackers import Progress
from pipeline.world.workers import stop_with_workers

_LIMITS = Limits()
_RESULT = "stacked.fits"
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class BuiltInStacker:
    """Integrates with numpy alone."""

    limits: Limits = _LIMITS

    @property
    def name(self) -> str:
        """For a person."""
        return "Nightbuild"

    def version(self) -> str:
        """Of the package."""
        try:
            return version("nightbuild")
        except PackageNotFoundError:
            return ""

    def stack(self, request: StackRequest, scratch: Path, progress: Progress) -> Stacked:
        """Integrate frames.

        Raises:
            FrameError: one cannot be read, is of another size, or is a flat without light.
            PassingError: a file or disk is in the way just now.
        """
        stop = stop_with_workers(Event())  # heard also while another stack has the cores
        with _ONE_AT_A_TIME:
            if stop.is_set():
                raise PassingError(f"{scratch}: the run is ending; the next one integrates this")
            stack = _prepared(request, scratch)
            header = _header(stack.shape)
            work = Work(stack, request.recipe, part_of(scratch / _RESULT), len(header))
            try:
                begin_file(work, header)
                low, high = integrate(work, self.limits, progress, stop)
                place_part(work.part, scratch / _RESULT, sync=False)  # whoever asked makes it durable
            finally:
                work.part.unlink(missing_ok=True)
        return Stacked(
            picture=str(scratch / _RESULT),
            backend=f"{self.name} {self.version()}".strip(),
            method=method_text(request.recipe),
            rejected_low=low,
            rejected_high=high,
        )


def _prepared(request: StackRequest, scratch: Path) -> Stack:
    """The frames, and what each is multiplied by."""
    frames = [_plain(Path(name), scratch, number) for number, name in enumerate(request.frames)]
    subtract = _plain(Path(request.subtract), scratch, len(frames)) if request.subtract else None
    for frame in [*frames, *([subtract] if subtract is not None else [])]:
        if frame.shape != frames[0].shape:
            sizes = f"{_size(frame)} pixels, not {_size(frames[0])} as {frames[0].path.name}"
            raise FrameError(f"{frame.path}: {sizes}")
    factors = _factors(frames, subtract) if request.normalise else ()
    return Stack(frames=tuple(_lean(frame) for frame in frames), subtract=subtract, factors=factors)


def _plain(path: Path, scratch: Path, number: int) -> Picture:
    """A picture that is read by strips; what is packed is unpacked into the scratch folder."""
    return lay_out(open_picture(path), scratch / f"unpacked_{number:05d}.fits")


def _lean(picture: Picture) -> Strips:
    """What a worker needs of a picture; of the camera's own numbers that is where they lie, which imports little."""
    return picture.source if picture.dtype.kind in "iu" else picture


def _factors(frames: list[Picture], subtract: Picture | None) -> tuple[float, ...]:
    levels = [level_of(frame, subtract) for frame in frames]
    for frame, level in zip(frames, levels, strict=True):
        if not level > 0:
            less = f" less {subtract.path.name}" if subtract is not None else ""
            raise FrameError(f"{frame.path}: holds no light{less} (level {level:.1f} ADU), so it is no flat")
    return factors_to_common(levels)


def _size(picture: Picture) -> str:
    return " × ".join(str(length) for length in reversed(picture.shape))


def _header(shape: tuple[int, ...]) -> bytes:
    axes = [Card(f"NAXIS{number}", length) for number, length in enumerate(reversed(shape), 1)]
    layout = [Card("SIMPLE", True, "FITS standard"), Card("BITPIX", -32), Card("NAXIS", len(shape)), *axes]
    return header_text(
        layout, [Card(ADUSCALE, FULL_SCALE_ADU, "what 1.0 stands for, in the camera's numbers")]
    )
