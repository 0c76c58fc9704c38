"""What is noted beside a set's pictures: its stretch, and for each frame from which bytes they were made.

It lies with the pictures, so that they are made once even when `.nightbuild` is deleted. It is derived: one that is
lost, of another VERSION or not written by us is as none, and the pictures are made again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.model.blinkpage import Preview
from pipeline.pixels.stretch import Stretch, stretch_from_json
from pipeline.world.files import replace_if_different

VERSION = "1"
"""Of the pictures: another one makes them anew."""
INDEX = "previews.json"
_MOST_TILES = 1000
"""Along a side: more are not counted out, whatever the index says."""


@dataclass(slots=True)
class PreviewIndex:
    """What lies in the folder of a set's pictures, and from what it was made."""

    stretch: Stretch | None = None
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Source to a row: the fields of `Preview`, its files by their bare names, and `from`."""


def read_index(home: Path) -> PreviewIndex:
    """What was noted; an index that is not ours, or of another VERSION, is as none."""
    try:
        found = json.loads((home / INDEX).read_bytes())
        stretch = stretch_from_json(found["stretch"])
        if found["version"] != VERSION:
            return PreviewIndex()
        return PreviewIndex(stretch, {source: _checked(row) for source, row in found["made"].items()})
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return PreviewIndex()


def _checked(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as we write them; anything else is a `TypeError`. No name leaves the folder."""
    preview = asdict(Preview(**{key: value for key, value in row.items() if key != "from"}))
    kinds = {key: type(value) for key, value in asdict(Preview()).items()}
    if any(type(value) is not kinds[key] for key, value in preview.items()):
        raise TypeError("not written by us")
    if any(set(preview[key]) & set("/\\:") for key in ("preview", "thumb", "full")):
        raise TypeError("not written by us")
    if preview["tile_px"] and max(preview["width"], preview["height"]) > _MOST_TILES * preview["tile_px"]:
        raise TypeError("not written by us")
    return {"from": str(row["from"]), **preview}


def write_index(home: Path, index: PreviewIndex) -> None:
    """Note what was made; nothing is touched when that is noted already."""
    found = {
        "version": VERSION,
        "stretch": index.stretch.as_json() if index.stretch else None,
        "made": dict(sorted(index.made.items())),
    }
    replace_if_different(home / INDEX, (json.dumps(found, indent=0) + "\n").encode())


def names_in(home: Path) -> set[str]:
    """The files that lie in the folder."""
    try:
        return {path.name for path in home.iterdir()}
    except OSError:
        return set()
