from __future__ import annotations

import pytest

from pipeline.model.answers import CANNOT, OK
from pipeline.model.errors import UserError
from tests.commands.shelf import BIASES, DARKS, lay, lay_dark, lay_flat
from tests.living_library import LivingLibrary
from tests.stages.night_library import RIG
from tests.stages.view_library import make_views

FOLDER = f"{RIG}/10_Blink/M31"
LOW = "masterDark_GAIN_0.fits"


@pytest.fixture
def library(tmp_path):
    """Four lights of M31, offered; a dark that fits and one of another gain."""
    views = make_views(tmp_path / "library")
    views.settle()
    lay_dark(views.root)
    lay_dark(views.root, name=LOW, GAIN=0)
    return LivingLibrary(views.root)


def chosen(library, kind="DARK"):
    (told,) = library.command("match", FOLDER).data
    return told["matches"][kind]["chosen"].rpartition("/")[2]


def test_a_pinned_master_is_used_and_its_differences_are_said(library):
    said = library.doit("pin", FOLDER, LOW).stdout
    assert f"its dark is {LOW}." in said
    assert f"{LOW}: gain 0, not 100, and you pinned it." in said
    assert chosen(library) == LOW


def test_a_pin_can_be_taken_back(library):
    library.command("pin", FOLDER, f"{DARKS}/{LOW}")
    assert library.command("pin", FOLDER, "--undo").code() == OK
    assert chosen(library) == "masterDark_EXPOSURE_300.00.fits"
    assert library.command("pin", FOLDER, "--undo").code() == CANNOT


def test_of_two_pins_the_latest_holds_and_the_one_named_is_taken_back(library):
    library.command("pin", FOLDER, "masterDark_EXPOSURE_300.00")
    library.command("pin", FOLDER, LOW)
    assert library.command("pin", FOLDER, "masterDark_EXPOSURE_300.00.fits", "--undo").code() == CANNOT
    assert library.command("pin", FOLDER, LOW, "--undo").code() == OK
    (told,) = library.command("match", FOLDER).data
    assert told["matches"]["DARK"]["why"].startswith("pinned: dark 300 s")


def test_a_pin_follows_its_master_when_a_newer_one_takes_its_name(library):
    library.command("pin", FOLDER, LOW)
    old = library.root / DARKS / LOW
    (old.parent / "superseded").mkdir()
    old.rename(old.parent / "superseded" / "masterDark_GAIN_0_DATE_2026-01-02.fits")
    lay_dark(library.root, "2026-01-20", name=LOW, GAIN=0)
    assert chosen(library) == "masterDark_GAIN_0_DATE_2026-01-02.fits"


def test_a_master_of_another_size_cannot_be_pinned(library):
    lay_dark(library.root, name="masterDark_small.fits", size=(4, 6))
    answer = library.command("pin", FOLDER, "masterDark_small.fits")
    assert answer.code() == CANNOT
    assert (
        "masterDark_small.fits was pinned, and cannot be used: 6 × 4 px, not 12 × 8." in answer.sentences[0]
    )
    assert list(library.root.glob("_Decisions/**/pin.jsonl")) == []


def test_flats_of_another_night_are_chosen_by_path(library):
    older, newer = lay_flat(library.root, "2026-01-08"), lay_flat(library.root, "2026-01-20")
    with pytest.raises(UserError, match="is the name of 2 masters; type its path"):
        library.command("pin", FOLDER, "masterFlat_FILTER_L.fits")
    assert library.command("pin", FOLDER, str(library.root / older)).code() == OK
    (told,) = library.command("match", FOLDER).data
    assert told["matches"]["FLAT"]["chosen"] == older != newer


def test_a_bias_that_will_not_be_used_is_said(library):
    lay(library.root, f"{BIASES}/masterBias.fits", "Bias", "2026-01-02", EXPOSURE=0.0, EXPTIME=0.0)
    said = library.command("pin", FOLDER, "masterBias").sentences
    assert said[1] == "  No bias is used as long as it has a dark of its exposure."


def test_a_word_that_means_no_master_is_answered_with_the_nearest(library):
    with pytest.raises(
        UserError, match=r"is no master of this library; did you mean masterDark_GAIN_0.fits\?"
    ):
        library.command("pin", FOLDER, "masterDark_GIAN_0.fits")
    with pytest.raises(UserError, match=r"Pin which master\?"):
        library.command("pin", FOLDER)
    with pytest.raises(UserError, match=r"Pin what\?"):
        library.command("pin")
