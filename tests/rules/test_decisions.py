from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.records import About, Decision
from pipeline.rules.decisions import Decisions, decision_file, fold, undone_ids

START = datetime(2026, 1, 14, 21, tzinfo=UTC)


def said(
    name: str, kind: str = "cull", *, minute: int = 0, undoes: str | None = None, **values: object
) -> Decision:
    return Decision(
        id=name,
        kind="undo" if undoes else kind,
        about=About.FRAME,
        subject="rig/a.fits",
        when=START + timedelta(minutes=minute),
        values=values,
        undoes=undoes,
    )


def current(found: Decisions, *kinds: str) -> str | None:
    one = found.current(About.FRAME, "rig/a.fits", *kinds)
    return one.id if one else None


def test_latest_speaks() -> None:
    found = fold([[said("1"), said("2", minute=1)], [said("3", "restore", minute=2)]])
    assert current(found, "cull") == "2"
    assert current(found, "cull", "restore") == "3"
    assert current(found) == "3"
    assert current(found, "blink") is None
    assert found.current(About.SET, "rig/a.fits") is None


def test_order_between_files_is_that_of_time_not_of_names() -> None:
    assert current(fold([[said("late", minute=9)], [said("early", "restore", minute=1)]])) == "late"


def test_clock_set_back_does_not_make_an_older_line_speak_later() -> None:
    found = fold(
        [[said("first", minute=30), said("second", minute=2)], [said("third", "restore", minute=10)]]
    )
    assert current(found, "cull") == "second"
    assert current(found) == "second"
    assert [one.id for one in found.said] == ["third", "first", "second"]


def test_undo_brings_back_what_was_said_before() -> None:
    lines = [said("1"), said("2", minute=1)]
    assert current(fold([lines, [said("u", minute=2, undoes="2")]])) == "1"
    assert current(fold([lines, [said("u", minute=2, undoes="2"), said("v", minute=3, undoes="1")]])) is None


def test_undo_can_be_undone() -> None:
    undos = [said("u", minute=2, undoes="1"), said("v", minute=3, undoes="u")]
    found = fold([[said("1")], undos])
    assert current(found) == "1"
    assert found.holds("1")
    assert not found.holds("u")
    assert not found.holds("nobody")


def test_ring_of_undos_written_by_hand_ends() -> None:
    ring = [said("u", undoes="v"), said("v", undoes="u"), said("w", undoes="w")]
    assert current(fold([[said("1")], ring])) == "1"


def test_long_chain_of_undos_needs_no_deep_stack() -> None:
    chain = [said(str(number), undoes=str(number - 1)) for number in range(1, 3000)]
    assert "0" in undone_ids([said("0"), *chain])


def test_corrections_add_up_key_by_key() -> None:
    lines = [
        said("1", "correct", target="M31", filter="L"),
        said("2", "correct", minute=1, filter="Ha"),
    ]
    found = fold([lines])
    assert found.merged(About.FRAME, "rig/a.fits", "correct") == {"target": "M31", "filter": "Ha"}
    undone = fold([lines, [said("u", minute=2, undoes="2")]])
    assert undone.merged(About.FRAME, "rig/a.fits", "correct") == {"target": "M31", "filter": "L"}
    assert undone.merged(About.FRAME, "other", "correct") == {}


def test_line_written_twice_after_a_crash_is_one_decision() -> None:
    found = fold([[said("1"), said("1")]])
    assert len(found.said) == 1
    assert [one.id for one in found.of_kind("cull")] == ["1"]
    assert found.by_id("1") == said("1")


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=20))
def test_each_decision_holds_unless_one_that_holds_undoes_it(steps: list[tuple[bool, int]]) -> None:
    lines: list[Decision] = []
    for number, (is_undo, which) in enumerate(steps):
        target = lines[which % len(lines)].id if is_undo and lines else None
        lines.append(said(str(number), minute=number, undoes=target))
    undone = undone_ids(lines)
    for one in lines:
        undoers = [other.id for other in lines if other.undoes == one.id]
        assert (one.id in undone) == any(other not in undone for other in undoers)


def test_decisions_lie_by_rig_night_and_kind() -> None:
    night = date(2026, 1, 14)
    assert decision_file("rig", night, "cull") == "_Decisions/rig/DATE_2026-01-14/cull.jsonl"
    assert decision_file("rig", None, "rig-alias") == "_Decisions/rig/rig-alias.jsonl"
    assert decision_file(None, None, "correct") == "_Decisions/_library/correct.jsonl"
    assert ".." not in decision_file("..", night, "../x").split("/")
    assert decision_file("..", night, "../x").count("/") == 3
