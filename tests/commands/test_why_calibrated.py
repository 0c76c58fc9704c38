"""`doit why` of a calibrated light: whose copy it is, by which masters, what was done, how good it is."""

from __future__ import annotations

import shutil

import pytest

from tests.eyes import LIMITS
from tests.served_library import FLAT, make_served
from tests.stages.test_calibrated import PLAIN, accepted, copies, edited, plain


@pytest.fixture(scope="module")
def eyes(tmp_path_factory):
    """A night of M31, calibrated with a dark and a flat."""
    served = make_served(tmp_path_factory.mktemp("calibrated"))
    served.limit(LIMITS + PLAIN)
    served.shoot(2.0, 2.1)
    plain(served.master(), 900 / 65535)
    plain(served.master(FLAT, night="2026-01-14", FDARKMST="fd.fits"), 0.4)
    served.doit()
    accepted(served)
    return served


def test_it_tells_the_light_the_masters_the_steps_and_the_score(eyes):
    copy = copies(eyes)[0]
    answer = eyes.ask("why", str(copy))
    light = eyes.only("M31").members[0].stored
    assert (answer.data["stored"], answer.data["set"]) == (light, eyes.only("M31").id)
    assert answer.data["steps"] == ["DARK", "FLAT"] and answer.data["score"] > 50
    dark, flat, flat_dark = (one for one in sorted(answer.data["masters"], key=lambda one: one["kind"]))
    assert dark["path"].startswith("_Dark Library/") and flat["path"].startswith("_Flat Stash/")
    assert flat_dark["name"] == "fd.fits"
    text = "\n".join(answer.sentences)
    assert light in text and "calibrated, score" in text and "divided by the flat" in text
    assert dark["path"] in text and "fd.fits (taken from the flats" in text


def test_its_name_alone_will_do_and_the_caches_are_not_needed(eyes):
    copy = copies(eyes)[1]
    told = eyes.ask("why", copy.name).data
    shutil.move(eyes.root / ".nightbuild", eyes.root / ".aside")
    assert eyes.ask("why", copy.name).data == {**told, "reasons": []}
    shutil.move(eyes.root / ".aside", eyes.root / ".nightbuild")


def test_one_that_a_person_edited_says_so(eyes):
    copy = copies(eyes)[0]
    before = copy.read_bytes()
    edited(copy)
    answer = eyes.ask("why", str(copy))
    assert not answer.data["whole"] and "changed since" in "\n".join(answer.sentences)
    copy.write_bytes(before)
