"""Folders of targets, found: deep, zipped, damaged, linked; and a mark that tells when one changes."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from pipeline.model.catalog import ProjectRow
from pipeline.world.library import OpenLibrary, init_library, open_library
from pipeline.world.projects import projects_mark, projects_of
from tests.rules.test_astrobin import RIG, a_set


@pytest.fixture
def library(tmp_path: Path) -> OpenLibrary:
    init_library(tmp_path)
    return open_library(tmp_path)


def put(library: OpenLibrary, *paths: str) -> None:
    for path in paths:
        place = library.root / RIG / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")


def found(library: OpenLibrary) -> dict[str, ProjectRow]:
    return {row["target"]: row for row in projects_of(library, RIG, [a_set(target="M31")])}


def test_finished_pictures_are_named(library: OpenLibrary) -> None:
    put(library, "60_Done/M31/M31 final.jpg", "60_Done/M31/accept/DATE_2024-01-01/FILTER_L_EXP_300.00/a.fits")
    row = found(library)["M31"]
    assert row["stage"] == "60_Done"
    assert row["places"][0]["pictures"] == [f"{RIG}/60_Done/M31/M31 final.jpg"]


def test_a_zip_and_a_tar_are_looked_into(library: OpenLibrary) -> None:
    home = library.root / RIG / "60_Done"
    home.mkdir(parents=True)
    with zipfile.ZipFile(home / "M31.zip", "w") as opened:
        opened.writestr("M31/a.fits", b"x")
        opened.writestr("M31/final.png", b"x")
    put(library, "x/b.fits")
    with tarfile.open(home / "M33.tar", "w") as tape:
        tape.add(library.root / RIG / "x" / "b.fits", "M33/b.fits")
    rows = found(library)
    assert (rows["M31"]["files"], rows["M31"]["places"][0]["pictures"]) == (2, ["M31/final.png"])
    assert rows["M33"]["files"] == 1


def test_an_archive_that_is_damaged_or_packed_whole_is_still_a_project(library: OpenLibrary) -> None:
    put(library, "70_Abandon/M31.zip", "60_Done/M33.tar.gz")
    rows = found(library)
    assert "could not be listed" in rows["M31"]["places"][0]["trouble"]
    assert (rows["M33"]["stage"], rows["M33"]["files"]) == ("60_Done", 0)


@pytest.mark.parametrize("at", range(0, 120, 7))
def test_an_archive_with_any_byte_wrong_stops_no_project(library: OpenLibrary, at: int) -> None:
    home = library.root / RIG / "60_Done"
    home.mkdir(parents=True)
    with zipfile.ZipFile(home / "M31.zip", "w") as opened:
        opened.writestr("M31/a.fits", b"x")
    data = bytearray((home / "M31.zip").read_bytes())
    data[at % len(data)] = 0xFF
    (home / "M31.zip").write_bytes(data)
    assert found(library)["M31"]["stage"] == "60_Done"


def test_links_are_not_followed(library: OpenLibrary) -> None:
    put(library, "60_Done/M31/a.fits")
    for name in ("M31/all", "M44"):
        (library.root / RIG / "60_Done" / name).symlink_to(library.root)
    assert set(found(library)) == {"M31"}


def test_flats_waiting_for_eyes_are_no_target(library: OpenLibrary) -> None:
    put(library, "10_Blink/_FLAT/DATE_2026-01-14/x.fits", "10_Blink/M31/DATE_2026-01-14/x.fits")
    assert set(found(library)) == {"M31"}


def test_the_mark_changes_when_a_target_moves_on(library: OpenLibrary) -> None:
    put(library, "40_Process/M31/a.fits", "60_Done/M33/a.fits")
    before = projects_mark(library, RIG)
    assert projects_mark(library, RIG) == before
    (library.root / RIG / "40_Process" / "M31").rename(library.root / RIG / "60_Done" / "M31")
    assert projects_mark(library, RIG) != before
