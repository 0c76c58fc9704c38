"""Masters in the folders other programs write to: PixInsight's WBPP, Siril, an ASIAIR's or a DWARF's card.

    list_source ─▶ Source(names, sizes, times) ─world/gathering─▶ the libraries

A run looks at names, sizes and times only; whatever lies there stays as it is.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.model.survey import Found, Sort
from pipeline.rules.gathering import WORK_FOLDERS
from pipeline.rules.sorting import sort_of
from pipeline.world.library import OpenLibrary

_SUFFIXES = (".fits", ".fit", ".fts", ".fits.fz", ".fit.fz", ".fits.gz", ".fit.gz", ".xisf")
_MOST_FILES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A folder another program writes masters to, listed."""

    name: str
    """As configured."""
    folder: Path
    files: tuple[Found, ...] = ()
    """Everything that may be a master by the end of its name; `original` is relative to the folder."""
    trouble: str = ""
    """Why there is nothing, as half a sentence."""

    @property
    def digest(self) -> str:
        """Of all names, sizes and times: while it is the same, nothing is due."""
        told = hashlib.sha256(self.trouble.encode())
        for found in self.files:
            line = f"{found.original}\0{found.size}\0{found.mtime_ns}\n"
            told.update(line.encode("utf-8", "surrogatepass"))
        return told.hexdigest()[:32]


def sources_of(library: OpenLibrary) -> list[Source]:
    """Every folder that library.toml names under [masters], listed."""
    told = library.configuration.library.masters.wbpp_output
    names = (told,) if isinstance(told, str) else told
    return [list_source(library, name) for name in dict.fromkeys(names)]


def list_source(library: OpenLibrary, name: str) -> Source:
    """Look at names, sizes and times; no file is opened. Links are not followed: they may loop."""
    folder = library.root / Path(name).expanduser()
    if not folder.is_dir():
        return Source(name=name, folder=folder, trouble="is not there (disk not mounted?)")
    files = []
    for found in _walk(name, folder, "", library.root):
        files.append(found)
        if len(files) > _MOST_FILES:
            trouble = f"holds more than {_MOST_FILES:,} files; name the folder the masters lie in"
            return Source(name=name, folder=folder, trouble=trouble)
    return Source(name=name, folder=folder, files=tuple(sorted(files, key=lambda each: each.original)))


def _walk(name: str, folder: Path, inside: str, library: Path) -> Iterator[Found]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        original = f"{inside}{entry.name}"
        if entry.name.startswith((".", "_")) and folder == library:
            continue  # the libraries themselves, and all else that is ours
        if entry.is_dir(follow_symlinks=False):
            if entry.name.casefold() not in WORK_FOLDERS and sort_of(entry.name) is not Sort.LITTER:
                yield from _walk(name, Path(entry.path), f"{original}/", library)
        elif entry.name.lower().endswith(_SUFFIXES) and sort_of(entry.name) is Sort.FRAME:
            try:
                seen = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISREG(seen.st_mode):
                yield Found(name, original, seen.st_size, seen.st_mtime_ns, Sort.FRAME)
