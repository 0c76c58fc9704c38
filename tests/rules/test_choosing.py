from __future__ import annotations

import pytest

from pipeline.rules.choosing import Filed, match, night

A = "C8E@f10.0+ASI/00_Frames/DATE_2026-01-14/LIGHT/NGC 7000/FILTER_L/2026-01-14_22-00-00.fits"
B = "C8E@f10.0+ASI/00_Frames/DATE_2026-01-15/LIGHT/M31/FILTER_L/2026-01-15_22-00-00.fits"
DARK = "_Calibration/ASI/DATE_2026-01-14/DARK/EXP_300.00/2026-01-14_07-00-00.fits"


@pytest.mark.parametrize(
    ("filed", "chosen"),
    [
        (Filed(), [A, B, DARK]),
        (Filed(rig="c8e@F10.0+asi"), [A, B]),
        (Filed(rig="ASI"), [DARK]),
        (Filed(night="2026-01-14"), [A, DARK]),
        (Filed(target="ngc  7000"), [A]),
        (Filed(night="2026-01-15", target="NGC 7000"), []),
    ],
)
def test_rig_night_and_target_choose_by_where_frames_are_filed(filed, chosen):
    assert [path for path in (A, B, DARK) if filed.holds(path)] == chosen


def test_what_is_filed_nowhere_is_chosen_by_no_night():
    assert Filed().holds("30_Master/old.fits")
    assert not Filed(night="2026-01-14").holds("30_Master/old.fits")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        (A, [A]),
        ("C8E@f10.0+ASI/00_Frames", [A, B]),
        ("C8E@f10.0+ASI/00_Frames/", [A, B]),
        ("C8E@f10.0+ASI/00_Fra", []),
        ("*/M31/*", [B]),
        ("*.fits", [A, B, DARK]),
        ("", []),
    ],
)
def test_a_word_means_a_path_a_folder_or_a_pattern(word, meant):
    assert match([word], [A, B, DARK]) == meant


def test_a_night_is_a_date():
    assert night("2026-01-14") == "2026-01-14"
    with pytest.raises(ValueError, match="14"):
        night("14.1.2026")
