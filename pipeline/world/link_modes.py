"""By which means frames get their names, place by place: told without writing where a person works.

What was done last, the ledger knows. Else two folders on one disk can share files if the disk can at all: this
is tried once, in the library's own `.nightbuild`, and remembered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pipeline.model.errors import NightbuildError
from pipeline.world.files import replace_if_different
from pipeline.world.library import OpenLibrary
from pipeline.world.links import How, link_mode_of

UNKNOWN = "unknown"
VIEWS = "views"
"""The place that stands for 10_Blink, 20_Data and _Reject: names of stored frames within the library."""
_FILE = "link-mode.json"
_BY_LINKING = {How.HARDLINK, How.REFLINK, How.COPY}


def link_modes(library: OpenLibrary, last: Mapping[str, str]) -> dict[str, str]:
    """Each inbox, as configured, and `views`: `hardlink`, `reflink`, `copy`, `symlink` or `unknown`.

    Args:
        library: The library.
        last: Inbox to the means by which its last frame was stored, as the ledger has it.
    """
    own = own_mode(library.root)
    modes = {
        inbox.path: _mode(folder, library.root, own, last.get(inbox.path))
        for inbox, folder in library.inboxes
    }
    views = library.configuration.library.views
    return {**modes, VIEWS: own if views == "auto" else views}


def own_mode(root: Path) -> str:
    """What the library's own disk can do; tried once in its state folder, and known from then on."""
    folder = root / ".nightbuild"
    try:
        device = root.stat().st_dev
        remembered = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        if remembered["device"] == device:
            return str(remembered["mode"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return _try(root, folder) if folder.is_dir() else UNKNOWN


def _try(root: Path, folder: Path) -> str:
    try:
        mode = link_mode_of(folder, folder).value
    except (OSError, NightbuildError):
        return UNKNOWN
    with suppress(OSError):
        replace_if_different(
            folder / _FILE, json.dumps({"device": root.stat().st_dev, "mode": mode}).encode()
        )
    return mode


def _mode(folder: Path, root: Path, own: str, how: str | None) -> str:
    """Of an inbox: hard links end at a disk's border, and some disks clone across it."""
    try:
        is_near = folder.stat().st_dev == root.stat().st_dev
    except OSError:
        return UNKNOWN
    if is_near:
        return how if how in _BY_LINKING else own
    return How.REFLINK if how == How.REFLINK else How.COPY
