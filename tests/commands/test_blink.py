from __future__ import annotations

import argparse
import json
import os
from importlib import import_module

import pytest

from pipeline.model.answers import OK, Context
from pipeline.model.errors import NotReachable, UserError
from tests import forked
from tests.stages.blinking import DATE, M31, make_person
from tests.stages.night_library import RIG


@pytest.fixture
def person(tmp_path):
    return make_person(tmp_path / "library")


def ask(person, name, *words):
    module = import_module(f"pipeline.commands.{name}")
    parser = argparse.ArgumentParser(allow_abbrev=False)
    module.add_arguments(parser)
    context = Context(folder=person.root, library=person.root, environment={"USER": "ada"})
    answer = module.run(parser.parse_intermixed_args(words), context)
    assert answer.code() == OK
    return "\n".join((*answer.sentences, *answer.closing))


def typed(person, *words, code=0):
    result = forked.doit(person.root, *words)
    assert result.returncode == code, result.stdout + result.stderr
    return result


def test_doit_blink_says_that_you_have_looked_and_the_night_accepts(person):
    said = typed(person, "blink", DATE).stdout
    assert "M31 L 300 s, night of 2026-01-14: you have looked at 4 frames." in said
    assert "--undo` takes that back" in said
    assert person.looked_at() == [0, 1, 2, 3]
    person.settle()
    assert person.frames("20_Data") == ["00", "01", "02", "03"]
    assert person.look() == ""


def test_doit_blink_with_reject_takes_these_frames_away(person):
    name = person.only().members[2].name
    answer = json.loads(typed(person, "blink", M31, "--reject", name, "--why", "trees", "--json").stdout)
    assert [one["about"] for one in answer["decisions"]] == ["frame", "set"]
    assert (person.says(2), person.why(2)) == ("reject", "trees")
    person.settle()
    assert person.frames("20_Data") == ["00", "01", "03"]
    assert person.frames("_Reject") == ["02"]


@pytest.mark.parametrize("path", ["name", "stored", "link", "moved"])
def test_a_frame_is_named_by_any_path_it_has(person, path):
    member = person.only().members[1]
    if path == "moved":
        person.into(f"{M31}/accept", 1)
    word = {
        "name": member.name,
        "stored": member.stored,
        "link": f"{person.folder}/{member.name}",
        "moved": f"{M31}/accept/{member.name}",
    }[path]
    assert "1 frame goes to _Reject" in ask(person, "blink", "--reject", word)
    assert person.says(1) == "reject"
    assert person.looked_at() == [], "the rest is still to be looked at"


def test_blink_undo_takes_back_everything_said_in_one_breath(person):
    ask(person, "blink", M31, "--reject", person.only().members[0].name)
    said = ask(person, "blink", M31, "--undo")
    assert "taken back: 1 word on frames and that you have looked" in said
    assert (person.says(0), person.looked_at()) == ("", [])
    with pytest.raises(UserError, match="nothing was said of it by eye"):
        ask(person, "blink", M31, "--undo")


def test_blink_undo_takes_a_marker_back_and_says_what_to_do(person):
    marker = person.mark()
    assert "1 set blinked" in ask(person, "blink", M31, "--undo"), "taken up first, then taken back"
    assert person.looked_at() == []
    assert person.look() == ""
    os.utime(marker, (marker.stat().st_mtime + 5, marker.stat().st_mtime + 5))
    person.look()
    assert person.looked_at() == [0, 1, 2, 3]


def test_blink_undo_after_acceptance_names_reopen(person):
    ask(person, "blink", M31)
    person.settle()
    assert "doit reopen" in ask(person, "blink", M31, "--undo")


def test_many_sets_at_once_by_rig_and_night(person):
    person.shoot(90, OBJECT="M33")
    person.offer()
    said = ask(person, "blink", "--rig", RIG, "--night", "2026-01-14")
    assert said.count("you have looked") == 2


def test_a_set_of_which_nothing_is_offered_says_so(person):
    ask(person, "blink", M31)
    person.settle()
    assert "nothing of it is offered" in ask(person, "blink", M31)


