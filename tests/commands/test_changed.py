from __future__ import annotations

import pytest

from pipeline.model.answers import CANNOT, OK
from pipeline.model.errors import UserError
from tests.commands.shelf import lay_flat
from tests.living_library import LivingLibrary
from tests.stages.night_library import RIG
from tests.stages.view_library import make_views

FOLDER = f"{RIG}/10_Blink/M31"


@pytest.fixture
def library(tmp_path):
    """Lights of 2026-01-14, and flats of six nights before; the rig takes flats up to nine nights away."""
    views = make_views(tmp_path / "library", frames=1)
    views.settle()
    views.rig("[matching]\nflat_max_nights = 9\n")
    lay_flat(views.root, "2026-01-08")
    return LivingLibrary(views.root)


def flats(library):
    (told,) = library.command("match", FOLDER).data
    return told["matches"]["FLAT"]


def test_no_flat_serves_across_a_change_until_it_is_taken_back(library):
    assert flats(library)["chosen"] is not None
    said = library.doit("changed", RIG, "2026-01-10", "--why", "camera turned").stdout
    assert f"{RIG} is another from the night of 2026-01-10 on: camera turned." in said
    assert flats(library)["chosen"] is None
    assert flats(library)["candidates"][0]["reasons"] == ["the rig was changed on 2026-01-10 (camera turned)"]
    assert library.command("changed", RIG, "2026-01-10", "--undo").code() == OK
    assert flats(library)["chosen"] is not None
    assert library.command("changed", RIG, "2026-01-10", "--undo").code() == CANNOT


def test_the_same_mark_twice_is_one(library):
    library.command("changed", RIG.casefold(), "DATE_2026-01-10")
    assert library.command("changed", RIG, "2026-01-10").code() == CANNOT
    library.command("changed", RIG, "2026-01-10", "--why", "cleaned")
    assert list(library.command("changed").rows)[-1]["why"] == "cleaned"
    library.command("changed", RIG, "2026-01-10", "--undo")
    assert library.command("changed").sentences == ("No rig was marked as changed.",)


def test_programs_are_told_the_marks(library):
    library.command("changed", RIG, "2026-01-10")
    assert library.ask("changed", RIG) == [{"rig": RIG, "from": "2026-01-10", "why": ""}]


def test_an_unknown_rig_and_no_night_are_answered(library):
    with pytest.raises(UserError, match="No rig is called 'C9'; there are C8E"):
        library.command("changed", "C9", "2026-01-10")
    with pytest.raises(UserError, match="'yesterday' is no night"):
        library.command("changed", RIG, "yesterday")
    with pytest.raises(UserError, match=r"Which rig and night\?"):
        library.command("changed", RIG, "--undo")


def test_a_mark_opens_no_night_that_was_done(library):
    """It is filed with the rig and not with a night: the next run has nothing to look at because of it."""
    library.command("changed", RIG, "2026-01-10")
    assert [path.parent.name for path in library.root.glob("_Decisions/**/changed.jsonl")] == [RIG]
