from __future__ import annotations

from datetime import date

import pytest

from pipeline.model.frames import Kind
from pipeline.model.library import TargetAlias
from pipeline.model.plans import Plans, Wish
from pipeline.model.sets import FrameSet
from pipeline.rules.plan_priority import NOTHING_SAID, Urgency

RIG, OTHER = "C8E@f10.0+A", "Z73@f6.0+B"


def lights(target: str, day: int, rig: str = RIG) -> FrameSet:
    night = date(2026, 1, day)
    name = f"{rig}/{target}/DATE_{night}/FILTER_L_EXP_300.00"
    return FrameSet(
        id=name, owner=rig, night=night, rig=rig, kind=Kind.LIGHT, label=target, target=target, blink="b"
    )


def wanting(priorities: dict[str, int]) -> Plans:
    return Plans(
        wishes=tuple(Wish(target=target, priority=priority) for target, priority in priorities.items())
    )


SETS = [lights("M31", 10), lights("M33", 12), lights("M45", 11), lights("M31", 13), lights("M1", 9)]


def order(urgency: Urgency) -> list[str]:
    return [f"{one.target} {one.night.day}" for one in urgency.sort(SETS)]


def test_pinned_sets_go_first_then_projects_by_priority_then_the_newest_night() -> None:
    assert order(NOTHING_SAID) == ["M31 13", "M33 12", "M45 11", "M31 10", "M1 9"]
    plans = wanting({"M45": 2, "M33": 0})
    assert order(Urgency(plans=plans)) == ["M45 11", "M31 13", "M31 10", "M1 9", "M33 12"]
    pinned = {SETS[1].id, SETS[4].id}
    assert order(Urgency(pinned=pinned, plans=plans)) == ["M1 9", "M33 12", "M45 11", "M31 13", "M31 10"]


def test_sets_of_sealed_nights_are_known_by_their_names_and_ordered_alike() -> None:
    escaped = lights("IC%2F1396", 8)
    urgency = Urgency(pinned={SETS[4].id}, plans=wanting({"M33": 0, "IC/1396": 2}))
    names = {one.id: (one.owner, one.night.isoformat(), one.id) for one in [*SETS, escaped]}
    found = urgency.sort_named(names.values())
    assert found[:2] == [names[SETS[4].id], names[escaped.id]]
    assert found[2:] == [names[one.id] for one in urgency.sort(SETS) if one is not SETS[4]]


@pytest.mark.parametrize("name", ["", "bad", f"{RIG}/M31", "/", f"{RIG}//x"])
def test_a_name_that_says_no_target_is_as_urgent_as_usual(name: str) -> None:
    usual = (RIG, "2026-01-12", SETS[1].id)
    assert Urgency(plans=wanting({"M31": 1})).sort_named([(RIG, "2026-01-14", name), usual])[1] == usual


def test_a_wish_of_a_rig_is_no_other_rigs_and_an_alias_is_its_target() -> None:
    wishes = (Wish(target="Andromeda", rig=OTHER, priority=2), Wish(target="M31", rig=RIG, priority=0))
    urgency = Urgency(plans=Plans(wishes=wishes), aliases=[TargetAlias(name="M31", aliases=("Andromeda",))])
    assert (urgency.priority(RIG, "m31"), urgency.priority(OTHER, "M31")) == (0, 2)
    assert urgency.priority("another", "M31") == 1
