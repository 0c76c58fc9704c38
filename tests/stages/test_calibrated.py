"""Accepted lights calibrated beside the originals: whole nights, by `doit`."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from pipeline.model.answers import CANNOT, OK
from pipeline.model.records import About
from pipeline.rules.pins import REMATCH
from pipeline.world import calibrating
from pipeline.world import decisions as decided
from pipeline.world.calibrated_header import basis_in
from pipeline.world.calibrated_manifest import read_calibrated, read_progress
from pipeline.world.fits_image import as_cards, image_bytes, open_image
from pipeline.world.headers import read_header
from pipeline.world.library import open_library
from pipeline.world.space import Room
from tests.copies import another
from tests.eyes import LIMITS
from tests.killed import killed_at
from tests.libraries import frame_bytes, write
from tests.served_library import DATE, FLAT, make_served
from tests.stages.night_library import RIG

HOME = f"{RIG}/20_Data/M31/calibrated/{DATE}"
PLAIN = "[calibrate]\nenabled = true\nquality_check = false\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A night of M31, offered; a dark and a flat in the libraries; its rig asks for calibration."""
    served = make_served(tmp_path_factory.mktemp("made"))
    served.limit(LIMITS + PLAIN)
    served.shoot(2.0, 2.1, 2.2)
    served.dark = plain(served.master(), 1000 / 65535)
    served.flat = plain(served.master(FLAT, night="2026-01-14", FDARKMST="fd.fits"), 0.4)
    served.doit()
    return served


@pytest.fixture
def eyes(made, tmp_path):
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


def plain(path: Path, value: float) -> Path:
    """The same master, of one value."""
    told = read_header(path).cards
    pixels = np.full(open_image(path).shape, value, np.float32)
    seen = path.stat()
    path.write_bytes(image_bytes(pixels, as_cards({**told, "ADUSCALE": 65535.0})))
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    return path


def accepted(eyes) -> str:
    """The night is looked at and taken on."""
    eyes.accept()
    return eyes.doit()


def copies(eyes) -> list[Path]:
    return sorted((eyes.root / HOME).rglob("*.fits"))


def rows(eyes):
    return read_calibrated(open_library(eyes.root), eyes.only("M31").id)


def test_accepted_lights_are_calibrated_beside_the_originals(eyes):
    said = accepted(eyes)
    assert "3 calibrated" in said
    lights = eyes.frames(f"20_Data/M31/accept/{DATE}")
    lights = [path for path in lights if not path.name.startswith("master")]
    names = [path.name for path in copies(eyes)]
    assert names == [f"{path.stem}_calibrated.fits" for path in lights] and len(names) == 3
    assert copies(eyes)[0].parent.name == lights[0].parent.name
    pixels = open_image(copies(eyes)[0]).pixels() * 65535
    wanted = np.clip(open_image(lights[0]).pixels().astype(np.float64) - 1000, 0, 65535)
    assert np.abs(pixels - wanted).max() < 0.02
    cards = read_header(copies(eyes)[0]).cards
    assert (cards["CALIBRAT"], cards["CALSTEPS"], cards["DARKMAST"]) == (True, "DARK + FLAT", eyes.dark.name)
    progress = read_progress(open_library(eyes.root), eyes.only("M31").id)
    assert progress is not None
    assert (progress.accepted, progress.calibrated, progress.percent) == (3, 3, 100.0)
    assert progress.score and sorted(name.split()[0] for name in progress.masters) == ["DARK", "FLAT"]
    eyes.require_rest()


def test_a_rig_that_does_not_ask_for_it_calibrates_nothing(eyes):
    eyes.limit(LIMITS)
    accepted(eyes)
    assert copies(eyes) == []
    eyes.require_rest()


