"""A library that many tests begin with, made once and copied for each: as `cp -a` does it, at a tenth of the nights' cost."""

from __future__ import annotations

import copy
import os
import shutil
from pathlib import Path
from typing import Protocol, TypeVar


class InLibrary(Protocol):
    """Whoever is at work in a library."""

    @property
    def root(self) -> Path:
        """The library's folder."""


Somebody = TypeVar("Somebody", bound=InLibrary)


def copy_library(made: Path, place: Path) -> Path:
    """The same library elsewhere: what was one file under two names is one there too, and no time or mode differs."""
    known: dict[tuple[int, int], str] = {}

    def copy_once(source: str, target: str) -> str:
        seen = os.lstat(source)
        first = known.setdefault((seen.st_dev, seen.st_ino), target)
        if first == target or Path(source).is_symlink():
            return str(shutil.copy2(source, target, follow_symlinks=False))
        os.link(first, target)
        return target

    return Path(shutil.copytree(made, place, symlinks=True, copy_function=copy_once))


def another(made: Somebody, place: Path) -> Somebody:
    """The same person in a library of their own at this place, who knows the files there as they did here."""
    copy_library(made.root, place)
    found = copy.copy(made)
    told = vars(found)
    told |= {
        name: place / value.relative_to(made.root)
        for name, value in told.items()
        if isinstance(value, Path) and value.is_relative_to(made.root)
    }
    return found
