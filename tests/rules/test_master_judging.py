"""Frames left out before integrating, and masters held after it: by level, light, shape, noise and hot pixels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.frames import Kind
from pipeline.model.master_groups import Gist
from pipeline.rules.master_refusals import refuse
from pipeline.rules.master_sanity import doubts

GOOD = Gist(
    level_adu=1000.0, noise_adu=8.0, saturated_share=0.0, hot_share=0.0001, odd_share=0.0, blocks_adu=(1000.0,) * 63 + (1000.5,),
)  # fmt: skip


def like(level: float, **values: object) -> Gist:
    share = level / GOOD.level_adu
    return replace(GOOD, level_adu=level, blocks_adu=tuple(one * share for one in GOOD.blocks_adu), **values)  # type: ignore[arg-type]


def refused(kind: Kind, *gists: Gist) -> dict[str, str]:
    named = {f"{at}": one for at, one in enumerate(gists)}
    found = refuse(kind, named, dict.fromkeys(named, (100, 80)))
    return {one.stored: one.why for one in found}


def usual(kind: Kind) -> list[Gist]:
    level = 25_000.0 if kind is Kind.FLAT else 1000.0
    return [like(level + step) for step in (-1.5, -0.5, 0.0, 0.5, 1.5)]


@pytest.mark.parametrize("kind", [Kind.BIAS, Kind.DARK, Kind.FLATDARK, Kind.FLAT])
def test_frames_that_are_alike_all_stay(kind):
    assert refused(kind, *usual(kind)) == {}


def test_saturated_flat_goes_and_a_dark_with_hot_pixels_stays():
    assert refused(Kind.FLAT, *usual(Kind.FLAT), like(40_000.0, saturated_share=0.2)) == {
        "5": "saturated: 20 % of its pixels"
    }
    assert refused(Kind.DARK, *usual(Kind.DARK), like(1000.0, saturated_share=0.02)) == {}


def test_flats_of_a_brightening_sky_stay_and_one_without_light_goes():
    levels = (18_000.0, 21_000.0, 25_000.0, 29_000.0, 33_000.0)
    assert refused(Kind.FLAT, *map(like, levels)) == {}
    assert set(refused(Kind.FLAT, *map(like, levels), like(900.0))) == {"5"}


def test_light_that_leaked_into_a_dark_is_called_so():
    found = refused(Kind.DARK, *usual(Kind.DARK), like(1100.0), like(900.0))
    assert found["5"].startswith("light leaked in: its level is 1,100 ADU") and found["6"].startswith(
        "its level is 900"
    )


def test_leak_in_a_corner_is_found_though_the_middle_is_not_brighter():
    leaking = replace(GOOD, blocks_adu=(1080.0, *GOOD.blocks_adu[1:]))
    found = refused(Kind.DARK, *usual(Kind.DARK), leaking)
    assert found == {"5": "light leaked in: a part of it is 80 ADU brighter than in the others"}


def test_of_two_frames_nobody_can_say_which_is_odd():
    assert refused(Kind.DARK, like(1000.0), like(2000.0)) == {}


def test_wrong_size_goes_by_the_majority():
    sizes = {"0": (100, 80), "1": (100, 80), "2": (50, 40)}
    (one,) = refuse(Kind.BIAS, dict.fromkeys(sizes, GOOD), sizes)
    assert (one.stored, one.why) == ("2", "50 × 40 pixels, the others have 100 × 80")


@pytest.mark.parametrize("kind", [Kind.BIAS, Kind.DARK, Kind.FLATDARK, Kind.FLAT])
def test_master_like_the_one_before_is_sane(kind):
    level = 25_000.0 if kind is Kind.FLAT else 1000.0
    assert doubts(kind, like(level + 3), like(level)) == ()
    assert doubts(kind, like(level), None) == ()


@pytest.mark.parametrize(
    ("kind", "new", "word"),
    [
        (Kind.BIAS, like(1100.0), "level"),
        (Kind.DARK, like(1300.0), "level"),
        (Kind.DARK, replace(GOOD, noise_adu=30.0), "noise"),
        (Kind.DARK, replace(GOOD, hot_share=0.02), "hot"),
        (Kind.DARK, replace(GOOD, blocks_adu=(1090.0, *GOOD.blocks_adu[1:])), "shape"),
        (Kind.BIAS, replace(GOOD, odd_share=0.01), "no numbers"),
        (Kind.BIAS, replace(GOOD, noise_adu=0.0, blocks_adu=(1000.0,) * 64), "every pixel"),
    ],
)
def test_what_differs_from_the_one_before_is_said(kind, new, word):
    (said,) = doubts(kind, new, GOOD)
    assert word in said


def test_flats_of_another_night_may_differ_in_level_but_not_in_shape():
    before = like(25_000.0)
    assert doubts(Kind.FLAT, like(30_000.0), before) == ()
    turned = replace(before, blocks_adu=(10_000.0, *before.blocks_adu[1:]))
    assert "shape" in doubts(Kind.FLAT, turned, before)[0]
