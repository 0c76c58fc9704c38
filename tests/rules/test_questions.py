from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine.printing import GAP, cut, fitted, text_lines
from pipeline.model.answers import Answer
from pipeline.model.catalog import Catalog, OwnerTables
from pipeline.model.library import TargetAlias
from pipeline.model.plans import Progress, Wish
from pipeline.model.rigs import Filter
from pipeline.rules.conditions import condition, conditions_of
from pipeline.rules.filter_names import spelled_wish, with_filter_names
from pipeline.rules.frame_lines import FrameLine
from pipeline.rules.question_answers import progress_test, rows_of
from pipeline.rules.question_sums import summed, sums_by
from pipeline.rules.question_words import settle, span, states
from pipeline.rules.questions import Question, how_calibrated, owner_test, set_test, target_test
from pipeline.rules.stage_places import stage_of
from tests.factories import make_rig

TEXTS = st.text(max_size=12)
ROWS = st.fixed_dictionaries(
    {"stored": TEXTS, "set": TEXTS, "target": TEXTS, "state": TEXTS, "size": st.integers(0, 2**53), "exposure_s": st.floats(0, 1e6)},
    optional={
        "values": st.dictionaries(st.sampled_from(["hfr", "stars", "noise_adu"]), st.floats(-1e6, 1e6)),
        "levels": st.dictionaries(st.sampled_from(["stars", "noise_adu"]), st.floats(-1e6, 1e6)),
        "reasons": st.lists(TEXTS, max_size=2), "local": TEXTS,
    },
)  # fmt: skip


@given(ROWS, st.integers(1, 99_999))
def test_a_line_answers_like_the_row_it_holds(row, number):
    text = f'"{number}":{json.dumps(row, separators=(",", ":"), ensure_ascii=False)},\n'
    line = FrameLine(text.encode("utf-8", "surrogatepass"), "RIG")
    for key in ("stored", "set", "target", "state", "local", "site"):
        assert line.get(key) == row.get(key)
    for key in ("hfr", "stars", "noise_adu"):
        assert line.number(key) == row.get("values", {}).get(key)
        assert line.number(f"level_{key}") == row.get("levels", {}).get(key)
    assert line.number("exposure_s") == row["exposure_s"] and line.number("size") == row["size"]
    assert line.whole() == row | {"owner": "RIG"}


def test_a_text_that_looks_like_a_key_is_none():
    row = {"target": '"set":"M31"', "reasons": ['"hfr":1,'], "set": "one"}
    line = FrameLine(b'"1":' + json.dumps(row, separators=(",", ":")).encode() + b"\n", "RIG")
    assert line.get("set") == "one" and line.get("target") == row["target"] and line.number("hfr") is None


@pytest.mark.parametrize(("typed", "value", "holds"), [
    ("2.5", 2.5, True), ("2.5", 2.6, False), ("..2.5", 2.5, True), ("..2.5", 2.51, False), ("1.5..2.5", 1.4, False),
    ("2..", 2.0, True), ("<2.5", 2.5, False), ("<=2.5", 2.5, True), (">2.5", 3, True), ("=300", 300.0000001, True),
    ("-10", -10.0, True), ("-12..-8", -10.0, True), ("300s", 300.0, True),
])  # fmt: skip
def test_limits_are_typed_as_numbers_ranges_or_signs(typed, value, holds):
    assert condition("hfr", typed, "--hfr").test({"values": {"hfr": value}}) is holds


def test_a_row_without_the_number_is_never_within_limits():
    assert not conditions_of("hfr>0").test({"values": {"stars": 4.0}})
    assert conditions_of("sensor-temp-c<=-9.5").test({"sensor_temp_c": -10.0})
    assert conditions_of("hfr<3").test({"medians": {"hfr": 2.0}})
    assert conditions_of("wanted>=2").test({"wanted_s": 7200.0})
    assert not conditions_of("hours>2").test({"accepted_s": 7200.0})


