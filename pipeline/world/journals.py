"""Journals: one JSON object a line, only ever added to. What ledger, decisions and trash are written in.

    append   one write of whole lines at the end, fsynced, or none of them; a tail torn by a crash is closed first
    read     every whole record; what is torn or unreadable is kept, skipped, and said in a sentence

Nothing that was said to be written is ever removed. Two writers do not mix their lines: the file is locked while
one of them appends.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pipeline.model.errors import PassingError, UserError
from pipeline.model.frames import Problem
from pipeline.world import glance
from pipeline.world.files import make_folder, sync_file, sync_folder, write_all
from pipeline.world.oslocks import try_lock, unlock
from pipeline.world.passing import retry

MAX_LINE_BYTES = 1 << 20
"""The longest record: what is longer is a mistake, or not ours."""
_WAIT_S = 20.0
_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_threads: dict[str, threading.Lock] = {}

Record = dict[str, Any]
"""One line, as JSON has it."""
Look = tuple[int, int]
"""A journal's size and time: it only grows, so what was added always shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What a journal holds: its records in order, and a sentence for each line that is none."""

    records: list[Record]
    notes: tuple[Problem, ...] = ()


def append(path: Path, records: Iterable[Mapping[str, object]]) -> tuple[Problem, ...]:
    """Add records to a journal, durably and in one write; a note when the line before had been torn."""
    payload = b"".join(_line(path, record) for record in records)
    if not payload:
        return ()
    glance.end()
    make_folder(path.parent)
    with _threads.setdefault(str(path), threading.Lock()):
        return retry(lambda: _append(path, payload), path)


def begin(path: Path) -> None:
    """Make a journal that has no line yet; one that is there stays as it is."""
    glance.end()
    make_folder(path.parent)
    descriptor, is_new = retry(lambda: _open(path), path)
    os.close(descriptor)
    if is_new:
        sync_folder(path.parent)


def read(path: Path) -> Journal:
    """Every whole record of a journal; one that is not there is empty."""
    try:
        data = retry(path.read_bytes, path)
    except FileNotFoundError:
        return Journal(records=[])
    return parse(data, str(path))


def parse(data: bytes, name: str) -> Journal:
    """The records in these bytes. A last line without its newline counts when it is whole."""
    records: list[Record] = []
    notes: list[Problem] = []
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            record = _loads_slowly(line)
        if record.__class__ is dict and len(line) <= MAX_LINE_BYTES:
            records.append(record)
        elif line.strip():
            notes.append(_note(name, number, torn=number == len(lines)))
    return Journal(records=records, notes=tuple(notes))


def looks_below(library: Path, folder: str) -> Iterator[tuple[str, Look]]:
    """Every journal below a folder, its size and time: names in order, a folder's own before those further down."""
    own, folders = _folder(library, folder)
    yield from own
    for name in folders:
        yield from looks_below(library, f"{folder}/{name}")


def looks_in(library: Path, folder: str) -> Iterator[tuple[str, Look]]:
    """The journals of one folder, likewise."""
    return iter(_folder(library, folder)[0])


def _folder(library: Path, folder: str) -> tuple[list[tuple[str, Look]], list[str]]:
    """The journals in a folder, and the folders in it."""

    def look() -> tuple[list[tuple[str, Look]], list[str]]:
        entries = _entries(library, folder)
        below = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        return list(_looks(folder, entries)), below

    return glance.once(("journals", f"{library}/{folder}"), look)


def _entries(library: Path, folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(f"{library}/{folder}") as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _looks(folder: str, entries: Iterable[os.DirEntry[str]]) -> Iterator[tuple[str, Look]]:
    for entry in entries:
        if entry.name.endswith(".jsonl") and entry.name[0] != "." and not entry.is_dir():
            with suppress(OSError):
                look = entry.stat()
                yield f"{folder}/{entry.name}", (look.st_size, look.st_mtime_ns)


def dump(record: Mapping[str, object]) -> bytes:
    """One record as a line without its newline: keys sorted, times ISO, any file name."""
    try:
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    except TypeError:  # a file name that is no Unicode, a whole number beyond 64 bits
        plain = json.dumps(_finite(record), sort_keys=True, separators=(",", ":"), default=_plain)
        return plain.encode("ascii")


def _line(path: Path, record: Mapping[str, object]) -> bytes:
    line = dump(record)
    if len(line) > MAX_LINE_BYTES:
        raise UserError(f"{path}: a record of {len(line)} bytes is too long to be written; nothing was")
    return line + b"\n"


def _loads_slowly(line: bytes) -> object:
    """What orjson refuses: the lone surrogates that stand for the bytes of a file name in no alphabet."""
    try:
        return json.loads(line) if line else None
    except (ValueError, RecursionError):
        return None


def _note(name: str, number: int, *, torn: bool) -> Problem:
    if torn:
        return Problem("torn-line", f"{name}: line {number} is torn (a run was cut off here); kept, skipped")
    return Problem("bad-line", f"{name}: line {number} is not readable; kept, skipped")


def _append(path: Path, payload: bytes) -> tuple[Problem, ...]:
    descriptor, is_new = _open(path)
    try:
        with _locked(descriptor, path) as alone:
            torn = _ends_torn(descriptor)
            _add(descriptor, b"\n" + payload if torn else payload, alone=alone)
    finally:
        os.close(descriptor)
    if is_new:
        sync_folder(path.parent)
    if not torn:
        return ()
    return (Problem("torn-line", f"{path}: the last line was torn by an earlier crash; closed, and kept"),)


def _add(descriptor: int, data: bytes, *, alone: bool) -> None:
    """Write all, or take back what got in: a full disk takes some lines and half of the next, then says so.

    Where nobody can be kept out, another program's lines may stand behind ours: then nothing is taken back.
    """
    before = os.fstat(descriptor).st_size
    try:
        write_all(descriptor, data)
        sync_file(descriptor)
    except OSError:
        if alone:
            with suppress(OSError):  # what then stays is a torn line, closed by the next append
                os.ftruncate(descriptor, before)
        raise


def _open(path: Path) -> tuple[int, bool]:
    try:
        return os.open(path, _FLAGS), False
    except FileNotFoundError:
        return os.open(path, _FLAGS | os.O_CREAT, 0o666), True


def _ends_torn(descriptor: int) -> bool:
    if not os.lseek(descriptor, 0, os.SEEK_END):
        return False
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) != b"\n"


@contextmanager
def _locked(descriptor: int, path: Path) -> Iterator[bool]:
    """Keep other processes out for the length of a write: False on a share without locks, with its single write."""
    until = time.monotonic() + _WAIT_S
    while (locked := try_lock(descriptor)) is False:
        if time.monotonic() > until:
            raise PassingError(f"{path}: another program keeps it locked; the next run tries again")
        time.sleep(0.02)
    try:
        yield bool(locked)
    finally:
        if locked:
            unlock(descriptor)


def _finite(value: object) -> object:
    """JSON knows no NaN: null, as orjson writes it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def _plain(value: object) -> object:
    return json.loads(orjson.dumps(value, option=orjson.OPT_UTC_Z))
