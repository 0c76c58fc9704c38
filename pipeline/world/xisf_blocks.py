"""The data block of an XISF image: where its bytes lie, how they are packed, and what proves them whole.

    attributes ─find_block─▶ Block ─load_block─▶ its bytes, proved, unpacked, in the order of the samples

How long the unpacked block is, the geometry of the picture says, never the block: a bomb ends there. Errors name
what is wrong without the file, which the caller adds.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.model.errors import CutOff, FrameError, NotAFrame
from pipeline.world.fits_cards import legible
from pipeline.world.xisf_codecs import unpack_piece

Octets = NDArray[np.uint8]

_ATTACHMENT = re.compile(r"attachment:(\d{1,18}):(\d{1,18})")
_COMPRESSION = re.compile(r"(zlib|lz4|lz4hc|zstd)(\+sh)?:(\d{1,18})(?::(\d{1,3}))?")
_PIECES = re.compile(r"\d{1,18},\d{1,18}(?::\d{1,18},\d{1,18})*")
_HASHES = {
    "sha-1": "sha1",
    "sha1": "sha1",
    "sha-256": "sha256",
    "sha256": "sha256",
    "sha-512": "sha512",
    "sha512": "sha512",
    "sha3-256": "sha3_256",
    "sha3-512": "sha3_512",
}
_STEP = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Where the bytes of a picture lie and how they become its samples."""

    size: int
    """Unpacked, by the geometry of the picture."""
    at: int = 0
    stored: int = 0
    """Bytes as they lie there."""
    held: bytes | None = None
    """The stored bytes themselves, where they lie in the header."""
    codec: str = ""
    item_bytes: int = 1
    """More than one: the first bytes of all samples lie together, then all second ones, and so on."""
    pieces: tuple[tuple[int, int], ...] = ()
    """Packed and unpacked length of each part; empty: one part."""
    checksum: tuple[str, str] | None = None
    """Of the stored bytes: name as hashlib has it, and hex digits."""
    is_big_endian: bool = False

    @property
    def is_plain(self) -> bool:
        """The samples lie in the file as they are: rows can be read alone."""
        return self.held is None and not self.codec


def find_block(attributes: Mapping[str, str], text: str, size: int) -> Block:
    """Understand what an Image element (and its Data child, the latter's attributes winning) says of its block.

    Args:
        attributes: of the element.
        text: what stands in it: the bytes themselves, where it is inline or embedded.
        size: of the picture, unpacked.
    """
    location = attributes.get("location", "")
    codec, item_bytes = _compression(attributes.get("compression", ""), size)
    found = _ATTACHMENT.fullmatch(location)
    held = None if found else _held(location, attributes.get("encoding", ""), text)
    at, stored = (int(found[1]), int(found[2])) if found else (0, len(held or b""))
    if not codec and stored < size:
        raise NotAFrame(f"its data block has {stored:,} bytes, its picture takes {size:,}")
    return Block(
        size=size,
        at=at,
        stored=stored,
        held=held,
        codec=codec,
        item_bytes=item_bytes,
        pieces=_pieces(attributes.get("subblocks", ""), stored, size) if codec else (),
        checksum=_checksum(attributes.get("checksum", "")),
        is_big_endian=attributes.get("byteOrder", "").strip().lower() == "big",
    )


def require_whole(block: Block, file: BinaryIO) -> None:
    """Compare an attached block with its checksum, without holding it."""
    if block.checksum is None or block.held is not None:
        return
    digest = hashlib.new(block.checksum[0], usedforsecurity=False)
    file.seek(block.at)
    left = block.stored
    while left and (part := file.read(min(_STEP, left))):
        digest.update(part)
        left -= len(part)
    _compare(block.checksum, digest.hexdigest())


