"""TIFF files: NINA's cards in the title, the size of the picture, and directories that lie."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest
from PIL import Image, TiffImagePlugin

from pipeline.model.errors import FrameError, NotAFrame
from pipeline.world.headers import read_header

TITLE = (
    "SIMPLE  =                    T / C# FITS\nIMAGETYP= 'LIGHT'             / Type\r\n"
    "EXPTIME =                300.0 / [s]\n"
    "OBJECT  = 'M 31'\nDATE-OBS= '2026-01-15T05:12:33.123'\nEND\nGAIN = 5\n"
)


def write(path, tags=None, mode="I;16", size=(60, 40)):
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in (tags or {}).items():
        info[tag] = value
    Image.new(mode, size).save(path, tiffinfo=info)
    return path


@pytest.mark.parametrize("tag", [0x010E, 0x010D])
@pytest.mark.parametrize("name", ["a.tif", "a.tiff", "a.TIF"])
def test_cards_written_as_lines_are_read_up_to_end(tmp_path, name, tag):
    header = read_header(write(tmp_path / name, {tag: TITLE}))
    assert header.container == "tiff"
    assert dict(header.cards) == {
        "SIMPLE": True,
        "IMAGETYP": "LIGHT",
        "EXPTIME": 300.0,
        "OBJECT": "M 31",
        "DATE-OBS": "2026-01-15T05:12:33.123",
        "NAXIS": 2,
        "NAXIS1": 60,
        "NAXIS2": 40,
        "BITPIX": 16,
    }
    assert [str(each) for each in header.problems] == ["not-measurable: not measurable: TIFF"]


def test_windows_title_is_read_as_the_utf_16_it_is(tmp_path):
    header = read_header(
        write(tmp_path / "a.tif", {0x9C9B: TITLE.replace("M 31", "ν Ori").encode("utf-16-le")})
    )
    assert (header.cards["OBJECT"], header.cards["EXPTIME"]) == ("ν Ori", 300.0)


def test_a_description_in_prose_is_no_card(tmp_path):
    header = read_header(write(tmp_path / "a.tif", {0x010E: "my holiday = the best"}))
    assert set(header.cards) == {"NAXIS", "NAXIS1", "NAXIS2", "BITPIX"}


def test_a_colour_picture_has_three_planes(tmp_path):
    cards = read_header(write(tmp_path / "a.tif", mode="RGB")).cards
    assert (cards["NAXIS"], cards["NAXIS3"], cards["BITPIX"]) == (3, 3, 8)


def test_a_picture_cut_off_says_so(tmp_path):
    path = write(tmp_path / "a.tif", size=(600, 400))
    whole = read_header(path).whole_bytes
    assert whole <= path.stat().st_size
    os.truncate(path, whole - 1000)
    with suppress(FrameError):  # where the directory lies behind the pixels
        assert "cut-off" in [each.code for each in read_header(path).problems]


@pytest.mark.parametrize("start", [b"II*\0", b"MM\0*"])
@pytest.mark.parametrize("rest", [b"", b"\xff" * 4, b"\xff" * 5000, bytes(5000), b"\x08\0\0\0" * 2000])
def test_directories_that_lie_are_refused_or_read_but_never_crash(tmp_path, start, rest):
    (tmp_path / "a.tif").write_bytes(start + rest)
    try:
        read_header(tmp_path / "a.tif")
    except FrameError as refusal:
        assert str(refusal)


def test_a_directory_that_points_to_itself_ends(tmp_path):
    directory = b"\x01\0" + b"\0\x01\x03\0\x01\0\0\0\x05\0\0\0" + b"\x08\0\0\0"
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0" + directory)
    assert read_header(tmp_path / "a.tif").cards["NAXIS1"] == 5


def test_big_tiff_is_refused_by_name(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"II+\0\x08\0\0\0" + bytes(100))
    with pytest.raises(NotAFrame):
        read_header(tmp_path / "a.tif")
