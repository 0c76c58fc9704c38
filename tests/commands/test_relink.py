from __future__ import annotations

import os
import shutil

import pytest

from pipeline.model.answers import CANNOT, OK
from tests.judged_library import LIMITS, JudgedLibrary
from tests.living_library import executed, flip, make_library
from tests.looking import RIG


@pytest.fixture
def library(tmp_path):
    """A library on a disk that had no links when the frame came: the inbox holds a copy."""
    made = make_library(tmp_path / "library")
    (frame,) = made.shoot(1)
    made.night()
    copy = frame.with_name("copy")
    shutil.copy2(frame, copy)
    copy.replace(frame)
    return made


def frame_of(library):
    return library.inbox / "LIGHT/M31/light_001.fits"


def is_link(library):
    return frame_of(library).samefile(library.root / library.stored[0])


def test_an_equal_copy_becomes_a_link_and_says_what_was_won(library):
    before = library.picture()
    assert "1 copy could be links, which would win 5.76 kB" in library.doit("relink", "--dry-run").stdout
    assert not is_link(library)
    assert library.picture() == before
    told = library.ask("relink")
    assert told["won_bytes"] == 5760
    assert is_link(library)
    assert {path: seen[:2] for path, seen in library.picture().items()} == {
        path: seen[:2] for path, seen in before.items()
    }, "the same bytes and times under every name"
    assert library.doit("relink").stdout == "No copies in place of links.\n"
    library.doit()
    assert executed(library.doit()) == []


@pytest.mark.parametrize("harm", ["other bytes", "stored flipped"])
def test_what_is_not_proven_stays_a_copy(library, harm):
    flip(frame_of(library) if harm == "other bytes" else library.root / library.stored[0])
    data = frame_of(library).read_bytes()
    answer = library.command("relink")
    assert answer.code() == CANNOT
    assert not is_link(library)
    assert frame_of(library).read_bytes() == data
    assert not list(library.inbox.rglob(".*.part"))


def test_a_copy_with_another_time_keeps_it(library):
    stored = library.root / library.stored[0]
    os.utime(stored, (1, 1))
    assert library.command("relink").data["relinked"] == []
    assert not is_link(library)


def test_a_copy_with_a_further_name_wins_nothing(library):
    os.link(frame_of(library), library.root / "mine.fits")
    assert library.command("relink").data["won_bytes"] == 0


def test_where_no_links_can_be_made_it_stays_a_copy(library, monkeypatch):
    def refused(*_args, **_kwargs):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    answer = library.command("relink")
    assert answer.code() == CANNOT
    assert "stays a copy" in answer.sentences[1]
    monkeypatch.undo()
    assert library.command("relink").code() == OK


@pytest.mark.parametrize("home", ["10_Blink", "_Reject", "20_Data"])
def test_copies_in_every_view_become_links(tmp_path, home):
    made = JudgedLibrary(tmp_path / "library")
    made.shoot(1, 2, 3, 4, 5, 6)
    made.measure(2, hfr=5.1)
    made.night()
    if home == "20_Data":
        made.mark()
        made.night()
    made.hash_all()
    [place, *_] = sorted((made.root / home if home[0] == "_" else made.root / RIG / home).rglob("*.fits"))
    shutil.copy2(place, place.with_name("copy"))
    place.with_name("copy").replace(place)
    assert len(made.ask("relink").data["relinked"]) == 1
    assert place.stat().st_nlink > 1
    assert made.ask("verify").code() == OK


def test_a_rig_that_asks_for_copies_keeps_them(tmp_path):
    made = JudgedLibrary(tmp_path / "library", 'views = "copy"\n' + LIMITS)
    made.shoot(1, 2)
    made.night()
    made.hash_all()
    assert made.ask("relink").sentences == ("No copies in place of links.",)
