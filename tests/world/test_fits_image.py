"""Pixels in and out of plain FITS files, compared with astropy on real files."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.world.fits_image import as_cards, image_bytes, open_image, write_image
from pipeline.world.fits_text import Card, card_lines
from tests.amounts import examples

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)
CHANCE = np.random.default_rng(5)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "i8", "f4", "f8"])
def test_every_kind_of_pixel_comes_back_as_astropy_reads_it(tmp_path: Path, dtype: str) -> None:
    pixels = (CHANCE.random((7, 11)) * 250 - (0 if dtype.startswith("u") else 120)).astype(dtype)
    fits.writeto(tmp_path / "a.fits", pixels)
    read = open_image(tmp_path / "a.fits").pixels()
    assert read.dtype == np.dtype(dtype)
    assert np.array_equal(read, pixels)


def test_the_ends_of_the_camera_range_survive(tmp_path: Path) -> None:
    pixels = np.array([[0, 1, 32767, 32768, 65534, 65535]], np.uint16)
    write_image(tmp_path / "a.fits", pixels, [])
    assert np.array_equal(open_image(tmp_path / "a.fits").pixels(), pixels)
    assert np.array_equal(fits.getdata(tmp_path / "a.fits"), pixels)


def test_scaled_integers_become_the_numbers_they_stand_for(tmp_path: Path) -> None:
    cards = [Card("SIMPLE", True), Card("BITPIX", 16), Card("NAXIS", 2), Card("NAXIS1", 4), Card("NAXIS2", 3)]
    cards += [Card("BSCALE", 0.5), Card("BZERO", 10.0)]
    text = "".join(line.ljust(80) for card in cards for line in card_lines(card)) + "END"
    data = np.arange(12, dtype=">i2").tobytes()
    (tmp_path / "a.fits").write_bytes(text.ljust(2880).encode() + data.ljust(2880, b"\0"))
    image = open_image(tmp_path / "a.fits")
    assert image.dtype == np.float32
    assert np.array_equal(image.pixels(), np.arange(12).reshape(3, 4) * 0.5 + 10)


def test_strips_of_rows_are_the_rows_of_the_whole(tmp_path: Path) -> None:
    pixels = CHANCE.integers(0, 65536, (20, 9)).astype(np.uint16)
    write_image(tmp_path / "a.fits", pixels, [])
    image = pickle.loads(pickle.dumps(open_image(tmp_path / "a.fits")))
    assert np.array_equal(np.concatenate([image.rows(y, y + 6) for y in range(0, 20, 6)]), pixels)
    assert image.rows(20, 30).shape == (0, 9)


def test_a_colour_picture_gives_its_planes(tmp_path: Path) -> None:
    pixels = CHANCE.random((3, 5, 4)).astype(np.float32)
    write_image(tmp_path / "a.fits", pixels, [])
    image = open_image(tmp_path / "a.fits")
    assert image.shape == (3, 5, 4)
    assert np.array_equal(image.rows(1, 3), pixels[:, 1:3])
    assert np.array_equal(fits.getdata(tmp_path / "a.fits"), pixels)


def test_written_files_obey_the_standard(tmp_path: Path) -> None:
    cards = [
        Card("OBJECT", "Barnard's Loop", "target"),
        Card("EXPTIME", 300.0, "[s] exposure"),
        Card("GAIN", 100),
        Card("CALIBRAT", True),
        Card("NAN", float("nan")),
        Card("FLATMAST", "x" * 60 + "''" * 30 + "y" * 50),
        Card("DATAMEDIAN", 1203.5),
        Card("HISTORY", "calibrated with " + "z" * 100),
        Card("SITENAME", "Köln\n"),
    ]
    write_image(tmp_path / "a.fits", np.ones((4, 5), np.float32), cards)
    with fits.open(tmp_path / "a.fits") as opened:
        opened.verify("exception")
        header = opened[0].header
        assert header["OBJECT"] == "Barnard's Loop"
        assert header["EXPTIME"] == 300.0
        assert header.comments["EXPTIME"] == "[s] exposure"
        assert header["CALIBRAT"] is True
        assert header["FLATMAST"] == "x" * 60 + "''" * 30 + "y" * 50
        assert header["DATAMEDIAN"] == 1203.5
        assert "".join(header["HISTORY"]) == "calibrated with " + "z" * 100
        assert header["SITENAME"] == "K?ln?"
        assert header["NAN"] is None
    assert (tmp_path / "a.fits").stat().st_size % 2880 == 0


def test_the_layout_of_another_file_never_overrules_the_pixels() -> None:
    cards = as_cards({"NAXIS1": 9000, "BITPIX": 8, "BZERO": 7, "OBJECT": "M 31", "END": ""})
    header = image_bytes(np.zeros((2, 3), np.uint16), cards)[:2880].decode()
    assert header.count("NAXIS1") == 1
    assert "9000" not in header
    assert "M 31" in header


@settings(max_examples=examples(150))
@given(
    value=st.one_of(
        PRINTABLE.map(str.rstrip),
        st.integers(-(2**62), 2**62),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
    )
)
def test_any_value_reads_back_by_astropy_as_it_was_written(value: str | float) -> None:
    assume(
        not re.search("'['/ ]", str(value))
    )  # astropy takes such a quote for the text's end, against the standard
    lines = "".join(line.ljust(80) for line in card_lines(Card("SAID", value, "a comment")))
    assert len(lines) % 80 == 0
    read = fits.Header.fromstring(lines)["SAID"]
    assert read == value
    assert type(read) is type(value)


@given(
    key=st.text(max_size=30),
    value=st.one_of(st.text(max_size=120), st.floats(), st.none()),
    comment=st.text(),
)
def test_no_card_breaks_a_header(key: str, value: str | float | None, comment: str) -> None:
    lines = card_lines(Card(key, value, comment))
    assert lines
    assert all(len(line) <= 80 and line.isascii() and line.isprintable() for line in lines)


def test_a_cut_file_says_where_its_data_end(tmp_path: Path) -> None:
    path = tmp_path / "cut.fits"
    path.write_bytes(image_bytes(np.zeros((500, 1000), np.uint16), [])[:400_000])
    with pytest.raises(CutOff, match=r"cut\.fits: the data end after 0\.40 of 1\.00 MB"):
        open_image(path)


def test_a_file_cut_after_it_was_opened_is_cut_off_too(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    write_image(path, np.zeros((50, 100), np.uint16), [])
    image = open_image(path)
    with path.open("r+b") as file:
        file.truncate(5000)
    with pytest.raises(CutOff):
        image.pixels()


def test_a_picture_without_the_padding_of_its_last_block_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(image_bytes(np.full((2, 3), 7, np.uint16), [])[: 2880 + 12])
    assert (open_image(path).pixels() == 7).all()


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (b"", CutOff),
        (b"version https://git-lfs.github.com/spec/v1\n", NotAFrame),
        (b"SIMPLE  =                    T".ljust(2880), CutOff),
        (b"SIMPLE  =                    T".ljust(80) + b"END".ljust(2800), NotAFrame),
        (
            (b"SIMPLE  =                    T".ljust(80) + b"NAXIS   = 0".ljust(80) + b"END").ljust(2880),
            NotAFrame,
        ),
    ],
)
def test_what_is_no_picture_is_refused_by_name(
    tmp_path: Path, content: bytes, trouble: type[Exception]
) -> None:
    (tmp_path / "odd.fits").write_bytes(content)
    with pytest.raises(trouble, match=r"odd\.fits"):
        open_image(tmp_path / "odd.fits")


def test_a_header_that_lies_about_its_size_costs_no_memory(tmp_path: Path) -> None:
    whole = image_bytes(np.zeros((2, 3), np.uint16), [])
    lie = whole.replace(b"NAXIS1  =                    3", b"NAXIS1  =        2000000000000")
    (tmp_path / "a.fits").write_bytes(lie)
    with pytest.raises(CutOff):
        open_image(tmp_path / "a.fits")


def test_a_folder_called_fits_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.fits").mkdir()
    with pytest.raises(NotAFrame):
        open_image(tmp_path / "x.fits")


def test_an_existing_frame_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    write_image(path, np.zeros((2, 3), np.uint16), [])
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        write_image(path, np.ones((2, 3), np.uint16), [])
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["a.fits"]


def test_a_derived_picture_is_replaced_only_when_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    assert write_image(path, np.zeros((2, 3), np.uint16), [], replace=True)
    assert not write_image(path, np.zeros((2, 3), np.uint16), [], replace=True)
    assert write_image(path, np.ones((2, 3), np.uint16), [], replace=True)
    assert (open_image(path).pixels() == 1).all()


def test_other_pixels_than_ours_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="float64"):
        write_image(tmp_path / "a.fits", np.zeros((2, 3)), [])
    assert not list(tmp_path.iterdir())
