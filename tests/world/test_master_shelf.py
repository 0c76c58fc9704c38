"""The shelf: what lies in the libraries, read once; other people's files and damaged ones do no harm."""

from __future__ import annotations

import time

import numpy as np
import pytest

from pipeline.model.frames import Kind
from pipeline.model.records import About
from pipeline.rules.master_words import MASTER, values_of
from pipeline.world import decisions as decided
from pipeline.world import master_files, master_shelf
from pipeline.world.fits_image import image_bytes
from pipeline.world.fits_text import Card
from pipeline.world.library import init_library, open_library
from pipeline.world.master_shelf import hash_of_master, library_homes, read_shelf
from tests.libraries import write


def master(kind: str = "Master Dark", exposure: float = 300.0, **cards: object) -> bytes:
    told = {"IMAGETYP": kind, "INSTRUME": "Cam", "EXPTIME": exposure, "GAIN": 100, "NCOMBINE": 20, **cards}
    return image_bytes(np.zeros((4, 6), np.float32), [Card(key, value) for key, value in told.items()])  # type: ignore[arg-type]


@pytest.fixture
def library(tmp_path):
    init_library(tmp_path / "library")
    return open_library(tmp_path / "library", {})


def test_masters_of_every_generation_of_libraries_are_read(library):
    write(library.root / "_Dark Library/Cam/masterDark_EXPOSURE_300.00.fits", master())
    write(library.root / "MASTER BIAS/Cam/masterBias_GAIN_100.fits", master("BIAS"))
    write(
        library.root / "_Flats Stash/Cam/C8E/DATE_2026-01-14/masterFlat_FILTER_L.fits", master("Master Flat")
    )
    write(
        library.root / "_Dark Library/Cam/superseded/masterDark_EXPOSURE_300.00_DATE_2025-01-14.fits",
        master(),
    )
    write(library.root / "_Dark Library/Cam/held/masterDark_EXPOSURE_60.00.fits", master(exposure=60.0))
    write(library.root / "_Dark Library/Cam/notes.txt", b"mine")
    shelf = read_shelf(library)
    kinds = [(one.frame.kind, one.superseded, bool(one.held)) for one in shelf]
    assert kinds == [
        (Kind.MASTER_BIAS, False, False),
        (Kind.MASTER_DARK, False, True),
        (Kind.MASTER_DARK, False, False),
        (Kind.MASTER_DARK, True, False),
        (Kind.MASTER_FLAT, False, False),
    ]
    flat = shelf[-1]
    assert (flat.frame.optic, str(flat.frame.night), flat.frame.filter) == ("C8E", "2026-01-14", "L")
    assert all(one.frames == 20 for one in shelf) and "_Dark Library/Cam/held" in library_homes(library)


def test_damaged_and_foreign_files_are_no_masters_and_say_why(library):
    write(library.root / "_Dark Library/Cam/masterDark_EXPOSURE_300.00.fits", master()[:-3000])
    write(library.root / "_Dark Library/Cam/holiday.fits", b"not a picture at all")
    (library.root / "_Dark Library/Cam/folder.fits").mkdir()
    (library.root / "_Dark Library/Cam/round.fits").symlink_to("round.fits")
    troubles = {one.path.rpartition("/")[2]: one.trouble for one in read_shelf(library)}
    assert troubles.keys() == {"masterDark_EXPOSURE_300.00.fits", "holiday.fits"} and all(troubles.values())


def test_headers_are_read_once(library, monkeypatch):
    write(library.root / "_Dark Library/Cam/masterDark_EXPOSURE_300.00.fits", master())
    first = read_shelf(library)
    master_shelf._kept.clear()
    monkeypatch.setattr(master_files, "read_header", lambda path: pytest.fail(f"{path} was read again"))
    assert read_shelf(library) == first


def test_looking_without_remembering_writes_nothing(library):
    write(library.root / "_Dark Library/Cam/masterDark_EXPOSURE_300.00.fits", master())
    assert read_shelf(library, remember=False) and not library.state.exists()


def test_damaged_cache_is_as_good_as_none(library):
    write(library.root / "_Dark Library/Cam/masterDark_EXPOSURE_300.00.fits", master())
    first = read_shelf(library)
    for damage in (b"", b"[]", b'{"mark": 1}', b'{"mark": "x", "masters": 7}'):
        (library.state / master_files.FILE).write_bytes(damage)
        master_shelf._kept.clear()
        assert read_shelf(library) == first


def test_hash_is_taken_once_and_follows_the_file(library):
    path = write(library.root / "_Dark Library/Cam/masterDark_EXPOSURE_300.00.fits", master())
    (one,) = read_shelf(library)
    first = hash_of_master(library, one)
    assert hash_of_master(library, one) == first
    path.write_bytes(master(exposure=60.0))
    (other,) = read_shelf(library)
    assert hash_of_master(library, other) != first


def test_word_speaks_of_one_master_not_of_its_name(library):
    place = library.root / "_Dark Library/Cam/masterDark_EXPOSURE_300.00.fits"
    write(place, master(NBINPUTS="a" * 64))
    (one,) = read_shelf(library)
    decided.decide(
        library.root, MASTER, About.MASTER, one.path, values=values_of(one, verdict="reject"), why="leak"
    )
    assert read_shelf(library)[0].trouble == "you rejected it: leak"
    place.write_bytes(master(NBINPUTS="b" * 64))
    assert read_shelf(library)[0].trouble == ""


@pytest.mark.slow
def test_two_thousand_masters_are_read_in_a_moment(library):
    for camera in range(4):
        for number in range(500):
            path = library.root / f"_Dark Library/Cam{camera}/masterDark_EXPOSURE_{number}.00.fits"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(master(exposure=float(number)))
    read_shelf(library)
    master_shelf._kept.clear()
    began = time.process_time()
    assert len(read_shelf(library)) == 2000
    assert time.process_time() - began < 5
