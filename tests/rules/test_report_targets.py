"""A target's page says what was had of what is wanted, how it stands and what to do next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.library import TargetAlias
from pipeline.model.plans import Plans
from pipeline.rules.report_mosaic import mosaic_of
from pipeline.rules.report_progress import Target, by_filter, next_thing, stands
from pipeline.rules.report_target import build_target
from pipeline.rules.report_targets import target_pages, targets_of
from tests.rules.report_rows import C8E, GROUND, catalog, set_row, wish


def only(*sets, wishes=(), projects=(), ground=GROUND) -> Target:
    found = targets_of(catalog(*sets, projects=projects), Plans(wishes=tuple(wishes)), ground)
    assert len(found) == 1
    return found[0]


def test_hours_are_held_against_the_plan_and_what_was_not_looked_at_is_told_beside() -> None:
    target = only(set_row(states={"accepted": 6, "offered": 3, "culled": 1}), wishes=[wish()])
    (light,) = by_filter(target)
    assert light.had == "30 min of 1 h 40 min"
    assert light.detail == "30 % of what is wanted, 15 min not looked at yet"
    assert (light.bar.percent, light.bar.more) == (30.0, 15.0)


def test_more_than_wanted_of_one_filter_does_not_make_up_for_another() -> None:
    target = only(
        set_row(states={"accepted": 40}),
        set_row(name="R", states={"accepted": 5}),
        wishes=[wish(), wish(name="R")],
    )
    assert target.needed_s == 15 * 300
    assert next_thing(target) == "shoot 1 h 15 min of R"
    assert stands(target) == "shooting"


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({"held": 3, "offered": 7}, "answer what `doit status` asks"),
        ({"offered": 1}, "look at 1 frame"),
        ({"accepted": 20}, "integrate: every filter has what it needs"),
        ({"accepted": 5}, "shoot 1 h 15 min of L"),
    ],
)
def test_the_next_thing_is_what_a_person_would_do(states: dict[str, int], said: str) -> None:
    assert next_thing(only(set_row(states=states), wishes=[wish()])) == said


def test_finished_work_asks_for_nothing() -> None:
    done = {"rig": C8E, "target": "M31", "stage": "60_Done", "status": "closed"}
    target = only(set_row(states={"moved on": 5}), wishes=[wish()], projects=(done,))
    assert (stands(target), next_thing(target)) == ("done", "")


def test_spellings_that_a_person_joined_are_one_target_and_the_plan_may_use_any() -> None:
    aliases = (TargetAlias(name="M31", aliases=("Andromeda",)),)
    ground = replace(GROUND, configuration=replace(GROUND.configuration, targets=aliases))
    target = only(
        set_row(), set_row("Andromeda", night="2026-01-15"), wishes=[wish("andromeda")], ground=ground
    )
    assert target.name == "M31"
    assert (len(target.sets), target.wanted_s) == (2, 6000)


def test_a_planned_target_that_was_never_shot_has_a_page() -> None:
    target = only(wishes=[wish("NGC 7000", "Ha")])
    page = build_target(target)
    assert (page.lead, page.stands, page.nights) == ("Not shot yet.", "planned", ())


def test_panels_lie_as_on_the_sky_and_east_is_left() -> None:
    east = set_row(panel="1", ra_deg=11.2, dec_deg=41.0, states={"accepted": 20})
    west = set_row(panel="2", ra_deg=10.6, dec_deg=41.0)
    north = set_row(panel="3", ra_deg=10.6, dec_deg=41.4)
    mosaic = mosaic_of(only(east, west, north, wishes=[wish(panel=one) for one in "123"]))
    assert mosaic is not None
    first, second, third = mosaic.panels
    assert first.x < second.x
    assert third.y < second.y
    assert (first.level, first.amount) == (5, "1 h 40 min of 1 h 40 min")
    assert "panel 2: 50 min of 1 h 40 min, 50 % of what is wanted" in mosaic.says


def test_names_of_panels_never_touch_and_stand_in_their_own_part() -> None:
    pair = [set_row(panel=name, ra_deg=10.6 + n / 10, dec_deg=41.0 + n / 20) for n, name in enumerate("12")]
    mosaic = mosaic_of(only(*pair, wishes=[wish(panel=one) for one in "12"]))
    assert mosaic is not None
    first, second = mosaic.panels
    assert abs(first.label.x - second.label.x) > 140 or abs(first.label.y - second.label.y) >= 36
    many = [set_row(panel=str(n), ra_deg=10.0 + n % 5 * 0.9, dec_deg=41.0 + n // 5 * 0.6) for n in range(25)]
    crowd = mosaic_of(only(*many, wishes=[wish(panel=str(n)) for n in range(25)]))
    assert crowd is not None
    assert all(len(one.amount) * 6 <= one.width for one in crowd.panels)


def test_a_mosaic_across_the_first_hour_is_not_torn() -> None:
    sets = [set_row(panel="1", ra_deg=359.8, dec_deg=0.0), set_row(panel="2", ra_deg=0.2, dec_deg=0.0)]
    mosaic = mosaic_of(only(*sets))
    assert mosaic is not None
    assert mosaic.panels[1].x < mosaic.panels[0].x
    assert mosaic.panels[0].width > 100


def test_a_target_of_one_field_has_no_mosaic() -> None:
    assert mosaic_of(only(set_row(ra_deg=10.0, dec_deg=41.0))) is None


def test_a_page_is_made_from_its_own_rows_alone() -> None:
    before = target_pages(targets_of(catalog(set_row(), set_row("M33")), Plans(), GROUND))
    after = target_pages(
        targets_of(catalog(set_row(), set_row("M33", states={"accepted": 9})), Plans(), GROUND)
    )
    same = [one.path for one, other in zip(before, after, strict=True) if one.made_from == other.made_from]
    assert same == ["_Reports/targets/M31.html"]
