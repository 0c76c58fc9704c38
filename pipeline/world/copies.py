"""Copies one can trust: read back from the disk, compared with their source byte by byte, mtime kept.

    source ─▶ part-file ─fsync, forget the cache─▶ read back beside the source, hash ─▶ equal? placed

One hash pass gives both the proof and the SHA-256 of what the disk holds. A clone shares blocks with its
source where the file system can (Btrfs, XFS, APFS): instant, for no room.
"""

from __future__ import annotations

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from pipeline.model.errors import PassingError
from pipeline.world.files import (
    CHUNK_BYTES,
    Identity,
    Progress,
    identity,
    open_regular,
    require_unchanged,
    sync_file,
    write_all,
)
from pipeline.world.passing import is_full, is_passing
from pipeline.world.renames import libc

_FICLONE = 0x40049409
_BINARY = getattr(os, "O_BINARY", 0)


def copy_to_part(source: Path, part: Path, progress: Progress | None = None) -> str:
    """Fill `part` with the bytes and mtime of `source`, proven by reading back; returns their SHA-256."""
    reading = open_regular(source)
    try:
        before = identity(reading)
        writing = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | _BINARY, 0o666)
        try:
            size = _pump(reading, writing, progress)
            _finish(part, writing, before)
            sha256 = _prove(reading, writing)
            require_unchanged(source, reading, before, size)
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    if sha256 is None:
        raise PassingError(f"{source}: its copy reads back differently; check the disk of {part.parent}")
    return sha256


def clone_to_part(source: Path, part: Path) -> bool:
    """Make `part` share the blocks of `source`; False where the file system cannot."""
    reading = open_regular(source)
    try:
        before = identity(reading)
        if not _clone(reading, source, part):
            return False
        require_unchanged(source, reading, before, before[0])
        writing = os.open(part, os.O_RDWR | _BINARY)
        try:
            _finish(part, writing, before)
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    return True


def equal_bytes(first: Path, second: Path) -> bool:
    """True when two files hold the same bytes; the first difference ends the reading."""
    one, two = open_regular(first), open_regular(second)
    try:
        if os.fstat(one).st_size != os.fstat(two).st_size:
            return False
        while True:
            left, right = _read_full(one), _read_full(two)
            if left != right:
                return False
            if not left:
                return True
    finally:
        os.close(one)
        os.close(two)


def _pump(reading: int, writing: int, progress: Progress | None) -> int:
    size = 0
    while chunk := os.read(reading, CHUNK_BYTES):
        write_all(writing, chunk)
        size += len(chunk)
        if progress is not None:
            progress(len(chunk))
    return size


def _finish(part: Path, writing: int, source: Identity) -> None:
    mtime_ns = source[1]
    os.utime(writing if os.utime in os.supports_fd else part, ns=(mtime_ns, mtime_ns))
    sync_file(writing)


def _prove(reading: int, writing: int) -> str | None:
    """The hash of what the disk holds, not of what memory remembers; None unless it is the source's bytes."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.posix_fadvise(writing, 0, 0, os.POSIX_FADV_DONTNEED)
    os.lseek(reading, 0, os.SEEK_SET)
    os.lseek(writing, 0, os.SEEK_SET)
    digest = hashlib.sha256()
    with ThreadPoolExecutor(1, thread_name_prefix="hash") as hasher:  # hashes a chunk while the next is read
        hashed = hasher.submit(digest.update, b"")
        while chunk := _read_full(writing):
            if chunk != _read_full(reading):
                return None
            hashed.result()
            hashed = hasher.submit(digest.update, chunk)
    return None if _read_full(reading) else digest.hexdigest()


def _read_full(descriptor: int) -> bytes:
    """A whole chunk, or what is left: a share may answer with less than was asked for."""
    data = os.read(descriptor, CHUNK_BYTES)
    while data and len(data) < CHUNK_BYTES:
        more = os.read(descriptor, CHUNK_BYTES - len(data))
        if not more:
            break
        data += more
    return data


if sys.platform == "linux":
    import fcntl

    def _clone(reading: int, _source: Path, part: Path) -> bool:
        writing = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            fcntl.ioctl(writing, _FICLONE, reading)
        except OSError as error:
            if is_full(error) or is_passing(error):
                raise
            return False
        finally:
            os.close(writing)
        return True

elif sys.platform == "darwin":

    def _clone(_reading: int, source: Path, part: Path) -> bool:
        function = getattr(libc(), "clonefile", None)
        return function is not None and function(os.fsencode(source), os.fsencode(part), 0) == 0

else:

    def _clone(_reading: int, _source: Path, _part: Path) -> bool:
        return False  # ReFS could; nobody has asked yet
