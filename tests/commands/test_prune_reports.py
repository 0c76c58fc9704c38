"""Pages of the reports that nothing stands behind any more go by `prune`, and by nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.living_library import LivingLibrary, make_library, put


def written(path: Path) -> tuple[int, int]:
    """What changes when a file is written anew."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ino


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> LivingLibrary:
    library = make_library(tmp_path_factory.mktemp("prune") / "library")
    library.shoot(1, 2)
    library.doit()
    return library


def test_pages_come_with_the_first_night_and_are_expected(library: LivingLibrary) -> None:
    reports = library.root / "_Reports"
    assert (reports / "index.html").is_file()
    assert (reports / "targets/M31.html").is_file()
    assert [path.name for path in (reports / "pictures").rglob("*.jpg")]
    assert library.ask("prune")["derived"] == []


def test_a_page_of_a_target_that_is_no_more_goes_and_a_persons_own_stays(library: LivingLibrary) -> None:
    reports = library.root / "_Reports"
    gone = put(reports / "targets/M 13.html", (reports / "targets/M31.html").read_bytes())
    (picture,) = list((reports / "pictures").rglob("*.jpg"))[:1]
    stale = put(picture.with_name("2020-01-01 M13 L 300 s~00000000.jpg"), picture.read_bytes())
    mine = [
        put(reports / "targets/mine.html", b"<p>my notes</p>"),
        put(picture.with_name("holiday.jpg"), b"me"),
    ]
    told = library.ask("prune", "--yes", "--expect", "2")
    assert sorted(told["derived"]) == sorted(
        one.relative_to(library.root).as_posix() for one in (gone, stale)
    )
    assert all(one.is_file() for one in mine)
    assert "written" not in library.doit().stdout
    assert "Nothing due" in library.doit().stdout


def test_nothing_is_taken_while_the_catalogue_is_not_there(library: LivingLibrary) -> None:
    shutil.move(library.root / "_Catalog", library.root / "away")
    try:
        assert any("catalogue" in one for one in library.ask("prune", code=None)["unread"])
    finally:
        shutil.move(library.root / "away", library.root / "_Catalog")


def test_pages_that_were_deleted_are_the_same_again(library: LivingLibrary) -> None:
    reports = library.root / "_Reports"
    before = {path: path.read_bytes() for path in reports.rglob("*.html") if "blink" not in path.parts}
    shutil.rmtree(reports / "targets")
    (reports / "index.html").unlink()
    library.doit()
    after = {path: path.read_bytes() for path in reports.rglob("*.html") if "blink" not in path.parts}
    assert {path: data for path, data in before.items() if path.name != "mine.html"} == after


def test_without_the_caches_no_page_and_no_picture_is_touched(library: LivingLibrary) -> None:
    told = [path for path in (library.root / "_Reports").rglob("*") if path.is_file()]
    before = {path: written(path) for path in told}
    shutil.rmtree(library.root / ".nightbuild")
    library.doit()
    assert {path: written(path) for path in told} == before
    assert "Nothing due" in library.doit().stdout


def test_a_picture_outlives_the_page_it_was_blinked_by(library: LivingLibrary) -> None:
    reports = library.root / "_Reports"
    (picture,) = [one for one in (reports / "pictures").rglob("*.jpg") if one.name != "holiday.jpg"]
    before = written(picture)
    library.doit("accept", "--all", code=None)
    shutil.rmtree(reports / "blink")
    library.doit(code=None)
    assert written(picture) == before
