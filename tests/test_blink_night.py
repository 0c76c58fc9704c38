"""The night through human eyes, as a person runs it: from the inbox to 20_Data with `doit`, markers and commands."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.eyes import LIMITS, changes, make_eyes
from tests.libraries import doit, executed
from tests.stages.night_library import OTHER_RIG, RIG, outside_caches

FILTER_L = "FILTER_L_EXP_300.00_SETTEMP_-10.00"


SEALED = pytest.mark.parametrize(
    "runs",
    [
        pytest.param(1, id="folders not yet sealed"),
        pytest.param(2, id="folders sealed", marks=pytest.mark.slow),
    ],
)


@pytest.fixture
def eyes(tmp_path):
    return make_eyes(tmp_path / "library")


def good(number, start=2.0):
    """HFRs that no limit minds."""
    return [start + 0.01 * n for n in range(number)]


# -- a whole night -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part", [1, pytest.param(10, marks=pytest.mark.slow)], ids=["30 frames", "300 frames"]
)
def test_a_night_of_two_rigs_goes_from_the_inbox_to_20_data(tmp_path, part):
    eyes = make_eyes(tmp_path / "library", RIG, OTHER_RIG, pages=True)
    eyes.shoot(*good(9 * part), *[5.1] * part)
    eyes.shoot(*good(8 * part - 1), FILTER="H")
    eyes.shoot(2.0, rms=2.3, FILTER="H")
    eyes.shoot(*good(6 * part), *[6.0] * 6 * part, target="NGC 7000", rig=OTHER_RIG)
    frames = 30 * part
    first = doit(eyes.root)
    assert (first.returncode, first.stderr) == (0, "")
    assert (
        f"{9 * part} of {10 * part} kept    {part} HFR {'5.1 ' if part == 1 else ''}> 4.6 px" in first.stdout
    )
    assert "1 RMS 2.3″ > 2.0″" in first.stdout
    assert f"would lose {6 * part} of {12 * part} (50 %): asks you" in first.stdout
    assert f"Balance      {frames} received = {frames} stored" in first.stdout
    assert eyes.count() == {"10_Blink": 17 * part - 1, "_Reject": part + 1}
    assert eyes.count(OTHER_RIG) == {"10_Blink": 12 * part}
    assert eyes.states() == {"offered": 23 * part - 1, "held": 6 * part, "culled": part + 1}
    second = doit(eyes.root)
    assert (second.returncode, executed(second.stdout)) == (0, [])
    eyes.require_rest()

    held = eyes.only("NGC 7000")
    eyes.doit("cull", held.blink, "--apply")
    said = eyes.doit()
    assert f"{6 * part} withdrawn" in said
    assert eyes.count(OTHER_RIG) == {"10_Blink": 6 * part, "_Reject": 6 * part}
    eyes.require_rest()

    eyes.mark(f"{RIG}/10_Blink/M31")
    eyes.mark(held.blink, "blinked.txt")
    said = eyes.doit()
    assert "2 sets blinked" in said
    assert "1 set blinked" in said
    assert eyes.count() == {"20_Data": 17 * part - 1, "_Reject": part + 1}
    assert eyes.count(OTHER_RIG) == {"20_Data": 6 * part, "_Reject": 6 * part}
    assert eyes.states() == {"accepted": 23 * part - 1, "culled": 7 * part + 1}
    eyes.require_rest()
    eyes.require_idle()
    assert "10_Blink" not in {path.parts[-4] for path in eyes.frames("20_Data")}


def test_at_the_end_every_frame_has_the_tree_the_process_knows(eyes):
    eyes.shoot(2.0, 5.1, *good(5))
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    eyes.doit()
    here = f"{RIG}/20_Data/M31/accept/DATE_2026-01-14/{FILTER_L}"
    names = {path.name for path in (eyes.root / here).iterdir()}
    assert names == {f"2026-01-14_22-{minute:02}-00_HFR_{hfr:.2f}_TEMP_-9.90.fits" for minute, hfr in
                     [(1, 2.0), *((3 + n, hfr) for n, hfr in enumerate(good(5)))]}  # fmt: skip
    (rejected,) = eyes.frames("_Reject")
    inside = f"_Reject/{RIG}/10_Blink/M31/DATE_2026-01-14/{FILTER_L}"
    assert rejected == eyes.root / inside / "2026-01-14_22-02-00_HFR_5.10_TEMP_-9.90.fits"
    assert not list((eyes.root / RIG / "10_Blink/M31").rglob("*.fits"))


def test_a_new_frame_costs_its_set_and_no_other(eyes):
    eyes.shoot(*good(3))
    eyes.shoot(*good(3), FILTER="H")
    eyes.doit()
    before = outside_caches(eyes.root)
    eyes.shoot(2.5)
    tasks = executed(eyes.doit())
    assert {task for task in tasks if "FILTER_" in task} == {
        f"{stage}:{RIG}/M31/DATE_2026-01-14/{FILTER_L}"
        for stage in ("measured", "culled", "offered", "accepted")
    }
    other = [path for path in changes(before, outside_caches(eyes.root)) if "FILTER_H" in path]
    assert other == []


# -- markers -----------------------------------------------------------------------------------------------------------


def test_two_nights_of_a_target_go_under_one_marker(eyes):
    eyes.shoot(*good(3))
    eyes.shoot(*good(4), day=1)
    eyes.shoot(*good(2), target="M33")
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    assert "2 sets blinked" in eyes.doit()
    assert eyes.states() == {"offered": 2, "accepted": 7}
    assert {path.parts[-3] for path in eyes.frames("20_Data")} == {"DATE_2026-01-14", "DATE_2026-01-15"}
    eyes.require_rest()


def test_late_frames_are_a_remainder_that_a_marker_touched_again_takes(eyes):
    eyes.shoot(*good(3))
    eyes.doit()
    marker = eyes.mark(f"{RIG}/10_Blink/M31/DATE_2026-01-14")
    eyes.doit()
    eyes.shoot(*good(2), 5.5)
    eyes.doit()
    assert eyes.states() == {"late": 2, "accepted": 3, "culled": 1}
    assert "2 late" in eyes.doit("status")
    eyes.require_rest()
    eyes.touch_later(marker)
    assert "2 accepted" in eyes.doit()
    assert eyes.states() == {"accepted": 5, "culled": 1}
    eyes.require_rest()


def test_a_marker_taken_away_before_acceptance_is_taken_back(eyes):
    eyes.limit(LIMITS + "[accept]\nmin_frames = 5\n")
    eyes.shoot(*good(3))
    eyes.doit()
    marker = eyes.mark(eyes.only().blink)
    eyes.doit()
    assert eyes.states() == {"offered": 3}, "its rig asks for more frames"
    marker.unlink()
    assert "1 word taken back" in eyes.doit()
    eyes.shoot(*good(2))
    eyes.doit()
    assert eyes.states() == {"offered": 5}
    eyes.require_rest()
    eyes.mark(eyes.only().blink)
    eyes.doit()
    assert eyes.states() == {"accepted": 5}
    eyes.require_rest()


def test_one_more_frame_fulfils_what_the_rig_asks_for_and_no_marker_is_needed_again(eyes):
    eyes.limit(LIMITS + "[accept]\nmin_frames = 4\n")
    eyes.shoot(*good(3))
    eyes.doit()
    marker = eyes.mark(eyes.only().blink)
    eyes.doit()
    eyes.shoot(2.2)
    eyes.doit()
    assert eyes.states() == {"offered": 4}, "nobody has looked at the fourth"
    eyes.touch_later(marker)
    eyes.doit()
    assert eyes.states() == {"accepted": 4}
    eyes.require_rest()


def test_flats_and_darks_are_blinked_with_the_same_markers(eyes):
    eyes.calibrate("FLAT")
    eyes.calibrate("DARK")
    eyes.calibrate("BIAS")
    eyes.doit()
    assert eyes.states() == {"offered": 9}
    assert len(eyes.frames("10_Blink")) == 3
    camera = "_Calibration/ZWO ASI2600MM Pro/10_Blink"
    assert len(eyes.frames(camera)) == 6
    eyes.require_rest()
    eyes.mark(f"{RIG}/10_Blink/_FLAT/DATE_2026-01-14")
    (dark,) = (eyes.root / camera / "DARK").glob("DATE_*/EXP_*")
    next(dark.glob("*.fits")).unlink()
    eyes.mark(dark, "BLINKED (1)")
    eyes.doit()
    assert eyes.states() == {"offered": 3, "passed": 5, "blinked away": 1}
    assert eyes.count() == {}
    eyes.require_rest()
    eyes.doit("blink", "--rig", "ZWO ASI2600MM Pro")
    eyes.doit()
    assert eyes.states() == {"passed": 8, "blinked away": 1}
    eyes.require_rest()


def test_a_rig_that_asks_for_no_eyes_says_not_seen(eyes):
    eyes.limit(LIMITS + "[accept]\nmode = 'auto'\n")
    eyes.shoot(*good(3), 5.5)
    assert "not seen" in eyes.doit()
    assert eyes.states() == {"accepted": 3, "culled": 1}
    eyes.require_rest()


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_tightened_limit_withdraws_and_a_loosened_one_brings_back(eyes):
    eyes.shoot(*good(6), 4.3, 4.4)
    eyes.doit()
    eyes.limit(LIMITS.replace("4.6", "4.2"))
    said = eyes.doit()
    assert "6 of 8 kept" in said
    assert "2 HFR > 4.2 px" in said
    assert "2 withdrawn" in said
    assert eyes.states() == {"offered": 6, "culled": 2}
    assert len(eyes.frames("_Reject")) == 2
    eyes.require_rest()
    eyes.limit(LIMITS.replace("4.6", "4.35"))
    assert "1 back" in eyes.doit()
    assert eyes.states() == {"offered": 7, "culled": 1}
    eyes.limit()
    assert "1 back" in eyes.doit()
    assert eyes.states() == {"offered": 8}
    assert eyes.frames("_Reject") == []
    eyes.require_rest()


def test_a_changed_limit_leaves_sets_with_a_marker_and_folders_somebody_has_touched(eyes):
    eyes.limit(LIMITS + "[accept]\nmin_frames = 20\n")
    eyes.shoot(*good(6), 4.4)
    eyes.shoot(*good(6), 4.4, FILTER="H")
    eyes.shoot(*good(6), 4.4, FILTER="R")
    eyes.doit()
    marked, touched, free = (
        (eyes.root / now.frames.blink)
        for now in sorted(eyes.sets(), key=lambda now: "HLR".index(now.frames.label[4]))
    )
    eyes.mark(marked)
    next(touched.glob("*.fits")).unlink()
    eyes.doit()
    eyes.limit(LIMITS.replace("4.6", "4.2") + "[accept]\nmin_frames = 20\n")
    said = eyes.doit()
    assert said.count("withdrawn") == 1
    assert [len(list(folder.glob("*.fits"))) for folder in (marked, touched, free)] == [7, 6, 6]
    eyes.require_rest()


def test_an_accepted_set_is_left_alone_by_new_limits(eyes):
    eyes.shoot(*good(6), 4.4)
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    eyes.doit()
    before = outside_caches(eyes.root)
    eyes.limit(LIMITS.replace("4.6", "4.2"))
    eyes.doit()
    assert [
        path
        for path in changes(before, outside_caches(eyes.root))
        if not path.startswith(("_Rigs", "_Reports"))
    ] == []
    assert eyes.states() == {"accepted": 7}


@pytest.mark.parametrize("answer", ["--apply", "--keep"])
def test_a_held_set_is_offered_whole_and_obeys_the_answer(eyes, answer):
    eyes.shoot(*good(3), 5.0, 6.0)
    eyes.doit()
    assert eyes.states() == {"offered": 3, "held": 2}
    assert len(eyes.frames("10_Blink")) == 5
    eyes.doit("cull", eyes.only().id, answer)
    eyes.doit()
    assert eyes.states() == ({"offered": 3, "culled": 2} if answer == "--apply" else {"offered": 5})
    eyes.require_rest()
    eyes.doit("cull", eyes.only().id, "--ask")
    eyes.doit()
    assert eyes.states() == {"offered": 3, "held": 2}
    eyes.require_rest()


def test_a_marker_on_a_held_set_accepts_what_was_looked_at(eyes):
    eyes.shoot(*good(3), 5.0, 6.0)
    eyes.doit()
    next(path for path in eyes.frames("10_Blink") if "HFR_6" in path.name).unlink()
    eyes.mark(eyes.only().blink)
    eyes.doit()
    assert eyes.states() == {"accepted": 4, "blinked away": 1}
    eyes.require_rest()


# -- restored, reopened ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["by command", "by hand"])
def test_a_restored_frame_outranks_the_cull_whatever_the_limits_become(eyes, how):
    eyes.shoot(*good(6), 5.1)
    eyes.doit()
    (rejected,) = eyes.frames("_Reject")
    if how == "by command":
        eyes.doit("restore", str(rejected.relative_to(eyes.root)))
        assert "1 back" in eyes.doit() or len(eyes.frames("10_Blink")) == 7
    else:
        eyes.move(rejected, eyes.only().blink)
        assert "1 frame restored" in eyes.doit()
    assert eyes.states() == {"offered": 7}
    assert eyes.count() == {"10_Blink": 7}
    eyes.require_rest()
    eyes.limit(LIMITS.replace("4.6", "4.2"))
    eyes.doit()
    assert eyes.states() == {"offered": 7}
    eyes.mark(eyes.only().blink)
    eyes.doit()
    assert eyes.count() == {"20_Data": 7}
    eyes.require_rest()


def test_a_frame_moved_by_hand_from_reject_into_20_data_is_restored_and_accepted(eyes):
    eyes.shoot(*good(6), 5.1)
    eyes.doit()
    (rejected,) = eyes.frames("_Reject")
    eyes.move(rejected, eyes.only().data)
    eyes.doit()
    assert eyes.states() == {"offered": 6, "accepted": 1} or eyes.states() == {"late": 6, "accepted": 1}
    assert eyes.count() == {"10_Blink": 6, "20_Data": 1}
    eyes.require_rest()
    eyes.mark(eyes.only().blink)
    eyes.doit()
    assert eyes.count() == {"20_Data": 7}
    eyes.require_rest()


def test_a_frame_deleted_from_reject_is_given_up_and_stays_in_the_store(eyes):
    eyes.shoot(*good(6), 5.1)
    eyes.doit()
    (rejected,) = eyes.frames("_Reject")
    rejected.unlink()
    eyes.shoot(*good(4), 5.2, target="M33")  # so that _Reject is not empty as a whole
    eyes.doit()
    eyes.doit()
    assert eyes.states() == {"offered": 10, "culled": 1, "given up": 1}
    eyes.require_rest()


@SEALED
def test_a_frame_restored_by_hand_after_its_set_was_accepted_is_late(eyes, runs):
    eyes.shoot(*good(6), 5.1)
    eyes.doit()
    marker = eyes.mark(f"{RIG}/10_Blink/M31")
    for _ in range(runs):
        eyes.doit()
        eyes.age_folders()
    (rejected,) = eyes.frames("_Reject")
    eyes.move(rejected, eyes.only().blink)
    assert "1 frame restored" in eyes.doit()
    assert eyes.states() == {"late": 1, "accepted": 6}
    eyes.require_rest()
    assert "late" in eyes.doit("status")
    eyes.touch_later(marker)
    eyes.doit()
    assert eyes.count() == {"20_Data": 7}
    eyes.require_rest()


@SEALED
def test_a_light_moved_from_20_data_back_into_blink_waits_for_eyes_again(eyes, runs):
    eyes.shoot(*good(6))
    eyes.doit()
    marker = eyes.mark(f"{RIG}/10_Blink/M31")
    for _ in range(runs):
        eyes.doit()
        eyes.age_folders()
    light = eyes.frames("20_Data")[0]
    eyes.move(light, eyes.only().blink)
    eyes.doit()
    assert eyes.states() == {"late": 1, "accepted": 5}
    eyes.require_rest()
    eyes.touch_later(marker)
    eyes.doit()
    assert eyes.count() == {"20_Data": 6}
    eyes.require_rest()


@SEALED
def test_a_light_moved_from_20_data_into_reject_is_rejected(eyes, runs):
    eyes.shoot(*good(6))
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    for _ in range(runs):
        eyes.doit()
        eyes.age_folders()
    eyes.move(eyes.frames("20_Data")[0], eyes.only().reject)
    eyes.doit()
    assert eyes.states() == {"accepted": 5, "blinked away": 1}
    eyes.require_rest()


@SEALED
def test_a_rejected_frame_deleted_after_its_set_was_accepted_is_given_up(eyes, runs):
    eyes.shoot(*good(6), 5.1, 5.2)
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    for _ in range(runs):
        eyes.doit()
        eyes.age_folders()
    eyes.frames("_Reject")[0].unlink()
    eyes.doit()
    assert eyes.states() == {"accepted": 6, "culled": 1, "given up": 1}
    eyes.require_rest()


def test_a_reopened_set_is_offered_again_and_can_be_accepted_again(eyes):
    eyes.shoot(*good(6), 5.1)
    eyes.doit()
    marker = eyes.mark(eyes.only().blink)
    eyes.doit()
    assert eyes.count() == {"20_Data": 6, "_Reject": 1}
    eyes.doit("reopen", eyes.only().id)
    assert "6 taken back from 20_Data" in eyes.doit()
    assert eyes.count() == {"10_Blink": 6, "_Reject": 1}
    assert eyes.states() == {"offered": 6, "culled": 1}
    eyes.require_rest()
    next(iter(eyes.frames("10_Blink"))).unlink()
    eyes.touch_later(marker) if marker.exists() else eyes.mark(eyes.only().blink)
    eyes.doit()
    assert eyes.states() == {"accepted": 5, "culled": 1, "blinked away": 1}
    eyes.require_rest()


def test_a_reopened_set_that_was_moved_on_keeps_what_lies_there(eyes):
    eyes.shoot(*good(4))
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    eyes.doit()
    eyes.move(eyes.root / RIG / "20_Data/M31", f"{RIG}/40_Process")
    eyes.doit()
    assert eyes.states() == {"moved on": 4}
    said = eyes.doit("reopen", eyes.only().id)
    assert "40_Process" in said
    eyes.doit()
    assert eyes.states() == {"offered": 4}
    assert len(eyes.frames("40_Process")) == 4
    eyes.require_rest()


# -- moved on ----------------------------------------------------------------------------------------------------------


def test_a_target_that_moved_on_keeps_its_place_and_new_nights_start_again(eyes):
    eyes.shoot(*good(3))
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    eyes.doit()
    eyes.move(eyes.root / RIG / "20_Data/M31", f"{RIG}/30_Master")
    assert "3 frames moved by you" in eyes.doit()
    assert eyes.states() == {"moved on": 3}
    eyes.require_rest()
    (eyes.root / RIG / "30_Master/M31").rename(eyes.root / RIG / "30_Master/Andromeda")
    eyes.doit()
    assert eyes.states() == {"moved on": 3}
    eyes.shoot(*good(2), day=1)
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    eyes.doit()
    assert eyes.states() == {"accepted": 2, "moved on": 3}
    assert {path.relative_to(eyes.root / RIG).parts[:2] for path in eyes.frames("20_Data")} == {
        ("20_Data", "M31")
    }
    eyes.require_rest()


def test_accepted_target_folders_that_are_renamed_or_merged_lose_nothing(eyes):
    eyes.shoot(*good(3))
    eyes.shoot(*good(2), target="M33")
    eyes.doit()
    for target in ("M31", "M33"):
        eyes.mark(f"{RIG}/10_Blink/{target}")
    eyes.doit()
    data = eyes.root / RIG / "20_Data"
    for path in list((data / "M33/accept").rglob("*.fits")):
        eyes.move(path, data / "M31/accept" / path.parent.relative_to(data / "M33/accept"))
    shutil.rmtree(data / "M33")
    (data / "M31").rename(data / "Local Group")
    eyes.doit()
    assert eyes.states() == {"accepted": 5}
    assert len(list((data / "Local Group").rglob("*.fits"))) == 5
    eyes.require_rest()


def test_a_light_taken_out_of_20_data_is_not_put_back(eyes):
    eyes.shoot(*good(3))
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    eyes.doit()
    eyes.frames("20_Data")[0].unlink()
    eyes.doit()
    assert eyes.states() == {"accepted": 2, "taken out": 1}
    eyes.require_rest()


# -- real processes, side by side --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_at_a_time_come_to_the_same_tree(tmp_path):
    trees = []
    for words in ((), ("-n", "2")):
        eyes = make_eyes(tmp_path / f"library{len(words)}", RIG, OTHER_RIG)
        for name, rig in (("L", RIG), ("H", RIG), ("L", OTHER_RIG)):
            eyes.shoot(*good(20), 5.1, FILTER=name, rig=rig)
            eyes.shoot(*good(10), FILTER=name, rig=rig, day=1)
        assert doit(eyes.root, *words).returncode == 0
        for rig in (RIG, OTHER_RIG):
            eyes.mark(f"{rig}/10_Blink/M31")
        assert doit(eyes.root, *words).returncode == 0
        eyes.require_rest()
        found = (
            path.relative_to(eyes.root)
            for rig in (RIG, OTHER_RIG)
            for path in eyes.root.glob(f"{rig}/*0_*/**/*")
        )
        trees.append(sorted(map(str, found)))
    assert trees[0] == trees[1]


def test_what_needs_no_library_to_be_read_is_not_read(eyes):
    """A second run of an accepted library plans nothing set by set."""
    eyes.shoot(*good(3))
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/M31")
    eyes.doit()
    eyes.age_folders()
    eyes.doit()
    tasks = int(re.search(r"Nothing due: (\d+) task", eyes.doit())[1])
    records = 6  # a rig's and the library's catalogue and pages, summaries, notes
    assert tasks <= 3 + records
