from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.calibrated import CalibratedLight, FlatError, Soundness
from pipeline.model.calibration import Calibrate
from pipeline.model.frames import Frame, Kind
from pipeline.rules.calibrating import Ingredients, basis_of, is_free_of_bias, lacks, refusals, score_of
from pipeline.rules.calibration_due import is_due, open_calibrations, policy_digest, shortened
from pipeline.rules.layout import calibrated_folder, calibrated_path
from pipeline.rules.ledger import Ledger

BIAS, DARK, FLAT = Kind.BIAS, Kind.DARK, Kind.FLAT
LIGHT = Frame(
    path="",
    exposure_s=300.0,
    filter="Ha",
    sensor_temp_c=-10.0,
    width_px=6248,
    height_px=4176,
    binning=1,
)
FITTING = {DARK: replace(LIGHT, filter=None, set_temp_c=-10.0), FLAT: replace(LIGHT, exposure_s=2.0)}


def test_masters_that_fit_are_not_refused():
    assert refusals(Ingredients(light=LIGHT, masters=FITTING), Calibrate()) == []


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        (DARK, {"width_px": 3124}, "the dark has columns 3124, the light 6248"),
        (FLAT, {"height_px": 2088}, "the flat has rows 2088, the light 4176"),
        (FLAT, {"binning": 2}, "the flat has binning 2, the light 1"),
        (DARK, {"exposure_s": 300.01}, "the dark is of 300.01 s, the light of 300 s"),
        (FLAT, {"filter": "OIII"}, "the flat is of filter OIII, the light of Ha"),
        (DARK, {"sensor_temp_c": -4.9}, "its sensor was at -10.0 °C, the dark's at -4.9 °C"),
    ],
)
def test_what_does_not_fit_is_said_with_both_values(kind, change, said):
    masters = {**FITTING, kind: replace(FITTING[kind], **change)}
    found = refusals(Ingredients(light=LIGHT, masters=masters), Calibrate())
    assert len(found) == 1 and said in found[0]


@pytest.mark.parametrize(
    "change", [{"exposure_s": 300.0009}, {"filter": " ha "}, {"sensor_temp_c": -5.0}, {"binning": None}]
)
def test_numbers_are_numbers_and_what_one_side_says_alone_is_no_refusal(change):
    light = replace(LIGHT, **change)
    masters = {**FITTING, DARK: replace(FITTING[DARK], exposure_s=300.0)}
    assert refusals(Ingredients(light=light, masters=masters), Calibrate()) == []


def test_a_scaled_dark_reaches_the_lights_exposure():
    masters = {DARK: replace(FITTING[DARK], exposure_s=120.0)}
    assert refusals(Ingredients(light=LIGHT, masters=masters, dark_scale=2.5), Calibrate()) == []
    assert len(refusals(Ingredients(light=LIGHT, masters=masters, dark_scale=2.0), Calibrate())) == 1


def test_where_there_is_a_dark_no_bias_is_missed():
    assert lacks({DARK: 1}, Calibrate(require=("bias", "dark", "flat"))) == [FLAT]
    assert lacks({BIAS: 1}, Calibrate(require=("bias", "dark", "flat"))) == [DARK, FLAT]
    assert lacks({}, Calibrate(require=())) == []


@pytest.mark.parametrize(
    ("cards", "is_free"),
    [({}, False), ({"NBLESS": "x"}, True), ({"NBLESS": ""}, False), ({"CALSTAT": "BD"}, True), ({"CALSTAT": 1}, False),
     ({"FDARKMST": "fd.fits"}, True), ({"CALSTAT": "F"}, False)],
)  # fmt: skip
def test_a_master_says_whether_its_bias_was_taken_off(cards, is_free):
    assert is_free_of_bias(cards) is is_free


def test_a_basis_changes_with_all_that_pixels_depend_on_and_nothing_else():
    masters = {DARK: "d" * 64, FLAT: "f" * 64}
    first = basis_of("a", masters, 1.0, Calibrate(), "")
    assert (
        basis_of("a", dict(reversed(masters.items())), 1, Calibrate(min_score=90, suffix="_x"), "") == first
    )
    others = [
        basis_of("b", masters, 1.0, Calibrate(), ""),
        basis_of("a", {**masters, DARK: "e" * 64}, 1.0, Calibrate(), ""),
        basis_of("a", {DARK: masters[DARK]}, 1.0, Calibrate(), ""),
        basis_of("a", masters, 2.0, Calibrate(), ""),
        basis_of("a", masters, 1.0, Calibrate(output="uint16"), ""),
        basis_of("a", masters, 1.0, Calibrate(cosmetic=True), ""),
        basis_of("a", masters, 1.0, Calibrate(pedestal=1), ""),
        basis_of("a", masters, 1.0, Calibrate(), "RGGB"),
    ]
    assert len({first, *others}) == len(others) + 1


