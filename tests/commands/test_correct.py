"""`doit correct`: what a frame really is, said by a person, and taken back."""

from __future__ import annotations

import re
import shlex

import pytest

from pipeline.model.errors import UserError
from pipeline.world.decisions import read
from pipeline.world.library import open_library
from pipeline.world.stored import frame_of_stored
from pipeline.world.survey import see
from tests.libraries import nights_work
from tests.living_library import executed, light, put
from tests.small_library import C8E, bare_library, said, shoot, tree


@pytest.fixture
def library(tmp_path):
    return bare_library(tmp_path / "library")


def frame(library, stored):
    return frame_of_stored(see(open_library(library.root, {})), stored)


def test_a_light_without_object_is_freed_by_what_its_quarantine_sentence_says(library):
    shoot(library, "New shots/a=b 'c'.fits", 1, OBJECT=None)
    library.doit()
    (note,) = (library.root / "_Quarantine").glob("*.txt")
    line = next(
        line.strip() for line in note.read_text(encoding="utf-8").splitlines() if "doit correct" in line
    )
    words = shlex.split(line)
    assert words[0] == "doit"
    told = library.doit(*words[1:])
    assert "The next `doit` stores it as" in told.stdout
    library.doit()
    (stored,) = library.stored
    assert stored.startswith(f"{C8E}/00_Frames/DATE_2026-01-14/LIGHT/NAME/")
    assert list((library.root / "_Quarantine").glob("*.txt")) == []
    assert executed(library.doit()) == []


def test_a_correction_said_in_the_inbox_lives_on_with_the_stored_frame(library):
    shoot(library, "x.fits", 1, OBJECT=None)
    library.command("correct", "_Inbox/x.fits", "target=NGC 7000", "filter=Ha", "exposure=250")
    library.night()
    (stored,) = library.stored
    found = frame(library, stored)
    assert (found.target, found.exposure_s) == ("NGC 7000", 250.0)
    assert found.sources["target"] == "correction"
    shown = said(library.command("correct", stored))
    assert "target=NGC 7000, filter=Ha, exposure=250" in shown
    assert "Heard now: target=NGC 7000" in shown
    assert said(library.command("correct", "_Inbox/x.fits")) == shown


def test_a_stored_name_stays_and_the_frame_is_another(library):
    shoot(library, "x.fits", 1)
    library.night()
    before = tree(library)
    (stored,) = library.stored
    data = library.command("correct", stored, "target=M33", "panel=2").data
    assert {(one["value"], one["was"], one["is"]) for one in data["changes"]} == {
        ("target", "M31", "M33"),
        ("panel", "", "2"),
    }
    assert tree(library) == before
    assert nights_work(library.night()) == ["measured", "culled", "shown"], "it is of another set now"
    assert library.stored == [stored]
    now, told = tree(library), ("_Reports", "_Catalog", "_Notes")
    assert {path: now[path] for path in before if not path.startswith(told)} == {
        path: data for path, data in before.items() if not path.startswith(told)
    }
    assert frame(library, stored).target == "M33"


@pytest.mark.parametrize(
    "typed",
    [
        "_Inbox/LIGHT/a b=c/x y.fits",
        r"_Inbox\LIGHT\a b=c\x y.fits",
        "LIGHT/a b=c/x y.fits",
        "./_Inbox/../_Inbox/LIGHT/a b=c/x y.fits",
        "ABSOLUTE",
    ],
)
def test_a_file_is_found_however_it_is_typed(library, typed):
    path = shoot(library, "LIGHT/a b=c/x y.fits", 1, OBJECT=None)
    typed = str(path) if typed == "ABSOLUTE" else typed
    data = library.command("correct", typed, "target=M33").data
    assert data["what"] == "_Inbox/LIGHT/a b=c/x y.fits"
    assert data["waiting"][0]["state"] == "store"


def test_the_shell_sees_equals_signs_blanks_and_empty_values(library):
    shoot(library, "a=b.fits", 1, OBJECT="M31 Panel 3")
    told = library.doit("correct", "a=b.fits", "panel=", "target=x=y", "--why", "it's = so")
    assert "target=x=y, panel=" in told.stdout
    library.night()
    (stored,) = library.stored
    assert (frame(library, stored).target, frame(library, stored).panel) == ("x=y", "")
    assert "it's = so" in library.doit("correct", stored).stdout


