"""Seals: nights in which nothing waits, and the folders whose times show whether a person did something there.

A sealed night is not planned frame by frame; it costs one look at each of its folders. The seal opens when one of them
has another time, when the ledger or a decision says something newer, and for whoever asks for everything.

A cache in `.nightbuild`: without it, every night is looked into once more, and nothing else changes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import orjson

from pipeline.model.errors import NightbuildError
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary

FILE = "watched.json"
_VERSION = 1
_REST_NS = 3 * 10**9
"""How long a folder must have been quiet for its time to be believed (DESIGN §9)."""
_GONE = -1

Times = Mapping[str, int]
"""Folders to the time they were last changed; -1: not there."""


def read_seals(library: OpenLibrary) -> dict[str, int]:
    """Each folder's time when nothing was to be taken up there; empty where nothing readable is kept."""
    try:
        said = orjson.loads((library.state / FILE).read_bytes())
        return dict(said["folders"]) if said["version"] == _VERSION else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def look_at(root: Path, folders: Iterable[str]) -> dict[str, int]:
    """Each folder's time, now."""
    return {folder: _time(f"{root}/{folder}") for folder in folders}


def seal(library: OpenLibrary, folders: Times) -> None:
    """Keep these times: they were read before the folders were looked into, and nothing was to be taken up.

    A folder that changed within the last seconds is not kept: a further change might not show in its time.
    """
    now_ns = time.time_ns()
    quiet = {folder: at for folder, at in folders.items() if now_ns - at >= _REST_NS}
    kept = read_seals(library)
    both = {**kept, **quiet}
    if both == kept:
        return
    with suppress(OSError, NightbuildError):  # a place that cannot be written costs time in the next run
        make_folder(library.state)
        replace_if_different(
            library.state / FILE, orjson.dumps({"version": _VERSION, "folders": dict(sorted(both.items()))})
        )


def _time(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - thousands of these
    except OSError:
        return _GONE