def test_a_panorama_of_two_objects_is_found_by_either():
    asks = target_test(Question(targets=("M81",)))
    assert (
        asks({"target": "M81 + M82"})
        and asks({"target": "Bode", "object": "M81"})
        and not asks({"target": "M82"})
    )


def test_a_joined_name_finds_its_target():
    alias = TargetAlias(name="Andromeda", aliases=("And galaxy",))
    asks = target_test(Question(targets=("and GALAXY",), aliases=(alias,)))
    assert asks({"target": "Andromeda"}) and not asks({"target": "Orion"})


def test_only_files_that_may_answer_are_read():
    owners = ("C8E@f10.0+ZWO ASI2600MM Pro", "SQA55@f5.3+ZWO ASI6200MM", "ZWO ASI2600MM Pro")
    assert list(filter(owner_test(Question(rigs=("sqa55",))), owners)) == [owners[1]]
    assert list(filter(owner_test(Question(cameras=("2600",))), owners)) == [owners[0], owners[2]]
    assert list(filter(owner_test(Question(rigs=("C8E@f10+zwo asi2600mm pro",))), owners)) == list(owners)


def test_different_filters_must_all_be_so_and_of_one_any():
    row = {"target": "M31", "filter": "Ha", "night": "2026-01-14", "exposure_s": 300.0}
    two = (condition("exposure_s", "60", ""), condition("exposure_s", "300", ""))
    assert set_test(Question(filters=("OIII", "ha"), exposures=two))(row)
    assert not set_test(Question(filters=("Ha",), first="2026-01-15"))(row)


def test_a_filter_is_found_by_what_programs_call_it():
    rig = make_rig()
    assert with_filter_names(("ha",), [rig]) == ("ha", "H", "H3")
    settled = settle(Question(filters=("Lum",)), [{"filter": "L"}], [rig])
    assert settled.question.filters == ("Lum", "L") and settled.hints == ()
    assert settle(Question(filters=("Zeta",)), [{"filter": "L"}], [rig]).hints
    assert spelled_wish(Wish(target="M31", filter="HA"), [rig]).filter == "H3", "as it is called now"
    other = replace(rig, name="other", filters=(Filter(name="Ha"),))
    assert spelled_wish(Wish(target="M31", filter="Ha"), [rig, other]).filter == "Ha"
    assert spelled_wish(Wish(target="M31", filter="Ha", rig=rig.name), [rig, other]).filter == "H3"


def test_the_first_word_of_a_state_will_do():
    assert states(["gone"]) == states(["gone, asked"]) == ("gone, asked",)


def test_an_evening_at_two_rigs_is_one_night_and_darks_are_no_part_of_sums_by_filter():
    sets = [{"rig": rig, "night": "2026-01-14", "kind": kind, "frames": 1, "filter": "L"}
            for rig, kind in (("A", "LIGHT"), ("B", "LIGHT"), ("C", "DARK"), ("B", "FLATDARK"))]  # fmt: skip
    assert summed(sets)["nights"] == 1
    assert [row["frames"] for row in sums_by(sets, ["filter"], str)] == [2]


def test_darks_saw_neither_filter_nor_optic_and_a_panel_may_be_typed_with_its_word():
    rows = [
        {
            "night": "2026-01-14",
            "kind": kind,
            "frames": 5,
            "target": "M31",
            "panel": "2",
            "optic": "C8E",
            "rig": "R",
        }
        for kind in ("LIGHT", "DARK")
    ]
    assert [one["frames"] for one in sums_by(rows, ("optic",), str)] == [5]
    assert [one["frames"] for one in sums_by(rows, ("rig",), str)] == [10]
    for word in ("2", "Panel 2", "PANEL_2"):
        assert set_test(Question(panels=(word,)))(rows[0]), word


def test_nights_of_several_options_meet():
    assert span("", "2026-02-01", "", "2026") == ("2026-02-01", "2026-12-31")
    assert span("2026-01-14", "", "", "") == ("2026-01-14", "2026-01-14")
    assert span("..2026-01-14", "", "", "2025..") == ("2025-01-01", "2026-01-14")


