"""What a step was last made from, kept as a short word in `.nightbuild`: equal means there is nothing to do.

    mark_of_files(root, ["_Catalog/…json", …]) ─▶ "9f3c…"     sizes and times, no file is opened
    is_made(library, "summaries", mark)        ─▶ True        since it was made of just that

Only to be quick. Without it a step is done once more, and writes nothing that is there already.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pipeline.model.errors import NightbuildError
from pipeline.rules.escape import escape
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary

_FOLDER = "marks"


def mark_of_files(root: Path, paths: Iterable[str], *more: str) -> str:
    """A digest of the sizes and times of files, and of what else is to count; a file that is not there counts too."""
    told = hashlib.blake2b(digest_size=16)
    for path in paths:
        try:
            look = os.stat(f"{root}/{path}")  # noqa: PTH116 - asked in every run, of many
            told.update(f"{path}\0{look.st_size}\0{look.st_mtime_ns}\n".encode("utf-8", "surrogatepass"))
        except OSError:
            told.update(f"{path}\0-\n".encode("utf-8", "surrogatepass"))
    for one in more:
        told.update(f"{one}\0".encode("utf-8", "surrogatepass"))
    return told.hexdigest()


def is_made(library: OpenLibrary, name: str, mark: str) -> bool:
    """True when the step of this name was last made of just that."""
    try:
        return _place(library, name).read_bytes() == mark.encode()
    except OSError:
        return False


def keep_mark(library: OpenLibrary, name: str, mark: str) -> None:
    """Keep it; a place that cannot be written costs time in the next run, nothing else."""
    place = _place(library, name)
    with suppress(OSError, NightbuildError):
        make_folder(place.parent)
        replace_if_different(place, mark.encode())


def forget_mark(library: OpenLibrary, name: str) -> None:
    """What was made of it is not as it was left: the step is done again."""
    with suppress(OSError):
        _place(library, name).unlink(missing_ok=True)


def _place(library: OpenLibrary, name: str) -> Path:
    return library.state / _FOLDER / escape(name)
