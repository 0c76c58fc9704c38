"""The bytes of a catalogue file: a TinyDB document with a row a line, so that part of it can be read.

    {"_nightbuild":{
    "1":{"version":1,"owner":"...","digests":["...","..."]}
    },
    "nights":{ ... },
    "sets":{
    "1":{...},
    "2":{...}
    },
    "frames":{ ... }}

Document ids are positions. Frames come last: whoever asks for sets alone reads no further. Two digests, of what lies
before the frames and of the frames, tell a damaged file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from pipeline.model.errors import NightbuildError
from pipeline.world.collector import collector_resting
from pipeline.world.files import open_regular

VERSION = 1
"""Of the rows and of how they lie in a file; a file of another version is made again."""
HEADER, FRAMES = "_nightbuild", "frames"
_BODY_AT = b"},\n"
_FRAMES_AT = b',\n"frames":{\n'
_END = b"}\n"
_OPENING = b"{\n"
_CHUNK_BYTES = 1 << 20
_HEADER_BYTES = 1 << 16

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


class Damaged(Exception):  # noqa: N818 - never leaves this room: whoever reads says it in a sentence
    """The bytes are not those we wrote."""


class Older(Exception):  # noqa: N818 - likewise
    """The file is whole, and of another version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFile:
    """One file, read."""

    owner: str = ""
    version: int = VERSION
    digest: str = ""
    """Of what its header says, the digests of its rows among it."""
    tables: dict[str, list[Any]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Any]:
        """The rows of a table; none where it was not asked for."""
        return self.tables.get(table, [])


def dump(owner: str, tables: Tables) -> tuple[bytes, str]:
    """The file of these tables, each row in its place; and its digest."""
    small = b",\n".join(_table(name, rows) for name, rows in tables.items() if name != FRAMES)
    frames = _lines(tables.get(FRAMES, ()))
    header = {"version": VERSION, "owner": owner, "digests": (_digest(small), _digest(frames))}
    top = b'{"%s":{\n%s' % (HEADER.encode(), _lines([header]))
    return b"".join((top, _BODY_AT, small, _FRAMES_AT, frames, b"}", _END)), _digest(top)


def load(data: bytes, *, frames: bool = True) -> CatalogFile:
    """The rows in these bytes.

    Args:
        data: The file; without `frames`, at least all that comes before them.
        frames: Whether the frames are wanted.

    Raises:
        Damaged: They are not what was written.
        Older: They are of another version (which `load_any` reads).
    """
    found = load_any(data, frames=frames)
    if found.version != VERSION:
        raise Older
    return found


def load_any(data: bytes, *, frames: bool = True) -> CatalogFile:
    """The same, whatever the version."""
    with collector_resting(), _said_plainly():
        opened = _open(data, frames=frames)
        tables = {name: list(rows.values()) for name, rows in _parsed(b"{%s}" % opened.small).items()}
        if frames:
            tables[FRAMES] = list(_parsed(opened.frames).values())
        return CatalogFile(owner=opened.owner, version=opened.version, digest=opened.digest, tables=tables)


def digest_in(data: bytes) -> str:
    """The digest of a file, its rows held against it.

    Raises:
        Damaged: They are not what was written.
    """
    with _said_plainly():
        return _open(data, frames=True).digest


def read_whole(path: Path) -> bytes:
    """The bytes of a file; OSError also where it is a pipe or a folder, which would never end."""
    with _open_plain(path) as file:
        return file.read()


def read_head(path: Path) -> bytes:
    """The bytes of a file up to its frames; all of it where none are found."""
    data = b""
    with _open_plain(path) as file:
        while _FRAMES_AT not in data[-2 * _CHUNK_BYTES :] and (chunk := file.read(_CHUNK_BYTES)):
            data += chunk
    return data


def _open_plain(path: Path) -> BinaryIO:
    try:
        return os.fdopen(open_regular(path), "rb")
    except NightbuildError as error:
        what = "a folder lies where a file should be" if path.is_dir() else "no plain file that can be read"
        raise OSError(errno.EINVAL, what, str(path)) from error


def load_json(data: bytes | memoryview) -> Any:  # noqa: ANN401 - any JSON
    """JSON, also with the lone surrogates that stand for the bytes of a file name in no alphabet."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(bytes(data))


def dump_json(row: Row) -> bytes:
    """A row as JSON on one line, whatever its file names."""
    try:
        return orjson.dumps(row)
    except TypeError:
        return json.dumps(row, separators=(",", ":"), allow_nan=False).encode("ascii")


def _table(name: str, rows: Iterable[Row]) -> bytes:
    return b'"%s":{\n%s}' % (name.encode(), _lines(rows))


def _lines(rows: Iterable[Row]) -> bytes:
    lines = [b'"%d":%s' % (number, dump_json(row)) for number, row in enumerate(rows, 1)]
    return b",\n".join(lines) + b"\n" if lines else b""


def _parsed(data: bytes | memoryview) -> dict[str, Any]:
    said = load_json(data)
    if not isinstance(said, dict):
        raise TypeError
    return said


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file in its parts, which are those that were written."""

    owner: str
    version: int
    digest: str
    small: bytes
    frames: memoryview
    """An object of its own; not copied, since it is nearly all of the file."""


def _open(data: bytes, *, frames: bool) -> _Opened:
    top, _, _ = data[:_HEADER_BYTES].partition(_BODY_AT)
    header = _parsed(top + b"}}")[HEADER]["1"]
    begin = data.find(_FRAMES_AT)
    before, last = header["digests"]
    if (
        begin < 0
        or before != _digest(small := data[len(top) + len(_BODY_AT) : begin])
        or type(header["version"]) is not int
    ):
        raise Damaged
    table = memoryview(data)[begin + len(_FRAMES_AT) - len(_OPENING) : -len(_END)]
    if frames and (not data.endswith(b"}" + _END) or last != _digest(table[len(_OPENING) : -1])):
        raise Damaged
    return _Opened(str(header["owner"]), header["version"], _digest(top), small, table)


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged from error


def _digest(data: bytes | memoryview) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
