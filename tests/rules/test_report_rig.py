"""A rig's page tells its nights, hours and usual seeing; a camera's page its darks."""

from __future__ import annotations

from pipeline.model.catalog import OwnerTables
from pipeline.rules.report_charts import columns, nice_top, trend
from pipeline.rules.report_pictures import best_frame, picture_name
from pipeline.rules.report_rig import RigPage, rig_page
from tests.rules.report_rows import C8E, GROUND, set_row


def built(tables: OwnerTables) -> RigPage:
    page = rig_page(tables, GROUND).build()
    assert isinstance(page, RigPage)
    return page


def test_a_rig_is_told_in_one_sentence_and_its_latest_night_stands_first() -> None:
    page = built(
        OwnerTables(
            C8E, sets=[set_row(), set_row(name="R", night="2026-01-17", states={"accepted": 8, "culled": 2})]
        )
    )
    assert page.lead == (
        "2 nights, 2026-01-14 to 2026-01-17; 20 lights, 1 h 40 min; accepted 8 frames, 40 min; 1.04 GB stored; "
        "10 frames wait for your eyes."
    )
    assert [row[0].text for row in page.nights] == ["2026-01-17", "2026-01-14"]
    assert [cell.text for cell in page.nights[0]][1:] == [
        "M31 R",
        "10",
        "8",
        "40 min",
        "2.31 px",
        "0.62″",
        "done",
    ]
    assert ("Scale", "0.38″ a pixel") in page.facts


def test_a_session_that_a_person_named_is_called_so() -> None:
    session = {"id": "s", "rig": C8E, "night": "2026-01-14", "name": "first light"}
    page = built(OwnerTables(C8E, sets=[set_row()], sessions=[session]))
    assert page.nights[0][1].text == "first light; M31 L"


def test_a_camera_shows_its_darks_and_no_hours() -> None:
    dark = set_row(kind="DARK", owner="ZWO ASI2600MM Pro", states={"passed": 20}, medians={})
    del dark["target"], dark["filter"]
    page = built(OwnerTables("ZWO ASI2600MM Pro", sets=[dark]))
    assert (page.filters, page.months, page.seeing, page.facts) == ((), None, None, ())
    assert page.lead.startswith("1 night, the night of 2026-01-14; 20 frames")


def test_an_owner_of_nothing_has_a_page() -> None:
    assert built(OwnerTables(C8E)).lead == "Nothing stored yet."


def test_two_kinds_of_hfr_are_not_mixed_in_one_curve() -> None:
    sets = [set_row(night=f"2026-01-1{one}") for one in range(3)]
    sets.append(set_row(night="2026-01-19", medians={"hfr_measured": 9.0}))
    seeing = built(OwnerTables(C8E, sets=sets)).seeing
    assert seeing is not None
    assert len(seeing.marks) == 3
    assert "NINA" in seeing.says


def test_charts_need_something_to_compare() -> None:
    assert columns({"a": 1.0}, "x", str, str) is None
    assert trend([("a", 1.0, "", "")], "x", str) is None
    flat = trend([("a", 2.0, "", ""), ("b", 2.0, "", "")], "x", str)
    assert flat is not None
    assert flat.marks[0].y == flat.marks[1].y
    assert [nice_top(one) for one in (0, 0.7, 83, 1.0, 12_000)] == [0, 0.8, 100, 1, 20_000]


def test_the_sharpest_frame_that_was_kept_stands_for_its_set() -> None:
    frames = [
        {"stored": "a", "night": "n", "kind": "LIGHT", "state": "culled", "values": {"hfr": 1.0}},
        {"stored": "b", "night": "n", "kind": "LIGHT", "state": "offered", "values": {"hfr": 2.5}},
        {"stored": "c", "night": "n", "kind": "LIGHT", "state": "offered", "values": {"hfr": 2.1}},
        {"stored": "d", "night": "n", "kind": "LIGHT", "state": "offered", "values": {}},
    ]
    best = best_frame(frames)
    assert best is not None
    assert best["stored"] == "c"
    assert best_frame([]) is None


def test_pictures_of_two_sets_never_share_a_name() -> None:
    one, other = set_row(panel="1"), set_row(panel="2")
    assert picture_name(one) != picture_name(other)
    assert picture_name(one).startswith("2026-01-14 M31 L 300 s~")
