from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.rules.verdict_files import verdict_name
from pipeline.world.said import read_said
from pipeline.world.verdict_inbox import library_id, nights_spoken_of
from tests.stages.blinking import M31, make_person
from tests.stages.night_library import RIG, configure
from tests.stages.view_library import NIGHT

MADE = datetime(2026, 1, 15, 8, 0, 0, tzinfo=UTC)


@pytest.fixture
def person(tmp_path):
    return make_person(tmp_path / "library")


def verdict(person, *rejected, made=None, frames=None, **changes):
    """What the page saves."""
    one = person.only()
    lines = [
        {
            "stored": member.stored,
            "sha256": member.sha256,
            "verdict": "reject" if number in rejected else "keep",
        }
        for number, member in enumerate(one.members)
        if frames is None or number in frames
    ]
    said = {
        "format": "nightbuild-verdict",
        "version": 1,
        "library": library_id(person.root),
        "set": one.id,
        "made": (made or datetime.now(UTC)).isoformat(),
        "frames": lines,
    }
    return json.dumps(said | changes)


def drop(person, text, folder="_Verdicts", name=None):
    path = person.root / folder / (name or verdict_name(person.only().id))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("place", ["_Verdicts", "the set", "the downloads"])
def test_a_verdict_file_is_read_from_the_set_from_verdicts_and_from_the_downloads(person, tmp_path, place):
    configure(person.root, f'[blink]\ndownloads = "{(tmp_path / "downloads").as_posix()}"\n')
    folder = {"_Verdicts": "_Verdicts", "the set": person.folder, "the downloads": tmp_path / "downloads"}[
        place
    ]
    path = drop(person, verdict(person, 1), folder)
    assert person.look() == "C8E   1 set blinked, 1 frame rejected by eye"
    assert (person.says(1), person.why(1)) == ("reject", "rejected on the blink page")
    assert person.looked_at() == [0, 1, 2, 3]
    assert path.exists(), "left where it lies"
    person.settle()
    assert person.frames("20_Data") == ["00", "02", "03"]
    assert person.frames("_Reject") == ["01"]


def test_a_second_copy_of_a_verdict_file_does_nothing(person):
    text = verdict(person, 1)
    path = drop(person, text)
    person.look()
    drop(person, text, name=f"{path.stem} (1).json")
    assert person.look() == ""
    assert person.would().is_empty


def test_a_verdict_covers_the_frames_it_names_and_no_others(person):
    drop(person, verdict(person, 1, frames=(0, 1)))
    person.look()
    assert person.looked_at() == [0, 1]
    (look,) = [one for one in person.book().decisions.of_kind("blink") if one.about.value == "set"]
    assert look.values["by"] == "verdict file"
    assert (
        look.values["digest"]
        == hashlib.sha256(next((person.root / "_Verdicts").iterdir()).read_bytes()).hexdigest()
    )


def test_a_later_verdict_changes_an_earlier_one(person):
    person.rig("[accept]\nmin_frames = 10\n")
    drop(person, verdict(person, 1, 2), name="verdict_a.json")
    person.look()
    drop(person, verdict(person, 2, made=datetime.now(UTC) + timedelta(seconds=5)), name="verdict_b.json")
    person.look()
    assert [person.says(number) for number in range(4)] == ["", "wait", "reject", ""]


def test_an_earlier_verdict_that_arrives_later_changes_nothing(person):
    person.rig("[accept]\nmin_frames = 10\n")
    drop(person, verdict(person, 1), name="verdict_b.json")
    person.look()
    drop(person, verdict(person, made=MADE), name="verdict_a.json")
    person.look()
    assert person.says(1) == "reject"


def test_what_a_person_did_after_the_verdict_was_made_holds(person):
    text = verdict(person, 1, made=MADE)
    person.into(f"{person.folder}/bad", 2)
    person.look()
    drop(person, text)
    person.look()
    assert person.says(2) == "reject"


def test_two_contradicting_verdicts_are_said_and_the_later_holds(person):
    drop(person, verdict(person, 1, made=MADE), name="verdict_a.json")
    drop(person, verdict(person, 3, made=MADE + timedelta(minutes=5)), name="verdict_b.json")
    said = person.look()
    assert "made after _Verdicts/verdict_a.json, and says otherwise" in said
    assert [person.says(number) for number in range(4)] == ["", "", "", "reject"]


def test_a_verdict_in_another_sets_folder_is_refused(person):
    person.other_target()
    other = next(one for one in person.book().sets if one.target == "M33")
    drop(person, verdict(person, 1), other.blink)
    assert person.look() == ""
    assert "lies in another set's folder" in person.asks()[0].what
    assert person.looked_at() == []


def test_unknown_frames_are_named_and_the_rest_is_heard(person):
    text = json.loads(verdict(person, 1))
    text["frames"].append({"stored": "../../etc/passwd", "verdict": "reject"})
    drop(person, json.dumps(text))
    person.look()
    assert person.says(1) == "reject"
    (look,) = [one for one in person.book().decisions.of_kind("blink") if one.about.value == "set"]
    assert "not in this set, so skipped" in look.why


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not whole, or no JSON"),
        ("[1]", "is no verdict of a blink page"),
        ("\x00\xff", "is not whole, or no JSON"),
    ],
)
def test_a_file_that_is_no_verdict_is_a_sentence(person, text, said):
    drop(person, text, person.folder)
    assert person.look() == ""
    assert said in person.asks()[0].what


def test_a_verdict_on_a_set_that_is_gone_is_a_sentence_and_stays(person):
    path = drop(person, verdict(person, 1, set=f"{RIG}/M99/DATE_2020-01-01/FILTER_L"), name="verdict_x.json")
    assert person.look() == ""
    assert any("which is not there" in one.what for one in person.asks())
    assert path.exists()


def test_a_verdict_of_another_library_is_refused(person):
    drop(person, verdict(person, 1, library="another"))
    assert person.look() == ""
    assert any("another library" in one.what for one in person.asks())


def test_a_verdict_names_the_nights_that_are_to_be_looked_into(person):
    assert nights_spoken_of(person.book().library, read_said(person.root, None)) == set()
    drop(person, verdict(person, 1))
    assert nights_spoken_of(person.book().library, read_said(person.root, None)) == {(RIG, NIGHT)}
    person.look()
    assert nights_spoken_of(person.book().library, read_said(person.root, None)) == set()


def test_a_verdict_and_a_marker_together(person):
    drop(person, verdict(person, 1, frames=(0, 1)))
    person.mark(M31)
    person.look()
    assert person.looked_at() == [0, 1, 2, 3]
    assert person.says(1) == "reject"
