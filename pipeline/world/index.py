"""The header index: what each inbox file was found to be, so that no header is read twice.

A cache in `.nightbuild`, keyed by inbox name, size and time, and by everything else the answer depends on (the rules'
VERSIONs, the rig files, what a person corrected): when one of these changes, it is read anew. Deleting it costs time,
nothing else.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline.model.errors import FrameError
from pipeline.model.frames import Frame, Kind, Problem
from pipeline.model.survey import Found, Sighting
from pipeline.rules.headers import VERSION as HEADERS_VERSION
from pipeline.rules.identity import VERSION as IDENTITY_VERSION
from pipeline.rules.identity import Clues, Known, identify
from pipeline.world.headers import read_header
from pipeline.world.library import OpenLibrary
from pipeline.world.passing import is_passing

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS sighting(inbox TEXT, original TEXT, size INT, mtime_ns INT, mark TEXT, frame BLOB, "
    "refusal TEXT, PRIMARY KEY(inbox, original))"
)
_SELECT = (
    "SELECT original, size, mtime_ns, mark, frame, refusal FROM sighting WHERE inbox = ? AND original IN"
)
_ASKED_AT_ONCE = 500
"""Names in one query; SQLite takes 999 at least."""
_VERSION = 1
_BROKEN = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_MISMATCH,
}
"""What SQLite says of a file that is no cache of ours."""

Ask = Callable[[Found], Clues]
"""What is known of a file before it is opened."""
Row = tuple[Any, ...]


class Index:
    """Sightings by inbox name, remembered between runs."""

    def __init__(self, path: Path | None, mark: str, *, write: bool = True) -> None:
        """`mark`: digest of the configuration; `path` None: nothing is remembered; `write` False: only read."""
        self._path = path
        self._write = write
        self._mark = f"{_VERSION}.{HEADERS_VERSION}.{IDENTITY_VERSION}.{mark}"

    def look(
        self,
        files: Iterable[Found],
        folder: Path,
        known: Known,
        ask: Ask,
        readers: int,
        *,
        again: bool = False,
    ) -> Iterator[Sighting]:
        """What each file is: as remembered where nothing changed, else read now, several at a time.

        Args:
            files: Of one inbox, or of the store.
            folder: What their paths are relative to.
            known: Rigs and sites.
            ask: All that is known of a file before it is opened.
            readers: How many are read at a time.
            again: True when more is known than at the first look, which is remembered beside this one.
        """
        files = list(files)
        if not files:
            return
        shelf = f"again:{files[0].inbox}" if again else files[0].inbox
        remembered = self._remembered(files, shelf)
        fresh: list[tuple[Sighting, str]] = []
        unread: list[tuple[Found, Clues]] = []
        for found in files:
            clues = ask(found)
            sighting = _recall(remembered.get(found.original), found, self._mark_of(clues))
            if sighting is None:
                unread.append((found, clues))
            else:
                yield sighting
        with ThreadPoolExecutor(readers) as pool:
            for sighting, clues in pool.map(
                lambda pair: (_read(pair[0], pair[1], folder, known), pair[1]), unread
            ):
                fresh.append((sighting, self._mark_of(clues)))
                yield sighting
        self._remember([(sighting, mark) for sighting, mark in fresh if not sighting.passing], shelf)

    def _mark_of(self, clues: Clues) -> str:
        """What the answer depends on beside the file: the settings, and what is known from elsewhere."""
        if clues.corrections is None and clues.original is None:
            return self._mark
        said = f"{clues.original}\0{clues.inbox_rig}\0{clues.corrections or ''!r}"
        return f"{self._mark}+{hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"

    def _remembered(self, files: Sequence[Found], shelf: str) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        with self._open(write=False) as db:
            if db is None:
                return rows
            for start in range(0, len(files), _ASKED_AT_ONCE):
                names = [found.original for found in files[start : start + _ASKED_AT_ONCE]]
                asked = f"{_SELECT} ({', '.join('?' * len(names))})"
                rows |= {row[0]: row for row in db.execute(asked, (shelf, *names))}
        return rows

    def _remember(self, sightings: Sequence[tuple[Sighting, str]], shelf: str) -> None:
        if not sightings or not self._write:
            return
        rows = [
            (
                *(shelf, s.found.original, s.found.size, s.found.mtime_ns, mark),
                *(data, s.refusal),
            )
            for s, mark in sightings
            if (data := dump_frame(s.frame) if s.frame else b"") is not None
        ]
        with self._open(write=True) as db:
            if db is not None:
                with db:
                    db.execute(_SCHEMA)
                    db.executemany("INSERT OR REPLACE INTO sighting VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _open(self, *, write: bool) -> Iterator[sqlite3.Connection | None]:
        """The cache, or nothing where there is none: a run without a cache is slow, not wrong.

        One that is damaged, or of another version, is thrown away; where the world is in the way (a full disk, a
        read-only place, another program) it is left.
        """
        db = None
        try:
            db = _connect(self._path, write=write) if self._path is not None else None
        except sqlite3.Error as error:
            self._throw_away(error)
        try:
            with closing(db) if db is not None else nullcontext() as opened:
                yield opened
        except sqlite3.Error as error:
            self._throw_away(error)

    def _throw_away(self, error: sqlite3.Error) -> None:
        broken = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in _BROKEN
        if broken and self._write and self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)


def index_of(library: OpenLibrary, *, remember: bool = True) -> Index:
    """The index of a library. `remember` False: it is used where there is one, and not added to."""
    path = library.state / "index.sqlite" if remember or library.state.is_dir() else None
    return Index(path, library.mark, write=remember)


def _connect(path: Path, *, write: bool) -> sqlite3.Connection | None:
    if write:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
    elif not path.exists():
        return None
    mode = "rwc" if write else "ro"
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=10)
    if write:
        db.execute("PRAGMA journal_mode = TRUNCATE")
    return db


def _recall(row: Row | None, found: Found, mark: str) -> Sighting | None:
    if row is None or row[1:4] != (found.size, found.mtime_ns, mark):
        return None
    try:
        frame = load_frame(row[4]) if row[4] else None
    except (ValueError, TypeError, AttributeError):
        return None  # a damaged row is as good as none
    return Sighting(found=found, frame=frame, refusal=row[5])


def _read(found: Found, clues: Clues, folder: Path, known: Known) -> Sighting:
    try:
        header = read_header(folder / found.original)
    except FrameError as error:
        return Sighting(found=found, refusal=str(error))
    except OSError as error:
        refusal = f"could not be read: {error.strerror}"
        is_away = isinstance(error, FileNotFoundError | NotADirectoryError)  # its folder may come back
        return Sighting(found=found, refusal=refusal, passing=is_away or is_passing(error))
    return Sighting(found=found, frame=identify(replace(clues, header=header), known))


def dump_frame(frame: Frame) -> bytes | None:
    """A frame as JSON; None for one that JSON cannot hold (a number of thirty digits)."""
    try:
        values = {name: getattr(frame, name) for name in sorted(_FIELDS)}
        return orjson.dumps({name: value for name, value in values.items() if value not in _NOTHING})
    except TypeError:
        return None


def load_frame(data: bytes) -> Frame:
    """A frame from its JSON."""
    values: dict[str, Any] = {k: v for k, v in orjson.loads(data).items() if k in _FIELDS}
    for name in ("utc", "local"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if "night" in values:
        values["night"] = date.fromisoformat(values["night"])
    if "kind" in values:
        values["kind"] = Kind(values["kind"])
    values["problems"] = tuple(Problem(**problem) for problem in values.get("problems", ()))
    return Frame(**{"path": "", **values})


_NOTHING: tuple[object, ...] = (None, "", (), {})
_FIELDS = frozenset(f.name for f in fields(Frame))
