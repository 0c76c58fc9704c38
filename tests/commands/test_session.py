"""Sessions named, parted, joined and taken back by command, heard by the next run."""

from __future__ import annotations

import pytest

from pipeline.model.answers import CANNOT
from pipeline.model.errors import UserError
from tests.living_library import LivingLibrary
from tests.small_library import C8E, bare_library, shoot

FIRST = f"2026-01-14/{C8E}"


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> LivingLibrary:
    """Four lights of one night, catalogued."""
    library = bare_library(tmp_path_factory.mktemp("session"))
    for number in range(1, 5):
        shoot(library, f"{number}.fits", number)
    library.doit()
    return library


def sessions(library: LivingLibrary) -> list[tuple[str, str, str]]:
    rows = list(library.command("session").rows)
    return [(row["session"], row["name"], row["frames"]) for row in rows]


def note(library: LivingLibrary, pattern: str) -> str:
    (found,) = (library.root / "_Notes" / "Imaging_Sessions").rglob(f"{pattern}.md")
    return found.read_text("utf-8")


def page(library: LivingLibrary, name: str) -> str:
    found = [
        path for path in (library.root / "_Reports").rglob("*.html") if f"{name}.html" in path.as_posix()
    ]
    return "".join(path.read_text("utf-8") for path in found)


def test_a_night_is_listed_parted_named_joined_and_whole_again(library):
    assert sessions(library) == [(FIRST, "", "4 frames")]
    frames = sorted(path.name for path in library.root.glob(f"{C8E}/00_Frames/**/*.fits"))
    library.command("session", FIRST, "--split", frames[1])
    library.command("session", FIRST, "--name", "before the clouds")
    library.doit()
    assert sessions(library) == [(FIRST, "before the clouds", "1 frame"), (f"{FIRST}~2", "", "3 frames")]
    before, after = note(library, "*Pro_M31"), note(library, "*Pro~2_M31")
    assert "| 0 of 1 |" in before
    assert "**before the clouds**" in before
    assert "| 0 of 3 |" in after
    assert "before the clouds" in page(library, f"{C8E}/2026-01-14")
    assert "before the clouds" in page(library, "index")
    library.command("session", f"{FIRST}~2", "--into", FIRST)
    library.doit()
    assert sessions(library) == [(FIRST, "before the clouds", "4 frames")]
    assert "No light belongs to this session any more" in note(library, "*Pro~2_M31")
    assert "0 of 3" not in note(library, "*Pro~2_M31")
    assert "| 0 of 4 |" in note(library, "*Pro_M31")
    library.command("session", FIRST, "--undo")
    library.command("session", f"{FIRST}~2", "--undo")
    library.doit()
    assert sessions(library) == [(FIRST, "", "4 frames")]
    assert library.command("session", FIRST, "--undo").code() == CANNOT


def test_what_is_no_session_is_answered(library):
    with pytest.raises(UserError, match="is no session's id"):
        library.command("session", "yesterday", "--name", "x")
    with pytest.raises(UserError, match="did you mean"):
        library.command("session", f"2026-01-15/{C8E}", "--name", "x")
    with pytest.raises(UserError, match="in which zone"):
        library.command("session", FIRST, "--split", "2026-01-15T00:00:00")
    with pytest.raises(UserError, match="has no frame"):
        library.command("session", FIRST, "--split", "x.fits")
    with pytest.raises(UserError, match="to itself"):
        library.command("session", FIRST, "--into", FIRST)
    with pytest.raises(UserError, match="What is to become of 2026-01-14"):
        library.command("session", FIRST)
