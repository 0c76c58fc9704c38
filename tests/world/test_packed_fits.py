from __future__ import annotations

import gzip
import time
from pathlib import Path

import numpy as np
import pytest

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.world.fits_image import image_bytes
from pipeline.world.fits_text import Card, header_text
from pipeline.world.packed_fits import unpack

PIXELS = np.arange(12 * 8, dtype=np.uint16).reshape(8, 12)


def zipped(path: Path, data: bytes, zeros: int = 0) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(data)
        for _ in range(zeros):
            file.write(bytes(1 << 20))
    return path


def promise(columns: int, rows: int, bitpix: int) -> bytes:
    values = {"BITPIX": bitpix, "NAXIS": 2, "NAXIS1": columns, "NAXIS2": rows}
    return header_text([Card("SIMPLE", True), *(Card(key, value) for key, value in values.items())], [])


def test_a_gzipped_picture_is_read_and_what_lies_behind_it_is_not(tmp_path):
    whole = zipped(tmp_path / "a.fits.gz", image_bytes(PIXELS, []), zeros=32)
    cut = tmp_path / "b.fits.gz"
    cut.write_bytes(whole.read_bytes()[:-60])  # unzipping it to its end would fail
    for path in (whole, cut):
        assert (unpack(path) == PIXELS).all()


def test_a_gzipped_picture_in_an_extension_is_read(tmp_path):
    first = header_text([Card("SIMPLE", True), Card("BITPIX", 8), Card("NAXIS", 0), Card("EXTEND", True)], [])
    image = image_bytes(PIXELS, [])
    words = f"{'XTENSION':<8}= {chr(39)}IMAGE   {chr(39)}".ljust(80).encode()
    assert (unpack(zipped(tmp_path / "a.fits.gz", first + words + image[80:])) == PIXELS).all()


@pytest.mark.parametrize("sides", [(20_000, 20_000, -64), (60_000, 50_000, 16)])
def test_a_picture_that_would_fill_the_memory_is_refused_by_its_header(tmp_path, sides):
    path, began = zipped(tmp_path / "a.fits.gz", promise(*sides), zeros=1), time.process_time()
    with pytest.raises(NotAFrame, match=f"a picture of {sides[0]} × {sides[1]} is not read"):
        unpack(path)
    assert time.process_time() - began < 5


def test_a_gzipped_picture_that_ends_early_says_so(tmp_path):
    with pytest.raises(CutOff, match="end before the last row"):
        unpack(zipped(tmp_path / "a.fits.gz", promise(5000, 5000, 16)))


@pytest.mark.parametrize("data", [b"", bytes(9000), b"SIMPLE  =" + b" " * 9000])
def test_what_holds_no_picture_is_named(tmp_path, data):
    with pytest.raises(NotAFrame, match="no part of it holds a picture"):
        unpack(zipped(tmp_path / "a.fits.gz", data))
