"""Tables of what is had, wanted and needed: rounded once, and saying how old a plan is."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.model.plans import PlanSource, Progress
from pipeline.rules.summary_tables import RIG_COLUMNS, rig_rows, totals, totals_lines
from tests.rules.test_astrobin import a_set

_ROWS = (
    Progress(target="M31", panel="1", filter="L", rig="C8", had_s=18.0, had_frames=1, wanted_s=7200.0),
    Progress(target="M31", panel="2", filter="L", rig="C8", had_s=18.0, had_frames=1, wanted_s=3600.0),
    Progress(target="M33", filter="Ha", rig="C8", had_s=36000.0, had_frames=60),
)


def test_hours_are_rounded_after_they_were_summed() -> None:
    told = totals(_ROWS[:2], [], 95)
    assert told["targets"][0]["filters"]["L"]["had_hours"] == 0.01
    assert [part["had_hours"] for part in told["targets"][0]["parts"]] == [0.01, 0.01]
    assert told["had_hours"] == 0.01


def test_a_mosaic_needs_what_its_panels_need() -> None:
    (first, second) = totals(_ROWS, [], 95)["targets"]
    assert (first["wanted_hours"], first["needed_hours"]) == (3.0, 2.99)
    assert (second["wanted_hours"], second["needed_hours"]) == (None, None)


def test_the_table_is_aligned_and_ends_with_all_targets() -> None:
    lines = totals_lines(_ROWS, [], 95)
    assert lines[0].split() == ["had", "wanted", "needed"]
    assert "    L, panel 1                        0.0 h     2.0 h     2.0 h" in lines
    assert lines[-1].startswith("All targets")


def test_a_plan_that_could_not_be_read_says_how_old_its_wishes_are() -> None:
    when = datetime(2026, 1, 14, 21, 5, tzinfo=UTC)
    source = PlanSource(
        name="C8E-PC", kind="target scheduler", as_of=when, reachable=False, why="its share is away"
    )
    assert totals_lines(_ROWS, [source], 95)[-1] == (
        "C8E-PC could not be read (its share is away): these are its wishes of 2026-01-14 21:05 UTC"
    )


def test_a_rigs_row_holds_every_column() -> None:
    (row,) = rig_rows([a_set(), a_set(kind="DARK")])
    assert (row["hours"], row["accepted"], row["culled"]) == (1.0, 12, 0)
    assert {"night", "target", "filter", "set"} <= row.keys() & set(RIG_COLUMNS)
