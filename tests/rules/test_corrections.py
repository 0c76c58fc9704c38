from __future__ import annotations

import json
import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.errors import UserError
from pipeline.model.frames import Kind
from pipeline.rules.corrections import (
    KEYS,
    as_evidence,
    check_corrections,
    corrections_text,
    fitting,
    misread,
    night_from,
    overlaid,
)


def evidence(*words, place=""):
    return as_evidence(check_corrections(words), place)


def test_values_are_written_down_as_plain_numbers_dates_and_words():
    assert check_corrections(
        ["exposure=5min", "set-temp=50F", "kind=flats", "night=20260114", "rig=C8E@f10+X", "target= M  31 "]
    ) == {
        "exposure": 300.0,
        "set_temp": 10.0,
        "kind": "FLAT",
        "night": "2026-01-14",
        "rig": "C8E@f10.0+X",
        "target": "M 31",
    }


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("targt=M31", "did you mean target"),
        ("Andromeda", "quotes round blanks"),
        ("kind=lite", "did you mean LIGHT"),
        ("kind=", "needs a value"),
        ("target=", "needs a value, such as target=M31"),
        ("target='\"", "names no target"),
        ("night=YYYY-MM-DD", "write the evening's date"),
        ("night=0001-01-01", "write the evening's date"),
        ("exposure=SECONDS", "write seconds"),
        ("exposure=-3", "write seconds"),
        ("exposure=nan", "write seconds"),
        ("set_temp=-400", "degrees Celsius"),
        ("rig=C8E", "<optic>@f<ratio>"),
        ("rig=@f5+x", "<optic>@f<ratio>"),
        ("target=\x1b[31mM31", "cannot be shown"),
        ("filter=\udcff", "cannot be shown"),
        ("filter=" + "x" * 301, "too long"),
        ("=M31", "There is no ''"),
    ],
)
def test_what_cannot_be_is_refused_with_what_could(word, sentence):
    with pytest.raises(UserError, match="(?s)" + sentence.replace("(", r"\(")):
        check_corrections([word])


def test_a_key_said_twice_is_refused():
    with pytest.raises(UserError, match="twice"):
        check_corrections(["target=M31", "Target=M33"])


def test_a_target_may_hold_an_equals_sign():
    assert check_corrections(["target=a=b"]) == {"target": "a=b"}


def test_a_panel_in_the_target_is_a_panel_unless_panel_is_said():
    assert check_corrections(["target=M31 Panel 2"]) == {"target": "M31", "panel": "2"}
    assert check_corrections(["target=M31 Panel 2", "panel="]) == {"target": "M31 Panel 2", "panel": ""}


def test_an_empty_panel_or_filter_says_that_there_is_none():
    found = evidence("panel=", "filter=")
    assert (found.panel, found.filter) == ("", "")


def test_a_decision_of_another_version_is_passed_over_and_named():
    assert as_evidence({"exposure": "soon", "gain": 5}) is None
    assert misread({"exposure": "soon", "target": "M31", "gain": 5, "size": 3}) == ["exposure"]
    assert as_evidence({"exposure": "soon", "target": "M31"}).target == "M31"


def test_the_first_of_several_outranks_value_by_value():
    near, far = evidence("target=M31"), evidence("target=M33", "exposure=60", place="of the night")
    found = overlaid(near, None, far)
    assert (found.target, found.exposure_s) == ("M31", 60.0)
    assert found.spoken == {"target": "", "exposure_s": "of the night"}
    assert overlaid(None, None) is None


def test_of_a_nights_correction_a_dark_hears_no_target_and_no_filter():
    said = evidence("target=M31", "filter=Ha", "exposure=60")
    assert fitting(said, Kind.LIGHT) is said
    assert set(fitting(said, Kind.DARK).spoken) == {"exposure_s"}
    assert set(fitting(said, Kind.FLAT).spoken) == {"filter", "exposure_s"}
    assert fitting(evidence("target=M31"), Kind.BIAS) is None


def test_a_night_is_known_by_its_date_or_its_folder():
    assert night_from("DATE_2026-01-14") == night_from("2026-01-14")
    assert night_from("2026-13-01") is None


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.text(max_size=20)), max_size=4))
def test_whatever_is_typed_is_refused_or_can_be_heard_from_disk(pairs):
    try:
        values = check_corrections([f"{key}={value}" for key, value in pairs])
    except UserError as error:
        assert str(error)
        return
    kept = json.loads(json.dumps(values))
    assert kept == values
    assert misread(kept) == []
    assert corrections_text(kept).count("=") >= len(kept)


@given(st.floats(min_value=0, max_value=1e6, allow_nan=False))
def test_an_exposure_is_heard_as_it_was_typed(seconds):
    values = check_corrections([f"exposure={seconds:.6f}"])
    assert math.isclose(as_evidence(values).exposure_s, seconds, abs_tol=1e-6)


@given(st.text(alphabet=string.printable, max_size=40))
def test_no_target_reads_back_as_another(text):
    try:
        values = check_corrections([f"target={text}"])
    except UserError:
        return
    assert as_evidence(values).target == values["target"]
