"""A master whose bytes were changed in its place serves nobody, and it is said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.model.records import Promoted
from pipeline.world import ledger as ledgers
from pipeline.world.files import sha256_of
from pipeline.world.library import open_library
from pipeline.world.master_places import why_not_used
from pipeline.world.master_shelf import read_shelf
from tests.factories import make_frame
from tests.masters_library import FEW, LIMITS, NO_EYES, SIZE, Stacked, make_stacked

LIGHT = make_frame(width_px=SIZE[1], height_px=SIZE[0])


@pytest.fixture
def night(tmp_path: Path) -> Stacked:
    """A library with one master of ours."""
    night = make_stacked(tmp_path / "library")
    night.limit(LIMITS + FEW + NO_EYES)
    night.expose("BIAS")
    night.doit()
    return night


def only(night: Stacked):
    (master,) = read_shelf(open_library(night.root), remember=False)
    return master


def flip(path: Path) -> None:
    """One byte of its pixels is another."""
    data = bytearray(path.read_bytes())
    data[-2880] ^= 1
    path.write_bytes(data)


def test_one_of_ours_is_held_against_what_its_header_says_of_its_pixels(night: Stacked) -> None:
    library = open_library(night.root)
    assert why_not_used(library, only(night), LIGHT) == ""
    flip(night.root / only(night).path)
    assert "not those it was written with" in why_not_used(library, only(night), LIGHT)


def test_a_taken_in_one_is_held_against_the_hash_the_ledger_has(night: Stacked) -> None:
    library, master = open_library(night.root), only(night)
    path = night.root / master.path
    plain = path.read_bytes().replace(b"NBPIXELS", b"NOPIXELS")
    path.write_bytes(plain)
    seen = path.stat()
    told = Promoted(
        when=datetime.now(UTC), stored=master.path, size=seen.st_size, mtime_ns=seen.st_mtime_ns,
        sha256=sha256_of(path),
    )  # fmt: skip
    ledgers.write(night.root, "ZWO ASI2600MM Pro", None, [told])
    assert why_not_used(library, only(night), LIGHT) == ""
    flip(path)
    assert "another than was recorded" in why_not_used(library, only(night), LIGHT)
