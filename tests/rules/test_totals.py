"""Hours had, wanted and needed: sums before rounding, panels and rigs apart, two plans never counted twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.catalog import SetRow
from pipeline.model.library import TargetAlias
from pipeline.model.plans import Progress, Wish
from pipeline.rules.totals import is_ready, progress_of

C8, SQA = "C8E@f10.0+ZWO ASI2600MM Pro", "SQA55@f5.3+ATR585M"
_CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "process.json"


def a_set(target: str = "M31", filter: str = "L", accepted: int = 10, **more: Any) -> SetRow:
    exposure = more.pop("exposure_s", 300.0)
    row: Any = {
        "id": f"{target}/{filter}",
        "owner": C8,
        "rig": C8,
        "night": "2026-01-14",
        "kind": "LIGHT",
        "label": target,
        "frames": accepted,
        "states": {"accepted": accepted},
        "target": target,
        "filter": filter,
        "exposure_s": exposure,
        "accepted": accepted,
        "accepted_s": accepted * exposure,
    }
    row.update(more)
    return row  # type: ignore[no-any-return]


def only(found: tuple[Progress, ...]) -> Progress:
    (one,) = found
    return one


def test_seconds_are_summed_before_anybody_rounds() -> None:
    sets = [a_set(accepted=8, exposure_s=15.0) for _ in range(3)]
    assert only(progress_of(sets, [])).had_s == 360.0


def test_what_nobody_wishes_for_has_hours_and_no_need() -> None:
    one = only(progress_of([a_set()], []))
    assert (one.had_s, one.wanted_s, one.needed_s) == (3000.0, None, None)


def test_what_is_wished_for_and_was_never_shot_is_needed_whole() -> None:
    one = only(progress_of([], [Wish(target="M33", filter="Ha", desired=20, exposure_s=600.0, rig=C8)]))
    assert (one.target, one.rig, one.had_s, one.needed_s) == ("M33", C8, 0.0, 12000.0)


def test_more_than_was_wanted_leaves_no_need() -> None:
    wish = Wish(target="m 31", filter="l", desired=5, exposure_s=300.0, rig="C8E@f10+ZWO ASI2600MM Pro")
    one = only(progress_of([a_set(target="M 31")], [wish]))
    assert (one.needed_s, one.wanted_frames, one.filter) == (0.0, 5, "L")


def test_a_wish_for_an_object_of_a_catalogue_is_met_under_the_name_it_was_shot() -> None:
    wish = Wish(target="Triangulum Galaxy", object="M33", filter="L", hours=1.0)
    assert [one.target for one in progress_of([a_set(target="M 33", object="M33")], [wish])] == ["M 33"]
    two = [a_set(target="M 33", object="M33"), a_set(target="M33 core", object="M33")]
    assert len(progress_of(two, [wish])) == 3, "two bear it: neither is meant for sure"
    own = [a_set(target="M 33", object="M33"), a_set(target="Triangulum Galaxy")]
    assert len(progress_of(own, [wish])) == 2


def test_panels_are_apart() -> None:
    sets = [a_set(panel="1"), a_set(panel="2", accepted=4)]
    wishes = [Wish(target="M31", panel=p, filter="L", desired=10, exposure_s=300.0) for p in ("01", "2")]
    assert [(one.panel, one.needed_s) for one in progress_of(sets, wishes)] == [("1", 0.0), ("2", 1800.0)]


def test_a_wish_that_names_no_rig_is_met_by_all_together() -> None:
    sets = [a_set(), a_set(rig=SQA, owner=SQA)]
    one = only(progress_of(sets, [Wish(target="M31", filter="L", hours=5.0)]))
    assert (one.rig, one.had_s, one.needed_s) == ("", 6000.0, 12000.0)


def test_a_rigs_own_wish_is_not_added_to_one_for_any_rig() -> None:
    wishes = [
        Wish(target="M31", filter="L", hours=5.0, source="list"),
        Wish(target="M31", filter="L", desired=20, exposure_s=300.0, rig=C8, source="scheduler"),
    ]
    one = only(progress_of([a_set()], wishes))
    assert (one.rig, one.wanted_s, one.source) == (C8, 6000.0, "scheduler")


def test_exposures_of_one_plan_add_up_and_two_plans_do_not() -> None:
    wishes = [
        Wish(target="M31", filter="L", desired=10, exposure_s=300.0, rig=C8, source="a"),
        Wish(target="M31", filter="L", desired=10, exposure_s=30.0, rig=C8, source="a"),
        Wish(target="M31", filter="L", desired=9, exposure_s=300.0, rig=C8, source="b"),
    ]
    one = only(progress_of([a_set()], wishes))
    assert (one.wanted_s, one.source, one.wanted_frames) == (3300.0, "a", None)


def test_aliases_join_spellings() -> None:
    alias = TargetAlias(name="Andromeda", aliases=("M31",))
    one = only(
        progress_of([a_set(), a_set(target="Andromeda")], [Wish(target="m31", filter="L", hours=1)], [alias])
    )
    assert (one.target, one.had_frames) == ("Andromeda", 20)


def test_flats_and_darks_are_no_hours() -> None:
    assert progress_of([a_set(kind="FLAT")], []) == ()


@pytest.mark.parametrize(("accepted", "ready"), [(95, False), (96, True)])
def test_ready_means_strictly_more_than_the_percent(accepted: int, ready: bool) -> None:
    wish = Wish(target="M31", filter="L", desired=100, exposure_s=300.0)
    assert is_ready(progress_of([a_set(accepted=accepted)], [wish]), 95) is ready


def test_every_filter_must_be_ready_and_one_nobody_wishes_for_does_not_count() -> None:
    wishes = [Wish(target="M31", filter=one, desired=10, exposure_s=300.0) for one in ("L", "Ha")]
    wishes.append(Wish(target="M31", filter="R", desired=0, exposure_s=300.0))
    assert not is_ready(progress_of([a_set()], wishes), 95)
    assert is_ready(progress_of([a_set(), a_set(filter="Ha"), a_set(filter="OIII")], wishes), 95)


def test_without_a_wish_nothing_is_ready() -> None:
    assert not is_ready(progress_of([a_set()], []), 95)


@pytest.mark.skipif(not _CASES.exists(), reason="needs ../shared/cases/process.json")
def test_ready_for_master_as_the_process_has_it() -> None:
    for case in json.loads(_CASES.read_text()):
        if case["kind"] == "ready for master":
            plans = case["input"]["plans"]
            sets = [a_set(filter=f"F{n}", accepted=one["accepted"]) for n, one in enumerate(plans)]
            wishes = [
                Wish(target="M31", filter=f"F{n}", desired=one["desired"], exposure_s=300.0)
                for n, one in enumerate(plans)
            ]
            assert is_ready(progress_of(sets, wishes), 95) is case["expect"]["ready"], case
