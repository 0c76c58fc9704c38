"""The pictures of the reports: one frame of each set, kept when the pages it was blinked by are gone.

    _Reports/blink/…_files: previews ─the best frame, smaller─▶ _Reports/pictures/<rig>/<night> <set>~1a2b3c4d.jpg
    a target without any ─the best frame of its best set, drawn─▶ likewise

Made once; a set that is looked at anew gets a new one, one that was dealt with keeps what it has.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from pipeline.model.catalog import FrameRow, OwnerTables, SetRow
from pipeline.model.errors import NightbuildError
from pipeline.rules.escape import escape
from pipeline.rules.pruning import PICTURE_SIGN
from pipeline.rules.record_places import report_folder
from pipeline.rules.report_pictures import best_frame, best_without, picture_name
from pipeline.rules.report_sums import by, lights
from pipeline.rules.targets import target_key
from pipeline.world.files import make_folder, replace_if_different, require_inside
from pipeline.world.library import OpenLibrary
from pipeline.world.showing import PAGES, pictures_folder

if TYPE_CHECKING:
    from PIL.Image import Image

_LONG_PX = 720
_QUALITY = 82


def known_pictures(root: Path, owner: str, sets: Iterable[SetRow]) -> dict[str, str]:
    """Name of a set to its picture, for those of an owner that have one."""
    folder = report_folder("pictures", owner)
    try:
        lying = set(os.listdir(root / folder))  # noqa: PTH208
    except OSError:
        return {}
    named = ((row["id"], picture_name(row)) for row in sets)
    return {name: f"{folder}/{file}" for name, file in named if file in lying}


def make_pictures(library: OpenLibrary, tables: OwnerTables) -> None:
    """Make those that are not there yet, of sets that wait for eyes, and of targets that have none."""
    sky = lights(tables.sets)
    frames = _by_set(tables.frames)
    made = _read_made(library, tables.owner)
    for row, home in _with_previews(library.root, sky):
        _from_preview(library, row, frames.get(row["id"], ()), home, made)
    _draw_missing(library, tables.owner, sky, frames)
    _keep_made(library, tables.owner, made)


def _from_preview(
    library: OpenLibrary, row: SetRow, frames: Sequence[FrameRow], home: Path, made: dict[str, str]
) -> None:
    """The best frame's preview made smaller, unless that was done."""
    from pipeline.world.preview_index import read_index

    index = read_index(home)
    best = best_frame([one for one in frames if index.made.get(one["stored"], {}).get("preview")])
    if best is None:
        return
    shown = index.made[best["stored"]]
    basis, path = f"{best['stored']} {shown['from']}", _path(library, row)
    if made.get(row["id"]) != basis or not path.is_file():
        with suppress(OSError, NightbuildError, ValueError):  # no picture; the blink page says why
            _write(library.root, path, _smaller(home / shown["preview"]))
            made[row["id"]] = basis


def _draw_missing(
    library: OpenLibrary, owner: str, sky: Sequence[SetRow], frames: Mapping[str, Sequence[FrameRow]]
) -> None:
    known = known_pictures(library.root, owner, sky)
    for rows in by(sky, lambda row: target_key(row.get("target", ""))).values():
        if any(row["id"] in known for row in rows):
            continue
        row = best_without(row for row in rows if any(map(_was_measured, frames.get(row["id"], ()))))
        best = best_frame(frames[row["id"]]) if row is not None else None
        if row is not None and best is not None:
            with suppress(OSError, NightbuildError, ValueError, MemoryError):
                _write(library.root, _path(library, row), _drawn(library, row, best))


def _was_measured(frame: FrameRow) -> bool:
    """True for a frame whose pixels went through our hands: a registered library is not read for its pictures."""
    return frame.get("origin") != "adopted" and "background_adu" in frame.get("values", {})


def _smaller(preview: Path) -> Image:
    from PIL import Image

    with Image.open(preview) as picture:
        picture.draft(picture.mode, (_LONG_PX, _LONG_PX))
        picture.thumbnail((_LONG_PX, _LONG_PX), Image.Resampling.BOX)
        return picture.copy()


def _drawn(library: OpenLibrary, row: SetRow, frame: FrameRow) -> Image:
    from PIL import Image

    from pipeline.pixels.pictures import small_picture
    from pipeline.pixels.stretch import levels_of, stretch_for
    from pipeline.world.pixel_files import read_pixels

    rig = library.configuration.rig(row["rig"])
    bayer = rig.camera.bayer if rig is not None else None
    image = read_pixels(library.root / frame["stored"])
    picture = Image.fromarray(small_picture(image, stretch_for([levels_of(image, bayer)]), _LONG_PX, bayer))
    picture.thumbnail((_LONG_PX, _LONG_PX), Image.Resampling.BOX)
    return picture


def _write(root: Path, path: Path, picture: Image) -> None:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=_QUALITY, comment=PICTURE_SIGN)
    require_inside(root, path)
    make_folder(path.parent)
    replace_if_different(path, data.getvalue())


def _path(library: OpenLibrary, row: SetRow) -> Path:
    return library.root / report_folder("pictures", row["owner"]) / picture_name(row)


def _with_previews(root: Path, sky: Iterable[SetRow]) -> list[tuple[SetRow, Path]]:
    try:
        pages = {name for name in os.listdir(root / PAGES) if name.endswith("_files")}  # noqa: PTH208
    except OSError:
        return []
    if not pages:
        return []
    from pipeline.world.preview_index import INDEX  # it knows of pixels

    found = []
    for row in sky:
        folder = pictures_folder(row["owner"], row["night"], row["id"])
        if folder.removeprefix(f"{PAGES}/").partition("/")[0] in pages and (root / folder / INDEX).is_file():
            found.append((row, root / folder))
    return found


def _by_set(frames: Iterable[FrameRow]) -> dict[str, list[FrameRow]]:
    found: dict[str, list[FrameRow]] = {}
    for one in frames:
        if "set" in one:
            found.setdefault(one["set"], []).append(one)
    return found


def _read_made(library: OpenLibrary, owner: str) -> dict[str, str]:
    try:
        found = orjson.loads(_made(library, owner).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep_made(library: OpenLibrary, owner: str, made: Mapping[str, str]) -> None:
    place = _made(library, owner)
    with suppress(OSError, TypeError):
        make_folder(place.parent)
        replace_if_different(place, orjson.dumps(made))


def _made(library: OpenLibrary, owner: str) -> Path:
    return library.state / "reports" / f"pictures {escape(owner)}.json"
