"""Putting masters into the libraries: copied, proven, written down as stored frames.

    open_shelf ─▶ Shelf ─copy_in─▶ a place, and a line in the ledger: promoted, nothing can make it again

Killed between the two, the next run finds the bytes in their place and writes the line.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.model.frames import Frame
from pipeline.model.records import Promoted
from pipeline.model.survey import Found
from pipeline.rules.gathering import Placing, Resident, stem_of
from pipeline.rules.ledger import Ledger
from pipeline.rules.library_names import Homes, homes_in, is_held, is_superseded
from pipeline.world import ledger as ledgers
from pipeline.world.copies import clone_to_part, copy_to_part
from pipeline.world.copy_room import require_room_for_copy
from pipeline.world.files import make_folder, part_of, place_part, require_inside, sha256_of, sweep_parts
from pipeline.world.library import OpenLibrary
from pipeline.world.links import protect
from pipeline.world.master_files import library_folders, list_masters
from pipeline.world.master_shelf import look_at_shelf
from pipeline.world.passing import retry
from pipeline.world.shelving import Shelf as Rooms

Look = tuple[str, int, int]
"""Where a file lies, its size and time."""


@dataclass(slots=True, kw_only=True)
class Shelf:
    """The libraries as they fill."""

    library: OpenLibrary
    ledger: Ledger
    residents: dict[str, Resident]
    lying: set[str]
    """Every name in use, folded."""
    sizes: dict[str, int]
    """Of every file in the libraries, when this began."""
    homes: Homes
    done: set[Look]
    """Files that were taken before."""


def copy_in(
    shelf: Shelf, source: Path, placing: Placing, frame: Frame, make_way: Callable[[], None] | None = None
) -> str:
    """Bytes of its own: the other program may write its file anew.

    Args:
        shelf: The libraries.
        source: The other program's file.
        placing: Where it goes.
        frame: What it is.
        make_way: Called once the copy is whole: only then what has the name steps aside.
    """
    target = shelf.library.root / placing.path
    require_inside(shelf.library.root, target)
    make_folder(target.parent)
    sweep_parts(target.parent)
    part = part_of(target)
    try:
        sha256 = _copied(shelf, source, part)
        if make_way is not None:
            make_way()
        place_part(part, target)
    finally:
        part.unlink(missing_ok=True)
    protect(target)
    promote(shelf, placing.path, frame, source, sha256)
    return placing.path


def _copied(shelf: Shelf, source: Path, part: Path) -> str:
    """A part-file with the bytes of a file, proven; their SHA-256."""
    require_room_for_copy(shelf.library, source, part)
    if retry(lambda: clone_to_part(source, part), part):
        return sha256_of(part)
    return retry(lambda: copy_to_part(source, part), part)


def promote(shelf: Shelf, stored: str, frame: Frame, source: Path, sha256: str) -> None:
    """Write into the ledger that this one cannot be made again, and where it came from."""
    seen = (shelf.library.root / stored).stat()
    entry = Promoted(
        when=datetime.now(UTC),
        stored=stored,
        size=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        sha256=sha256,
        original=source.as_posix(),
    )
    ledgers.write(shelf.library.root, frame.camera, frame.night, [entry])
    resident = Resident(
        path=stored,
        frame=replace(frame, path=stored),
        size=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        is_fixed=True,
    )
    shelf.lying.add(stored.casefold())
    shelf.sizes[stored] = seen.st_size
    shelf.done.add((source.as_posix(), seen.st_size, seen.st_mtime_ns))
    if not is_superseded(stored):
        shelf.residents[stem_of(stored)] = resident


def displace(shelf: Shelf, resident: Resident) -> str:
    """Let what a person had put under a name step aside for a newer one; returns where it lies then."""
    aside = Rooms(shelf.library, {resident.path: resident.frame.night}).step_aside(resident.path)
    shelf.lying.add(aside.casefold())
    shelf.lying.discard(resident.path.casefold())
    shelf.sizes[aside] = shelf.sizes.pop(resident.path, resident.size)
    return aside


def open_shelf(library: OpenLibrary) -> Shelf:
    """The libraries as they are now, with what the ledger knows of them."""
    shelved, ledger = look_at_shelf(library), ledgers.read(library.root)
    residents = {
        stem_of(one.master.path): Resident(
            path=one.master.path,
            frame=one.master.frame,
            size=one.master.size,
            mtime_ns=one.master.mtime_ns,
            is_fixed=one.made.is_ours or one.master.path in ledger.stored,
            unlike=one.unlike,
        )
        for one in shelved
        if not is_superseded(one.master.path) and not is_held(one.master.path)
    }
    facts = [*ledger.stored.values(), *ledger.buried.values()]
    done = {(one.original, one.size, one.mtime_ns) for one in facts if one.origin == Promoted.event}
    files = list_masters(library)
    return Shelf(
        library=library,
        ledger=ledger,
        residents=residents,
        lying=_names_in_use(library),
        sizes={found.path: found.size for found in files},
        homes=homes_in([entry.name for entry in library.root.iterdir()]),
        done=done,
    )


def _names_in_use(library: OpenLibrary) -> set[str]:
    """Every name in the libraries, folded: a folder or a link keeps a master out as a file does."""
    used = set()
    for folder in library_folders(library):
        with suppress(OSError):
            used |= {f"{folder}/{path.name}".casefold() for path in (library.root / folder).iterdir()}
    return used


def twin_of(shelf: Shelf, found: Found, sha256: str) -> str | None:
    """The master in a library that has these bytes."""
    alike = (path for path, size in shelf.sizes.items() if size == found.size)
    return next((path for path in alike if sha256_of(shelf.library.root / path) == sha256), None)
