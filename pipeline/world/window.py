"""A file seen through a small window: bytes at a place, and no more of it than is asked for.

Header readers look at 6 KB of a 52 MB frame. They ask a window, and need not care whether the file is plain,
gzipped or a piece of another file.
"""

from __future__ import annotations

import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pipeline.model.errors import CutOff, NotAFrame

FIRST_LOOK = 5760
"""Two FITS blocks, the length of most capture programs' headers, in one read."""
# O_NONBLOCK: opening a named pipe would wait for a writer for ever. It means nothing to an ordinary file.
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_GZIP_STEP = 16_384
_MOST_UNZIPPED = 48 << 20
"""No header lies deeper in a gzipped file than this; a bomb gets no further."""


class Window(Protocol):
    """Bytes at a place; fewer, or none, past the end."""

    size: int | None
    """Length of the file; None where only reading it all would tell."""
    trouble: NotAFrame | CutOff | None
    """Why the bytes end where they do, where that is not simply the end of the file."""

    def at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset` on."""


class OpenFile:
    """A window on an open file."""

    __slots__ = ("_descriptor", "_start", "size", "trouble")

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self.size: int | None = size
        self.trouble: NotAFrame | CutOff | None = None
        self._start = os.read(descriptor, FIRST_LOOK)

    def at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset` on; those of the first look without another read."""
        if offset + count <= len(self._start) or len(self._start) == self.size:
            return self._start[offset : offset + count]
        left = (self.size or 0) - offset
        return _read_at(self._descriptor, offset, min(count, left)) if left > 0 and count > 0 else b""


class Piece:
    """A window on bytes already read."""

    __slots__ = ("_data", "size", "trouble")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size: int | None = len(data)
        self.trouble: NotAFrame | CutOff | None = None

    def at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset` on."""
        return self._data[offset : offset + count]


class Gunzipped:
    """A window on what a gzipped file holds: unzipped from its start, as far as was looked."""

    def __init__(self, packed: Window) -> None:
        self.size: int | None = None
        self.trouble: NotAFrame | CutOff | None = None
        self._packed = packed
        self._read = 0
        self._stream = zlib.decompressobj(wbits=31)
        self._data = bytearray()

    def at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset` on, unzipping up to there."""
        wanted = min(offset + count, _MOST_UNZIPPED)
        while len(self._data) < wanted and self.trouble is None and not self._stream.eof:
            self._unzip(wanted - len(self._data))
        return bytes(self._data[offset : offset + count])

    def _unzip(self, count: int) -> None:
        packed = self._stream.unconsumed_tail or self._packed.at(self._read, _GZIP_STEP)
        if not packed:
            self.trouble = CutOff("the gzip data end early (copy cut off?)")
            return
        if not self._stream.unconsumed_tail:
            self._read += len(packed)
        try:
            self._data += self._stream.decompress(packed, count)
        except zlib.error:
            self.trouble = NotAFrame("the gzip data are broken")


@contextmanager
def open_window(path: Path) -> Iterator[OpenFile]:
    """Open a file to look into it; ordinary files only: a pipe or a folder may bear any name."""
    try:
        descriptor = os.open(path, _READING)
    except PermissionError:
        if path.is_dir():  # Windows cannot open a folder and calls that a question of permission
            raise NotAFrame("a folder, not a file") from None
        raise
    try:
        yield OpenFile(descriptor, _ordinary_size(descriptor))
    finally:
        os.close(descriptor)


def _ordinary_size(descriptor: int) -> int:
    state = os.fstat(descriptor)
    if stat.S_ISREG(state.st_mode):
        return state.st_size
    raise NotAFrame("a folder, not a file" if stat.S_ISDIR(state.st_mode) else "not an ordinary file")


if sys.platform == "win32":

    def _read_at(descriptor: int, offset: int, count: int) -> bytes:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, count)

else:

    def _read_at(descriptor: int, offset: int, count: int) -> bytes:
        return os.pread(descriptor, count, offset)
