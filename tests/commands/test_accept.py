from __future__ import annotations

import pytest

from pipeline.model.answers import CANNOT, OK
from pipeline.model.errors import Busy, UserError
from pipeline.rules.words import BLINK, REJECT, words_of
from pipeline.world.lock import Lock
from tests.living_library import LivingLibrary
from tests.stages.night_library import RIG
from tests.stages.view_library import make_views

FOLDER = f"{RIG}/10_Blink/M31"


@pytest.fixture
def views(tmp_path):
    """Four frames: one culled, one rejected by eye, two offered."""
    made = make_views(tmp_path / "library")
    made.judge(culled=[0])
    made.settle()
    made.say(1, BLINK, REJECT)
    made.settle()
    return made


@pytest.fixture
def library(views):
    return LivingLibrary(views.root)


def test_what_is_offered_is_accepted_and_what_was_rejected_is_not(library, views):
    (told,) = library.ask("accept", FOLDER, "--why", "good night")
    assert told["set"] == views.only().id
    assert len(told["frames"]) == 2
    assert views.settle() == ["C8E   M31 L 300 s             2 accepted"]
    assert views.frames("20_Data") == ["02", "03"]
    assert views.frames("_Reject") == ["00", "01"]
    assert views.is_at_rest()


def test_it_says_what_it_did_in_a_sentence(library):
    answer = library.command("accept", FOLDER)
    assert answer.sentences == (
        f"{RIG}, M31 L 300 s, night of 2026-01-14: 2 frames accepted; 2 stay rejected.",
    )
    assert answer.closing == ("The next `doit` takes them on.",)
    assert answer.code() == OK


def test_suspects_of_a_set_that_asks_are_accepted_too(library, views):
    views.judge(culled=[0], suspect=[2, 3], held=True)
    (said,) = library.command("accept", "--rig", RIG).sentences
    assert "2 frames accepted, 2 of them beyond a limit" in said
    views.settle()
    assert views.frames("20_Data") == ["02", "03"]


def test_criteria_do_not_hold_back_what_was_accepted_by_command(library, views):
    views.rig("[accept]\nmin_frames = 20\n")
    library.command("accept", "--night", "2026-01-14")
    views.settle()
    assert views.frames("20_Data") == ["02", "03"]


def test_frames_that_come_later_are_not_spoken_for(library, views):
    library.command("accept", FOLDER)
    views.shoot(9)
    views.judge(culled=[0])
    views.settle()
    assert views.frames("20_Data") == ["02", "03"]
    assert views.frames("10_Blink") == ["09"]


def test_what_it_is_accepted_without_is_kept_for_the_masters(library, views):
    library.command("accept", FOLDER, "--without", "flat", "--without", "dark", "--why", "no time")
    (decision,) = views.book().decisions.of_kind("accept")
    assert decision.values["without"] == ["dark", "flat"]
    assert decision.why == "no time"
    with pytest.raises(SystemExit):
        library.command("accept", FOLDER, "--without", "bias")


def test_undo_takes_it_back_as_long_as_nothing_was_done(library, views):
    library.command("accept", FOLDER)
    assert library.command("accept", FOLDER, "--undo").code() == OK
    assert words_of(views.only(), views.book().decisions).seen == {}
    assert views.settle() == []
    assert library.command("accept", FOLDER, "--undo").code() == CANNOT
    library.command("accept", FOLDER)
    views.settle()
    with pytest.raises(UserError, match="doit reopen"):
        library.command("accept", FOLDER, "--undo")


def test_a_set_with_nothing_to_accept_says_why(library, views):
    library.command("accept", FOLDER)
    views.settle()
    answer = library.command("accept", views.only().id)
    assert answer.code() == CANNOT
    assert answer.sentences[0].endswith("is accepted already.")


def test_what_is_not_offered_yet_is_not_accepted(tmp_path):
    views = make_views(tmp_path / "library", frames=0)
    views.shoot(1)
    (said,) = LivingLibrary(views.root).command("accept", "--rig", RIG).sentences
    assert "nothing is offered yet" in said


def test_somebody_must_say_which(library):
    with pytest.raises(UserError, match=r"Accept what\?"):
        library.command("accept")
    assert "is no set" in library.doit("accept", "M99", code=3).stderr


def test_it_waits_for_the_lock(library, views):
    with Lock(views.root), pytest.raises(Busy):
        library.command("accept", FOLDER)
