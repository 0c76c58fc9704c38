"""What each page was last rendered from, kept in `.nightbuild`: enough to tell that all pages are as they should be.

    .nightbuild/reports/<rig or _library>.json     page ─▶ a digest of what it tells

Without it every page is rendered once more, and none is written that is the same.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import orjson

from pipeline.rules.escape import escape
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary
from pipeline.world.pages import templates_folder

VERSION = 1
_FOLDER = "reports"


def read_digests(library: OpenLibrary, group: str) -> Mapping[str, str]:
    """Page to digest, as the group was written last; none where that is not known."""
    try:
        found = orjson.loads(_place(library, group).read_bytes())
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(found, dict) and all(isinstance(one, str) for one in found.values())
    return found if is_ours else {}


def keep_digests(library: OpenLibrary, group: str, digests: Mapping[str, str]) -> None:
    """Keep what the pages of a group were rendered from."""
    place = _place(library, group)
    make_folder(place.parent)
    replace_if_different(place, orjson.dumps(digests))


def all_there(root: Path, paths: Iterable[str]) -> bool:
    """True when every page lies where it should; each folder is listed once, no file is touched."""
    listed: dict[str, set[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder not in listed:
            try:
                listed[folder] = set(os.listdir(f"{root}/{folder}"))  # noqa: PTH208
            except OSError:
                return False
        if name not in listed[folder]:
            return False
    return True


@cache
def look_of_pages() -> str:
    """A digest of all templates: where one changed, every page is rendered anew."""
    told = hashlib.sha256(str(VERSION).encode())
    for file in sorted((templates_folder() / "report").glob("*.*")):
        told.update(file.name.encode() + b"\0" + file.read_bytes())
    return told.hexdigest()


def _place(library: OpenLibrary, group: str) -> Path:
    return library.state / _FOLDER / f"{escape(group)}.json"