def test_a_folder_of_an_inbox_frees_all_that_lies_in_it_and_comes_later(library):
    for number in (1, 2):
        shoot(library, f"new/{number}.fits", number, OBJECT=None)
    assert library.command("correct", "_Inbox/new", "target=M33").data["about"] == "inbox"
    shoot(library, "new/3.fits", 3, OBJECT=None)
    library.night()
    assert len(library.stored) == 3
    assert {frame(library, stored).target for stored in library.stored} == {"M33"}


def test_a_night_frees_lights_and_leaves_darks_alone(library):
    for number in (1, 2):
        shoot(library, f"{number}.fits", number, OBJECT=None)
    shoot(library, "d.fits", 5, IMAGETYP="DARK", OBJECT=None)
    data = library.command("correct", "2026-01-14", "target=M33", "exposure=250").data
    assert [one["state"] for one in data["waiting"]] == ["store"] * 3
    library.night()
    found = [frame(library, stored) for stored in library.stored]
    assert (
        sorted((one.kind.value, one.target) for one in found if one.kind.value == "LIGHT")
        == [("LIGHT", "M33")] * 2
    )
    assert next(one for one in found if one.kind.value == "DARK").target is None
    assert {one.exposure_s for one in found} == {250.0}


def test_one_rigs_night_is_not_anothers(library):
    shoot(library, "a.fits", 1)
    shoot(library, "b.fits", 2, TELESCOP="SQA55", INSTRUME="ATR585M", FOCRATIO=5.3, FOCALLEN=264.0)
    library.night()
    library.command("correct", "2026-01-14", "--rig", "c8e@f10+zwo asi2600mm pro", "target=M33")
    assert [frame(library, stored).target for stored in library.stored] == ["M33", "M31"]
    folder = library.stored[1].partition("/LIGHT")[0]
    assert library.command("correct", folder, "target=M34").data["what"].startswith("2026-01-14/SQA55")
    with pytest.raises(UserError, match="did you mean C8E@f10"):
        library.command("correct", "2026-01-14", "--rig", "C8E@f10.0+ZWO ASI2600MC Pro", "target=M33")


def test_a_corrected_rig_frees_a_frame_of_an_unknown_one(library):
    shoot(library, "x.fits", 1, TELESCOP="Borrowed")
    with pytest.raises(UserError, match="did you mean"):
        library.command("correct", "x.fits", "rig=C8E@f10+ZWO ASI2600MM")
    library.command("correct", "x.fits", "rig=c8e@f10+zwo asi2600mm pro")
    library.night()
    (stored,) = library.stored
    assert stored.startswith(f"{C8E}/")
    assert frame(library, stored).rig == C8E


def test_a_corrected_night_files_the_frame_there(library):
    shoot(library, "x.fits", 1)
    library.command("correct", "x.fits", "night=2026-01-20")
    library.night()
    assert "/DATE_2026-01-20/" in library.stored[0]


def test_undo_takes_back_the_latest_and_can_itself_be_taken_back(library):
    shoot(library, "x.fits", 1)
    library.night()
    (stored,) = library.stored
    library.command("correct", stored, "target=M33")
    library.command("correct", stored, "target=M34")
    library.command("correct", stored, "--undo")
    assert frame(library, stored).target == "M33"
    undo = library.command("correct", stored, "--undo").data["decision"]
    assert frame(library, stored).target == "M31"
    with pytest.raises(UserError, match=f"doit correct {undo} --undo"):
        library.command("correct", stored, "--undo")
    library.command("correct", undo, "--undo")
    assert frame(library, stored).target == "M33"
    with pytest.raises(UserError, match="taken back already"):
        library.command("correct", undo, "--undo")
    rows = library.command("correct", stored).data["corrections"]
    assert [row["now"] for row in rows] == ["holds", "taken back", "holds", "taken back", "holds"]


def test_an_undone_correction_sends_a_waiting_file_back_into_quarantine(library):
    shoot(library, "x.fits", 1, OBJECT=None)
    before = tree(library)
    library.command("correct", "x.fits", "target=M33")
    data = library.command("correct", "x.fits", "--undo").data
    assert data["waiting"][0]["state"] == "quarantine"
    assert tree(library) == before


def test_said_twice_is_decided_once(library):
    shoot(library, "x.fits", 1)
    library.command("correct", "x.fits", "exposure=250")
    assert "already" in said(library.command("correct", "x.fits", "exposure=250s"))
    assert len(read(library.root).said) == 1


