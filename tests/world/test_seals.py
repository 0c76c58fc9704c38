from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest

from pipeline.world.library import init_library, open_library
from pipeline.world.seals import look_at, read_seals, seal


@pytest.fixture
def library(tmp_path):
    init_library(tmp_path)
    return open_library(tmp_path)


def aged(folder, seconds):
    folder.mkdir(parents=True, exist_ok=True)
    at = time.time() - seconds
    os.utime(folder, (at, at))
    return folder


def test_a_quiet_folder_keeps_its_seal(library):
    aged(library.root / "R/20_Data", 60)
    times = look_at(library.root, ["R/20_Data"])
    seal(library, times)
    assert read_seals(library) == times == look_at(library.root, ["R/20_Data"])


def test_a_folder_that_changed_just_now_is_not_trusted(library):
    aged(library.root / "R/20_Data", 1)
    seal(library, look_at(library.root, ["R/20_Data"]))
    assert read_seals(library) == {}


def test_a_name_that_comes_or_goes_breaks_the_seal(library):
    folder = aged(library.root / "R/20_Data", 60)
    seal(library, look_at(library.root, ["R/20_Data"]))
    (folder / "x.fits").write_bytes(b"x")
    assert read_seals(library) != look_at(library.root, ["R/20_Data"])


def test_a_folder_that_is_not_there_is_sealed_as_such(library):
    seal(library, look_at(library.root, ["R/20_Data"]))
    assert read_seals(library) == look_at(library.root, ["R/20_Data"])


def test_damaged_seals_are_no_seals(library):
    aged(library.root / "R", 60)
    seal(library, look_at(library.root, ["R"]))
    (library.state / "watched.json").write_bytes(b'{"version": 1, "folders"')
    assert read_seals(library) == {}


def test_a_place_that_cannot_be_written_is_no_trouble(library):
    blocked = replace(
        library,
        configuration=replace(
            library.configuration,
            library=replace(library.configuration.library, state_dir=".nightbuild-library/below"),
        ),
    )
    aged(library.root / "R", 60)
    seal(blocked, look_at(library.root, ["R"]))
    assert read_seals(blocked) == {}
