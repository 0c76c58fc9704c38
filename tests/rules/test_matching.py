from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.frames import Kind
from pipeline.model.masters import Change, Fitness
from pipeline.rules.matching import chosen_of, match, match_flat, match_light, need_of
from pipeline.rules.racks import sorted_racks
from tests.rules.masters import (
    NIGHT,
    RULES,
    MaxAge,
    bias,
    dark,
    flat,
    flatdark,
    light,
    raw_flat,
    rules,
    verdict,
)
from tests.rules.set_values import make_set, member


def find(need, kind, masters, asked=RULES, *, cooled=True, **more):
    return match(need, kind, masters, asked, cooled=cooled, **more)


def chosen(found):
    return found.chosen.master if found.chosen is not None else None


KEYS = [
    ({"camera": "ATR585M"}, "camera ATR585M, not ZWO ASI2600MM Pro"),
    ({"width_px": 3124, "height_px": 2088}, "3124 × 2088 px, not 6248 × 4176"),
    ({"planes": 3}, "3 colour planes, not 1"),
    ({"binning": 2}, "binning 2, not 1"),
    ({"gain": 0.0}, "gain 0, not 100"),
    ({"offset": 30.0}, "offset 30, not 50"),
    ({"exposure_s": 300.002}, "exposure 300.002 s, not 300 s"),
    ({"set_temp_c": -20.0}, "set to −20.0 °C, not −10.0 °C"),
]


@pytest.mark.parametrize(("changed", "why"), KEYS, ids=[next(iter(keys)) for keys, _ in KEYS])
def test_a_dark_of_another_key_is_lost_and_says_why(changed, why):
    other = dark(**changed)
    found = find(light(planes=1), Kind.DARK, [other])
    assert found.chosen is None
    assert verdict(found, other) == (Fitness.LOST, why)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"optic": "SQA55"}, "optic SQA55, not C8E"),
        ({"filter": "R"}, "filter R, not L"),
        ({"focal_length_mm": 1280.0}, "focal length 1280 mm, not 2032 mm"),
    ],
)
def test_a_flat_through_another_optic_filter_or_reducer_is_lost(changed, why):
    other = flat(**changed)
    assert verdict(find(light(), Kind.FLAT, [other]), other) == (Fitness.LOST, why)


def test_spellings_and_digits_make_no_difference():
    one = flat(filter="l", optic="c8e", camera="zwo asi2600mm  pro", gain=100, focal_length_mm=2030.4)
    assert chosen(find(light(gain=100.0), Kind.FLAT, [one])) is one
    assert chosen(find(light(), Kind.DARK, [dark(300.0009)])) is not None


def test_the_readout_mode_counts_where_the_rig_lists_it():
    other = dark(readout_mode="High")
    assert chosen(find(light(), Kind.DARK, [other])) is other
    asked = rules(dark=(*RULES.dark, "readout_mode"))
    assert verdict(find(light(), Kind.DARK, [other], asked), other) == (
        Fitness.LOST,
        "readout mode High, not Low",
    )


def test_two_bodies_of_one_model_are_told_apart_where_both_say_which():
    other = dark(camera_id="2")
    assert find(light(camera_id="1"), Kind.DARK, [other]).chosen is None
    assert chosen(find(light(), Kind.DARK, [other])) is other


def test_what_neither_side_says_is_no_difference():
    need = light(gain=None, offset=None, set_temp_c=None, sensor_temp_c=None)
    one = dark(gain=None, offset=None, set_temp_c=None, sensor_temp_c=None)
    found = find(need, Kind.DARK, [one])
    assert chosen(found) is one
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("need", "own", "why"),
    [
        ({}, {"offset": None}, "the offset is not in its header"),
        ({"offset": None}, {}, "the frames it is for do not say the offset"),
        ({}, {"binning": None}, "the binning is not in its header"),
        ({}, {"width_px": None}, "the size is not in its header"),
        ({}, {"camera": None}, "the camera is not in its header"),
        ({}, {"set_temp_c": None}, "the set temperature is not in its header"),
        ({}, {"night": None}, "its age is not known"),
    ],
)
def test_what_one_side_says_alone_is_unknown_and_used_with_a_warning_if_nothing_better_is_there(
    need, own, why
):
    unsure = dark(**own)
    found = find(light(**need), Kind.DARK, [unsure])
    assert chosen(found) is unsure
    assert found.warnings == (f"{unsure.path[9:]}: {why}; used because nothing better is there",)
    if not need:
        sure = dark(days=-200)
        found = find(light(), Kind.DARK, [unsure, sure])
        assert chosen(found) is sure
        assert verdict(found, unsure)[0] is Fitness.UNSURE


