from __future__ import annotations

from datetime import date

import pytest

from pipeline.model.errors import UserError
from pipeline.world.library import open_library
from pipeline.world.stored import frame_of_stored, frames_of_stored
from pipeline.world.survey import see
from tests.small_library import bare_library, shoot


@pytest.fixture
def library(tmp_path):
    library = bare_library(tmp_path / "library")
    for number in (1, 2, 3):
        shoot(library, f"LIGHT/{number}.fits", number)
    library.night()
    return library


def look(library):
    return see(open_library(library.root, {}))


def frames(library):
    seen = look(library)
    return [frame for _, frame in frames_of_stored(seen, seen.ledger.stored.values())]


def test_a_stored_frame_is_what_it_was_in_the_inbox(library):
    seen = look(library)
    for stored, fact in seen.ledger.stored.items():
        frame = frame_of_stored(seen, stored)
        assert (frame.target, frame.night, frame.filter) == ("M31", date(2026, 1, 14), "L")
        assert frame.path == stored
        assert fact.original.startswith("LIGHT/")


def test_a_correction_is_heard_by_every_level(library):
    stored = library.stored
    library.command("correct", stored[0], "target=M33")
    library.command("correct", stored[0].rpartition("/")[0], "target=M34", "exposure=60")
    library.command("correct", "2026-01-14", "filter=R", "exposure=50")
    found = frames(library)
    assert [frame.target for frame in found] == ["M33", "M34", "M34"]
    assert {(frame.filter, frame.exposure_s) for frame in found} == {("R", 60.0)}


def test_headers_are_read_once_also_of_corrected_frames(library, monkeypatch):
    library.command("correct", library.stored[0], "target=M33")
    library.command("correct", "2026-01-14", "filter=R")
    before = frames(library)
    monkeypatch.setattr("pipeline.world.index.read_header", lambda _path: pytest.fail("read again"))
    assert frames(library) == before


def test_a_frame_that_cannot_be_read_is_what_else_is_known_of_it(library):
    stored = library.stored[0]
    library.command("correct", stored, "target=M33")
    (library.root / stored).unlink()
    frame = frame_of_stored(look(library), stored)
    assert frame.target == "M33"
    assert frame.has("unreadable") or frame.has("not-a-frame")


def test_a_path_nobody_stored_is_a_sentence(library):
    with pytest.raises(UserError, match="no stored frame"):
        frame_of_stored(look(library), "nowhere.fits")
