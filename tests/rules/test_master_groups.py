"""Calibration frames into groups: what belongs together, what does not, and what each master is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipeline.model.calibration import Grouping, MasterRecipe
from pipeline.model.frames import Frame, Kind
from pipeline.model.master_groups import Batch, Group, Policy, joined_digest
from pipeline.rules.library_names import USUAL
from pipeline.rules.master_groups import group_batches, group_name
from pipeline.rules.master_lines import too_few

NIGHT = date(2026, 1, 14)
DARK = Frame(
    path="a", kind=Kind.DARK, camera="Cam", rig="C8E@f10.0+Cam", optic="C8E", night=NIGHT, exposure_s=300.0, gain=100.0,
    offset=50.0, binning=1, set_temp_c=-10.0, sensor_temp_c=-9.9, width_px=6248, height_px=4176,
)  # fmt: skip
FLAT = replace(DARK, kind=Kind.FLAT, filter="L", exposure_s=2.0, focal_length_mm=2032.0)
POLICY = Policy(grouping=Grouping(), recipe=MasterRecipe(min_frames=10), backend="built-in")


def batch(
    like: Frame = DARK, *, day: int = 0, count: int = 10, digest: str = "ab", **values: object
) -> Batch:
    night = NIGHT + timedelta(days=day)
    frame = replace(like, night=night, **values)  # type: ignore[arg-type]
    return Batch(
        owner="Cam", filed=night, set_id=f"{frame.kind}/{night}/{values}", frame=frame, count=count,
        sensor_temp_c=frame.sensor_temp_c, digest=digest,
    )  # fmt: skip


def groups(*batches: Batch, policy: Policy = POLICY) -> list[Group]:
    found, left = group_batches(batches, lambda _: policy, USUAL)
    assert left == []
    return found


def grouping(**values: object) -> Policy:
    return replace(POLICY, grouping=Grouping(**values))  # type: ignore[arg-type]


def test_darks_of_a_few_nights_are_one_campaign_and_a_long_pause_begins_the_next():
    found = groups(batch(), batch(day=14), batch(day=29))
    assert [(one.count, one.is_latest) for one in found] == [(20, False), (10, True)]
    assert len({one.path for one in found}) == 1


def test_each_night_is_its_own_where_no_campaign_is_asked_for():
    assert len(groups(batch(), batch(day=1), policy=grouping(campaign_nights=0))) == 2


def test_a_later_campaign_with_too_few_frames_does_not_take_the_name():
    assert [one.is_latest for one in groups(batch(), batch(day=40, count=2))] == [True, False]


@pytest.mark.parametrize(
    "values",
    [
        {"gain": 0.0},
        {"offset": 30.0},
        {"binning": 2},
        {"readout_mode": "Low"},
        {"exposure_s": 299.9},
        {"set_temp_c": -5.0},
        {"camera": "Other"},
        {"width_px": 1920},
        {"gain": None},
    ],
)
def test_darks_that_differ_are_never_mixed_and_never_share_a_place(values):
    found = groups(batch(), batch(**values))
    assert len(found) == 2 and len({one.path for one in found}) == 2


@pytest.mark.parametrize(
    "values", [{"exposure_s": 300.0004}, {"set_temp_c": -9.5}, {"optic": "SQA55"}, {"filter": "L"}]
)
def test_what_does_not_tell_darks_apart_leaves_them_together(values):
    (one,) = groups(batch(), batch(**values))
    assert one.count == 20


def test_temperatures_never_chain_beyond_the_tolerance():
    found = groups(*(batch(set_temp_c=-10.0 + 0.7 * step) for step in range(4)))
    assert [one.count for one in found] == [20, 20]
    assert len({one.path for one in found}) == 2


def test_name_bears_the_set_point_most_frames_have():
    (one,) = groups(batch(set_temp_c=-10.4, count=2), batch(count=8))
    assert "SETTEMP_-10.00" in one.path


def test_uncooled_frames_go_by_their_sensor():
    found = groups(batch(set_temp_c=None, sensor_temp_c=20.0), batch(set_temp_c=None, sensor_temp_c=24.0))
    assert len(found) == 2
    assert (
        len(groups(batch(set_temp_c=None), batch(set_temp_c=None), policy=grouping(dark=("camera", "gain"))))
        == 1
    )


def test_flats_are_of_a_night_a_filter_and_an_optic():
    told = [
        batch(FLAT),
        batch(FLAT, day=1),
        batch(FLAT, filter="R"),
        batch(FLAT, optic="SQA55"),
        batch(FLAT, exposure_s=2.7),
    ]
    found = groups(*told)
    assert sorted(one.count for one in found) == [10, 10, 10, 20]


def test_bodies_are_told_apart_by_their_ids_where_a_rig_lists_them():
    told = [batch(camera_id="1"), batch(camera_id="2")]
    assert len(groups(*told)) == 1
    found = groups(*told, policy=replace(POLICY, told_by_id=True))
    assert {group_name(one).rpartition("/")[2].partition("_")[0] for one in found} == {
        "masterDark",
        "masterDark~2",
    }


def test_rotation_counts_where_it_is_asked_for():
    asked = grouping(flat=("camera", "optic", "filter", "night", "rotation"))
    assert len(groups(batch(FLAT, rotator_deg=10.0), batch(FLAT, rotator_deg=95.0), policy=asked)) == 2
    assert len(groups(batch(FLAT, rotator_deg=10.0), batch(FLAT, rotator_deg=95.0))) == 1


def test_few_frames_of_another_size_are_refused_beside_the_others():
    small = next(one for one in groups(batch(), batch(count=1, width_px=1920, height_px=1080)) if one.missing)
    assert small.others == (6248, 4176)
    assert "1 of 10 frames, 9 frames missing" in too_few(small)
    assert "1920 × 1080 pixels, not 6248 × 4176" in too_few(small)


def test_frames_without_a_camera_are_said_and_left():
    found, left = group_batches([batch(camera=None)], lambda _: POLICY, USUAL)
    assert found == [] and "names no camera" in left[0]


def test_digest_is_the_same_however_frames_are_split_into_batches():
    one, two, three = (f"{number:064x}" for number in (5, 7, (1 << 256) - 1))
    (whole,) = groups(batch(count=3, digest=joined_digest([one, two, three])))
    (split,) = groups(
        batch(count=2, digest=joined_digest([three, one])), batch(count=1, digest=two, exposure_s=300.0002)
    )
    assert whole.digest == split.digest
    (unknown,) = groups(batch(digest=""))
    assert unknown.digest == ""