def test_a_set_point_said_on_one_side_is_no_match_for_a_sensor_that_was_far_warmer():
    warm = dark(set_temp_c=None, sensor_temp_c=12.0)
    assert verdict(find(light(), Kind.DARK, [warm]), warm) == (Fitness.LOST, "sensor at 12.0 °C, not −9.9 °C")


def test_sensor_temperatures_are_compared_where_there_is_no_set_point():
    need = light(set_temp_c=None, sensor_temp_c=20.0)
    near, far = dark(set_temp_c=None, sensor_temp_c=24.9), dark(set_temp_c=None, sensor_temp_c=25.1)
    found = find(need, Kind.DARK, [far, near], cooled=False)
    assert chosen(found) is near
    assert verdict(found, far) == (Fitness.LOST, "sensor at 25.1 °C, not 20.0 °C")


def test_the_nearest_temperature_wins_then_the_nearest_night():
    need = light(set_temp_c=None, sensor_temp_c=20.0)
    warmer = dark(set_temp_c=None, sensor_temp_c=24.0, days=-1)
    older = dark(set_temp_c=None, sensor_temp_c=20.4, days=-40)
    oldest = dark(set_temp_c=None, sensor_temp_c=20.2, days=-41)
    found = find(need, Kind.DARK, [warmer, oldest, older], cooled=False)
    assert [one.master for one in found.candidates] == [older, oldest, warmer]


def test_darks_of_either_side_serve_and_the_nearest_wins():
    before, after = dark(days=-12), dark(days=6)
    found = find(light(), Kind.DARK, [before, after])
    assert chosen(found) is after
    assert found.why == "dark 300 s, −10.0 °C, 6 days newer"
    assert [one.days for one in found.candidates] == [6, -12]


def test_where_the_rig_wants_no_future_darks_the_older_one_is_taken():
    before, after = dark(days=-12), dark(days=6)
    found = find(light(), Kind.DARK, [before, after], rules(future=False))
    assert chosen(found) is before
    assert verdict(found, after) == (Fitness.LOST, "shot 6 days after, which its rig does not want")


def test_over_its_age_a_dark_warns_or_is_refused():
    old = dark(days=-400)
    found = find(light(), Kind.DARK, [old])
    assert chosen(found) is old
    assert found.warnings == (f"{old.path[9:]} is 400 days older; its rig allows 365 days for a dark",)
    refused = find(light(), Kind.DARK, [old], rules(dark_max_age=MaxAge(days=365, then="refuse")))
    assert verdict(refused, old) == (Fitness.LOST, "400 days apart, its rig allows 365")
    assert chosen(find(light(), Kind.DARK, [old, dark(days=360)])).frame.night == NIGHT + timedelta(days=360)


def test_with_no_days_allowed_every_other_night_is_over_age():
    found = find(light(), Kind.DARK, [dark(days=-1)], rules(dark_max_age=MaxAge(days=0)))
    assert found.warnings == (f"{dark(days=-1).path[9:]} is 1 day older; its rig allows 0 days for a dark",)


def test_ties_go_to_the_newer_made_and_then_to_the_path():
    made_first, made_last = dark(path="a", mtime_ns=1), dark(path="b", mtime_ns=2)
    assert chosen(find(light(), Kind.DARK, [made_first, made_last])) is made_last
    twin = replace(made_last, path="c")
    assert chosen(find(light(), Kind.DARK, [twin, made_last])) is made_last


def test_a_replaced_master_loses_against_its_like_and_wins_where_it_is_nearer():
    replaced, new = dark(superseded=True, path="old", mtime_ns=9), dark(path="new")
    assert chosen(find(light(), Kind.DARK, [replaced, new])) is new
    later = dark(path="new", days=200)
    assert chosen(find(light(), Kind.DARK, [replaced, later])) is replaced


def test_held_and_unsound_masters_are_lost_with_their_reason():
    held, bad = (
        dark(held="its level is twice the last one's"),
        dark(trouble="cut off at 12 of 52 MB", days=-1),
    )
    found = find(light(), Kind.DARK, [held, bad])
    assert found.chosen is None
    assert verdict(found, held) == (Fitness.LOST, "held: its level is twice the last one's")
    assert verdict(found, bad) == (Fitness.LOST, "cut off at 12 of 52 MB")
    assert found.why == "no dark fits; one held, one not sound"