def test_switching_it_on_later_leaves_finished_sets_alone_until_somebody_asks(eyes):
    eyes.limit(LIMITS)
    accepted(eyes)
    eyes.limit(LIMITS + PLAIN)
    eyes.doit()
    assert copies(eyes) == []
    eyes.require_idle()
    planned = eyes.ask("calibrate", "--rig", RIG)
    assert planned.exit_code == OK and planned.data[0]["frames"] == 3
    assert "Nothing was changed" in planned.closing[0]
    eyes.require_idle()
    eyes.ask("calibrate", "--rig", RIG, "--yes")
    assert "3 calibrated" in eyes.doit()
    assert len(copies(eyes)) == 3
    eyes.require_rest()


def test_asking_can_be_taken_back_before_it_is_done(eyes):
    eyes.limit(LIMITS)
    accepted(eyes)
    eyes.limit(LIMITS + PLAIN)
    eyes.ask("calibrate", eyes.only("M31").id, "--yes")
    eyes.ask("calibrate", eyes.only("M31").id, "--undo")
    eyes.doit()
    assert copies(eyes) == []
    eyes.require_rest()


def test_a_rig_that_does_not_ask_is_said_so_when_somebody_asks(eyes):
    eyes.limit(LIMITS)
    accepted(eyes)
    answer = eyes.ask("calibrate", "--rig", RIG, "--yes")
    assert answer.exit_code == CANNOT and "enabled = true" in answer.sentences[0]


def test_a_set_that_lacks_a_required_master_waits_and_is_calibrated_when_it_comes(eyes):
    eyes.dark.unlink()
    said = accepted(eyes)
    assert "not calibrated, it lacks darks of 300 s" in said
    assert copies(eyes) == []
    eyes.require_rest()
    plain(eyes.master(), 900 / 65535)
    assert "3 calibrated" in eyes.doit()
    assert len(copies(eyes)) == 3
    eyes.require_rest()


def test_calibrated_with_less_it_is_redone_once_when_the_master_comes(eyes):
    eyes.limit(LIMITS + PLAIN + 'require = ["dark"]\n')
    eyes.flat.unlink()
    assert "without flat" in accepted(eyes)
    assert read_header(copies(eyes)[0]).cards["CALSTEPS"] == "DARK"
    before = [path.read_bytes() for path in copies(eyes)]
    eyes.require_rest()
    plain(eyes.master(FLAT, night="2026-01-14"), 0.3)
    eyes.doit()
    assert read_header(copies(eyes)[0]).cards["CALSTEPS"] == "DARK + FLAT"
    assert [path.read_bytes() for path in copies(eyes)] != before
    eyes.require_rest()


def test_a_rig_that_asks_for_less_by_now_frees_a_set_that_waits(eyes):
    eyes.flat.unlink()
    accepted(eyes)
    assert copies(eyes) == []
    eyes.limit(LIMITS + PLAIN + 'require = ["dark"]\n')
    eyes.doit()
    assert len(copies(eyes)) == 3
    eyes.require_idle()


@pytest.mark.parametrize(("policy", "is_redone"), [("never", False), ("missing", False), ("all", True)])
def test_other_masters_redo_what_the_rig_says(eyes, policy, is_redone):
    eyes.limit(LIMITS + PLAIN + f'on_new_master = "{policy}"\n')
    accepted(eyes)
    before = [path.read_bytes() for path in copies(eyes)]
    eyes.dark.unlink()
    plain(eyes.master(night="2026-01-12"), 990 / 65535)
    one = eyes.only("M31")
    decided.decide(eyes.root, REMATCH, About.SET, one.id, owner=one.owner, night=one.night)
    eyes.doit()
    assert ([path.read_bytes() for path in copies(eyes)] != before) is is_redone
    eyes.require_idle()


def test_a_light_taken_out_of_accept_loses_its_copy_and_a_persons_file_stays(eyes):
    accepted(eyes)
    mine = copies(eyes)[0].with_name("my_own_calibrated.fits")
    shutil.copy(eyes.root / eyes.only("M31").members[0].stored, mine)
    lights = [
        path for path in eyes.frames(f"20_Data/M31/accept/{DATE}") if not path.name.startswith("master")
    ]
    lights[0].unlink()
    eyes.age_folders()
    eyes.doit()
    eyes.doit()
    assert [path.name for path in copies(eyes)] == sorted(
        [mine.name, *(f"{path.stem}_calibrated.fits" for path in lights[1:])]
    )
    eyes.require_idle()


