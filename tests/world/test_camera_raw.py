"""Camera RAW files, built by the tests as cameras build them: TIFF directories, EXIF, Canon's boxes."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from pipeline.model.errors import FrameError, NotAFrame
from pipeline.world.headers import read_header

CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
EXIF = {
    0x829A: ("R", (30, 1)),
    0x829D: ("R", (28, 10)),
    0x8827: ("H", 1600),
    0x9003: ("s", b"2026:01:15 00:12:33\0"),
    0x9291: ("s", b"45\0"),
    0x920A: ("R", (135, 1)),
    0xA431: ("s", b"0123456789\0"),
    0xA002: ("H", 5496),
    0xA003: ("H", 3670),
}
KINDS = {"s": 2, "H": 3, "I": 4, "R": 5}


def directory(tags: dict, at: int, order: str, following: int = 0) -> bytes:
    """One TIFF directory as bytes, what does not fit its entries behind it."""
    behind = at + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag, (kind, value) in sorted(tags.items()):
        if kind == "R":
            data, count = struct.pack(f"{order}II", *value), 1
        elif kind == "s":
            data, count = value, len(value)
        else:
            many = value if isinstance(value, tuple) else (value,)
            data, count = struct.pack(f"{order}{len(many)}{kind}", *many), len(many)
        field = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack(f"{order}I", behind + len(values))
        values += data if len(data) > 4 else b""
        entries += struct.pack(f"{order}HHI", tag, KINDS[kind], count) + field
    return struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", following) + values


def tiff(*parts: dict, order: str = "<", magic: bytes = b"") -> bytes:
    """A TIFF of an IFD0, an EXIF directory and a sub-directory, linked with one another."""
    first, exif, sub = [*parts, {}, {}][:3]
    places = {0x8769: ("I", 0), 0x014A: ("I", 0)}
    start = 16
    exif_at = start + len(directory({**first, **places}, start, order))
    sub_at = exif_at + len(directory(exif, exif_at, order))
    links = {0x8769: ("I", exif_at), 0x014A: ("I", sub_at)}
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start) + magic.ljust(8, b"\0")
    return (
        head
        + directory({**first, **links}, start, order)
        + directory(exif, exif_at, order)
        + directory(sub, sub_at, order)
    )


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def cr3(shot: bytes, camera: bytes, pixels: int = 50_000) -> bytes:
    canon = box(b"uuid", CANON + box(b"CNCV", b"CanonCR3") + box(b"CMT1", camera) + box(b"CMT2", shot))
    large = struct.pack(">I4sQ", 1, b"mdat", pixels + 16) + bytes(pixels)
    return box(b"ftyp", b"crx \0\0\0\x01crx isom") + box(b"moov", canon + box(b"mvhd", bytes(100))) + large


def camera_tags(model: bytes = b"Canon EOS 6D\0") -> dict:
    return {0x0100: ("H", 160), 0x0101: ("H", 120), 0x010F: ("s", b"Canon\0"), 0x0110: ("s", model)}


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def check_cards(header, **changes) -> None:
    expected = {
        "EXPTIME": 30.0,
        "GAIN": 1600,
        "DATE-LOC": "2026-01-15T00:12:33.45",
        "INSTRUME": "Canon EOS 6D",
        "CAMERAID": "0123456789",
        "FOCALLEN": 135.0,
        "FOCRATIO": 2.8,
        "NAXIS1": 5496,
        "NAXIS2": 3670,
    }
    assert header.container == "raw"
    assert dict(header.cards) == {**expected, **changes}
    assert str(header.problems[0]) == "not-measurable: not measurable: camera RAW"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", ["a.cr2", "a.NEF", "a.arw", "a.dng"])
def test_tiff_like_raws_tell_their_exposure(tmp_path, name, order):
    header = read_header(write(tmp_path / name, tiff(camera_tags(), EXIF, order=order)))
    check_cards(header)
    assert len(header.problems) == 1


def test_the_largest_picture_is_the_size_not_the_preview(tmp_path):
    sub = {0x0100: ("I", 6016), 0x0101: ("I", 4016)}
    check_cards(
        read_header(write(tmp_path / "a.nef", tiff(camera_tags(), EXIF, sub))), NAXIS1=6016, NAXIS2=4016
    )


def test_a_cr2_called_tif_is_still_a_raw(tmp_path):
    header = read_header(write(tmp_path / "a.tif", tiff(camera_tags(), EXIF, magic=b"CR\2\0")))
    assert header.container == "raw"
    assert header.problems[0].code == "misnamed"


def test_a_cr3_tells_its_exposure_from_its_boxes(tmp_path):
    shot = b"II*\0\x08\0\0\0" + directory(EXIF, 8, "<")
    camera = b"II*\0\x08\0\0\0" + directory(camera_tags(), 8, "<")
    path = write(tmp_path / "a.cr3", cr3(shot, camera))
    header = read_header(path)
    check_cards(header)
    assert header.whole_bytes == path.stat().st_size
    os.truncate(path, header.whole_bytes - 1000)
    assert read_header(path).problems[0].code == "cut-off"


def test_strips_say_how_long_a_whole_raw_is(tmp_path):
    sub = {0x0111: ("I", (5000, 9000)), 0x0117: ("I", (4000, 4000))}
    data = tiff(camera_tags(), EXIF, sub)
    header = read_header(write(tmp_path / "a.nef", data.ljust(13_000, b"\0")))
    assert header.whole_bytes == 13_000
    assert len(header.problems) == 1
    cut = read_header(write(tmp_path / "b.nef", data.ljust(12_000, b"\0")))
    assert str(cut.problems[0]) == "cut-off: the data end after 12.0 of 13.0 kB (copy cut off?)"


def test_an_iso_too_large_for_its_tag_is_read_beside_it(tmp_path):
    exif = {**EXIF, 0x8827: ("H", 65535), 0x8832: ("I", 102400)}
    check_cards(read_header(write(tmp_path / "a.cr2", tiff(camera_tags(), exif))), GAIN=102400)


def test_what_the_camera_did_not_say_is_left_out(tmp_path):
    exif = {
        0x829A: ("R", (0, 0)),
        0x9003: ("s", b"0000:00:00 00:00:00\0"),
        0x9291: ("s", b"xx\0"),
        0x920A: ("R", (0, 1)),
    }
    header = read_header(write(tmp_path / "a.cr2", tiff(camera_tags(), exif)))
    assert dict(header.cards) == {"INSTRUME": "Canon EOS 6D", "NAXIS1": 160, "NAXIS2": 120}


def test_junk_in_a_model_name_is_made_legible(tmp_path):
    header = read_header(write(tmp_path / "a.cr2", tiff(camera_tags(b"EOS\n\xff 6D\0"), EXIF)))
    assert header.cards["INSTRUME"] == "EOS?? 6D"


def test_a_video_called_cr3_is_no_frame(tmp_path):
    with pytest.raises(NotAFrame, match="not a camera's CR3"):
        read_header(write(tmp_path / "a.cr3", box(b"ftyp", b"isom\0\0\0\0")))


@pytest.mark.parametrize("name", ["a.cr2", "a.cr3"])
def test_a_raw_cut_anywhere_is_refused_or_read_but_never_crashes(tmp_path, name):
    shot = b"II*\0\x08\0\0\0" + directory(EXIF, 8, "<")
    camera = b"II*\0\x08\0\0\0" + directory(camera_tags(), 8, "<")
    data = cr3(shot, camera, 10) if name == "a.cr3" else tiff(camera_tags(), EXIF)
    for length in range(0, len(data), 7):
        write(tmp_path / name, data[:length])
        try:
            read_header(tmp_path / name)
        except FrameError as refusal:
            assert str(refusal)