def test_the_choice_says_what_the_others_were_lost_on():
    masters = [dark(days=-12), dark(set_temp_c=-20.0), dark(set_temp_c=0.0), dark(60.0)]
    assert find(light(), Kind.DARK, masters).why == (
        "dark 300 s, −10.0 °C, 12 days older; two others ruled out by temperature, one by exposure"
    )


def test_what_is_missing_is_said_with_what_to_shoot():
    found = match_light(light(), [], RULES, cooled=True)
    assert found.matches[Kind.DARK].missing == "darks of 300 s at −10 °C, gain 100, offset 50, binning 1"
    assert found.matches[Kind.FLAT].missing == (
        "flats with L of the night of 2026-01-14, gain 100, offset 50, binning 1"
    )
    assert found.matches[Kind.DARK].why == "there is no dark of this camera"
    warm = find(light(set_temp_c=None, sensor_temp_c=21.4), Kind.DARK, [], cooled=False)
    assert warm.missing == "darks of 300 s at about 21 °C, gain 100, offset 50, binning 1"


def test_masters_of_other_cameras_are_listed_last():
    mine, other = dark(gain=0.0), dark(camera="ATR585M")
    found = find(light(), Kind.DARK, [other, mine])
    assert [one.master for one in found.candidates] == [mine, other]


# pins


def test_a_pinned_master_is_chosen_whatever_its_keys_and_the_differences_are_said():
    best, pinned = dark(), dark(gain=0.0, days=-30)
    found = find(light(), Kind.DARK, [best, pinned], pinned=pinned.path)
    assert chosen(found) is pinned
    assert found.candidates[0].fitness is Fitness.CHOSEN
    assert found.warnings == (f"{pinned.path[9:]}: gain 0, not 100, and you pinned it",)
    assert found.why.startswith("pinned: dark 300 s")
    assert len(found.candidates) == 2


def test_even_one_of_another_camera_can_be_pinned():
    pinned = dark(camera="ATR585M")
    found = find(light(), Kind.DARK, [dark(), pinned], pinned=pinned.path)
    assert chosen(found) is pinned
    assert [one.master for one in found.candidates].count(pinned) == 1


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"width_px": 3840, "height_px": 2160}, "cannot be used: 3840 × 2160 px, not 6248 × 4176"),
        ({"binning": 2}, "cannot be used: binning 2, not 1"),
        ({"trouble": "its hash changed"}, "cannot be used: its hash changed"),
        ({"held": "too bright"}, "cannot be used: held: too bright"),
    ],
)
def test_no_pin_overrules_size_binning_or_an_unsound_master(changed, why):
    best, pinned = dark(), dark(path="_Library/pinned.fits", **changed)
    found = find(light(), Kind.DARK, [best, pinned], pinned=pinned.path)
    assert chosen(found) is best
    assert found.warnings == (f"pinned.fits was pinned, and {why}",)


def test_a_pinned_master_that_is_gone_or_of_another_kind_is_said_and_the_best_is_taken():
    best, other = dark(), bias()
    gone = find(light(), Kind.DARK, [best], pinned="_Dark Library/gone.fits")
    assert chosen(gone) is best
    assert gone.warnings == ("_Dark Library/gone.fits was pinned, and is in no library any more",)
    wrong = find(light(), Kind.DARK, [best, other], pinned=other.path)
    assert chosen(wrong) is best
    assert wrong.warnings == (f"{other.path[9:]} was pinned, and is no dark",)


# lights


def test_a_light_with_its_dark_needs_no_bias():
    found = match_light(light(), [dark(), bias(), flat()], RULES, cooled=True)
    assert set(found.matches) == {Kind.DARK, Kind.FLAT}
    assert found.master(Kind.DARK) == dark()


def test_a_light_without_a_dark_takes_a_bias():
    found = match_light(light(), [dark(60.0), bias()], RULES, cooled=True)
    assert found.master(Kind.DARK) is None
    assert found.master(Kind.BIAS) == bias()


def test_a_shorter_dark_is_scaled_only_where_asked_and_with_a_bias():
    asked, masters = rules(scale_darks=True), [dark(60.0), dark(180.0), dark(600.0), bias()]
    found = match_light(light(), masters, asked, cooled=True)
    one = found.matches[Kind.DARK]
    assert chosen(one) == dark(180.0)
    assert one.chosen.scale == pytest.approx(300 / 180)
    assert found.master(Kind.BIAS) == bias()
    assert one.why == "dark 180 s, −10.0 °C, scaled by 1.667, same night; one other ruled out by exposure"
    assert one.warnings == (f"{dark(180.0).path[9:]} is scaled by 1.667, since no dark has the exposure",)
    assert verdict(one, dark(60.0)) == (Fitness.FITS, "scaled by 5; same night")
    without = match_light(light(), masters[:-1], asked, cooled=True)
    assert without.master(Kind.DARK) is None


