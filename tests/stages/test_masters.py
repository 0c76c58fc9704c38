"""Masters from what passed: in the same run as the marker, once, and never in another's place. Whole nights, by `doit`."""

from __future__ import annotations

import os
import re
import shutil
import sys

import numpy as np
import pytest

from pipeline.model.errors import PassingError
from pipeline.model.frames import Kind
from pipeline.rules.library_names import is_held, is_superseded
from pipeline.world import decisions as decided
from pipeline.world.fits_image import as_cards, image_bytes
from pipeline.world.headers import read_header
from pipeline.world.library import open_library
from pipeline.world.master_proof import trouble_of
from pipeline.world.pictures import open_picture
from pipeline.world.runlog import read_log, run_logs
from tests.eyes import NO_PAGES
from tests.libraries import executed, nights_work
from tests.masters_library import FEW, LEVELS, LIMITS, NO_EYES, Stacked, make_stacked
from tests.stages.night_library import outside_caches
from tests.world.test_pixinsight_stacker import stand_in

LAYOUT = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO"}


@pytest.fixture
def night(tmp_path) -> Stacked:
    """An empty library."""
    return make_stacked(tmp_path / "library")


def unseen(night: Stacked) -> Stacked:
    """Nobody looks at calibration frames."""
    night.limit(LIMITS + FEW + NO_EYES)
    return night


def test_campaign_that_gives_no_master_is_said_once_and_stops_no_later_one(night):
    unseen(night)
    for path in night.expose("DARK", 4, day=0):
        told = {key: value for key, value in read_header(path).cards.items() if key not in LAYOUT}
        seen = path.stat()
        path.write_bytes(image_bytes(np.full((24, 36), np.nan, np.float32), as_cards(told)))
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    night.expose("DARK", 4, day=200)
    said = night.doit()
    assert "dark frames of 2026-01-14 give no master: holds no numbers" in said
    assert ".nightbuild" not in said
    assert [name for name in night.libraries() if "masterDark" in name]
    night.require_idle()


def test_marked_frames_become_masters_in_the_same_run_and_then_nothing_is_due(night):
    for kind in LEVELS:
        night.expose(kind)
    night.doit()
    assert night.shelf() == []
    for kind in LEVELS:
        night.blink(kind)
    said = night.doit()
    assert {one.frame.kind for one in night.shelf()} == {Kind(kind).master for kind in LEVELS}
    assert all(one.frames == 4 and not one.held and not one.trouble for one in night.shelf())
    assert "flat L, 2026-01-14  4 frames" in said and "less masterFlatDark_EXPOSURE_2.00" in said
    night.require_rest()


def test_master_says_what_it_is_and_what_it_was_made_of(night):
    unseen(night).expose("BIAS")
    night.expose("DARK", SITELAT=41.5, SITELONG=-73.9)
    night.doit()
    dark = next(one for one in night.shelf() if one.frame.kind is Kind.MASTER_DARK)
    cards = read_header(night.root / dark.path).cards
    assert cards["IMAGETYP"] == "Master Dark" and cards["NCOMBINE"] == 4
    assert (cards["GAIN"], cards["OFFSET"], cards["EXPTIME"], cards["SET-TEMP"]) == (100, 50, 300.0, -10.0)
    assert cards["ADUSCALE"] == 65535 and "winsorised" in cards["NBMETHOD"]
    text = (night.root / dark.path).read_bytes()
    assert all(
        (fact.sha256 or "").encode() in text for path, fact in night.ledger.stored.items() if "/DARK/" in path
    )
    assert dark.frame.camera == "ZWO ASI2600MM Pro" and dark.frame.night.isoformat() == "2026-01-14"
    pixels = open_picture(night.root / dark.path).pixels()
    assert abs(float(np.median(pixels)) - LEVELS["DARK"][0]) < 2


def test_flat_less_its_flat_dark_keeps_its_level(night):
    unseen(night).expose("FLATDARK")
    night.expose("FLAT")
    night.doit()
    flat = next(one for one in night.shelf() if one.frame.kind is Kind.MASTER_FLAT)
    level = float(np.mean(open_picture(night.root / flat.path).pixels()))
    assert abs(level - (LEVELS["FLAT"][0] - LEVELS["FLATDARK"][0])) < 20


