"""Notes on disk: followed when they are moved, left when they are deleted, and never written over a person's words."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model.record_policies import Notes
from pipeline.rules.note_text import sealed
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.noting import write_notes
from tests.living_library import LivingLibrary, executed
from tests.small_library import bare_library, shoot, tree

HOSTILE = "[[x]] <b>|#^ `y`\n../z"


@pytest.fixture(scope="module")
def living(tmp_path_factory) -> LivingLibrary:
    """Two targets in one night, one of a name that would be markup, path and link at once."""
    library = bare_library(tmp_path_factory.mktemp("notes"))
    shoot(library, "1.fits", 1)
    shoot(library, "2.fits", 2, OBJECT=HOSTILE.replace("\n", " "))
    library.doit("--now")
    return library


@pytest.fixture
def library(living, tmp_path: Path) -> OpenLibrary:
    """The library, its notes written anew into a folder of the test's own."""
    opened = open_library(living.root)
    settings = opened.configuration
    notes = replace(settings.library, notes=Notes(folder=str(tmp_path / "vault")))
    elsewhere = replace(opened, configuration=replace(settings, library=notes))
    write_notes(elsewhere)
    return elsewhere


def vault(library: OpenLibrary) -> Path:
    return Path(library.configuration.library.notes.folder)


def note(library: OpenLibrary, pattern: str) -> Path:
    (found,) = vault(library).rglob(pattern)
    return found


def test_each_session_and_target_has_a_note_that_links_to_the_other(library):
    session = note(library, "20260114_*.md")
    assert session.parent == vault(library) / "Imaging_Sessions" / "2026"
    assert "[[Targets/M31|M31]]" in session.read_text()
    assert session.stem in note(library, "M31.md").read_text()


def test_a_hostile_name_is_a_name(library):
    names = {path.name for path in (vault(library) / "Targets").iterdir()}
    assert len(names) == 2
    assert not [name for name in names if set(name) & set("[]#^|<>")]
    text = note(library, "20260114_*.md").read_text()
    assert "\\[\\[x\\]\\]" in text


def test_a_second_run_writes_nothing(library):
    done = write_notes(library)
    assert (done.written, done.changed, done.left) == (0, 0, [])


def test_a_note_that_was_moved_and_renamed_is_followed(library):
    target = note(library, "M31.md")
    moved = vault(library) / "Galaxies" / "Andromeda.md"
    moved.parent.mkdir()
    target.rename(moved)
    done = write_notes(library)
    assert (done.written, done.changed) == (0, 1)
    assert "[[Galaxies/Andromeda|M31]]" in note(library, "20260114_*.md").read_text()


def test_a_note_that_was_deleted_stays_deleted(library):
    note(library, "M31.md").unlink()
    assert write_notes(library).written == 0


def test_what_a_person_wrote_stays_and_ours_follows(library):
    target = note(library, "M31.md")
    text = target.read_text().replace("## Plans\n", "## Plans\nMore OIII.\n")
    old = text.replace("accepted;", "accepted once;")
    stale = sealed(
        old.split("<!-- nightbuild:progress")[0]
        + "<!-- nightbuild:progress -->\nold\n<!-- /nightbuild:progress -->\nMore OIII.\n"
    )
    target.write_text(stale)
    assert write_notes(library).changed == 1
    assert "More OIII." in target.read_text()
    assert "old" not in target.read_text()


def test_a_conflicts_copy_is_left_alone(library):
    target = note(library, "M31.md")
    copy = target.with_name("M31.sync-conflict-20260115-010203-ABCDEFG.md")
    copy.write_text(target.read_text().replace("M31", "M 31"))
    before = copy.read_bytes()
    write_notes(library)
    assert copy.read_bytes() == before


def test_a_persons_own_note_of_that_name_is_not_touched(library):
    target = note(library, "M31.md")
    mine = b"# mine\n"
    target.write_bytes(mine)
    (vault(library) / ".nightbuild-notes").unlink()
    assert write_notes(library).written == 1
    assert target.read_bytes() == mine
    assert (target.parent / "M31~2.md").exists()


def test_a_note_in_no_alphabet_is_left_and_said(library):
    target = note(library, "M31.md")
    target.write_bytes(target.read_bytes() + b"\xff\xfe")
    assert write_notes(library).left == ["M31.md is not UTF-8; it was left as it is"]


def test_a_note_that_could_not_be_written_is_not_taken_for_deleted(library):
    target = note(library, "M31.md")
    target.unlink()
    ids = vault(library) / ".nightbuild-notes"
    ids.write_text("".join(one for one in ids.read_text().splitlines(keepends=True) if one != "target m31\n"))
    target.mkdir()
    said = write_notes(library)
    assert (said.written, len(said.left)) == (0, 1)
    target.rmdir()
    assert write_notes(library).written == 1
    assert target.is_file()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_pipe_among_the_notes_stops_nothing(library):
    os.mkfifo(vault(library) / "pipe.md")
    assert write_notes(library).changed == 0


def test_without_caches_the_next_run_changes_nothing(living):
    assert executed(living.doit("--now")) == []
    before = tree(living)
    living.forget()
    living.doit("--now")
    assert tree(living) == before
