"""The pictures of the blink page: made once for each frame, stretched alike within a set.

For each frame a preview that fills a window, a thumbnail, and a picture with every pixel to look at 1:1 (where the
frame is small the preview is that picture). Of a 26 megapixel frame they take about 0.3, 0.01 and 5 MB, the last
nearly all of it noise, which no JPEG makes small: a tenth of the raw frame, 5 GB for 900 of them. Finer JPEGs would
be twice that and show no rounder a star; `full_size=False` does without. It is cut into a few tiles, because a
browser takes a third of a second to decode it whole, and shows a twelfth of it.

    PictureWanted ─read, stretch, shrink─▶ *.jpg ─noted in─▶ previews.json: the set's stretch, what each was made from

The stretch is computed from the first frames the set had and then kept, so that a late frame costs one frame.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.model.blinkpage import Preview
from pipeline.model.errors import NightbuildError, NoRoom, PassingError
from pipeline.pixels.pictures import shrink_factor, small_picture, whole_picture
from pipeline.pixels.stretch import Stretch, levels_of, stretch_for
from pipeline.rules.escape import escape, shorten
from pipeline.world.files import make_folder, replace_if_different, require_inside, sweep_parts
from pipeline.world.pixel_files import read_pixels
from pipeline.world.preview_index import INDEX, PreviewIndex, names_in, read_index, write_index
from pipeline.world.workers import worker_pool

if TYPE_CHECKING:
    from PIL.Image import Image

PREVIEW_PX = 1600
WHOLE_PX = 2400
"""A frame no longer than this is its own preview."""
THUMB_PX = 240
_PREVIEW_QUALITY, _FULL_QUALITY, _THUMB_QUALITY = 80, 40, 70
TILE_PX = 2096
"""Of the full picture; whole 16 × 16 blocks of a JPEG, so that the seams do not show."""
_REFERENCES = 5
_WORTH_A_POOL_BYTES = 200 << 20
"""Less than this is shown faster than processes begin."""
_NOTED_EVERY = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureWanted:
    """One frame to be shown."""

    source: str
    """Where its pixels lie, relative to the library: the stored frame."""
    size: int
    mtime_ns: int
    """As they were seen last: a picture made from other bytes is made again."""
    bayer: str | None = None
    """The pattern of its mosaic, from the first row in the file."""
    background_adu: float | None = None
    """Where it was measured: the stretch is taken from frames in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What travels to a worker."""

    root: Path
    folder: str
    wanted: PictureWanted
    stretch: Stretch
    full_size: bool


def make_previews(
    root: Path,
    folder: str,
    wanted: Sequence[PictureWanted],
    *,
    full_size: bool = True,
    workers: int = 2,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Preview]:
    """Make the pictures of a set that are not there yet.

    Args:
        root: of the library.
        folder: where the pictures go, relative to it; one for each set.
        wanted: the frames, in the order they were taken.
        full_size: also a picture with every pixel of frames too large to be shown whole.
        workers: processes at work, where there is more to do than a few.
        progress: told the source of each frame that was dealt with.

    Returns:
        Source to its pictures, for every frame wanted; one that could not be shown says why.
    """
    home = root / folder
    require_inside(root, home / INDEX)
    index = read_index(home)
    lying = names_in(home)
    due = [one for one in wanted if not _is_made(index, one, lying, full_size)]
    if due:
        make_folder(home)
        sweep_parts(home)
        index.stretch = index.stretch or _stretch_of_set(root, wanted)
        stretch = index.stretch or stretch_for([])
        tasks = [
            _Task(root=root, folder=folder, wanted=one, stretch=stretch, full_size=full_size) for one in due
        ]
        _make_all(home, index, tasks, workers, progress)
    return {one.source: _preview(folder, index.made[one.source]) for one in wanted}


def _make_all(
    home: Path,
    index: PreviewIndex,
    tasks: Sequence[_Task],
    workers: int,
    progress: Callable[[str], None] | None,
) -> None:
    try:
        with closing(_results(tasks, workers)) as results:
            for number, (task, preview) in enumerate(results, 1):
                index.made[task.wanted.source] = _row(task, preview)
                if number % _NOTED_EVERY == 0:
                    write_index(home, index)
                if progress is not None:
                    progress(task.wanted.source)
    finally:
        write_index(home, index)


def _results(tasks: Sequence[_Task], workers: int) -> Generator[tuple[_Task, Preview], None, None]:
    if workers < 2 or sum(task.wanted.size for task in tasks) < _WORTH_A_POOL_BYTES:
        yield from ((task, _make(task)) for task in tasks)
        return
    try:
        with worker_pool(min(workers, len(tasks))) as pool:
            yield from zip(tasks, pool.map(_make, tasks), strict=True)
    except BrokenProcessPool as error:
        why = "a worker that made previews was ended (too little memory?); the next run goes on"
        raise PassingError(f"{tasks[0].folder}: {why}") from error


def _make(task: _Task) -> Preview:
    """The pictures of one frame, or the sentence why there are none."""
    path = task.root / task.wanted.source
    try:
        return _draw(task, read_pixels(path))
    except NoRoom:
        raise
    except PassingError as error:
        return Preview(trouble=f"no preview: {_without_root(error, task)}", retry=True)
    except (NightbuildError, OSError, ValueError, MemoryError) as error:
        why = _without_root(error, task) or "the pixels need more memory than there is"
        return Preview(trouble=f"no preview: {why}")


def _draw(task: _Task, image: NDArray[Any]) -> Preview:
    from PIL import Image

    wanted, (rows, columns) = task.wanted, image.shape[-2:]
    whole = shrink_factor((rows, columns), WHOLE_PX) == 1
    tiled = task.full_size and not whole
    long_px = WHOLE_PX if whole else PREVIEW_PX
    small = Image.fromarray(small_picture(image, task.stretch, long_px, wanted.bayer))
    preview = _save(task, small, ".jpg", _PREVIEW_QUALITY)
    full = _draw_tiles(task, image) if tiled else preview if whole else ""
    small.thumbnail((THUMB_PX, THUMB_PX), Image.Resampling.BOX)
    thumb = _save(task, small, ".thumb.jpg", _THUMB_QUALITY)
    tile_px = TILE_PX if tiled else 0
    return Preview(preview=preview, thumb=thumb, full=full, tile_px=tile_px, width=columns, height=rows)


def _draw_tiles(task: _Task, image: NDArray[Any]) -> str:
    """Cut the picture with every pixel into tiles; returns what their names begin with."""
    from PIL import Image

    every = whole_picture(image, task.stretch, task.wanted.bayer)
    beginning = ".full-"
    for top in range(0, every.shape[0], TILE_PX):
        for left in range(0, every.shape[1], TILE_PX):
            tile = np.ascontiguousarray(every[top : top + TILE_PX, left : left + TILE_PX])
            ending = f"{beginning}{top // TILE_PX}-{left // TILE_PX}.jpg"
            _save(task, Image.fromarray(tile), ending, _FULL_QUALITY)
    return _stem(task.wanted.source) + beginning


def _save(task: _Task, picture: Image, ending: str, quality: int) -> str:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=quality)
    name = _stem(task.wanted.source) + ending
    replace_if_different(task.root / task.folder / name, data.getvalue())
    return name


def _stem(source: str) -> str:
    """Of a frame's pictures: legible, and never that of another frame, whatever the case of its letters."""
    name = shorten(escape(source.rsplit("/", 1)[-1]), 48)
    return f"{name}~{hashlib.sha256(source.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _stretch_of_set(root: Path, wanted: Sequence[PictureWanted]) -> Stretch | None:
    """From a few frames in the middle of the set: by background where it is known, else by time."""
    known = [one for one in wanted if one.background_adu is not None and np.isfinite(one.background_adu)]
    ordered = sorted(known, key=lambda one: one.background_adu or 0.0) or list(wanted)
    middle = [ordered[place] for place in _middle(len(ordered))]
    found = []
    for one in [*middle, *ordered]:
        try:
            found.append(levels_of(read_pixels(root / one.source), one.bayer))
        except (NightbuildError, OSError, ValueError, MemoryError):
            continue  # it says why when its own pictures are due
        if len(found) >= len(middle):
            break
    return stretch_for(found) if found else None