def test_too_few_frames_are_said_and_make_no_master(night):
    night.expose("DARK", 2)
    night.doit()
    night.blink("DARK")
    said = night.doit()
    assert "2 of 3 frames, 1 frame missing" in said and night.shelf() == []
    night.expose("DARK", 1, day=1)
    night.doit()
    night.blink("DARK")
    night.doit()
    assert [one.frames for one in night.shelf()] == [3]
    night.require_rest()


def test_frames_of_a_later_night_join_and_the_one_before_steps_aside(night):
    unseen(night).expose("BIAS")
    night.doit()
    (before,) = night.shelf()
    old = (night.root / before.path).read_bytes()
    night.expose("BIAS", day=3)
    night.doit()
    new, aside = sorted(night.shelf(), key=lambda one: one.superseded)
    assert new.path == before.path and new.frames == 8
    assert aside.superseded and (night.root / aside.path).read_bytes() == old
    assert aside.path.endswith(
        "superseded/masterBias_EXPOSURE_0.00_SETTEMP_-10.00_GAIN_100_OFFSET_50_DATE_2026-01-14.fits"
    )
    night.require_rest()


def test_a_later_campaign_takes_the_name_whichever_came_first(night):
    unseen(night).expose("DARK", day=40)
    night.doit()
    night.expose("DARK")
    night.doit()
    named, aside = sorted(night.shelf(), key=lambda one: one.superseded)
    assert (named.frame.night.isoformat(), aside.frame.night.isoformat()) == ("2026-02-23", "2026-01-14")
    night.require_rest()


def test_rejected_frame_is_left_out_and_brought_back_the_old_master_is_too(night):
    unseen(night).expose("DARK", 4)
    night.doit()
    (before,) = night.shelf()
    stored = next(path for path in night.ledger.stored if "/DARK/" in path)
    owner, evening = night.sets()[0].frames.owner, night.sets()[0].frames.night
    word = decided.decide(
        night.root,
        "blink",
        decided.About.FRAME,
        stored,
        owner=owner,
        night=evening,
        values={"verdict": "reject"},
    )
    night.doit()
    assert [(one.frames, one.superseded) for one in night.shelf()] == [(3, False), (4, True)]
    decided.undo(night.root, word)
    night.doit()
    night.doit()
    named = next(one for one in night.shelf() if not one.superseded)
    assert named.inputs == before.inputs
    night.require_idle()


def test_saturated_flat_and_a_leaking_dark_are_left_out_with_their_reason(night):
    unseen(night).expose("FLAT", 4)
    night.expose("FLAT", 1, level=65_535.0)
    night.expose("DARK", 5)
    night.expose("DARK", 1, level=2_000.0)
    said = night.doit()
    assert "1 left out: saturated" in said and "1 left out: light leaked in" in said
    assert sorted(one.frames for one in night.shelf()) == [4, 5]
    night.require_rest()


def test_group_with_too_few_good_frames_is_tried_once(night):
    unseen(night).expose("FLAT", 2)
    night.expose("FLAT", 1, level=65_535.0)
    assert "2 of 3 frames" in night.doit()
    night.require_rest()


def test_frame_of_another_size_is_refused(night):
    unseen(night).expose("BIAS", 4)
    night.expose("BIAS", 1, size=(12, 36))
    night.doit()
    assert [one.frames for one in night.shelf()] == [4]


def test_folder_of_masters_by_hand_that_fails_stops_no_master(night, monkeypatch):
    unseen(night).expose("BIAS")
    night.settings(NO_PAGES + f"\n[masters]\nwbpp_output = '{night.root.parent / 'wbpp'}'\n")
    (night.root.parent / "wbpp").mkdir()

    def fails(*_: object) -> None:
        raise PassingError("the share is slow")

    monkeypatch.setattr("pipeline.world.gathering.take_in", fails)
    assert "later: the share is slow" in night.doit(code=1)
    assert len(night.libraries()) == 1


@pytest.mark.parametrize("what", ["a file", "a link"])
def test_library_that_is_no_folder_is_said_before_anything_is_integrated(night, monkeypatch, what):
    unseen(night).expose("BIAS")
    home = night.root / "_Bias Library"
    if what == "a file":
        home.write_text("mine")
    else:
        (night.root.parent / "elsewhere").mkdir()
        home.symlink_to(night.root.parent / "elsewhere")
    monkeypatch.setattr("pipeline.world.master_making.make_master", None)
    said = night.doit(code=1)
    assert "move it away" in said or "leads out of" in said
    night.doit(code=1)


