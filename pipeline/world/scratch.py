"""Folders for files in between, while masters are integrated: below the state folder, and gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.model.errors import NoRoom
from pipeline.rules.spoken import sized
from pipeline.world.files import make_folder
from pipeline.world.library import OpenLibrary
from pipeline.world.processes import is_alive
from pipeline.world.space import room_for

SCRATCH = "integrating"


@contextmanager
def scratch_folder(library: OpenLibrary) -> Iterator[Path]:
    """A folder for files in between, gone afterwards; those of killed runs go with it."""
    home = library.state / SCRATCH
    make_folder(home)
    for left in home.iterdir():
        pid = left.name.partition("-")[0]
        if pid.isdigit() and int(pid) != os.getpid() and not is_alive(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    folder = home / f"{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_room(library: OpenLibrary, picture_bytes: int) -> None:
    """Raise `NoRoom` where a picture of so many bytes would fill the library's disk, or the one of the state folder."""
    keep = library.configuration.library.keep_free
    for folder in (library.root, library.state):
        room = room_for(2 * picture_bytes, folder, keep_percent=keep.percent, keep_gb=keep.gb)
        if not room.fits:
            raise NoRoom(
                f"{folder}: a master of {sized(picture_bytes)} would leave too little room there; "
                f"{sized(room.free_bytes)} are free, {sized(room.kept_bytes)} are kept. Make room and run `doit`"
            )
