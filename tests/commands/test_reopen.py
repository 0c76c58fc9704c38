from __future__ import annotations

import pytest

from pipeline.model.answers import CANNOT, OK
from pipeline.model.errors import UserError
from pipeline.model.records import MovedOn
from tests.living_library import LivingLibrary
from tests.stages.night_library import RIG
from tests.stages.view_library import later, make_views

FOLDER = f"{RIG}/20_Data/M31"


@pytest.fixture
def views(tmp_path):
    """Accepted."""
    made = make_views(tmp_path / "library")
    made.settle()
    made.seen()
    made.settle()
    return made


@pytest.fixture
def library(views):
    return LivingLibrary(views.root)


def test_an_accepted_set_is_offered_again_and_accepted_again(library, views):
    said = library.doit("reopen", FOLDER).stdout
    assert "M31 L 300 s, night of 2026-01-14: 4 frames will be offered again." in said
    views.settle()
    assert views.frames("10_Blink") == ["00", "01", "02", "03"]
    assert views.files("20_Data") == []
    views.seen()
    views.settle()
    assert views.frames("20_Data") == ["00", "01", "02", "03"]
    assert views.is_at_rest()


def test_what_was_moved_on_is_named_and_left(library, views):
    link, to = views.links(0)[-1].link, f"{RIG}/30_Master/M31/x.fits"
    (views.root / to).parent.mkdir(parents=True)
    (views.root / link).rename(views.root / to)
    views.tell(MovedOn(when=later(), link=link, to=to))
    (told,) = library.ask("reopen", FOLDER)
    assert told["moved_on"] == [f"{RIG}/30_Master/M31"]
    views.settle()
    assert (views.root / to).is_file()
    assert views.frames("10_Blink") == ["00", "01", "02", "03"]


def test_before_acceptance_it_is_open_already(tmp_path):
    views = make_views(tmp_path / "library")
    views.settle()
    answer = LivingLibrary(views.root).command("reopen", f"{RIG}/10_Blink/M31")
    assert answer.sentences == (f"{RIG}, M31 L 300 s, night of 2026-01-14: is open already.",)
    assert answer.code() == CANNOT


@pytest.mark.parametrize("night_between", [False, True])
def test_a_reopening_can_be_taken_back(library, views, night_between):
    library.command("reopen", FOLDER)
    if night_between:
        views.settle()
        assert views.files("20_Data") == []
    assert library.command("reopen", FOLDER, "--undo").code() == OK
    views.settle()
    assert views.frames("20_Data") == ["00", "01", "02", "03"]
    assert views.files("10_Blink") == []
    assert views.is_at_rest()
    assert library.command("reopen", FOLDER, "--undo").code() == CANNOT


def test_somebody_must_say_which(library):
    with pytest.raises(UserError, match=r"Reopen what\?"):
        library.command("reopen")