@pytest.mark.parametrize(("path", "stage"), [
    ("RIG/20_Data/M31/accept/a.fits", "20_Data"), ("_Reject/RIG/10_Blink/M31/a.fits", "_Reject"),
    ("_Calibration/CAM/10_Blink/DARK/a.fits", "10_Blink"), ("RIG/00_Frames/DATE/a.fits", ""), ("", ""),
    ("RIG/60_Done/M31/a.fits", "60_Done"),
])  # fmt: skip
def test_the_stage_is_where_a_person_sees_the_frame(path, stage):
    assert stage_of(path) == stage


def test_a_set_is_calibrated_wholly_in_part_or_not():
    assert [how_calibrated({"accepted": 3, "calibrated": n}) for n in (0, 1, 3)] == ["no", "partly", "yes"]


@given(st.lists(st.integers(1, 200), min_size=1, max_size=12), st.integers(20, 200))
def test_a_table_is_never_wider_than_the_terminal(needed, width):
    widths = fitted(needed, width)
    assert sum(widths) + len(GAP) * (len(widths) - 1) <= width
    assert all(0 < size <= wanted for size, wanted in zip(widths, needed, strict=False))


def test_a_narrow_terminal_cuts_names_in_the_middle_and_says_what_has_no_room():
    row = {name: f"{name}-a-very-long-name-of-it" for name in ("first", "second", "third")}
    lines = list(text_lines(Answer(rows=[row], fit=True), 40))
    assert max(map(len, lines[:2])) <= 40 and "…" in lines[1] and lines[2] == "(no room for: third)"
    assert cut("2026-01-15_00-12-33.fits", 12) == "2026-0….fits"
    assert list(text_lines(Answer(rows=[row], fit=True)))[1].count("…") == 0


def test_what_tells_a_row_from_others_is_never_cut_or_left_out():
    row = {
        "night": "2026-01-14",
        "target": "M31",
        "HFR": "2.31 px",
        "name": "2026-01-15_00-12-33_HFR_2.31.fits",
    }
    answer = Answer(rows=[row], fit=True, kept=("name",))
    for width in (20, 40, 60, 80):
        text = "\n".join(text_lines(answer, width))
        assert row["name"] in text and row["night"] in text, width
    assert len(list(text_lines(answer, 80))) == 2
    assert list(text_lines(answer, 40))[-1] == "(below each: name)"


def _wanting(**changes):
    sets = [
        {"id": "1", "rig": "R", "night": "2026-01-14", "kind": "LIGHT", "frames": 3, "states": {"accepted": 3}, "target": "M31",
         "filter": "Ha", "accepted": 3, "accepted_s": 900.0},
    ]  # fmt: skip
    catalog = Catalog(owners={"R": OwnerTables("R", sets=sets)})
    wishes = [
        Progress(target="m31", filter="Ha", had_s=900.0, wanted_s=3600.0),
        Progress(target="m31", filter="OIII", wanted_s=1800.0),
        Progress(target="NGC 281", filter="Ha", wanted_s=600.0, rig="R"),
    ]
    question = Question(**changes)
    meant = list(filter(progress_test(question), wishes))
    found = rows_of("targets", question, catalog, progress=meant)
    return {row["target"]: (row["accepted_s"], row["wanted_s"], row["needed_s"]) for row in found}


def test_targets_tell_what_is_wanted_and_still_needed_also_of_those_never_shot():
    assert _wanting() == {"M31": (900.0, 5400.0, 4500.0), "NGC 281": (0, 600.0, 600.0)}


def test_what_is_wanted_is_asked_by_the_same_filters():
    assert _wanting(filters=("Ha",), targets=("Messier 31",)) == {"M31": (900.0, 3600.0, 2700.0)}
    assert _wanting(first="2026-01-14", last="2026-01-14").keys() == {"M31"}
