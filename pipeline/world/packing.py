"""One file packed block by block, and unpacked: each block is unpacked again at once, and compared, before it counts.

    file ─1 MiB blocks─▶ samples as planes, or as they are ─zstd─▶ back again, equal? ─▶ written in order

Blocks are packed side by side on all cores while the file is read and hashed in one go; only a few lie in memory.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from pipeline.model.backup import Member, Span
from pipeline.model.errors import FrameError
from pipeline.pixels.planes import best_step, from_planes, tells, to_planes
from pipeline.world.files import identity, open_regular, require_unchanged
from pipeline.world.fits_image import open_image
from pipeline.world.xisf_image import open_xisf

BLOCK_BYTES = 1 << 20
_AHEAD = 8
"""Blocks that lie in memory at once."""
_FITS = (".fits", ".fit", ".fts")
_PACKED = (".fz", ".gz", ".zst", ".zip", ".jpg", ".jpeg", ".png", ".cr2", ".cr3", ".nef", ".arw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What came of packing a file."""

    sha256: str
    size: int
    codec: str
    packed: int
    span: Span | None = None


def span_of(path: Path) -> Span | None:
    """Where a file's samples of 16 bits lie; None where it holds none, or not as they are."""
    name = path.name.lower()
    try:
        if name.endswith(_FITS):
            image = open_image(path)
            size = image.width * image.height * image.planes * 2
            return _span(path, image.data_at, size, ">") if image.bitpix == 16 else None
        if name.endswith(".xisf"):
            xisf = open_xisf(path)
            order = ">" if xisf.block.is_big_endian else "<"
            is_ours = xisf.sample == "u2" and xisf.block.is_plain and xisf.block.size % 2 == 0
            return _span(path, xisf.block.at, xisf.block.size, order) if is_ours else None
    except FrameError:
        return None
    return None


def pack_file(path: Path, out: BinaryIO, crew: ThreadPoolExecutor, progress: Callable[[int], None]) -> Packed:
    """Write a file's bytes, packed, to `out`; what changes while it is read raises PassingError."""
    span = span_of(path)
    codec = "planes" if span is not None else "none" if path.name.lower().endswith(_PACKED) else "zst"
    digest, written, size = hashlib.sha256(), 0, 0
    descriptor = open_regular(path)
    try:
        before = identity(descriptor)
        waiting: deque[Future[bytes]] = deque()
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            for length, kind in _blocks(before[0], span, codec):
                block = _read(file, length)
                digest.update(block)
                size += len(block)
                progress(len(block))
                waiting.append(crew.submit(_pack, block, kind, span))
                if len(waiting) > _AHEAD:
                    written += out.write(waiting.popleft().result())
        for one in waiting:
            written += out.write(one.result())
        require_unchanged(path, descriptor, before, size)
    finally:
        os.close(descriptor)
    return Packed(sha256=digest.hexdigest(), size=size, codec=codec, packed=written, span=span)


def unpack_member(source: BinaryIO, member: Member, write: Callable[[bytes], object]) -> str:
    """Unpack a member's bytes; returns the SHA-256 of what came out. What is no packing of ours raises FrameError."""
    digest = hashlib.sha256()
    try:
        packed: BinaryIO = source
        if member.codec != "none":
            packed = zstandard.ZstdDecompressor().stream_reader(
                source, read_size=BLOCK_BYTES, read_across_frames=True
            )
        for length, kind in _blocks(member.size, member.span, member.codec):
            block = _exactly(packed, length)
            if kind == "planes" and member.span is not None:
                block = from_planes(block, member.span.order, member.span.step)
            digest.update(block)
            write(block)
    except (zstandard.ZstdError, ValueError, TypeError, OverflowError) as error:
        raise FrameError(f"{member.path}: its copy in the backup is damaged ({error})") from error
    return digest.hexdigest()


def _span(path: Path, at: int, size: int, order: str) -> Span:
    with path.open("rb") as file:
        file.seek(at + size // 4 * 2)
        return Span(
            at=at, size=size, order=order, step=best_step(file.read(min(1 << 16, size // 4 * 2)), order)
        )


def _blocks(size: int, span: Span | None, codec: str) -> Iterator[tuple[int, str]]:
    """How a file is cut: what lies before the samples, the samples, what lies behind them."""
    if span is None:
        yield from _cut(size, codec)
        return
    if not 0 <= span.at <= span.at + span.size <= size or span.step < 1:
        raise ValueError("its samples lie outside it")
    yield from _cut(span.at, "zst")
    yield from _cut(span.size, "planes")
    yield from _cut(size - span.at - span.size, "zst")


def _cut(size: int, kind: str) -> Iterator[tuple[int, str]]:
    for at in range(0, size, BLOCK_BYTES):
        yield min(BLOCK_BYTES, size - at), kind


def _read(file: BinaryIO, length: int) -> bytes:
    found = file.read(length)
    while len(found) < length and (more := file.read(length - len(found))):
        found += more
    return found


def _exactly(source: BinaryIO, length: int) -> bytes:
    found = _read(source, length)
    if len(found) != length:
        raise ValueError("it ends too early")
    return found


def _pack(block: bytes, kind: str, span: Span | None) -> bytes:
    """One block packed, and proven by unpacking it."""
    if kind == "none":
        return block
    if kind == "planes" and span is not None:
        packed = _NOISE.packer.compress(to_planes(block, span.order, span.step))
        is_proven = tells(_NOISE.unpacker.decompress(packed), block, span.order, span.step)
    else:
        packed = _TEXT.packer.compress(block)
        is_proven = _TEXT.unpacker.decompress(packed) == block
    if not is_proven:
        raise FrameError("a block did not come out of its packing as it went in (a fault of this computer?)")
    return packed


class _Hands(threading.local):
    """A packer and an unpacker for each thread: making them takes longer than packing a block."""

    def __init__(self, **how: int) -> None:
        how_to = zstandard.ZstdCompressionParameters.from_level(1, source_size=BLOCK_BYTES, **how)
        self.packer = zstandard.ZstdCompressor(compression_params=how_to)
        self.unpacker = zstandard.ZstdDecompressor()


_TEXT = _Hands()
_NOISE = _Hands(hash_log=10)
"""Noise repeats nothing: what it is looked for in may be small, and its bytes are only counted."""