def test_who_when_and_why_are_shown_for_all(library):
    assert "Nothing is corrected" in said(library.command("correct"))
    shoot(library, "x.fits", 1)
    library.doit("correct", "x.fits", "target=M33", "--why", "slewed there by hand")
    (row,) = library.ask("correct")
    assert (row["what"], row["corrected"], row["why"]) == (
        "_Inbox/x.fits",
        "target=M33",
        "slewed there by hand",
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d \S+", row["when"])
    assert row["who"]


def test_what_is_delivered_is_listed_and_left(library):
    shoot(library, "x.fits", 1)
    library.night()
    (link,) = (
        path.relative_to(library.root).as_posix() for path in library.root.glob("*/10_Blink/**/*.fits")
    )
    before = tree(library)
    told = library.command("correct", link, "target=M33")
    assert told.data["delivered"] == [link]
    assert link in said(told)
    assert tree(library) == before


def test_a_filter_the_rig_does_not_list_is_said(library):
    shoot(library, "x.fits", 1)
    library.night()
    told = said(library.command("correct", library.stored[0], "filter=Hx"))
    assert "has no filter 'Hx'" in told


def test_a_decision_is_filed_under_its_rig_and_night(library):
    shoot(library, "x.fits", 1)
    library.command("correct", "x.fits", "target=M33")
    assert (library.root / "_Decisions" / C8E / "DATE_2026-01-14" / "correct.jsonl").is_file()


def test_a_file_in_two_inboxes_must_be_said_which(library):
    (library.root / "_Rigs").mkdir()
    library.settings('inboxes = ["_Inbox", "_Other"]\n[[site]]\nname = "x"\nlatitude = 1\nlongitude = 1\n')
    for name in ("_Inbox", "_Other"):
        put(library.root / name / "x.fits", light(1))
    with pytest.raises(UserError, match=r"2 inboxes; type _Inbox/x\.fits or _Other/x\.fits"):
        library.command("correct", "x.fits", "target=M33")
    assert library.command("correct", "_Other/x.fits", "target=M33").data["what"] == "_Other/x.fits"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.fits", "target=x"], "no such file"),
        (["2026-01-20", "target=x"], "No frame of the night"),
        (["_Inbox", "target=x"], "whole inbox"),
        (["notes.txt", "target=x"], "no image"),
        (["x.fits", "target=x", "--rig", "y"], "--rig goes with a night"),
        (["x.fits", "target=x", "--undo"], "not both"),
        (["x.fits", "--undo"], "never corrected"),
        (["", "target=x"], "Correct what"),
        (["20260114T210305-9f3c2a1b", "--undo"], "No correction is called"),
        (["_Inbox/../../../etc/passwd", "target=x"], "no frame of this library|no such file"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence_and_no_decision(library, words, sentence):
    shoot(library, "x.fits", 1)
    put(library.inbox / "notes.txt", b"clouds")
    with pytest.raises(UserError, match=sentence):
        library.command("correct", *words)
    assert not (library.root / "_Decisions").exists()


def test_a_hostile_target_makes_one_safe_folder(library):
    shoot(library, "x.fits", 1)
    library.command("correct", "x.fits", "target=../../etc/CON")
    library.night()
    (stored,) = library.stored
    assert stored.split("/")[4] == "%2E./../etc/CON".replace("/", "%2F") or ".." not in stored.split("/")
    assert (library.root / stored).is_file()


def test_without_a_library_it_says_what_to_type(tmp_path):
    from tests.living_library import LivingLibrary

    result = LivingLibrary(tmp_path).doit("correct", "x.fits", "target=M31", code=3)
    assert "doit init" in result.stderr


def test_a_frame_is_still_found_by_its_inbox_name_when_that_is_gone(library):
    path = shoot(library, "x.fits", 1, OBJECT=None)
    library.command("correct", "x.fits", "target=M33")
    library.night()
    path.unlink()
    assert library.command("correct", "_Inbox/x.fits", "filter=R").data["stored"] == library.stored
    library.command("correct", "x.fits", "--undo")
    library.command("correct", "x.fits", "--undo")
    assert "taken back" in said(library.command("correct", library.stored[0]))


def test_what_is_gone_altogether_can_still_be_shown_and_taken_back(library):
    path = shoot(library, "x.fits", 1, OBJECT=None)
    library.command("correct", "x.fits", "target=M33")
    path.unlink()
    assert "target=M33" in said(library.command("correct", "x.fits"))
    with pytest.raises(UserError):
        library.command("correct", "x.fits", "filter=R")
    library.command("correct", "x.fits", "--undo")
    assert read(library.root).holding == {}
