"""A rig's usual values are learnt from earlier nights, with the same filter, and not from too few."""

from __future__ import annotations

from pipeline.model.policies import Cull, CullPass
from pipeline.rules.culling import judge_set
from pipeline.rules.usual import filter_of, medians_of, usual_values
from tests.judging import FOLDER, RIG, frame_set, hfr, said, words


def record(hfr=2.0, *, rig=RIG, filter_name="L", **medians):
    return {"set": f"{rig}/{FOLDER}", "filter": filter_name, "medians": {"hfr": hfr, **medians}}


def test_it_is_the_median_of_what_three_sets_or_more_came_to():
    nights = [[record(2.0)], [record(9.0), record(2.2)]]
    assert usual_values(nights, frame_set(1)) == {"hfr": 2.2}
    assert usual_values(nights[1:], frame_set(1)) == {}


def test_each_quantity_counts_for_itself():
    nights = [[record(2.0, stars=500), record(2.0, stars=400), record(3.0)]]
    assert usual_values(nights, frame_set(1)) == {"hfr": 2.0}


def test_another_rig_or_filter_says_nothing():
    others = [[record(9.0, rig="R135@f2.8+AP26CC"), record(9.0, filter_name="Ha")] * 5]
    assert usual_values(others, frame_set(1)) == {}
    assert usual_values([[record(2.0, filter_name=" l ")] * 3], frame_set(1)) == {"hfr": 2.0}


def test_only_the_newest_nights_are_read():
    def nights():
        for _ in range(20):
            yield [record(2.0)]
            yield [record(7.0, filter_name="Ha")]
        raise AssertionError("read too far")

    read = nights()
    assert usual_values((next(read) for _ in range(40)), frame_set(1)) == {"hfr": 2.0}
    assert usual_values(nights(), frame_set(1)) == {"hfr": 2.0}


def test_what_a_record_says_that_is_no_number_is_passed_over():
    odd = {
        "set": f"{RIG}/{FOLDER}",
        "filter": "L",
        "medians": {"hfr": "high", "nonsense": 1.0, "trail": True},
    }
    assert usual_values(
        [[odd, {"medians": None}, {}, record(2.0), record(2.0), record(2.0)]], frame_set(1)
    ) == {"hfr": 2.0}


def test_a_set_teaches_by_the_frames_that_limits_and_eyes_kept():
    frames, measured = frame_set(4), hfr(2.0, 2.2, 9.0, 8.0)
    told = words(frames=said(_3="reject"))
    cull = Cull(pass1=CullPass(hfr=8.5, auto_percent="always"))
    verdict = judge_set(frames, measured, cull, told, {})
    assert medians_of(frames, measured, verdict, told) == {"hfr": 2.1}
    assert filter_of(frames) == "L"
