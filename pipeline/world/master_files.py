"""Masters as files: every one in the libraries, by its header, remembered between runs.

    libraries ─list─▶ Listed(path, size, time) ─header, once─▶ Shelved(what it is, how it was made)

A cache in `.nightbuild`, keyed by size, time and settings. Without it each header is read once more, and no more.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import orjson

from pipeline.model.errors import FrameError, NightbuildError
from pipeline.model.frames import Frame
from pipeline.rules.headers import VERSION as HEADERS_VERSION
from pipeline.rules.headers import read_header as kind_in
from pipeline.rules.identity import VERSION as IDENTITY_VERSION
from pipeline.rules.identity import Clues, identify
from pipeline.rules.library_names import libraries_in
from pipeline.rules.master_headers import Made, dump_made, load_made, made_by
from pipeline.rules.master_kinds import unlike_name
from pipeline.rules.sorting import FRAME_SUFFIXES
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.headers import read_header
from pipeline.world.index import dump_frame, load_frame
from pipeline.world.library import OpenLibrary
from pipeline.world.passing import is_passing

FILE = "masters.json"
_VERSION = 2
_NOT_OURS = Made()
_SUFFIXES = tuple(FRAME_SUFFIXES)
_guard = threading.Lock()


class Listed(NamedTuple):
    """A file in a library, as a directory listing shows it."""

    path: str
    """Relative to the library's root, with `/`."""
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was read of one file."""

    frame: Frame
    made: Made = _NOT_OURS
    refusal: str = ""
    """Why it could not be read."""
    unlike: str = ""
    """What its header says it is, where that is no such master as its name says."""
    sha256: str = ""
    """Of the whole file, where somebody took it."""


Kept = dict[Listed, Known]


def library_folders(library: OpenLibrary) -> list[str]:
    """Every folder masters may lie in, relative to the library, the libraries themselves first."""
    return [folder for folder, _ in _walk(library)]


def list_masters(library: OpenLibrary) -> list[Listed]:
    """Every file in the libraries that may be a master, in the order of their paths."""
    return sorted(found for _, files in _walk(library) for found in files)


def read_masters(library: OpenLibrary, files: Iterable[Listed], *, remember: bool = True) -> Kept:
    """What each of these files is."""
    files = list(files)
    kept = _load(library)
    unread = [found for found in files if found not in kept]
    with ThreadPoolExecutor(library.configuration.library.limits.readers) as pool:
        fresh = dict(zip(unread, pool.map(lambda found: _read(library, found), unread), strict=True))
    told = {found: kept.get(found) or fresh[found][0] for found in files}
    if remember and (unread or kept.keys() - told.keys()):
        passing = {found for found, (_, is_away) in fresh.items() if is_away}
        with _guard:
            hashed = {found: one for found, one in _load(library).items() if one.sha256 and found in told}
            _save(library, {found: one for found, one in (told | hashed).items() if found not in passing})
    return told


def keep_hash(library: OpenLibrary, found: Listed, known: Known) -> None:
    """Remember the SHA-256 that was taken of a master."""
    with _guard:
        _save(library, {**_load(library), found: known})


def _walk(library: OpenLibrary) -> Iterator[tuple[str, list[Listed]]]:
    """Each folder below the libraries with its files; links are not followed, they may loop."""
    with suppress(OSError):
        top = libraries_in(entry.name for entry in os.scandir(library.root) if entry.is_dir())
        for home in top:
            folders = [home]
            while folders:
                folder = folders.pop()
                files = _listed(library, folder, folders)
                yield folder, files


def _listed(library: OpenLibrary, folder: str, deeper: list[str]) -> list[Listed]:
    files = []
    try:
        entries = sorted(os.scandir(f"{library.root}/{folder}"), key=lambda entry: entry.name)
    except OSError:
        return []
    for entry in entries:
        if entry.name.startswith(".") or not _is_utf8(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            deeper.append(f"{folder}/{entry.name}")
        elif entry.name.lower().endswith(_SUFFIXES) and entry.is_file(follow_symlinks=False):
            with suppress(OSError):
                seen = entry.stat(follow_symlinks=False)
                files.append(Listed(f"{folder}/{entry.name}", seen.st_size, seen.st_mtime_ns))
    return files


def _read(library: OpenLibrary, found: Listed) -> tuple[Known, bool]:
    """What a file is, and whether it is worth another try in the next run."""
    clues = Clues(path=found.path, adopted=True)
    try:
        header = read_header(library.root / found.path)
    except FrameError as error:
        return Known(frame=identify(clues, library.known), refusal=str(error)), False
    except OSError as error:
        refusal = f"could not be read: {error.strerror}"
        is_away = isinstance(error, FileNotFoundError | NotADirectoryError) or is_passing(error)
        return Known(frame=identify(clues, library.known), refusal=refusal), is_away
    frame = identify(replace(clues, header=header), library.known)
    unlike = unlike_name(frame.kind, kind_in(header).kind)
    return Known(frame=replace(frame, sources={}), made=made_by(header.cards), unlike=unlike), False


def _mark(library: OpenLibrary) -> str:
    return f"{_VERSION}.{HEADERS_VERSION}.{IDENTITY_VERSION}.{library.mark}"


def _load(library: OpenLibrary) -> Kept:
    """What was kept; nothing of what is damaged, or was understood by other settings."""
    try:
        said = orjson.loads((library.state / FILE).read_bytes())
        if said["mark"] != _mark(library):
            return {}
        return {Listed(*one["file"]): _loaded(one) for one in said["masters"]}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _loaded(plain: Mapping[str, Any]) -> Known:
    return Known(
        frame=load_frame(plain["frame"]),
        made=load_made(plain["made"]),
        refusal=plain["refusal"],
        unlike=plain["unlike"],
        sha256=plain["sha256"],
    )


def _save(library: OpenLibrary, kept: Kept) -> None:
    """A place that cannot be written costs time in the next run, nothing else."""
    masters = [
        {
            "file": list(found),
            "frame": frame.decode(),
            "made": dump_made(known.made),
            "refusal": known.refusal,
            "unlike": known.unlike,
            "sha256": known.sha256,
        }
        for found, known in sorted(kept.items(), key=lambda pair: pair[0])
        if (frame := dump_frame(known.frame)) is not None
    ]
    with suppress(OSError, NightbuildError):
        make_folder(library.state)
        data = orjson.dumps({"mark": _mark(library), "masters": masters})
        replace_if_different(library.state / FILE, data)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