def test_a_file_of_the_persons_own_is_never_written_over(eyes):
    eyes.accept()
    light = eyes.only("M31").members[0]
    folder = eyes.root / HOME / eyes.only("M31").data.rpartition("/")[2]
    folder.mkdir(parents=True)
    own = folder / f"{Path(light.name).stem}_calibrated.fits"
    own.write_bytes(b"mine")
    said = eyes.doit()
    assert "is not ours by its header" in said and "2 calibrated" in said
    assert own.read_bytes() == b"mine"
    eyes.require_idle()


def edited(copy: Path) -> bytes:
    """A person's own pixels under our header, as PixInsight leaves it."""
    image, whole = open_image(copy), copy.read_bytes()
    mine = whole[: image.data_at] + bytes(len(whole) - image.data_at)
    copy.write_bytes(mine)
    return mine


def test_a_copy_that_a_person_edited_is_neither_written_over_nor_taken_away(eyes):
    accepted(eyes)
    own = copies(eyes)[0]
    mine = edited(own)
    eyes.limit(LIMITS + PLAIN + "output = 'uint16'\n")
    said = eyes.doit()
    assert f"{own.name}: is not ours by its header; move it away" in said and "2 calibrated" in said
    lights = [
        path for path in eyes.frames(f"20_Data/M31/accept/{DATE}") if not path.name.startswith("master")
    ]
    lights[0].unlink()
    eyes.age_folders()
    eyes.doit()
    eyes.doit()
    assert own.read_bytes() == mine and len(copies(eyes)) == 3
    assert f"{own.name}: its light is accepted no more, but it is not as it was made" in eyes.doit("status")
    eyes.require_idle()


def test_lights_of_two_sets_that_differ_in_their_ending_have_a_copy_each(tmp_path):
    served = make_served(tmp_path)
    served.limit(LIMITS + PLAIN)
    served.shoot(2.0)
    clock = "2026-01-14T22:01:00.5"
    other = frame_bytes(77, DATE__OBS=clock, DATE__LOC=clock, OBJECT="M31", GAIN=200)
    write(served.root / "_Inbox" / "a_HFR_2.00.fit", other)
    for gain in (100, 200):
        served.master(GAIN=gain)
        served.master(FLAT, night="2026-01-14", GAIN=gain, FDARKMST="fd.fits")
    served.doit()
    accepted(served)
    served.doit()
    stem = "2026-01-14_22-01-00_HFR_2.00_TEMP_-9.90"
    assert [path.name for path in copies(served)] == [
        f"{stem}.fit_calibrated.fits",
        f"{stem}_calibrated.fits",
    ]
    assert {read_header(path).cards["GAIN"] for path in copies(served)} == {100, 200}


def test_a_light_that_fails_its_check_is_withheld_and_stays_accepted(eyes):
    eyes.limit(LIMITS + "[calibrate]\nenabled = true\nmin_score = 100\n")
    plain(eyes.dark, 50_000 / 65535)
    said = accepted(eyes)
    assert "3 withheld" in said and "fell below 0" in said
    assert copies(eyes) == [] and len(eyes.frames("20_Data")) == 3 + 2
    assert all(row.withheld and row.reasons for row in rows(eyes).values())
    eyes.require_rest()


def test_a_light_whose_sensor_was_too_warm_is_named_and_others_go_on(eyes):
    eyes.shoot(2.3, **{"CCD-TEMP": 3.0})
    eyes.doit()
    said = accepted(eyes)
    assert "3 calibrated, 1 not calibrated" in said and "°C apart" in said
    assert len(copies(eyes)) == 3
    eyes.require_rest()


