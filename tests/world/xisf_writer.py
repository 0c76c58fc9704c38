"""XISF files of every kind the specification allows, written plainly; only tests write XISF."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

import lz4.block
import numpy as np
import zstandard

FORMATS = {"u1": "UInt8", "u2": "UInt16", "u4": "UInt32", "f4": "Float32", "f8": "Float64"}
PACKERS = {
    "zlib": zlib.compress,
    "lz4": lambda data: lz4.block.compress(data, store_size=False),
    "lz4hc": lambda data: lz4.block.compress(data, mode="high_compression", store_size=False),
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
}
DIGESTS = {
    "sha-1": "sha1",
    "sha-256": "sha256",
    "sha-512": "sha512",
    "sha3-256": "sha3_256",
    "sha3-512": "sha3_512",
}
ATTACHED_AT = 4096


def write_xisf(
    path: Path,
    pixels: np.ndarray,
    *,
    place: str = "attachment",
    encoding: str = "base64",
    codec: str = "",
    parts: int = 1,
    checksum: str = "",
    big: bool = False,
    normal: bool = False,
    inside: str = "",
    after: str = "",
    also: Mapping[str, str] | None = None,
) -> Path:
    """Write `pixels` as the first image; `also` are attributes of its element, which take the place of ours."""
    samples = np.moveaxis(pixels, 0, -1) if normal and pixels.ndim == 3 else pixels
    data = samples.astype(samples.dtype.newbyteorder(">" if big else "<")).tobytes()
    block, said = _packed(data, codec, parts, pixels.itemsize)
    if checksum:
        said["checksum"] = f"{checksum}:{hashlib.new(DIGESTS[checksum], block).hexdigest()}"
    if big:
        said["byteOrder"] = "big"
    planes = pixels.shape[0] if pixels.ndim == 3 else 1
    image = {
        "geometry": f"{pixels.shape[-1]}:{pixels.shape[-2]}:{planes}",
        "sampleFormat": FORMATS.get(pixels.dtype.str[1:], pixels.dtype.name),
        "colorSpace": "RGB" if planes == 3 else "Gray",
        **({"pixelStorage": "Normal"} if normal else {}),
    }
    text = base64.b64encode(block).decode() if encoding == "base64" else block.hex()
    body = inside
    if place == "attachment":
        image |= {"location": f"attachment:{ATTACHED_AT}:{len(block)}", **said}
    elif place == "inline":
        image |= {"location": f"inline:{encoding}", **said}
        body = _folded(text) + inside
    else:
        image["location"] = "embedded"
        body = inside + f"<Data {_written({'encoding': encoding, **said})}>{_folded(text)}</Data>"
    element = f"<Image {_written({**image, **(also or {})})}>{body}</Image>{after}"
    path.write_bytes(_file(element, block if place == "attachment" else b""))
    return path


def _packed(data: bytes, codec: str, parts: int, item_bytes: int) -> tuple[bytes, dict[str, str]]:
    if not codec:
        return data, {}
    name, _, shuffled = codec.partition("+")
    whole = _shuffled(data, item_bytes) if shuffled else data
    said = {"compression": f"{codec}:{len(data)}" + (f":{item_bytes}" if shuffled else "")}
    step = -(-len(whole) // parts)
    raw = [whole[at : at + step] for at in range(0, len(whole), step)]
    packed = [PACKERS[name](piece) for piece in raw]
    if parts > 1:
        # As PixInsight does: a part that gains nothing is stored as it is.
        packed = [
            small if len(small) < len(piece) else piece for small, piece in zip(packed, raw, strict=True)
        ]
        pairs = zip(packed, raw, strict=True)
        said["subblocks"] = ":".join(f"{len(small)},{len(piece)}" for small, piece in pairs)
    return b"".join(packed), said


def _shuffled(data: bytes, item_bytes: int) -> bytes:
    count = len(data) // item_bytes
    planes = np.frombuffer(data, np.uint8, count * item_bytes).reshape(count, item_bytes).T
    return planes.tobytes() + data[count * item_bytes :]


def _written(attributes: dict[str, str]) -> str:
    return " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())


def _folded(text: str) -> str:
    return "\n" + "\n".join(text[at : at + 76] for at in range(0, len(text), 76)) + "\n"


def _file(element: str, block: bytes) -> bytes:
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<xisf version="1.0" xmlns="http://www.pixinsight.com/xisf">'
        f'{element}<Metadata><Property id="XISF:CreatorApplication" type="String" value="tests"/></Metadata></xisf>'
    ).encode()
    header = b"XISF0100" + len(xml).to_bytes(4, "little") + bytes(4) + xml
    assert not block or len(header) <= ATTACHED_AT
    return header.ljust(ATTACHED_AT, b"\0") + block if block else header
