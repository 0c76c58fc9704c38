"""What proves that a master laid beside lights may go: the library has that very file, or its bytes.

place ─▶ the same file in the library, also a damaged or superseded one: a link of it, so nothing is lost
      ─▶ a master of equal bytes
      ─▶ neither, and what has its name in the library is damaged: this is the last whole copy
         ─rescue─▶ superseded/ in the library, and then the place may go
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path

from pipeline.model.errors import FrameError, PassingError
from pipeline.model.masters import Master
from pipeline.rules.library_names import superseded_path
from pipeline.world.copy_room import require_room_for_copy
from pipeline.world.files import make_folder, require_inside, sweep_parts
from pipeline.world.library import OpenLibrary
from pipeline.world.links import Mode, place, protect
from pipeline.world.master_places import find_master, hash_of_name, very_file
from pipeline.world.master_shelf import read_shelf


def twin_of(
    library: OpenLibrary, link: str, master: str, sha256: str, *, shelf: Iterable[Master] | None = None
) -> Path | None:
    """The file in a library that a place is a name of, or else one of the bytes that were laid there."""
    very = very_file(library.root, link, master)
    if very is not None:
        return very
    found = find_master(library, master, sha256, shelf=shelf)
    return library.root / found.path if found is not None else None


def no_twin(link: str) -> str:
    """Why a place stays that nothing in a library stands for."""
    return f"{link}: stays, no library has a master of these bytes any more"


def is_last_copy(library: OpenLibrary, link: str, master: str, sha256: str) -> bool:
    """True for what is whole still, while the library's own is not.

    One that a person took out of the library is no such case: whether it comes back is theirs to say.
    """
    try:
        is_damaged = (library.root / master).is_file()
        return is_damaged and hash_of_name(library.root / link) == sha256
    except (FrameError, PassingError, OSError):
        return False


def rescue(library: OpenLibrary, link: str, master: str, mode: Mode) -> Path:
    """Give the last whole copy of a master a name among the superseded in its library; returns where."""
    night = next((one.frame.night for one in read_shelf(library) if one.path == master), None)
    for number in count(1):
        target = library.root / superseded_path(master, night, number)
        require_inside(library.root, target)
        make_folder(target.parent)
        sweep_parts(target.parent)
        require_room_for_copy(library, library.root / link, target, mode)
        try:
            place(library.root / link, target, mode)
        except FileExistsError:
            continue
        protect(target)
        return target
    raise AssertionError("there is always a next name")
