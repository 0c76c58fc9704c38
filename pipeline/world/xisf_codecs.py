"""The packings of XISF data blocks: zlib, lz4, lz4hc and zstd, none of which makes more bytes than were asked for."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from pipeline.model.errors import NotAFrame
from pipeline.world.fits_cards import legible


def unpack_piece(codec: str, packed: memoryview, size: int) -> bytes | memoryview:
    """Unpack one part of a block, which is `size` bytes long then and not one more.

    Raises:
        NotAFrame: these bytes are not so packed.
    """
    if not size:
        return b""
    try:
        part = _DECODERS[codec](packed, size)
    except _broken() as error:
        if len(packed) == size:  # PixInsight stores a part as it is where packing gains nothing
            return packed
        raise NotAFrame(f"its {codec} data are broken ({legible(str(error))[:80]})") from error
    if len(part) != size:
        raise NotAFrame(f"its {codec} data unpack to {len(part):,} bytes, not {size:,}")
    return part


def _broken() -> tuple[type[Exception], ...]:
    """What the decoders raise at bytes that are not theirs."""
    import lz4.block
    import zstandard

    return (zlib.error, lz4.block.LZ4BlockError, zstandard.ZstdError, ValueError, OverflowError)


def _zlib(packed: memoryview, size: int) -> bytes:
    stream = zlib.decompressobj()
    part = stream.decompress(packed, size)
    if not stream.eof and stream.decompress(stream.unconsumed_tail, 1):
        raise ValueError("there is more than the picture takes")
    return part


def _lz4(packed: memoryview, size: int) -> bytes:
    import lz4.block

    return bytes(lz4.block.decompress(packed, uncompressed_size=size))


def _zstd(packed: memoryview, size: int) -> bytes:
    import zstandard

    said = zstandard.get_frame_parameters(packed).content_size
    if said not in (size, zstandard.CONTENTSIZE_UNKNOWN):
        raise ValueError(f"they hold {said:,} bytes, not {size:,}")  # it would be believed and allocated
    return zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)


_DECODERS: dict[str, Callable[[memoryview, int], bytes]] = {
    "zlib": _zlib,
    "lz4": _lz4,
    "lz4hc": _lz4,
    "zstd": _zstd,
}
