"""FITS headers from real files: as astropy writes them, compressed, cut, padded, lying."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.model.errors import CutOff, FrameError
from pipeline.world.headers import read_header
from tests.amounts import examples

PIXELS = np.arange(2000, dtype=np.uint16).reshape(40, 50)
LIGHT = {"IMAGETYP": "LIGHT", "EXPTIME": 300.0, "GAIN": 100, "OBJECT": "M 31", "FLIPPED": True}


def write(path: Path, **cards) -> Path:
    header = fits.Header({"IMAGETYP": "LIGHT", **LIGHT, **cards})
    fits.PrimaryHDU(PIXELS, header).writeto(path, overwrite=True)
    return path


def write_cards(path: Path, *cards: str, data: bytes = b"") -> Path:
    lines = [*cards, "END"]
    text = "".join(f"{line:80}" for line in lines).encode("latin-1")
    path.write_bytes(text.ljust(-(-len(text) // 2880) * 2880) + data)
    return path


def codes(header) -> list[str]:
    return [problem.code for problem in header.problems]


@pytest.mark.parametrize("name", ["a.fits", "a.fit", "a.fts", "a.FIT", "a.fits.gz", "a.fit.gz"])
def test_every_ending_of_fits_is_read_with_the_types_astropy_gives(tmp_path, name):
    path = write(tmp_path / name)
    header = read_header(path)
    expected = fits.getheader(path)
    assert header.container == "fits"
    assert header.problems == ()
    assert {key: expected[key] for key in header.cards} == dict(header.cards)
    assert set(LIGHT) <= set(header.cards)
    assert header.cards["FLIPPED"] is True
    assert (header.cards["NAXIS1"], header.cards["NAXIS2"]) == (50, 40)


def test_a_whole_file_needs_its_pixels_but_not_the_filling_of_the_last_block(tmp_path):
    path = write(tmp_path / "a.fits")
    header = read_header(path)
    assert header.whole_bytes == 2880 + 4000
    os.truncate(path, 2880 + 4000)
    assert read_header(path).problems == ()


def test_the_length_of_what_is_gzipped_is_not_known(tmp_path):
    assert read_header(write(tmp_path / "a.fits.gz")).whole_bytes is None


@pytest.mark.parametrize("count", [36, 60, 500, 5000])
def test_headers_of_many_blocks_are_read_to_their_end(tmp_path, count):
    path = write(tmp_path / "a.fits", **{f"KEY{number}": number for number in range(count)})
    header = read_header(path)
    assert header.cards[f"KEY{count - 1}"] == count - 1
    assert header.problems == ()


@pytest.mark.parametrize("compression", ["RICE_1", "GZIP_1", "HCOMPRESS_1"])
@pytest.mark.parametrize("name", ["a.fits.fz", "a.fits"])
def test_a_compressed_picture_is_described_as_the_picture_it_is(tmp_path, name, compression):
    header = fits.Header(LIGHT)
    packed = fits.CompImageHDU(PIXELS.astype(np.int16), header, compression_type=compression)
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(tmp_path / name)
    read = read_header(tmp_path / name)
    assert read.problems == ()
    expected = {"BITPIX": 16, "NAXIS": 2, "NAXIS1": 50, "NAXIS2": 40, **LIGHT}
    assert {key: read.cards[key] for key in expected} == expected
    assert not {"ZIMAGE", "TFIELDS", "TTYPE1", "XTENSION", "PCOUNT"} & set(read.cards)
    size = (tmp_path / name).stat().st_size
    assert size - 2880 < read.whole_bytes <= size


def test_cards_of_an_extension_speak_before_those_of_an_empty_primary(tmp_path):
    primary = fits.PrimaryHDU(header=fits.Header({"OBJECT": "M 31", "SITELAT": 40.0}))
    image = fits.ImageHDU(PIXELS, fits.Header({"OBJECT": "M 33"}))
    fits.HDUList([primary, fits.BinTableHDU(np.zeros(3, dtype=[("a", "i4")])), image]).writeto(
        tmp_path / "a.fits"
    )
    header = read_header(tmp_path / "a.fits")
    assert (header.cards["OBJECT"], header.cards["SITELAT"], header.cards["NAXIS1"]) == ("M 33", 40.0, 50)
    assert header.whole_bytes == (tmp_path / "a.fits").stat().st_size // 2880 * 2880 - 5760 + 4000


def test_a_file_without_any_image_says_so_and_keeps_its_cards(tmp_path):
    fits.PrimaryHDU(header=fits.Header({"OBJECT": "M 31"})).writeto(tmp_path / "a.fits")
    header = read_header(tmp_path / "a.fits")
    assert header.cards["OBJECT"] == "M 31"
    assert codes(header) == ["no-image"]


def test_data_cut_off_say_how_far_they_reach(tmp_path):
    path = write_cards(
        tmp_path / "a.fits", "SIMPLE  = T", "BITPIX  = 16", "NAXIS   = 2", "NAXIS1  = 6248", "NAXIS2  = 4176"
    )
    os.truncate(path, 12_100_000)
    header = read_header(path)
    assert header.whole_bytes == 2880 + 6248 * 4176 * 2
    assert [str(problem) for problem in header.problems] == [
        "cut-off: the data end after 12.1 of 52.2 MB (copy cut off?)"
    ]


def test_data_a_little_short_say_so_in_bytes(tmp_path):
    path = write(tmp_path / "a.fits")
    os.truncate(path, 6879)
    assert "6,879 of 6,880 bytes" in read_header(path).problems[0].text


def test_a_header_cut_before_its_end_keeps_the_cards_it_has(tmp_path):
    path = write(tmp_path / "a.fits")
    os.truncate(path, 11 * 80 + 13)
    header = read_header(path)
    assert header.cards["EXPTIME"] == 300.0
    assert codes(header) == ["cut-off"]
    assert header.whole_bytes == 2880
    assert "before its END card" in header.problems[0].text


@pytest.mark.parametrize("length", [4, 9, 40, 79])
def test_a_file_that_ends_in_its_first_card_is_cut_off(tmp_path, length):
    path = write(tmp_path / "a.fits")
    os.truncate(path, length)
    with pytest.raises(CutOff):
        read_header(path)


def test_a_header_padded_with_nul_bytes_is_read_and_mentioned(tmp_path):
    path = write(tmp_path / "a.fits")
    data = path.read_bytes()
    path.write_bytes(data[:2880].replace(b" " * 20, b"\0" * 20) + data[2880:])
    header = read_header(path)
    assert header.cards["OBJECT"] == "M 31"
    assert codes(header) == ["nul-padded"]


def test_a_header_without_end_that_runs_into_pixels_keeps_its_cards(tmp_path):
    path = write_cards(tmp_path / "a.fits", "SIMPLE  = T", "OBJECT  = 'M 31'")
    path.write_bytes(path.read_bytes().replace(b"END", b"   ") + bytes(range(128, 256)) * 200_000)
    header = read_header(path)
    assert header.cards == {"SIMPLE": True, "OBJECT": "M 31"}
    assert codes(header) == ["no-end"]


def test_a_header_without_any_end_is_not_read_for_ever(tmp_path):
    path = write_cards(tmp_path / "a.fits", "SIMPLE  = T")
    path.write_bytes(path.read_bytes().replace(b"END", b"   ") + f"{'GAIN    = 100':80}".encode() * 100_000)
    header = read_header(path)
    assert header.cards == {"SIMPLE": True, "GAIN": 100}
    assert codes(header) == ["no-end"]


@pytest.mark.parametrize(
    "cards",
    [
        ("NAXIS   = 2",),
        ("NAXIS   = 2", "NAXIS1  = -5", "NAXIS2  = 5"),
        ("NAXIS   = 2", "NAXIS1  = '5'", "NAXIS2  = 5"),
        ("NAXIS   = 999999999",),
        ("NAXIS   = 2", "NAXIS1  = 9999999999999", "NAXIS2  = 9999999999999"),
        ("NAXIS   = 2.0", "NAXIS1  = 5", "NAXIS2  = 5"),
        ("BITPIX  = 17",),
    ],
)
def test_sizes_that_cannot_be_are_said_and_do_no_harm(tmp_path, cards):
    path = write_cards(tmp_path / "a.fits", "SIMPLE  = T", "BITPIX  = 16", *cards, "OBJECT  = 'M 31'")
    if cards == ("BITPIX  = 17",):
        write_cards(path, "SIMPLE  = T", *cards, "NAXIS   = 0")
    header = read_header(path)
    assert header.whole_bytes is None
    assert "no-size" in codes(header)


def test_bad_cards_stand_beside_good_ones(tmp_path):
    path = write_cards(
        tmp_path / "a.fits",
        "SIMPLE  = T",
        "BITPIX  = 16",
        "NAXIS   = 1",
        "NAXIS1  = 0",
        "EXPTIME = 3oo",
        "GAIN    = 5",
    )
    header = read_header(path)
    assert header.cards["GAIN"] == 5
    assert codes(header) == ["bad-card"]
    assert "EXPTIME" in header.problems[0].text


def test_a_gzip_bomb_is_unzipped_no_further_than_its_header(tmp_path):
    path = write_cards(tmp_path / "plain", "SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 1", "NAXIS1  = 300000000")
    with gzip.open(tmp_path / "a.fits.gz", "wb", compresslevel=1) as packed:
        packed.write(path.read_bytes())
        for _ in range(30):
            packed.write(bytes(10_000_000))
    assert read_header(tmp_path / "a.fits.gz").cards["NAXIS1"] == 300_000_000


def test_broken_and_cut_gzip_say_so(tmp_path):
    packed = write(tmp_path / "a.fits.gz").read_bytes()
    (tmp_path / "cut.fits.gz").write_bytes(packed[:150])
    cut = read_header(tmp_path / "cut.fits.gz")
    assert codes(cut) == ["cut-off"]
    assert "gzip data end early" in cut.problems[0].text
    (tmp_path / "broken.fits.gz").write_bytes(gzip.compress(b"x")[:10] + b"\xff" * 300)
    with pytest.raises(FrameError, match="gzip data are broken"):
        read_header(tmp_path / "broken.fits.gz")


@settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 6000), st.binary(max_size=200), st.integers(0, 9000))
def test_no_damage_to_a_file_crashes_its_reader(tmp_path, place, junk, length):
    data = bytearray(write(tmp_path / "a.fits").read_bytes())
    data[place : place + len(junk)] = junk
    (tmp_path / "b.fits").write_bytes(data[:length])
    try:
        header = read_header(tmp_path / "b.fits")
    except FrameError as refusal:
        assert str(refusal)
    else:
        assert header.cards