def test_a_score_says_what_cost_points_with_value_and_limit():
    good = Soundness(
        level_adu=300, noise_adu=10, noise_ratio=1.02, range_adu=900, flat_error=FlatError(percent=0.4)
    )
    assert score_of(good).points == 100 and score_of(good).reasons == ()
    assert score_of(replace(good, range_adu=0.0)).points == 0
    noisy = score_of(replace(good, noise_ratio=1.6))
    assert noisy.points == 65 and "1.60 times > 1.1" in noisy.reasons[0]
    uneven = score_of(replace(good, flat_error=FlatError(percent=12.0, sigma=8.0)))
    assert uneven.points == 45 and "12.0 % of the sky" in uneven.reasons[0]
    assert score_of(replace(good, flat_error=FlatError(percent=12.0, sigma=1.0))).points == 100
    nebula = score_of(replace(good, flat_error=FlatError(percent=35.0, sigma=8.0, may_be_sky=True)))
    assert nebula.points == 80 and "a nebula in the middle" in nebula.reasons[0]
    dark = score_of(replace(good, negative_share=0.6, level_adu=-20.0))
    assert dark.points < 50 and "the dark does not fit" in dark.reasons[0]
    assert "pedestal" in score_of(replace(good, negative_share=0.3)).reasons[0]


ROW = CalibratedLight(stored="a", basis="old", masters=shortened({DARK: "d" * 64}), size=5)
DARK_ONLY, BOTH, OTHER = {DARK: "d" * 64}, {DARK: "d" * 64, FLAT: "f" * 64}, {DARK: "e" * 64}


@pytest.mark.parametrize(
    ("row", "basis", "masters", "policy", "asked", "due"),
    [
        (None, "new", DARK_ONLY, "missing", False, True),
        (ROW, "old", DARK_ONLY, "all", True, False),
        (ROW, "new", DARK_ONLY, "never", False, True),  # the same masters: a setting changed
        (ROW, "new", BOTH, "missing", False, True),
        (ROW, "new", BOTH, "never", False, False),
        (ROW, "new", OTHER, "missing", False, False),
        (ROW, "new", OTHER, "all", False, True),
        (ROW, "new", OTHER, "never", True, True),
        (replace(ROW, withheld=True, score=30), "old", DARK_ONLY, "missing", False, False),
        (replace(ROW, withheld=True, score=60), "old", DARK_ONLY, "missing", False, True),
        (replace(ROW, withheld=True, score=30), "new", OTHER, "never", False, True),
        (replace(ROW, trouble="too warm"), "old", DARK_ONLY, "all", True, False),
    ],
)
def test_a_light_is_due_as_its_rig_says(row, basis, masters, policy, asked, due):
    assert is_due(row, basis, masters, Calibrate(on_new_master=policy), asked=asked) is due


def test_sets_that_wait_are_open_again_once_their_masters_were_chosen_anew():
    ledger = Ledger()
    for name, state in (("a", "wanted"), ("b", "waits"), ("c", "waits"), ("d", "done"), ("e", "left")):
        ledger.calibration[name] = {"state": state, "when": "2026-01-15T10:00:00.000000Z", "policy": "p"}
    ledger.matched["c"] = {"when": "2026-01-16T10:00:00.000000Z"}
    ledger.matched["b"] = {"when": "2026-01-15T09:00:00.000000Z"}
    assert open_calibrations(ledger) == (("a", "wanted", "p"), ("b", "waits", "p"), ("c", "wanted", "p"))
    assert policy_digest(Calibrate()) != policy_digest(Calibrate(require=("dark",)))


def test_copies_lie_beside_accept_and_never_under_it():
    rig = "C8E@f10.0+ZWO ASI2600MM Pro"
    accepted = f"{rig}/20_Data/M31/accept/DATE_2026-01-14/FILTER_L_EXP_300.00"
    folder = f"{rig}/20_Data/M31/calibrated/DATE_2026-01-14/FILTER_L_EXP_300.00"
    assert calibrated_folder(accepted) == folder
    assert calibrated_path(accepted, "a.fits.fz", "_cal") == f"{folder}/a.fits.fz_cal.fits"
    assert calibrated_path(accepted, "a.fits", "_cal") == f"{folder}/a_cal.fits"
    assert calibrated_path(accepted, "a.fit", "_cal") == f"{folder}/a.fit_cal.fits"
    long = calibrated_path(
        f"{rig}/20_Data/{'M' * 60}/accept/DATE_2026-01-14/{'F' * 42}", f"{'n' * 60}.fits", "_calibrated"
    )
    assert len(long) <= 200 and long.endswith("_calibrated.fits")
    assert calibrated_folder("") == calibrated_folder(f"{rig}/10_Blink/_FLAT/DATE_2026-01-14") == ""
