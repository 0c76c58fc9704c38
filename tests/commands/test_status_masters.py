"""What `doit status` and `doit plan` say of masters that lights wait for, and of calibrated lights."""

from __future__ import annotations

import os

import pytest

from tests.copies import another
from tests.eyes import LIMITS
from tests.served_library import FLAT, make_served
from tests.stages.night_library import RIG, configure
from tests.stages.test_calibrated import PLAIN, accepted, plain

FEW = "[masters.dark]\nmin_frames = 3\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A night of M31, offered; a flat of that night in the libraries, and no dark."""
    served = make_served(tmp_path_factory.mktemp("made"))
    served.limit(LIMITS + FEW + PLAIN)
    served.shoot(2.0, 2.1, 2.2)
    plain(served.master(FLAT, night="2026-01-14", FDARKMST="fd.fits"), 0.4)
    served.doit("--now")
    return served


@pytest.fixture
def eyes(made, tmp_path):
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


def missing(eyes):
    (found,) = eyes.ask("status").data["masters"]["missing"]
    return found


def said(eyes, word: str) -> str:
    return next(line for line in eyes.ask("status", "--all").sentences if word in line)


def test_darks_that_are_nowhere_are_to_be_shot(eyes):
    assert missing(eyes)["coming"] is None
    assert "Shoot darks of 300 s" in said(eyes, "1 set of 3 lights waits for them")


def test_darks_that_wait_for_eyes_are_to_be_looked_through(eyes):
    eyes.raw_darks(3, day=1)
    eyes.doit("--now")
    coming = missing(eyes)["coming"]
    assert (coming["eyes"], coming["have"], coming["wanted"], coming["sets"]) == (3, 3, 3, 1)
    line = said(eyes, "1 set of 3 lights waits for them")
    assert "Look through the darks of 300 s" in line and f"(3 wait in {coming['folder']})" in line
    assert (eyes.root / coming["folder"]).is_dir()
    said(eyes, f'doit blink "{coming["set"]}"')
    assert eyes.ask("blink", coming["set"]).code() == 0


def test_accepted_lights_wait_for_the_same_eyes(eyes):
    accepted(eyes)
    eyes.raw_darks(3, day=1)
    eyes.doit("--now")
    assert missing(eyes)["coming"]["eyes"] == 3
    assert "Look through the darks of 300 s" in said(eyes, "1 set of 3 lights waits for them")


def test_darks_that_are_too_few_are_to_be_shot_besides(eyes):
    eyes.raw_darks(2, day=1)
    eyes.doit("--now")
    assert "; 1 more is to be shot besides" in said(eyes, "Look through the darks of 300 s")
    eyes.limit(LIMITS + FEW + PLAIN + "[blink]\ndark = false\n")
    eyes.doit("--now")
    assert "Shoot 1 more of the darks of 300 s" in said(eyes, "(2 of 3 are there)")


def test_what_would_not_fit_is_still_to_be_shot(eyes):
    eyes.limit(LIMITS + FEW)
    for path in eyes.calibrate("DARK", 3, day=1, GAIN=7):
        assert path.is_file()
    eyes.doit("--now")
    assert missing(eyes)["coming"] is None


def test_a_program_a_rig_asks_for_is_told_with_its_version_or_that_it_is_not_there(eyes, tmp_path):
    eyes.limit(LIMITS + '[masters]\nbackend = "siril"\n')
    configure(eyes.root, f"[siril]\ncommand = '{tmp_path / 'nowhere'}'\n")
    line = said(eyes, "no masters are made")
    assert line.startswith("Stuck") and "Siril is not at" in line and RIG in line
    assert eyes.ask("status").data["programs"] == []
    if os.name == "posix":
        siril = tmp_path / "siril-cli"
        siril.write_text("#!/bin/sh\necho siril 1.0.6\n")
        siril.chmod(0o755)
        configure(eyes.root, f"[siril]\ncommand = '{siril}'\n")
        assert f"Siril 1.0.6 makes the masters of {RIG}" in said(eyes, "makes the masters")
        assert eyes.ask("status").data["programs"] == ["Siril 1.0.6"]


def test_a_master_that_cannot_be_made_again_is_missed(eyes, tmp_path):
    wbpp = tmp_path / "WBPP"
    wbpp.mkdir()
    eyes.master().rename(wbpp / "masterDark_BIN-1_300s.fits")
    configure(eyes.root, f"[masters]\nwbpp_output = '{wbpp}'\n")
    eyes.doit("--now")
    (master,) = eyes.root.glob("_Dark Library/**/masterDark*.fits")
    assert not any("cannot be made again" in line for line in eyes.ask("status", "--all").sentences)
    master.unlink()
    assert master.name in said(eyes, "1 master that cannot be made again is missing")
    said(eyes, "doit verify")


def test_the_flat_to_pin_is_named_also_after_acceptance(eyes):
    for path in eyes.root.glob("_Flat Stash/**/*.fits"):
        path.unlink()
    flat = eyes.master(FLAT, night="2026-01-10")
    accepted(eyes)
    line = said(eyes, "doit pin")
    assert flat.name in line and "MASTER" not in line
    assert eyes.ask("pin", eyes.only("M31").id, flat.name).code() == 0


def test_a_dark_that_was_only_moved_aside_is_no_better_one(eyes):
    dark = eyes.master()
    accepted(eyes)
    aside = dark.parent / "superseded"
    aside.mkdir()
    dark.rename(aside / dark.name)
    assert eyes.ask("status").data["masters"]["better"] == []
    eyes.master(night="2026-01-13")
    assert [one["kind"] for one in eyes.ask("status").data["masters"]["better"]] == ["DARK"]


def test_calibrated_lights_are_counted_and_sets_that_wait_say_for_what(eyes):
    accepted(eyes)
    status = eyes.ask("status")
    (one,) = status.data["calibrated"]
    assert (one["state"], one["progress"]["accepted"], one["progress"]["calibrated"]) == ("waits", 3, 0)
    assert any("C8E: 0 of 3 accepted lights calibrated (0 %)" in line for line in status.sentences)
    assert "darks of 300 s" in said(eyes, "waits for a required master")
    plain(eyes.master(), 900 / 65535)
    eyes.doit()
    assert "C8E: 3 of 3 accepted lights calibrated (100 %)" in said(eyes, "accepted lights calibrated")
    (one,) = eyes.ask("status").data["calibrated"]
    assert one["state"] == "" and one["progress"]["percent"] == 100.0


def test_withheld_lights_say_why_and_what_to_type(eyes):
    eyes.limit(LIMITS + "[calibrate]\nenabled = true\nmin_score = 100\n")
    plain(eyes.master(), 50_000 / 65535)
    accepted(eyes)
    line = said(eyes, "3 lights failed the check and are withheld")
    assert "fell below 0" in line and "min_score" in line
    assert "3 withheld" in said(eyes, "0 of 3 accepted lights calibrated")
    said(eyes, f'doit match "{RIG}')


def test_what_a_person_asked_to_be_calibrated_is_due_and_planned(eyes):
    eyes.limit(LIMITS)
    plain(eyes.master(), 900 / 65535)
    accepted(eyes)
    eyes.limit(LIMITS + PLAIN)
    assert "calibrated" not in eyes.ask("status").data["due"]
    eyes.ask("calibrate", "--rig", RIG, "--yes")
    assert eyes.ask("status").data["due"]["calibrated"] == 1
    told = eyes.ask("plan")
    assert any("1 set to calibrate" in line for line in (*told.sentences, *told.closing))