def test_a_dark_of_the_exposure_is_never_scaled():
    found = match_light(light(), [dark(), dark(180.0), bias()], rules(scale_darks=True), cooled=True)
    assert found.matches[Kind.DARK].chosen.scale == 1.0
    assert Kind.BIAS not in found.matches


def test_a_pinned_shorter_dark_is_scaled_where_its_rig_scales():
    masters, pins = [dark(), dark(180.0), bias()], {Kind.DARK: dark(180.0).path}
    scaled = match_light(light(), masters, rules(scale_darks=True), cooled=True, pins=pins)
    assert scaled.matches[Kind.DARK].chosen.scale == pytest.approx(5 / 3)
    plain = match_light(light(), masters, RULES, cooled=True, pins=pins)
    assert plain.matches[Kind.DARK].chosen.scale == 1.0
    assert plain.matches[Kind.DARK].warnings == (
        f"{dark(180.0).path[9:]}: exposure 180 s, not 300 s, and you pinned it",
    )


# flats of other nights


def test_flats_of_the_same_night_come_first():
    same, next_night = flat(), flat(days=1, mtime_ns=9)
    assert chosen(find(light(), Kind.FLAT, [next_night, same], rules(flat_max_nights=5))) is same


def test_flats_of_another_night_are_asked_about():
    older, newer = flat(days=-6), flat(days=2)
    found = find(light(), Kind.FLAT, [older, newer])
    assert found.chosen is None
    assert found.missing == (
        "flats with L of the night of 2026-01-14, gain 100, offset 50, binning 1; "
        "or choose among those of 2026-01-08 (6 days older) or 2026-01-16 (2 days newer)"
    )
    assert found.why == "no flat of the same night, two of other nights"
    assert verdict(found, older) == (Fitness.FITS, "6 days older; of another night: asks you")
    assert chosen(find(light(), Kind.FLAT, [older, newer], pinned=older.path)) is older


def test_within_the_nights_its_rig_allows_the_nearest_is_taken_either_side():
    older, newer = flat(days=-6), flat(days=4)
    assert chosen(find(light(), Kind.FLAT, [older, newer], rules(flat_max_nights=4))) is newer
    assert find(light(), Kind.FLAT, [older], rules(flat_max_nights=5)).chosen is None


def test_another_night_must_hold_every_filter_that_is_needed():
    near = [flat(days=-1), flat(days=-1, filter="R")]
    whole = [flat(days=-5, filter=name) for name in ("L", "R", "H")]
    needed = {NIGHT: frozenset({"L", "R", "h"})}
    found = find(light(), Kind.FLAT, near + whole, rules(flat_max_nights=9), night_filters=needed)
    assert chosen(found) == flat(days=-5, filter="L")
    assert verdict(found, near[0]) == (Fitness.LOST, "no flats of that night with h")


def test_no_flat_serves_across_a_change():
    change = Change(rig="C8E", night=NIGHT, why="camera turned")
    before, after = flat(days=-1), flat(days=3)
    found = find(light(), Kind.FLAT, [before, after], rules(flat_max_nights=9), changes=[change])
    assert chosen(found) is after
    assert verdict(found, before) == (Fitness.LOST, "the rig was changed on 2026-01-14 (camera turned)")
    pinned = find(light(), Kind.FLAT, [before], changes=[change], pinned=before.path)
    assert chosen(pinned) is before


def test_a_flat_of_another_night_with_the_rotator_elsewhere_is_not_taken():
    need, turned = light(rotator_deg=359.5), flat(days=-1, rotator_deg=12.0)
    asked = rules(flat_max_nights=9)
    assert verdict(find(need, Kind.FLAT, [turned], asked), turned)[1] == "rotator at 12.0°, not 359.5°"
    assert find(need, Kind.FLAT, [flat(days=-1, rotator_deg=0.4)], asked).chosen is not None
    assert find(need, Kind.FLAT, [flat(rotator_deg=12.0)], asked).chosen is not None
    listed = rules(flat=(*RULES.flat, "rotation"))
    assert find(need, Kind.FLAT, [flat(rotator_deg=12.0)], listed).chosen is None


