from __future__ import annotations

import pytest

from pipeline.model.answers import CANNOT, OK
from pipeline.model.errors import UserError
from pipeline.model.jobs import Work
from pipeline.stages import distributed
from tests.commands.shelf import DARKS, lay_dark, lay_flat
from tests.living_library import LivingLibrary
from tests.stages.night_library import RIG
from tests.stages.view_library import make_views

FOLDER = f"{RIG}/20_Data/M31"
OLD, NEW = f"{DARKS}/masterDark_old.fits", f"{DARKS}/masterDark_new.fits"


@pytest.fixture
def views(tmp_path):
    """Accepted with a dark of twelve days before; since then a nearer one came."""
    made = make_views(tmp_path / "library")
    lay_dark(made.root, name="masterDark_old.fits")
    lay_flat(made.root)
    made.settle()
    made.seen()
    made.settle()
    serve(made)
    lay_dark(made.root, "2026-01-15", name="masterDark_new.fits")
    return made


@pytest.fixture
def library(views):
    return LivingLibrary(views.root)


def serve(views):
    for job in distributed.plan(views.book().sets):
        if not distributed.is_served(views.root, **job.check_arguments):
            distributed.serve_set(Work(views.root), **job.arguments)


def dark_of(library):
    (told,) = library.command("match", FOLDER).data
    return told["accepted_with"]["DARK"] if told["accepted_with"] else None


def test_an_accepted_set_keeps_its_masters_until_a_person_asks_for_better_ones(library, views):
    serve(views)
    assert dark_of(library) == OLD
    said = library.doit("match", FOLDER).stdout
    assert f"accepted with {OLD}" in said
    assert "`doit rematch` takes what would be chosen now" in said
    said = library.doit("rematch", FOLDER).stdout
    assert NEW in said
    assert f"in place of {OLD}" in said
    serve(views)
    assert dark_of(library) == NEW
    answer = library.command("rematch", FOLDER)
    assert answer.sentences[0].endswith("has the masters that would be chosen now.")
    assert answer.code() == CANNOT


def test_what_would_change_is_told_to_programs(library):
    (told,) = library.ask("rematch", FOLDER)
    assert [(one["kind"], one["was"], one["becomes"]) for one in told["changes"]] == [("dark", OLD, NEW)]


def test_a_rematch_can_be_taken_back_before_a_run_acts_on_it(library, views):
    library.command("rematch", FOLDER)
    assert library.command("rematch", FOLDER, "--undo").code() == OK
    serve(views)
    assert dark_of(library) == OLD
    library.command("rematch", FOLDER)
    serve(views)
    answer = library.command("rematch", FOLDER, "--undo")
    assert answer.code() == CANNOT
    assert "was matched anew already" in answer.sentences[0]


def test_what_is_not_accepted_is_matched_anew_anyway(tmp_path):
    views = make_views(tmp_path / "library")
    views.settle()
    answer = LivingLibrary(views.root).command("rematch", f"{RIG}/10_Blink/M31")
    assert answer.sentences[0].endswith(
        "is not accepted yet: until then each `doit` takes the best there are."
    )
    assert answer.code() == CANNOT


def test_a_pin_gives_an_accepted_set_its_master_too(library, views):
    library.command("pin", FOLDER, "masterDark_new")
    serve(views)
    assert dark_of(library) == NEW
    library.command("pin", FOLDER, "--undo")
    library.command("pin", FOLDER, "masterDark_old")
    serve(views)
    assert dark_of(library) == OLD


def test_somebody_must_say_which(library):
    with pytest.raises(UserError, match=r"Rematch what\?"):
        library.command("rematch")


def test_a_newer_master_of_the_same_name_is_another_one(library, views):
    lay_dark(views.root, "2026-01-13", name="masterDark_old.fits", NCOMBINE=40)
    (views.root / NEW).unlink()
    assert f"accepted with {OLD} as it was before" in library.doit("match", FOLDER).stdout
    said = library.doit("rematch", FOLDER).stdout
    assert f"{OLD} as it is now" in said
    serve(views)
    answer = library.command("rematch", FOLDER)
    assert answer.sentences[0].endswith("has the masters that would be chosen now.")


def test_a_master_that_was_only_renamed_is_the_same_one(library, views):
    (views.root / NEW).unlink()
    (views.root / OLD).rename(views.root / NEW)
    answer = library.command("rematch", FOLDER)
    assert answer.sentences[0].endswith("has the masters that would be chosen now.")
