"""What has a master's name steps aside, unless it is a person's folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pipeline.model.errors import NoRoom, UserError
from pipeline.world import files
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


def test_where_there_is_no_room_for_the_new_one_the_old_one_keeps_its_name(
    tmp_path: Path, monkeypatch
) -> None:
    shelf, place = shelf_in(tmp_path)
    place.write_bytes(b"old")

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "write_all", no_room)
    with pytest.raises(NoRoom):
        shelf.put(PATH, b"new")
    assert place.read_bytes() == b"old"
    assert [path.name for path in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize("what", ["file", "link", "folder under the name"])
def test_what_keeps_a_master_from_its_place_is_said_beforehand(tmp_path: Path, what: str) -> None:
    shelf, place = shelf_in(tmp_path)
    home = place.parent.parent
    if what == "folder under the name":
        place.mkdir()
    else:
        place.parent.rmdir()
        home.rmdir()
        (tmp_path / "elsewhere").mkdir()
        home.write_text("mine") if what == "file" else home.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match=r"move it away|leads out of"):
        shelf.require_place(PATH)
    shelf.require_place(PATH.replace("Dark", "Bias"))