def _middle(count: int) -> list[int]:
    shares = (0.3 + 0.4 * step / (_REFERENCES - 1) for step in range(_REFERENCES))
    return sorted({int(share * count) for share in shares if count})


def _is_made(index: PreviewIndex, wanted: PictureWanted, lying: set[str], full_size: bool) -> bool:
    row = index.made.get(wanted.source)
    if row is None or row["from"] != _origin(wanted) or row["retry"]:
        return False
    if full_size and row["preview"] and not row["full"]:
        return False
    return lying.issuperset(_as_preview(row).files)


def _origin(wanted: PictureWanted) -> str:
    return f"{wanted.size} {wanted.mtime_ns} {wanted.bayer or 'mono'}"


def _row(task: _Task, preview: Preview) -> dict[str, Any]:
    return {"from": _origin(task.wanted), **asdict(preview)}


def _preview(folder: str, row: Mapping[str, Any]) -> Preview:
    """As the library knows it: with the folder before the names."""
    places = {key: f"{folder}/{row[key]}" for key in ("preview", "thumb", "full") if row[key]}
    return _as_preview({**row, **places})


def _as_preview(row: Mapping[str, Any]) -> Preview:
    return Preview(**{key: value for key, value in row.items() if key != "from"})


def _without_root(error: BaseException, task: _Task) -> str:
    """The sentence with the path as the library knows it: pages travel to other computers."""
    return str(error).replace(str(task.root / task.wanted.source), task.wanted.source)
