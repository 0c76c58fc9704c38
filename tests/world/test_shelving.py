"""What has a master's name steps aside, unless it is a person's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.model.errors import UserError
from pipeline.world.library import open_library
from pipeline.world.shelving import Shelf
from tests.stages.night_library import new_library

PATH = "_Dark Library/ZWO/masterDark_EXPOSURE_60.00.fits"


def shelf_in(tmp_path: Path) -> tuple[Shelf, Path]:
    shelf = Shelf(open_library(new_library(tmp_path / "library")))
    place = shelf.library.root / PATH
    place.parent.mkdir(parents=True)
    return shelf, place


def test_a_link_that_leads_nowhere_steps_aside(tmp_path: Path) -> None:
    shelf, place = shelf_in(tmp_path)
    place.symlink_to("nowhere")
    assert shelf.put(PATH, b"new") == PATH
    assert place.read_bytes() == b"new" and not place.is_symlink()
    assert (place.parent / "superseded" / place.name).is_symlink()


def test_a_folder_of_a_masters_name_stays(tmp_path: Path) -> None:
    shelf, place = shelf_in(tmp_path)
    place.mkdir()
    (place / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="is no file but has the name of a master"):
        shelf.put(PATH, b"new")
    assert (place / "mine.txt").read_text() == "mine" and not (place.parent / "superseded").exists()
