"""Which file a person means: a path typed from anywhere, with either slash, there or gone, a frame or a link to one.

typed ─▶ candidates (as typed, in the library, in each inbox) ─▶ what the ledger or the disk knows of the first
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.model.errors import UserError
from pipeline.rules.ledger import Ledger
from pipeline.world.library import OpenLibrary

_NAMED = 5
_BEGUN = 8
"""The beginning of a name will do, if it is as long as a date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """A file, by all the names it has here."""

    typed: str
    path: Path
    """Where it is, or was."""
    stored: str = ""
    """Its address in the store; empty for what is not stored."""
    inbox: str = ""
    original: str = ""
    """Its name in that inbox, where it lies in one or came from one."""
    lies: Path | None = None
    """That name as a path, there or gone."""
    link: str = ""
    """The place it was named by, relative to the library, when that is a link."""
    is_adopted: bool = False
    """It is registered where it lies."""
    moved_to: str = ""
    """Where an adopted frame lies since its person moved it, when no run has taken note of that yet."""


def find_file(library: OpenLibrary, ledger: Ledger, typed: str, standing: Path) -> Whereabouts:
    """The file that is meant.

    Raises:
        UserError: nothing of that name is known, or several are.
    """
    finder = _Finder(library, ledger, typed)
    for path in candidates(library, typed, standing):
        found = finder.by_path(path)
        if found is not None:
            return found
    for path in candidates(library, typed, standing):
        if path.is_file():
            return finder.by_content(path)
        if path.is_dir():
            raise UserError(f"{typed} is a folder: name a file in it. What folders hold: doit show sets")
    return finder.by_name()


def candidates(library: OpenLibrary, typed: str, standing: Path) -> Iterator[Path]:
    """Where a path may lead, typed with either slash from anywhere, in the library or in an inbox."""
    for text in dict.fromkeys((typed, typed.replace("\\", "/"))):
        for base in (standing, library.root, *(folder for _, folder in library.inboxes)):
            yield Path(os.path.abspath(base / text))  # noqa: PTH100 - a link shall not be followed


class _Finder:
    """One question."""

    def __init__(self, library: OpenLibrary, ledger: Ledger, typed: str) -> None:
        self.library = library
        self.ledger = ledger
        self.typed = typed
        self.root = Path(os.path.abspath(library.root))  # noqa: PTH100

    def by_path(self, path: Path) -> Whereabouts | None:
        """A path the ledger knows, or a file that lies in an inbox."""
        inside = path_below(path, self.root)
        if inside is not None:
            if inside in self.ledger.stored or inside in self.ledger.tombstones:
                return self._stored(inside)
            if inside in self.ledger.links:
                return self._stored(self.ledger.links[inside].stored, link=inside)
            moved = next((one for one in self.ledger.links.values() if one.to and one.to == inside), None)
            if moved is not None:
                return self._stored(moved.stored, link=inside)
        for inbox, folder in self.library.inboxes:
            original = path_below(path, Path(os.path.abspath(folder)))  # noqa: PTH100
            if original is not None and self._is_of_inbox(inbox.path, original, path):
                return self._arrived(inbox.path, original, path)
        return None

    def by_content(self, path: Path) -> Whereabouts:
        """A file nobody named to us: another name of a stored frame, or a stranger."""
        seen = path.stat()
        for fact in self.ledger.stored.values():
            if (fact.size, fact.mtime_ns) == (seen.st_size, seen.st_mtime_ns):
                twin, inside = self.root / fact.at, path_below(path, self.root)
                if twin.exists() and twin.samefile(path):
                    return self._stored(fact.stored, link=inside or str(path))
                if inside and fact.is_adopted and twin.name == path.name and not twin.exists():
                    return replace(self._stored(fact.stored, link=inside), path=path, moved_to=inside)
        return Whereabouts(typed=self.typed, path=path)

    def by_name(self) -> Whereabouts:
        """A bare file name, when one frame alone bears it."""
        name = self.typed.replace("\\", "/").rpartition("/")[2]
        facts = self.ledger.stored.values()
        found = [fact.stored for fact in facts if _bears(fact.stored, fact.original, name)]
        if not found and len(name) >= _BEGUN:
            found = [fact.stored for fact in facts if fact.stored.rpartition("/")[2].startswith(name)]
        if len(found) == 1 and name == self.typed:
            return self._stored(found[0])
        if not found:
            raise UserError(f"{self.typed}: no such file, and nothing is known of one.")
        named = "".join(f"\n  {path}" for path in found[:_NAMED])
        raise UserError(
            f"{self.typed}: no such file. Stored are {len(found)} whose name is so or begins so; type one of{named}"
        )

    def _stored(self, stored: str, link: str = "") -> Whereabouts:
        fact = self.ledger.stored.get(stored)
        origin = (fact.inbox, fact.original) if fact is not None else self._given_up(stored)
        return Whereabouts(
            typed=self.typed,
            path=self.root / (fact.at if fact is not None else stored),
            stored=stored,
            inbox=origin[0],
            original=origin[1],
            lies=self._inbox_path(*origin),
            link=link,
            is_adopted=fact is not None and fact.is_adopted,
        )

    def _arrived(self, inbox: str, original: str, path: Path) -> Whereabouts:
        stored = self.ledger.of_origin(inbox, original) or ""
        return Whereabouts(
            typed=self.typed, path=path, stored=stored, inbox=inbox, original=original, lies=path
        )

    def _inbox_path(self, inbox: str, original: str) -> Path | None:
        folders = {one.path: folder for one, folder in self.library.inboxes}
        return folders[inbox] / original if inbox in folders and original else None

    def _is_of_inbox(self, inbox: str, original: str, path: Path) -> bool:
        return self.ledger.of_origin(inbox, original) is not None or path.is_file()

    def _given_up(self, stored: str) -> tuple[str, str]:
        return next((origin for origin, was in self.ledger.given_up.items() if was == stored), ("", ""))


def _bears(stored: str, original: str, name: str) -> bool:
    return name in (stored.rpartition("/")[2], original.rpartition("/")[2])


def path_below(path: Path, root: Path) -> str | None:
    """The path below a root, with `/`; also where one of the two was named through a symbolic link."""
    for one, other in ((path, root), (Path(os.path.realpath(path.parent), path.name), root.resolve())):
        if one.is_relative_to(other):
            return one.relative_to(other).as_posix()
    return None
