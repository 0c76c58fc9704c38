"""Taking masters in: read, copied into the libraries, proven, written down. One folder of another program at a time.

Source ─known to the ledger?─▶ read ─rules/gathering─▶ copy ─▶ ledger: promoted
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock

import orjson

from pipeline.model.errors import FrameError, NightbuildError, PassingError
from pipeline.model.frames import Frame
from pipeline.model.survey import Found
from pipeline.rules.gathering import Placing, complaint, completed, is_wanted, place_for
from pipeline.rules.headers import VERSION as HEADERS_VERSION
from pipeline.rules.headers import read_header as kind_in
from pipeline.rules.identity import VERSION as IDENTITY_VERSION
from pipeline.rules.identity import Clues, identify
from pipeline.rules.master_kinds import unlike_name
from pipeline.world.files import make_folder, replace_if_different, sha256_of
from pipeline.world.found_masters import Source
from pipeline.world.headers import read_header
from pipeline.world.library import OpenLibrary
from pipeline.world.passing import is_passing
from pipeline.world.pictures import open_picture
from pipeline.world.promoting import Look, Shelf, copy_in, displace, open_shelf, promote, twin_of
from pipeline.world.storing import await_settled

FILE = "found.json"
_VERSION = 1
_one_at_a_time = Lock()


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of the files of one folder."""

    taken: list[str] = field(default_factory=list)
    """Places in the libraries."""
    superseded: int = 0
    """Masters a person had put into a library that gave way to newer ones."""
    known: int = 0
    """Files a library holds already."""
    remarks: list[str] = field(default_factory=list)
    """What stepped aside that was no such master as its name said."""
    complaints: list[str] = field(default_factory=list)
    """A sentence for each master that found no place, with what to do."""


def take_in(library: OpenLibrary, source: Source, tell: Callable[[int, int], None]) -> Taken:
    """Take every master of a folder that no library holds yet.

    Raises:
        PassingError: something could not be read just now; all else is taken.
    """
    told, later = Taken(), list[str]()
    left = _read_left(library)
    with _one_at_a_time:
        shelf = open_shelf(library)
        due = _due(source, shelf, left)
        told.known = sum(_look(source, found) in shelf.done for found in source.files)
        due.sort(key=lambda found: found.mtime_ns)
        for number, found in enumerate(due, 1):
            try:
                if not _take(shelf, source.folder / found.original, found, told):
                    left.add(_look(source, found))
            except PassingError as error:
                later.append(str(error))
            except (NightbuildError, OSError) as error:
                if isinstance(error, OSError) and is_passing(error):
                    later.append(f"{found.original}: {error.strerror}")
                else:
                    told.complaints.append(_sentence(found, _said(error, source.folder / found.original)))
            tell(number, len(due))
        _keep_left(library, left)
    if later:
        raise PassingError(f"{later[0]}{f' ({len(later)} files)' if len(later) > 1 else ''}")
    return told


def masters_due(library: OpenLibrary, source: Source, most: int) -> list[tuple[str, str]]:
    """The masters of a folder that are not taken in yet, each with why it would not be. Only headers are read.

    Args:
        library: Which takes them in.
        source: The folder.
        most: So many are read.
    """
    shelf, told = open_shelf(library), list[tuple[str, str]]()
    for found in _due(source, shelf, _read_left(library))[:most]:
        try:
            frame, unlike = _identify(library, source.folder / found.original, found)
        except (NightbuildError, OSError) as error:
            told.append((found.original, _said(error, source.folder / found.original)))
            continue
        if is_wanted(frame):
            told.append((found.original, complaint(frame) or unlike))
    return told


def _due(source: Source, shelf: Shelf, left: set[Look]) -> list[Found]:
    """What is neither in the ledger nor known to be no master."""
    return [found for found in source.files if _look(source, found) not in shelf.done | left]


def _take(shelf: Shelf, path: Path, found: Found, told: Taken) -> bool:
    """Take one file; False for one that is no master of ours to hold."""
    await_settled(found, shelf.library.configuration.library.settle_seconds)
    frame, unlike = _identify(shelf.library, path, found)
    if not is_wanted(frame):
        return False
    why = complaint(frame) or unlike
    if why:
        told.complaints.append(_sentence(found, why))
        return True
    open_picture(path)
    sha256 = sha256_of(path)
    if shelf.ledger.of_sha256(sha256) or shelf.ledger.tombstone_of(sha256):
        told.known += 1
        return True
    twin = twin_of(shelf, found, sha256)
    if (
        twin is not None
    ):  # a person's own copy, or ours from a run that was killed before it could write it down
        promote(shelf, twin, frame, path, sha256)
        told.known += 1
        return True
    placing = place_for(frame, found.mtime_ns, shelf.homes, shelf.residents, shelf.lying)
    told.taken.append(copy_in(shelf, path, placing, frame, lambda: _make_way(shelf, placing, told)))
    return True


def _make_way(shelf: Shelf, placing: Placing, told: Taken) -> None:
    if placing.displaces is None:
        return
    aside = displace(shelf, placing.displaces)
    told.superseded += 1
    if placing.displaces.unlike:
        told.remarks.append(f"{aside}: stepped aside; {placing.displaces.unlike}")


def _identify(library: OpenLibrary, path: Path, found: Found) -> tuple[Frame, str]:
    """What it is; and why it is no such master as its name says, where it is none."""
    try:
        header = read_header(path)
    except FrameError as error:
        raise type(error)(f"{path}: {error}") from error
    where = path.as_posix()
    frame = identify(Clues(path=where, header=header, adopted=True), library.known)
    day = datetime.fromtimestamp(found.mtime_ns / 1e9).astimezone().date()
    return completed(frame, library.configuration.rigs, day), unlike_name(frame.kind, kind_in(header).kind)


def _look(source: Source, found: Found) -> Look:
    return (source.folder / found.original).as_posix(), found.size, found.mtime_ns


def _sentence(found: Found, why: str) -> str:
    return f"{found.original.rpartition('/')[2]}: {why}"


def _said(error: Exception, path: Path) -> str:
    """A sentence about a file, without its path."""
    if isinstance(error, OSError):
        return f"could not be read: {error.strerror}"
    return str(error).removeprefix(f"{path}: ").removeprefix(f"{path.as_posix()}: ")


def _mark(library: OpenLibrary) -> str:
    return f"{_VERSION}.{HEADERS_VERSION}.{IDENTITY_VERSION}.{library.mark}"


def _read_left(library: OpenLibrary) -> set[Look]:
    """Files that were read and are no masters: a WBPP folder may hold thousands. Lost, they are read once more."""
    try:
        said = orjson.loads((library.state / FILE).read_bytes())
        return (
            {(path, size, mtime) for path, size, mtime in said["left"]}
            if said["mark"] == _mark(library)
            else set()
        )
    except (OSError, ValueError, TypeError, KeyError):
        return set()


def _keep_left(library: OpenLibrary, left: set[Look]) -> None:
    with suppress(OSError, NightbuildError, TypeError):
        make_folder(library.state)
        data = orjson.dumps({"mark": _mark(library), "left": sorted(left)})
        replace_if_different(library.state / FILE, data)
