"""`doit why` of a master: what it is, of what it was made, who uses it, why it is not used."""

from __future__ import annotations

import pytest

from tests.copies import another
from tests.eyes import LIMITS
from tests.served_library import FLAT, make_served

DARK = "masterDark_EXPOSURE_300.00_SETTEMP_-10.00_GAIN_100_OFFSET_50"
FEW = "[blink]\ndark = false\n[masters.dark]\nmin_frames = 3\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A night of M31, accepted with a dark made of three frames."""
    served = make_served(tmp_path_factory.mktemp("made"))
    served.limit(LIMITS + FEW)
    served.shoot(2.0, 2.1, 2.2)
    served.master(FLAT, night="2026-01-14")
    served.raw_darks(3)
    served.doit("--now")
    served.accept()
    served.doit("--now")
    return served


@pytest.fixture
def eyes(made, tmp_path):
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


def test_it_says_what_it_was_made_of_and_which_sets_use_it(eyes):
    answer = eyes.ask("why", DARK)
    (made_of,) = answer.data["made_of"]
    assert made_of["frames"] == 3 and "/DARK/" in made_of["set"]
    assert answer.data["used_by"] == [eyes.only("M31").id]
    text = "\n".join(answer.sentences)
    assert "used by 1 accepted set" in text
    assert "dark 300 s, −10.0 °C" in text and f"3 of {made_of['set']}" in text
    assert all(place in text for place in answer.data["places"]) and len(answer.data["places"]) == 1


def test_it_is_found_by_its_path_and_by_its_place_beside_lights(eyes):
    told = eyes.ask("why", DARK).data
    for path in (told["master"], str(eyes.root / told["master"]), told["places"][0]):
        assert eyes.ask("why", path).data["sha256"] == told["sha256"]


def test_one_that_is_not_used_says_why_and_what_to_type(eyes):
    eyes.ask("master", DARK, "--reject", "--why", "a leak")
    answer = eyes.ask("why", DARK)
    assert any("not used: you rejected it: a leak" in line for line in answer.sentences)
    assert any("--undo" in line for line in answer.sentences)


def test_one_that_came_from_elsewhere_is_told_as_far_as_it_is_known(eyes):
    flat = next(eyes.root.glob("_Flat Stash/**/masterFlat*.fits"))
    answer = eyes.ask("why", str(flat))
    assert answer.data["made_of"] == [] and len(answer.data["used_by"]) == 1
    assert any("20 frames; which ones is not known" in line for line in answer.sentences)


def test_a_raw_frame_is_told_as_before(eyes):
    stored = eyes.only("M31").members[0].stored
    assert eyes.ask("why", stored).data["stored"] == stored