def test_the_question_about_vanished_frames_is_answered_with_rejected(person):
    person.other_target()
    person.delete_folder(M31)
    person.look()
    said = ask(person, "blink", person.only().id, "--gone", "rejected")
    assert "4 frames are rejected" in said
    assert [person.says(number) for number in range(4)] == ["reject"] * 4
    assert person.asks() == []
    ask(person, "blink", person.only().id, "--undo")
    assert "4 of 4 frames" in person.asks()[0].what


def test_the_question_about_vanished_frames_is_answered_with_restore(person):
    person.other_target()
    person.delete_folder(M31)
    person.look()
    said = ask(person, "restore", person.only().id)
    assert "4 frames come back into 10_Blink" in said
    assert person.asks() == []
    person.settle()
    assert len(person.frames("10_Blink")) == 5
    assert person.look() == ""


def test_restored_frames_that_are_deleted_again_are_rejected(person):
    person.delete(0)
    person.look()
    person.settle()
    ask(person, "restore", person.only().members[0].name)
    person.settle()
    assert person.frames("10_Blink") == ["00", "01", "02", "03"]
    person.delete(0)
    person.look()
    assert person.says(0) == "reject"


def test_a_disk_that_is_away_stops_the_command(person):
    person.move(f"{RIG}/10_Blink", "../unmounted")
    for words in (("blink", M31, "--gone", "rejected"), ("blink", M31), ("restore", M31)):
        with pytest.raises(NotReachable, match="put an empty file named"):
            ask(person, *words)
    assert person.book().decisions.said == ()


def test_restore_brings_a_culled_frame_back_and_outranks_the_limits(person):
    person.offer(culled=[3])
    path = f"_Reject/{person.folder}/{person.only().members[3].name}"
    said = typed(person, "restore", path).stdout
    assert "1 frame comes back into 10_Blink with the next `doit`." in said
    person.settle()
    assert person.frames("10_Blink") == ["00", "01", "02", "03"]
    person.offer(culled=[3])
    assert person.frames("10_Blink") == ["00", "01", "02", "03"]
    assert "is restored already" in ask(person, "restore", path)


def test_restore_of_a_set_brings_back_all_of_it_that_is_away(person):
    person.offer(culled=[3])
    person.rejected(3).unlink()
    person.delete(0)
    person.look()
    person.settle()
    assert person.says(3) == "give-up"
    assert "2 frames come back" in ask(person, "restore", M31)
    person.settle()
    assert person.frames("10_Blink") == ["00", "01", "02", "03"]


def test_restore_is_undone(person):
    person.offer(culled=[3])
    ask(person, "restore", M31)
    assert person.says(3) == "restore"
    ask(person, "restore", M31, "--undo")
    assert person.says(3) == ""
    with pytest.raises(UserError, match="nothing to take back"):
        ask(person, "restore", M31, "--undo")


def test_restore_of_what_is_accepted_names_reopen(person):
    ask(person, "blink", M31)
    person.settle()
    assert "doit reopen" in ask(person, "restore", person.only().members[0].stored)
    assert "nothing of it is away" in ask(person, "restore", M31)


def test_a_purged_frame_is_told_where_it_is(person):
    stored = person.only().members[0].stored
    person.delete(0)
    for _ in range(2):
        person.look()
        person.settle()
        person.rejected(0).unlink(missing_ok=True)
    ask(person, "purge", stored, "--yes", "--why", "cloud")
    with pytest.raises(UserError, match="was purged"):
        ask(person, "restore", stored)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("blink",), "Blink which sets"),
        (("blink", "M31", "--undo", "--gone", "rejected"), "Only one of"),
        (("blink", "nowhere"), "is no set"),
        (("blink", "--reject", "nothing.fits"), "no such file"),
        (("restore",), "Restore what"),
    ],
)
def test_what_cannot_be_understood_says_what_to_type(person, words, said):
    with pytest.raises(UserError, match=said):
        ask(person, *words)
    assert person.book().decisions.said == ()
