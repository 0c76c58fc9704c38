"""A tar, plain or packed, read front to back in bounded memory.

The standard library's reader believes the sizes in a tar: a name "of 8 GB" is read into memory, a packed
stream is unpacked without bound. So the blocks are walked here, and `tarfile` only takes their fields apart.

    [x or L: the next name, size, time]? header data pad   header data pad   ...   zeros
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.world.entries import CHUNK_BYTES, Entry, Meter, cut_off, damaged

_BLOCK = 512
_LONGEST_NOTE_BYTES = 1024 * 1024
_XZ_MEMORY_BYTES = 256 * 1024 * 1024
_PAX_RECORD = re.compile(rb"(\d{1,8}) ([^=]{1,256})=")
_NOT_FILES = {
    tarfile.SYMTYPE: "it is a link, not a file",
    tarfile.LNKTYPE: "it is a second name of another file in the archive",
    tarfile.CHRTYPE: "it is a device, not a file",
    tarfile.BLKTYPE: "it is a device, not a file",
    tarfile.FIFOTYPE: "it is a pipe, not a file",
}
_NOTES = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.XGLTYPE,
)


def read_tar(archive: Path, meter: Meter, *, packing: str) -> Iterator[Entry]:
    """Yield the files of a tar; `packing` is "", "gz", "xz" or "bz2"."""
    with archive.open("rb") as packed, _unpack_stream(packed, packing) as stream:
        meter.expect(meter.packed_bytes)
        tape = _Tape(archive=archive, stream=stream, meter=meter)
        yield from _walk(tape)
        tape.drain()


def _walk(tape: _Tape) -> Iterator[Entry]:
    notes = _Notes()
    members = 0
    while (header := _read_header(tape)) is not None:
        members += 1
        tape.meter.count_members(members)
        if header.type in _NOTES:
            notes.learn(header.type, _read_note(tape, header), tape)
            continue
        body = _Body(tape=tape, left_bytes=_body_bytes(header, notes, tape))
        if header.type != tarfile.DIRTYPE:
            yield notes.describe(header, body)
        body.skip()
        notes.local = {}


@dataclass(slots=True)
class _Tape:
    """The unpacked stream: counted, and every way to be broken told in a sentence."""

    archive: Path
    stream: io.BufferedIOBase
    meter: Meter

    def read(self, size_bytes: int) -> bytes:
        try:
            data = self.stream.read(size_bytes)
        except EOFError as error:
            raise cut_off(self.archive) from error
        except (zlib.error, lzma.LZMAError, ValueError) as error:
            raise damaged(self.archive, f"its packing is damaged ({error})") from error
        except OSError as error:
            if error.errno is not None:
                raise  # the disk, not the archive
            raise damaged(self.archive, f"its packing is damaged ({error})") from error
        self.meter.add(len(data))
        return data

    def read_exactly(self, size_bytes: int) -> bytes:
        data = b""
        while len(data) < size_bytes:
            piece = self.read(size_bytes - len(data))
            if not piece:
                raise cut_off(self.archive)
            data += piece
        return data

    def drain(self) -> None:
        """Read to the end: the checksum of a packed stream comes last."""
        while self.read(CHUNK_BYTES):
            pass


@dataclass(slots=True)
class _Body:
    """The bytes of one member; what nobody reads is skipped."""

    tape: _Tape
    left_bytes: int
    pad_bytes: int = 0

    def __post_init__(self) -> None:
        self.pad_bytes = -self.left_bytes % _BLOCK

    def chunks(self) -> Iterator[bytes]:
        while self.left_bytes:
            chunk = self.tape.read_exactly(min(CHUNK_BYTES, self.left_bytes))
            self.left_bytes -= len(chunk)
            yield chunk

    def skip(self) -> None:
        for _ in self.chunks():
            pass
        self.tape.read_exactly(self.pad_bytes)


@dataclass(slots=True)
class _Notes:
    """What the blocks before a header say of it: long names, sizes over 8 GB, exact times."""

    always: dict[str, str] = field(default_factory=dict)
    local: dict[str, str] = field(default_factory=dict)

    def learn(self, kind: bytes, note: bytes, tape: _Tape) -> None:
        if kind == tarfile.GNUTYPE_LONGNAME:
            self.local["path"] = _decode(note.split(b"\0", 1)[0])
        elif kind == tarfile.XGLTYPE:
            self.always |= _parse_pax(note, tape)
        elif kind in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            self.local |= _parse_pax(note, tape)

    def find(self, key: str) -> str | None:
        return self.local.get(key, self.always.get(key))

    def describe(self, header: tarfile.TarInfo, body: _Body) -> Entry:
        name = self.find("path") or _readable(header.name)
        refusal = _NOT_FILES.get(header.type, "")
        if header.type == tarfile.GNUTYPE_SPARSE or any(key.startswith("GNU.sparse") for key in self.local):
            refusal = "it is a sparse file, which we do not read; unpack it by hand"
        elif not refusal and header.type not in tarfile.REGULAR_TYPES:
            refusal = "it is of a kind we do not know"
        try:
            mtime_s = float(self.find("mtime") or header.mtime)
        except (ValueError, OverflowError):
            mtime_s = None
        return Entry(name=name, mtime_s=mtime_s, refusal=refusal, chunks=body.chunks)


def _read_header(tape: _Tape) -> tarfile.TarInfo | None:
    """The next header; None at the block of zeros that ends a tar."""
    block = tape.read_exactly(_BLOCK)
    if not block.strip(b"\0"):
        return None
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError, OverflowError) as error:
        raise damaged(tape.archive, f"it is no tar inside, or damaged ({error})") from error


def _read_note(tape: _Tape, header: tarfile.TarInfo) -> bytes:
    if not 0 <= header.size <= _LONGEST_NOTE_BYTES:
        raise damaged(tape.archive, f"it holds a name of {header.size} bytes")
    note = tape.read_exactly(header.size)
    tape.read_exactly(-header.size % _BLOCK)
    return note


def _body_bytes(header: tarfile.TarInfo, notes: _Notes, tape: _Tape) -> int:
    if header.type in _NOT_FILES or header.type == tarfile.DIRTYPE:
        return 0
    said = notes.find("size")
    if said is not None and not re.fullmatch(r"[0-9]{1,18}", said):
        raise damaged(tape.archive, "it holds a file of no known size")
    size_bytes = header.size if said is None else int(said)
    if size_bytes < 0:
        raise damaged(tape.archive, "it holds a file of less than no bytes")
    return size_bytes


def _parse_pax(note: bytes, tape: _Tape) -> dict[str, str]:
    said: dict[str, str] = {}
    at = 0
    while at < len(note) and note[at : at + 1] != b"\0":
        found = _PAX_RECORD.match(note, at)
        end = at + int(found[1]) if found else 0
        if not found or not found.end() < end <= len(note):
            raise damaged(tape.archive, "what it says of a file makes no sense")
        said[_decode(found[2])] = _decode(note[found.end() : end - 1])
        at = end
    return said


def _decode(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("latin-1")


def _readable(name: str) -> str:
    return _decode(name.encode("utf-8", "surrogateescape"))


def _unpack_stream(packed: io.BufferedReader, packing: str) -> io.BufferedIOBase:
    if packing == "gz":
        return gzip.GzipFile(fileobj=packed)
    if packing == "bz2":
        return bz2.BZ2File(packed)
    if packing == "xz":
        return io.BufferedReader(_Xz(packed), CHUNK_BYTES)
    return packed


class _Xz(io.RawIOBase):
    """An xz stream that may not ask for more memory than a large packer's setting needs."""

    def __init__(self, packed: io.BufferedReader) -> None:
        super().__init__()
        self._packed = packed
        self._feed = b""
        self._engine = self._start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = b""
        while not data:
            if self._engine.eof and not self._start_next():
                return 0
            if self._engine.needs_input and not self._feed:
                self._feed = self._packed.read(CHUNK_BYTES)
                if not self._feed:
                    raise EOFError("the stream ends in the middle")
            data = self._engine.decompress(self._feed, len(buffer))
            self._feed = b""
        buffer[: len(data)] = data
        return len(data)

    def _start_next(self) -> bool:
        """Begin the next of several streams in one file, past the zeros that may lie between."""
        rest = self._engine.unused_data.lstrip(b"\0")
        while not rest:
            piece = self._packed.read(CHUNK_BYTES)
            if not piece:
                return False
            rest = piece.lstrip(b"\0")
        self._engine, self._feed = self._start(), rest
        return True

    def _start(self) -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES)
