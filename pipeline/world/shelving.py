"""Masters come into their libraries: what has the name steps aside first, and nothing is ever written over.

    new, sane      what lies under its name ─rename─▶ superseded/, then the new one is placed
    new, doubted   held/, where nobody takes it for a master until a person says ok

A kill between two steps leaves the old master under `superseded` and no new one: the next run makes it again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path

from pipeline.model.errors import UserError
from pipeline.rules.library_names import plain_path, superseded_path
from pipeline.world.files import (
    make_folder,
    place_part,
    require_inside,
    sweep_parts,
    sync_folder,
    write_new,
    write_part,
)
from pipeline.world.library import OpenLibrary
from pipeline.world.links import protect
from pipeline.world.passing import retry
from pipeline.world.renames import rename_new

Names = Callable[[int], str]
"""The n-th name a master may have."""


@dataclass(frozen=True)
class Shelf:
    """The libraries, and what must be known of what lies there."""

    library: OpenLibrary
    nights: dict[str, date | None] = field(default_factory=dict)
    """The night of each master, by its path."""
    fixed: Collection[str] = ()
    """Masters that are stored frames and never move."""

    def put(self, path: str, data: bytes) -> str:
        """Put a master under its name, or the next one that no stored frame has; returns where it lies."""
        place = self._free(path)
        target = self._ready(place)
        if not _holds(target, data):
            part = write_part(target, data)  # where there is no room for it, the old one keeps its name
            try:
                self.step_aside(place)
                place_part(part, target)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            protect(target)
        return place

    def require_place(self, path: str) -> None:
        """Say beforehand what would keep a master from its place: a link, a file or a folder of a person's.

        Raises:
            UserError: something would.
        """
        target, root = self.library.root / path, self.library.root
        require_inside(root, target)
        above = next((one for one in target.parents if os.path.lexists(one)), root)
        if not above.is_dir():
            raise UserError(
                f"{above}: a file lies where a folder should be; move it away and run `doit` again"
            )
        self._require_no_folder(path)

    def put_aside(self, names: Names, data: bytes) -> str:
        """Put a master where no other lies: among the superseded, or the held ones; returns where."""
        for place in map(names, count(1)):
            target = self._ready(place)
            if _holds(target, data):
                return place
            with suppress(FileExistsError):
                write_new(target, data)
                protect(target)
                return place
        raise AssertionError("there is always a next name")

    def bring(self, lying: str, path: str) -> str:
        """Move a held or superseded master to the name it ought to have; returns where it lies."""
        place = self._free(path)
        self.step_aside(place)
        self._move(lying, place)
        return place

    def step_aside(self, path: str) -> str:
        """Move what lies under a name to `superseded`, if anything does; returns where it lies then.

        Raises:
            UserError: it is neither a file nor a link, so it is a person's and nothing moves.
        """
        lying = self.library.root / path
        if not os.path.lexists(lying):  # a link that leads nowhere has the name too
            return ""
        self._require_no_folder(path)
        for number in count(1):
            place = superseded_path(path, self.nights.get(path), number)
            with suppress(FileExistsError):
                self._move(path, place)
                return place
        raise AssertionError("there is always a next name")

    def _require_no_folder(self, path: str) -> None:
        lying = self.library.root / path
        if os.path.lexists(lying) and not lying.is_symlink() and not lying.is_file():
            raise UserError(
                f"{lying}: is no file but has the name of a master; move it away, then run `doit`"
            )

    def _free(self, path: str) -> str:
        return next(
            place for number in count(1) if (place := plain_path(path, number)) not in set(self.fixed)
        )

    def _move(self, path: str, place: str) -> None:
        source, target = self.library.root / path, self._ready(place)
        retry(lambda: rename_new(source, target), target)
        sync_folder(target.parent)
        sync_folder(source.parent)

    def _ready(self, place: str) -> Path:
        """The path of a place, its folder made, and half files of dead writers gone."""
        target = self.library.root / place
        require_inside(self.library.root, target)
        make_folder(target.parent)
        sweep_parts(target.parent)
        return target


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False
