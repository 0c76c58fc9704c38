"""Room for a copy of a master, asked before it is begun: what is to stay free on a disk stays free of masters too."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.model.errors import NoRoom
from pipeline.rules.spoken import sized
from pipeline.world.library import OpenLibrary
from pipeline.world.links import Mode
from pipeline.world.space import room_for


def require_room_for_copy(library: OpenLibrary, source: Path, target: Path, mode: Mode = Mode.COPY) -> None:
    """Look whether a copy fits; a link needs no room, and what lies there already needs none.

    Raises:
        NoRoom: less would stay free than is to be kept.
    """
    seen = source.stat()
    is_linked = mode is not Mode.COPY and seen.st_dev == target.parent.stat().st_dev
    if is_linked or os.path.lexists(target):
        return
    keep = library.configuration.library.keep_free
    room = room_for(seen.st_size, target.parent, keep_percent=keep.percent, keep_gb=keep.gb)
    if not room.fits:
        raise NoRoom(
            f"{target}: a copy of {source.name} needs {sized(room.wanted_bytes)}; {sized(room.free_bytes)} are free, "
            f"of which {sized(room.kept_bytes)} are kept. Make room, run `doit`"
        )