def load_block(block: Block, file: BinaryIO) -> Octets:
    """The bytes of the samples, proved by the checksum and unpacked."""
    stored = block.held
    if stored is None:
        file.seek(block.at)
        stored = file.read(block.stored)
        if len(stored) < block.stored:
            raise CutOff(f"the data end after {len(stored):,} of {block.stored:,} bytes (copy cut off?)")
    if block.checksum is not None:
        digest = hashlib.new(block.checksum[0], stored, usedforsecurity=False)
        _compare(block.checksum, digest.hexdigest())
    if not block.codec:
        return np.frombuffer(stored, np.uint8, block.size)
    try:
        return _unshuffled(_unpacked(block, memoryview(stored)), block.item_bytes)
    except MemoryError as error:
        raise FrameError("its picture needs more memory than there is") from error


def _held(location: str, encoding: str, text: str) -> bytes:
    kind, _, named = location.partition(":")
    if kind not in {"inline", "embedded"}:
        said = f"at {legible(location)[:60]}, not in this file" if location else "nowhere"
        raise NotAFrame(f"its pixels lie {said}: not read")
    coding = (named if kind == "inline" else encoding).strip().lower()
    joined = "".join(text.split())
    try:
        if coding == "base64":
            return base64.b64decode(joined, validate=True)
        if coding in {"hex", "base16"}:
            return bytes.fromhex(joined)
    except ValueError as error:
        raise NotAFrame(f"its pixels are no {coding} ({error})") from error
    raise NotAFrame(f"its pixels are written in {legible(coding)[:20] or 'no known letters'}: not read")


def _compression(said: str, size: int) -> tuple[str, int]:
    """Codec and length of the shuffled items."""
    if not said:
        return "", 1
    found = _COMPRESSION.fullmatch(said.strip().lower())
    if not found or (found[2] and not int(found[4] or 0)):
        raise NotAFrame(f"its pixels are compressed by {legible(said)[:60]}: not read")
    if int(found[3]) != size:
        raise NotAFrame(f"its data block unpacks to {int(found[3]):,} bytes, its picture takes {size:,}")
    return found[1], int(found[4]) if found[2] else 1


def _pieces(said: str, stored: int, size: int) -> tuple[tuple[int, int], ...]:
    if not said:
        return ((stored, size),)
    if not _PIECES.fullmatch(said.strip()):
        raise NotAFrame(f"the parts of its data block are not understood: {legible(said)[:60]}")
    pairs = (pair.partition(",") for pair in said.strip().split(":"))
    pieces = tuple((int(packed), int(unpacked)) for packed, _, unpacked in pairs)
    packed, unpacked = sum(each[0] for each in pieces), sum(each[1] for each in pieces)
    if unpacked != size or packed > stored:
        raise NotAFrame(
            f"the parts of its data block are {packed:,} bytes for {unpacked:,}, not {stored:,} for {size:,}"
        )
    return pieces


def _checksum(said: str) -> tuple[str, str] | None:
    if not said:
        return None
    kind, _, digits = said.strip().lower().partition(":")
    if kind not in _HASHES:
        raise NotAFrame(f"its checksum is a {legible(kind)[:20]}, which we cannot compute")
    return _HASHES[kind], digits


def _compare(checksum: tuple[str, str], computed: str) -> None:
    if computed != checksum[1]:
        raise FrameError("its pixels do not have the checksum its header states (damaged file?)")


def _unpacked(block: Block, stored: memoryview) -> Octets:
    whole = np.empty(block.size, np.uint8)
    read, written = 0, 0
    for packed, unpacked in block.pieces:
        part = unpack_piece(block.codec, stored[read : read + packed], unpacked)
        whole[written : written + unpacked] = np.frombuffer(part, np.uint8)
        read, written = read + packed, written + unpacked
    return whole


def _unshuffled(octets: Octets, item_bytes: int) -> Octets:
    """Samples put together again from their scattered bytes; a rest shorter than a sample was left in place."""
    if item_bytes == 1:
        return octets
    count = len(octets) // item_bytes
    whole = np.empty_like(octets)
    samples = whole[: count * item_bytes].reshape(count, item_bytes)
    for place in range(item_bytes):
        samples[:, place] = octets[place * count : (place + 1) * count]
    whole[count * item_bytes :] = octets[count * item_bytes :]
    return whole