def test_flats_made_bare_are_made_again_once_a_bias_comes(night):
    unseen(night).expose("FLAT")
    assert "nothing taken off" in night.doit()
    night.require_idle()
    night.expose("BIAS", day=1)
    said = night.doit()
    assert "less masterBias" in said
    flats = [one for one in night.shelf() if one.frame.kind is Kind.MASTER_FLAT]
    assert sorted(one.superseded for one in flats) == [False, True]
    night.require_rest()


def test_strange_master_is_held_until_ok_is_said(night):
    unseen(night).expose("BIAS")
    night.doit()
    night.expose("BIAS", day=40, level=900.0)
    said = night.doit()
    assert re.search(r"held: its level is (899|900) ADU, the one before has (499|500)\b", said), said
    held = next(one for one in night.shelf() if is_held(one.path))
    assert held.held.startswith("its level is ")
    night.require_rest()
    night.ask("master", held.path, "--ok")
    night.doit()
    assert sorted((is_superseded(one.path), one.frame.night.month) for one in night.shelf()) == [
        (False, 2),
        (True, 1),
    ]
    night.require_rest()


def test_masters_whose_files_were_swapped_are_made_again_and_not_held_against_each_other(night):
    unseen(night).expose("DARK", level=2000.0)
    night.expose("FLATDARK")
    night.doit()
    dark, flat_dark = (night.root / path for path in night.libraries())
    dark.rename(dark.with_suffix(".tmp"))
    flat_dark.rename(dark)
    dark.with_suffix(".tmp").rename(flat_dark)
    assert "held" not in night.doit()
    assert not any(one.held for one in night.shelf())
    levels = {path: open_picture(path).pixels().mean() for path in (dark, flat_dark)}
    assert levels == pytest.approx({dark: 2000, flat_dark: 502}, abs=5)
    night.require_rest()


def test_rejected_master_is_not_made_again(night):
    unseen(night).expose("BIAS")
    night.doit()
    (one,) = night.shelf()
    night.ask("master", one.path, "--reject", "--why", "light leak")
    assert night.shelf()[0].trouble == "you rejected it: light leak"
    assert nights_work(executed(night.doit())) == []
    night.require_rest()
    night.ask("master", one.path, "--undo")
    assert night.shelf()[0].trouble == ""


def test_damaged_master_is_found_out_and_made_again(night):
    unseen(night).expose("BIAS")
    night.doit()
    (one,) = night.shelf()
    path, whole = night.root / one.path, (night.root / one.path).read_bytes()
    data = bytearray(whole)
    data[-4000] ^= 0xFF
    path.unlink()
    path.write_bytes(bytes(data))
    assert "not those it was written with" in trouble_of(open_library(night.root), night.shelf()[0])
    path.write_bytes(whole[:-3000])
    night.doit()
    named = next(one for one in night.shelf() if not one.superseded)
    assert (night.root / named.path).read_bytes() == whole


def test_lost_frame_is_left_out_and_said_and_comes_back_with_its_file(night):
    unseen(night).expose("BIAS", 4)
    night.expose("DARK", 1)
    night.doit()
    (before,) = night.shelf()
    (night.root / before.path).unlink()
    stored = next(night.root / path for path in night.ledger.stored if "/BIAS/" in path)
    kept = stored.read_bytes(), stored.stat()
    stored.unlink()
    assert "1 left out: it is not in the store" in night.doit()
    assert [one.frames for one in night.shelf()] == [3]
    night.require_idle()
    stored.write_bytes(kept[0])
    os.utime(stored, ns=(kept[1].st_atime_ns, kept[1].st_mtime_ns))
    shutil.rmtree(night.root / ".nightbuild")
    night.doit()
    named = next(one for one in night.shelf() if not one.superseded)
    assert named.inputs == before.inputs


