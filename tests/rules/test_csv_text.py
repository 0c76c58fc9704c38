"""Comma-separated text: quoted where needed, numbers whole, no formulas."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from pipeline.rules.csv_text import csv_text

_CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "process.json"


def test_commas_quotes_and_line_ends_are_quoted() -> None:
    rows = [{"target": 'Horsehead, "deep"\nfield', "hours": 1.25}]
    assert list(csv.reader(csv_text(["target", "hours"], rows).splitlines(keepends=True)))[1] == [
        'Horsehead, "deep"\nfield',
        "1.25",
    ]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-x", "@sum", "\tx"])
def test_a_name_is_no_formula(name: str) -> None:
    assert next(csv.reader(csv_text(["a"], [{"a": name}]).split("\n", 1)[1].splitlines()))[0] == f"'{name}"


def test_a_negative_number_stays_a_number() -> None:
    assert csv_text(["a", "b"], [{"a": -10.0, "b": -3}]) == "a,b\n-10.0,-3\n"


@pytest.mark.skipif(not _CASES.exists(), reason="needs ../shared/cases/process.json")
def test_rows_as_the_process_writes_them() -> None:
    for case in json.loads(_CASES.read_text()):
        if case["kind"] == "rows->csv":
            rows = case["input"]["rows"]
            text = csv_text(list(dict.fromkeys(key for row in rows for key in row)), rows)
            wanted = text if case["input"]["header"] else text.split("\n", 1)[1]
            assert wanted == case["expect"]["csv"], case