def test_where_the_rig_does_not_list_the_night_the_nearest_flat_is_taken():
    asked = rules(flat=tuple(one for one in RULES.flat if one != "night"))
    old, older = flat(days=-90), flat(days=-200)
    assert chosen(find(light(), Kind.FLAT, [older, old], asked)) is old


def test_a_flat_of_an_unknown_night_is_asked_about():
    found = find(light(), Kind.FLAT, [flat(night=None)])
    assert found.chosen is None
    assert found.candidates[0].fitness is Fitness.UNSURE


# what is taken from flats


def test_from_flats_their_own_flat_dark_is_taken():
    own, masters = flatdark(), [dark(60.0, days=-3), bias()]
    found = match_flat(raw_flat(), [own, *masters], RULES, cooled=True)
    assert set(found.matches) == {Kind.FLATDARK}
    assert chosen_of(found).master is own
    found = match_flat(raw_flat(), masters, RULES, cooled=True)
    assert chosen_of(found).master is masters[0]
    assert found.master(Kind.FLATDARK) is masters[0]


def test_a_dark_far_longer_than_the_flats_gives_way_to_a_bias():
    found = match_flat(raw_flat(exposure_s=2.0), [dark(300.0), bias()], RULES, cooled=True)
    assert chosen_of(found).master == bias()
    assert found.matches[Kind.DARK].why.endswith(
        "is longer than twice the flats' exposure: a bias comes nearer"
    )
    alone = match_flat(raw_flat(exposure_s=2.0), [dark(300.0)], RULES, cooled=True)
    assert chosen_of(alone).master == dark(300.0)
    assert (
        alone.matches[Kind.DARK].warnings[0].endswith("has another exposure than the 2 s of what it is for")
    )


def test_what_flats_lack_is_said_as_flat_darks():
    found = match_flat(raw_flat(exposure_s=2.5), [], RULES, cooled=True)
    assert found.matches[Kind.FLATDARK].missing == (
        "flat-darks of 2.5 s at −10 °C, gain 100, offset 50, binning 1"
    )
    assert chosen_of(found) is None


def test_a_bias_pinned_to_flats_goes_before_their_flat_dark():
    found = match_flat(raw_flat(), [flatdark(), bias()], RULES, cooled=True, pins={Kind.BIAS: bias().path})
    assert chosen_of(found).master == bias()


def test_a_set_is_matched_by_its_middle_temperature_and_flats_by_their_shortest_exposure():
    frames = make_set(0)
    warm = [
        member(n, sensor_temp_c=t, exposure_s=e) for n, (t, e) in enumerate([(21, 2.0), (25, 1.5), (22, 3.0)])
    ]
    assert need_of(replace(frames, members=tuple(warm))).sensor_temp_c == 22
    assert need_of(replace(frames, members=tuple(warm))).exposure_s == 2.0
    assert need_of(replace(frames, kind=Kind.FLAT, members=tuple(warm))).exposure_s == 1.5


# all together


def test_two_thousand_masters_are_matched_in_well_under_a_second():
    kinds = (dark, bias, flat)
    masters = [
        replace(kinds[n % 3](gain=float(n % 4), days=-(n // 12), camera=f"camera {n % 5}"), path=str(n))
        for n in range(2000)
    ]
    racks, need = sorted_racks(masters), light(camera="camera 2", gain=2.0)
    began = process_time()
    for days in range(10):
        match_light(replace(need, night=NIGHT - timedelta(days=days)), racks, RULES, cooled=True)
    assert (process_time() - began) / 10 < 0.2  # some 5 ms


@given(
    gains=st.lists(st.sampled_from([None, 0.0, 100.0]), max_size=6),
    days=st.lists(st.integers(-800, 800), min_size=6, max_size=6),
    need=st.sampled_from([None, 0.0, 100.0]),
)
def test_every_master_has_its_verdict_and_only_what_fits_is_chosen(gains, days, need):
    masters = [
        dark(gain=gain, days=day, path=str(n)) for n, (gain, day) in enumerate(zip(gains, days, strict=False))
    ]
    found = find(light(gain=need), Kind.DARK, masters)
    assert sorted(one.master.path for one in found.candidates) == sorted(one.path for one in masters)
    fits = [one for one in masters if one.frame.gain == need]
    unsure = [one for one in masters if (one.frame.gain is None) != (need is None)]
    assert (found.chosen is None) == (not fits and not unsure)
    assert bool(found.missing) == (found.chosen is None)
    if fits:
        assert chosen(found) in fits
    assert find(light(gain=need), Kind.DARK, masters[::-1]).chosen == found.chosen