def test_frame_lost_before_it_was_hashed_is_left_out_and_the_next_run_rests(night):
    night.expose("BIAS", 4)
    night.doit()
    stored = next(path for path in night.ledger.stored if "/BIAS/" in path)
    journal = next(path for path in (night.root / "_Ledger").rglob("*.jsonl") if stored in path.read_text())
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(one for one in lines if not ('"hashed"' in one and stored in one)))
    shutil.rmtree(night.root / ".nightbuild")
    (night.root / stored).unlink()
    night.blink("BIAS")
    night.doit()
    assert [one.frames for one in night.shelf()] == [3]
    before = outside_caches(night.root)
    assert ". masters" not in night.doit()
    shutil.rmtree(night.root / ".nightbuild")
    night.doit()
    assert ". masters" not in night.doit()
    assert outside_caches(night.root) == before


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
@pytest.mark.parametrize(("mood", "code"), [("", 0), ("print('no licence'); sys.exit(1)", 1)])
def test_what_another_program_was_told_and_said_is_in_the_log_of_the_run(
    night, tmp_path, monkeypatch, mood, code
):
    monkeypatch.setenv("DISPLAY", ":77")
    command = stand_in(tmp_path, mood)
    night.settings(f"{NO_PAGES}\n[pixinsight]\ncommand = '{command}'\n")
    night.limit(LIMITS + FEW.replace("[masters]\n", "[masters]\nbackend = 'pixinsight'\n") + NO_EYES)
    night.expose("BIAS", 3)
    night.doit(code=code)
    (log,) = run_logs(open_library(night.root).state)
    heard = next(line["heard"] for line in read_log(log) if line["stage"] == "masters")
    assert heard[0].startswith(f"{command} --automation-mode") and heard[0].endswith("--force-exit")
    assert heard[-1] == ("ImageIntegration: simulated" if not mood else "no licence")
    assert len(night.shelf()) == (not mood)


def test_killed_between_the_steps_the_next_run_ends_alike(night, monkeypatch):
    unseen(night).expose("BIAS")
    night.doit()
    night.expose("BIAS", day=1)
    from pipeline.world import shelving

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shelving, "write_new", killed)
    with pytest.raises(BaseException):  # noqa: B017 - the run dies, whatever it says
        night.doit(code=-1)
    monkeypatch.undo()
    shutil.rmtree(night.root / ".nightbuild", ignore_errors=True)
    night.doit()
    assert sorted((one.frames, one.superseded) for one in night.shelf()) == [(4, True), (8, False)]
    night.require_idle()


def test_same_frames_make_the_same_file(night, tmp_path):
    other = make_stacked(tmp_path / "other")
    for one in (night, other):
        unseen(one).expose("BIAS")
        one.expose("FLAT")
        one.doit()
    files = [
        {
            path: data
            for path, data in outside_caches(one.root).items()
            if str(path).startswith(("_Bias", "_Flat"))
        }
        for one in (night, other)
    ]
    masters = [[(one.root / each.path).read_bytes() for each in one.shelf()] for one in (night, other)]
    assert masters[0] == masters[1] and files[0].keys() == files[1].keys()


def test_picture_of_another_kind_under_a_masters_name_steps_aside_and_is_said(night):
    unseen(night).expose("BIAS")
    night.doit()
    (path,) = night.libraries()
    header = {**read_header(night.root / path).cards, "IMAGETYP": "Light"}
    told = {key: value for key, value in header.items() if key not in LAYOUT and not key.startswith("NB")}
    (night.root / path).unlink()
    (night.root / path).write_bytes(image_bytes(np.ones((24, 36), np.float32), as_cards(told)))
    said = night.doit()
    assert f"{path} stepped aside: its header says it is a master light, its name a master bias" in said
    assert sorted(one.superseded for one in night.shelf()) == [False, True]
    assert [one.superseded for one in night.shelf() if one.trouble] == [True]
    night.require_rest()


def test_flats_less_a_much_longer_dark_are_made_again_once_a_bias_comes(night):
    unseen(night).expose("DARK")
    night.expose("FLAT")
    assert "less masterDark" in night.doit()
    night.expose("DARK", day=1, EXPTIME=200.0, EXPOSURE=200.0)
    assert "less masterDark" not in night.doit()
    night.require_idle()
    night.expose("BIAS", day=2)
    said = night.doit()
    assert "less masterBias" in said
    flats = [one for one in night.shelf() if one.frame.kind is Kind.MASTER_FLAT]
    assert sorted(one.superseded for one in flats) == [False, True]
    night.require_rest()
    night.expose("FLATDARK", day=3)
    assert "FLAT_" not in night.doit()
    night.require_rest()
