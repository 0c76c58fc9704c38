"""What lies in a folder another program wrote masters to: what may go, what needs a twin first, what is a person's.

pictures outside the program's work folders     each must lie in a library too, byte for byte
its pictures in work folders, its own data       go along: that program makes them again
notes and tables in `logs`                       go along; a picture there or in `cache` needs a twin
anything else                                    a person's: as long as it lies there, nothing goes
"""

from __future__ import annotations

from enum import StrEnum

from pipeline.model.survey import Sort
from pipeline.rules.gathering import WORK_FOLDERS
from pipeline.rules.sorting import FITS_SUFFIXES, sort_of

KEPT_NAME = ".keep"
_ALONG = (".log", ".xml", ".js", ".xdrz", ".xnml", ".html", ".svg")
_ALONG_IN_LOGS = (".txt", ".csv", ".json")
"""A person writes such files too, but not there."""
_LOGS, _NO_PICTURES = "logs", frozenset({"logs", "cache"})
_PICTURES = tuple(FITS_SUFFIXES | {".xisf"})
"""What it writes its steps as: any other picture was put there."""
_FACTORY = "cali_frame"


class Part(StrEnum):
    """What a file there is to a purge."""

    TWIN = "twin"
    """A picture: goes only with a twin."""
    ALONG = "along"
    STRANGE = "strange"
    """Nothing that program writes: moved there by a person?"""
    KEPT = "kept"
    """`.keep`: stays, and keeps its folder."""


def part_of(inside: str) -> Part:
    """What a file is, by its path below the folder."""
    *folders, name = inside.split("/")
    if name == KEPT_NAME:
        return Part.KEPT
    sort, plain = sort_of(name), name.casefold()
    if sort is Sort.LITTER:
        return Part.ALONG
    above = {one.casefold() for one in folders}
    if sort is Sort.FRAME:
        is_step = above & (WORK_FOLDERS - _NO_PICTURES) and not above & _NO_PICTURES
        return Part.ALONG if is_step and _is_of_a_step(plain) else Part.TWIN
    endings = _ALONG + (_ALONG_IN_LOGS if _LOGS in above else ())
    return Part.ALONG if plain.endswith(endings) else Part.STRANGE


def _is_of_a_step(name: str) -> bool:
    return name.endswith(_PICTURES) and not name.startswith("master")


def why_never(folder: str, library: str, ours: tuple[str, ...]) -> str:
    """Why a folder is never emptied, whatever lies in it; empty where it may be. All paths in full, with `/`.

    Args:
        folder: The folder `wbpp_output` names.
        library: The library.
        ours: Other folders that are read or written: inboxes, caches.
    """
    if _FACTORY in folder.casefold().split("/"):
        return "a DWARF needs its own CALI_FRAME; nothing is taken there"
    if _holds(folder, library):
        return "the library itself lies in it"
    for other in ours:
        if _holds(folder, other) or _holds(other, folder):
            return f"{other} lies there too"
    if _holds(library, folder):
        first = folder[len(library.rstrip("/")) :].lstrip("/").split("/")[0]
        if first.startswith((".", "_")) or "@f" in first:
            return f"{first} is the library's own"
    return ""


def _holds(outer: str, inner: str) -> bool:
    """Letter case makes no difference: on many disks it does not, and elsewhere refusing costs little."""
    above, below = outer.casefold().rstrip("/"), inner.casefold().rstrip("/")
    return below == above or below.startswith(f"{above}/")
