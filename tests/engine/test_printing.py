from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine.printing import as_json_text, print_answer
from pipeline.model.answers import Answer
from pipeline.rules.harmless import harmless


def printed(answer, *, as_json=False):
    stream = io.StringIO()
    print_answer(answer, stream, as_json=as_json)
    return stream.getvalue()


def test_a_table_is_aligned_numbers_to_the_right():
    rows = ({"set": "M31 L", "hfr": 2.3}, {"set": "NGC 7000 Ha", "hfr": 12.25})
    assert printed(Answer(sentences=("Two sets.",), rows=rows, closing=("That is all.",))) == (
        "Two sets.\nset          hfr\nM31 L          2.3\nNGC 7000 Ha  12.25\nThat is all.\n"
    )


def test_missing_values_are_blank_and_truth_is_yes_or_no():
    rows = ({"a": None, "b": True, "c": ["x", "y"]},)
    assert printed(Answer(rows=rows)).splitlines()[1].split() == ["yes", "x,", "y"]


def test_a_name_cannot_command_the_terminal():
    assert harmless("M31\n\x1b[2J ü") == "M31\\x0a\\x1b[2J ü"
    assert "\x1b" not in printed(Answer(rows=({"name": "\x1b]0;x\x07"},)))


def test_json_is_one_document_or_a_line_each():
    rows = ({"n": 1}, {"n": 2})
    assert json.loads(printed(Answer(rows=rows), as_json=True)) == [{"n": 1}, {"n": 2}]
    assert printed(Answer(rows=rows, json_lines=True), as_json=True) == '{"n": 1}\n{"n": 2}\n'
    assert json.loads(printed(Answer(sentences=("Done.",)), as_json=True)) == {"sentences": ["Done."]}
    assert json.loads(printed(Answer(data={"x": 1}, rows=rows), as_json=True)) == {"x": 1}


def test_json_lines_come_as_they_are_found():
    stream = io.StringIO()

    def rows():
        yield {"n": 1}
        assert stream.getvalue() == '{"n": 1}\n'
        yield {"n": 2}

    print_answer(Answer(rows=rows(), json_lines=True), stream, as_json=True)


def test_values_json_does_not_know_are_written_plainly():
    value = {
        "night": date(2026, 1, 14),
        "utc": datetime(2026, 1, 14, tzinfo=UTC),
        "path": Path("a"),
        "nan": float("nan"),
    }
    assert json.loads(as_json_text(value)) == {
        "night": "2026-01-14",
        "utc": "2026-01-14T00:00:00+00:00",
        "path": "a",
        "nan": None,
    }


@given(st.dictionaries(st.text(), st.text() | st.floats() | st.lists(st.none() | st.integers())))
def test_any_json_can_be_encoded_and_read_back(value):
    text = as_json_text(value)
    text.encode()
    json.loads(text)


def test_the_exit_code_may_be_known_only_after_the_last_row():
    seen = []
    answer = Answer(rows=(seen.append(n) or {"n": n} for n in range(3)), exit_code=lambda: len(seen))
    assert print_answer(answer, io.StringIO(), as_json=False) == 3
