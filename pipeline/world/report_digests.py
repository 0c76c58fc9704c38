"""What each page was last rendered from, kept in `.nightbuild`: enough to tell that all pages are as they should be.

    .nightbuild/reports/<rig or _library>.json     page ─▶ a digest of what it tells, and how it lay: size and time

Without it every page is rendered once more, and none is written that is the same.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
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
    """Page to digest and look, as the group was written last; none where that is not known."""
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


def as_left(root: Path, path: str, digest: str) -> str:
    """A page's digest, with how it lies: what a person writes into one is found by the next run, caches or not."""
    try:
        return f"{digest} {_look(os.stat(f'{root}/{path}'))}"  # noqa: PTH116 - one for each page
    except OSError:
        return digest


def all_there(root: Path, known: Mapping[str, str]) -> bool:
    """True when every page lies as it was left; each folder is listed once, no file is opened."""
    listed: dict[str, dict[str, str]] = {}
    for path, told in known.items():
        folder, _, name = path.rpartition("/")
        if folder not in listed:
            try:
                with os.scandir(f"{root}/{folder}") as found:
                    listed[folder] = {one.name: _look(one.stat()) for one in found if one.is_file()}
            except OSError:
                return False
        if listed[folder].get(name) != told.partition(" ")[2]:
            return False
    return True


def _look(seen: os.stat_result) -> str:
    return f"{seen.st_size} {seen.st_mtime_ns}"


@cache
def look_of_pages() -> str:
    """A digest of all templates: where one changed, every page is rendered anew."""
    told = hashlib.sha256(str(VERSION).encode())
    for file in sorted((templates_folder() / "report").glob("*.*")):
        told.update(file.name.encode() + b"\0" + file.read_bytes())
    return told.hexdigest()


def _place(library: OpenLibrary, group: str) -> Path:
    return library.state / _FOLDER / f"{escape(group)}.json"