def test_a_killed_run_goes_on_at_the_light_where_it_was(eyes, monkeypatch):
    real, done = calibrating.calibrate_light, []

    def dies(light, ready, stop=None):
        if done:
            while not Path(done[0].target).exists():
                time.sleep(0.01)
            raise KeyboardInterrupt
        done.append(light)
        return real(light, ready, stop)

    monkeypatch.setattr("pipeline.world.calibration_crew.calibrate_light", dies)
    eyes.settings("[blink]\npages = false")
    eyes.accept()
    with pytest.raises((KeyboardInterrupt, AssertionError)):
        eyes.doit()
    monkeypatch.undo()
    first = copies(eyes)
    assert len(first) == 1
    seen = first[0].stat()
    assert "2 calibrated" in eyes.doit()
    assert len(copies(eyes)) == 3
    assert (first[0].stat().st_ino, first[0].stat().st_mtime_ns) == (seen.st_ino, seen.st_mtime_ns)
    eyes.require_rest()


def test_without_the_manifest_headers_are_read_and_nothing_is_written(eyes):
    accepted(eyes)
    before = {path: path.stat() for path in copies(eyes)}
    shutil.rmtree(eyes.root / ".nightbuild")
    eyes.ask("calibrate", "--rig", RIG, "--yes")
    eyes.doit()
    after = {path: path.stat() for path in copies(eyes)}
    assert {path: (one.st_ino, one.st_mtime_ns) for path, one in before.items()} == {
        path: (one.st_ino, one.st_mtime_ns) for path, one in after.items()
    }
    assert {row.score for row in rows(eyes).values()} and len(rows(eyes)) == 3
    eyes.require_idle()


def test_a_master_that_was_changed_since_it_was_chosen_is_not_used(eyes):
    eyes.limit(LIMITS)
    accepted(eyes)
    eyes.limit(LIMITS + PLAIN)
    for path in [eyes.dark, *(eyes.root / RIG / "20_Data").rglob("masterDark*")]:
        plain(path, 0.5)
    eyes.ask("calibrate", "--rig", RIG, "--yes")
    eyes.doit()
    assert copies(eyes) == []
    eyes.require_idle()


def test_a_reopened_set_loses_its_copies_and_gets_them_again(eyes):
    accepted(eyes)
    eyes.ask("reopen", eyes.only("M31").id)
    eyes.doit()
    assert copies(eyes) == []
    accepted(eyes)
    assert len(copies(eyes)) == 3
    eyes.require_rest()


def test_where_there_is_no_room_it_is_later_and_goes_on_when_there_is(eyes, monkeypatch):
    full = Room(wanted_bytes=10, free_bytes=0, kept_bytes=5)
    monkeypatch.setattr("pipeline.world.calibration_work.room_for", lambda *_args, **_more: full)
    eyes.accept()
    said = eyes.doit(code=1)
    assert "3 calibrated lights would take" in said and "make room" in said
    assert copies(eyes) == []
    monkeypatch.undo()
    assert "3 calibrated" in eyes.doit()
    eyes.require_idle()


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("step", "nth"),
    [
        ("pipeline.world.calibration_said:say", 1),
        ("pipeline.world.placing:move", 1),
        ("pipeline.world.calibrating:sync_file", 2),
        ("pipeline.world.calibrating:place_part", 1),
        ("pipeline.world.calibrating:place_part", 3),
        ("pipeline.world.calibration_work:write_calibrated", 1),
        ("pipeline.world.calibration_work:say", 1),
    ],
)
def test_whatever_kills_a_run_the_next_one_finishes_it(eyes, step, nth, moment):
    eyes.accept()
    assert killed_at(eyes.root, step, nth, moment) == -9
    assert all(basis_in(read_header(path).cards) for path in copies(eyes))
    eyes.doit()
    assert len(copies(eyes)) == 3
    eyes.require_rest()


def test_light_that_is_missing_is_said_and_the_others_are_calibrated(eyes):
    eyes.accept()
    gone = sorted((eyes.root / RIG / "00_Frames").rglob("*.fits"))[0]
    gone.unlink()
    said = eyes.doit()
    assert f"{gone.name}: is missing; run `doit verify`" in said
    assert len(copies(eyes)) == 2
    eyes.require_idle()
