"""The overview's first screen answers four questions."""

from __future__ import annotations

from pipeline.model.catalog import Catalog
from pipeline.model.plans import Plans
from pipeline.rules.report_asked import Asked
from pipeline.rules.report_overview import OverviewPage, build_overview
from pipeline.rules.report_targets import targets_of
from pipeline.rules.waiting import Waiting
from tests.rules.report_rows import GROUND, catalog, set_row, wish

NOTHING = Asked()


def overview(*sets, wishes=(), asked=NOTHING, problems=0) -> OverviewPage:
    found = catalog(*sets)
    targets = targets_of(found, Plans(wishes=tuple(wishes)), GROUND)
    return build_overview(found, targets, asked, problems)


def answers(page: OverviewPage) -> list[str]:
    return [one.answer for one in page.tiles]


def test_an_empty_library_says_what_to_do() -> None:
    page = build_overview(Catalog(), (), Asked(), 0)
    assert "inbox" in page.lead
    assert answers(page) == ["No lights", "Nothing", "No plan yet", "Nothing"]


def test_last_night_is_told_first_with_what_became_of_its_frames() -> None:
    page = overview(
        set_row(night="2026-01-14"), set_row(name="R", night="2026-01-17", states={"offered": 8, "culled": 2})
    )
    assert answers(page)[0] == "8 of 10 kept, 40 min"
    assert page.tiles[0].detail == "Night of 2026-01-17: M31 R"
    assert page.last[0].says == "8 of 10 kept, 2 culled, 8 wait for your eyes; 40 min; HFR 2.31 px"
    assert page.as_of.startswith("As of the night of 2026-01-17.")


def test_what_a_set_asks_about_is_not_told_as_kept() -> None:
    held = set_row(night="2026-01-17", states={"held": 7}, suspects=3, exposure_s=180.0)
    page = overview(set_row(), held)
    assert answers(page)[0] == "4 of 7 kept, 12 min"
    assert page.last[0].says.startswith("4 of 7 kept, 4 wait for your eyes, 3 ask you; 12 min")
    assert [cell.text for cell in page.sessions[0]][3:5] == ["4 of 7", "12 min"]


def test_what_waits_is_told_with_the_command() -> None:
    asked = Asked(
        waiting=(
            Waiting(
                what="would lose 3 of 7",
                where="a/b",
                command="doit cull X --apply",
                or_else="doit cull X --keep",
            ),
        )
    )
    page = overview(set_row(), asked=asked)
    assert answers(page)[1] == "1 thing"
    (one,) = page.waiting
    assert (one.what, one.command, one.or_else) == (
        "Would lose 3 of 7",
        "doit cull X --apply",
        "doit cull X --keep",
    )


def test_what_lies_outside_the_library_is_named_and_not_linked() -> None:
    asked = Asked(waiting=(Waiting(what="x", where="/mnt/nas/x.fits", command="doit"),))
    (one,) = overview(set_row(), asked=asked).waiting
    assert (one.where.text, one.where.path, one.command) == ("/mnt/nas/x.fits", "", "")


def test_what_is_missing_until_which_project_is_done() -> None:
    page = overview(
        set_row(states={"accepted": 15}),
        set_row("M33", states={"accepted": 5}),
        wishes=[wish(), wish("M33")],
    )
    assert answers(page)[2] == "1 h 40 min for 2 targets"
    assert page.tiles[2].detail == "Nearest to done: M31, 25 min to go"
    assert [one.link.text for one in page.cards] == ["M31", "M33"]


def test_problems_are_counted_and_linked() -> None:
    page = overview(set_row(), problems=2)
    assert answers(page)[3] == "2 problems"
    assert page.wrong_link.path == "_Reports/problems.html"


def test_growth_shows_months_in_which_nothing_was_shot() -> None:
    page = overview(set_row(night="2025-11-02"), set_row(night="2026-01-14"))
    assert page.growth is not None
    assert [one.says for one in page.growth.marks] == [
        "Nov 2025: 50 min",
        "Dec 2025: 0 min",
        "Jan 2026: 50 min",
    ]
