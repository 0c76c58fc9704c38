from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.model.records import About
from pipeline.rules.corrected import night_subject
from pipeline.world import decisions as decided
from pipeline.world import listings, nightbook
from pipeline.world.absorbing import absorption_of
from pipeline.world.nightbook import NightBook, open_books
from pipeline.world.quiet import stirred
from tests.copies import another
from tests.stages.blinking import DATE, M31, Person, make_person
from tests.stages.night_library import RIG, configure
from tests.stages.test_blinked_verdicts import drop, verdict
from tests.stages.view_library import NIGHT


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Person:
    """Somebody who has looked at all frames and put one away; the rest is accepted."""
    person = make_person(tmp_path_factory.mktemp("made"))
    person.into(f"{M31}/bad", 1)
    person.look()
    person.mark()
    person.look()
    person.settle()
    assert person.look() == ""
    return person


@pytest.fixture
def person(made: Person, tmp_path: Path) -> Person:
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


def books(person: Person) -> list[NightBook]:
    return open_books(person.root, RIG, [NIGHT])


def is_stirred(person: Person) -> bool:
    """Also asserts that what is passed over had nothing to say."""
    opened = books(person)
    found = stirred(opened[0].library, opened)
    assert found or absorption_of(opened).is_empty
    return bool(found)


def data(person: Person, number: int) -> Path:
    return person.root / person.only().data / person.only().members[number].name


def test_a_settled_night_is_told_without_reading_a_header(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.forget()
    monkeypatch.setattr(nightbook, "frames_of_stored", None)
    assert person.would().is_empty
    assert not (person.root / ".nightbuild/index.sqlite").exists()


def test_nothing_outside_the_cache_changes_when_it_was_deleted(person: Person) -> None:
    def others() -> dict[str, bytes]:
        paths = (path for path in person.root.rglob("*") if ".nightbuild" not in path.parts)
        return {str(path): path.read_bytes() for path in paths if path.is_file()}

    before = others()
    person.forget()
    assert person.look() == ""
    assert others() == before


def test_a_night_in_which_frames_wait_is_understood(tmp_path: Path) -> None:
    person = make_person(tmp_path)
    assert is_stirred(person)


@pytest.mark.parametrize("number", [0, 1])
def test_a_frame_that_went_stirs_its_night(person: Person, number: int) -> None:
    path = data(person, number)
    (path if path.exists() else person.root / f"{M31}/bad" / path.name).unlink(missing_ok=True)
    (person.rejected(number)).unlink(missing_ok=True)
    assert is_stirred(person)


def test_a_frame_that_was_moved_on_stirs_its_night_once(person: Person) -> None:
    path = data(person, 0)
    person.move(path, f"{RIG}/30_Master/M31/{path.name}")
    assert is_stirred(person)
    person.look()
    assert not is_stirred(person)


def test_a_frame_that_lies_in_its_first_place_again_stirs_its_night(person: Person) -> None:
    path = data(person, 0)
    person.move(path, f"{RIG}/30_Master/M31/{path.name}")
    person.look()
    person.move(f"{RIG}/30_Master/M31/{path.name}", path.relative_to(person.root).as_posix())
    assert is_stirred(person)


def test_another_file_in_a_frames_place_stirs_its_night(person: Person) -> None:
    path = data(person, 0)
    path.unlink()
    path.write_bytes(b"another")
    assert is_stirred(person)


def test_a_new_marker_stirs_its_night(person: Person) -> None:
    (person.root / DATE).mkdir(parents=True, exist_ok=True)
    person.mark(name="BLINKED (1)")
    assert is_stirred(person)


@pytest.mark.parametrize("place", ["_Verdicts", "blink", "data", "reject"])
def test_a_verdict_file_stirs_its_night(person: Person, place: str) -> None:
    drop(person, verdict(person, 0), place if place == "_Verdicts" else getattr(person.only(), place))
    assert is_stirred(person)


def test_a_verdict_file_in_the_downloads_stirs_its_night(person: Person, tmp_path: Path) -> None:
    configure(person.root, f'[blink]\ndownloads = "{(tmp_path / "downloads").as_posix()}"\n')
    drop(person, verdict(person, 0), tmp_path / "downloads")
    assert is_stirred(person)


def test_a_verdict_on_another_library_stirs_nothing(person: Person) -> None:
    drop(person, verdict(person, 0, library="another"))
    assert not is_stirred(person)


@pytest.mark.parametrize(
    ("about", "subject"),
    [(About.NIGHT, night_subject(NIGHT, RIG)), (About.FRAME, ""), (About.NIGHT, night_subject(NIGHT))],
)
def test_a_corrected_night_is_understood(person: Person, about: About, subject: str) -> None:
    subject = subject or person.only().members[0].stored
    decided.decide(person.root, "correct", about, subject, values={"target": "M33"})
    assert is_stirred(person)


def test_a_correction_of_another_night_stirs_nothing(person: Person) -> None:
    decided.decide(
        person.root, "correct", About.NIGHT, night_subject(date(2025, 1, 1)), values={"target": "M33"}
    )
    assert not is_stirred(person)


def test_a_folder_that_cannot_be_listed_stirs_all(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    there, folder = listings._listing, data(person, 0).parent

    def refuse(path: Path, name: str) -> listings.Listing:
        if path == folder:
            raise PermissionError(13, "Permission denied")
        return there(path, name)

    monkeypatch.setattr(listings, "_listing", refuse)
    assert is_stirred(person)
