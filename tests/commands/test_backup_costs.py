from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pipeline.model.answers import OK
from pipeline.model.errors import UserError
from pipeline.model.records import Received
from pipeline.world import ledger
from pipeline.world.library import init_library
from tests.backed_library import ask
from tests.small_library import said

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def costs(tmp_path, *words, library=None):
    return ask("backup_costs", words, tmp_path, library)


def test_827_gb_cost_a_coffee_a_month_in_the_deep_archive(tmp_path):
    answer = costs(tmp_path, "--gb", "827")
    rows = {row["class"]: row for row in answer.rows}
    assert answer.code() == OK
    assert (rows["STANDARD"]["a month"], rows["DEEP_ARCHIVE"]["a month"]) == ("19.02", "0.82")
    assert rows["DEEP_ARCHIVE"]["comes back"] == "within 48 h" and rows["DEEP_ARCHIVE"]["as"] == "827 packs"
    assert "Prices as of 20" in said(answer)
    json.dumps(answer.data)


def test_one_class_is_told_at_length_with_the_reason_for_packs(tmp_path):
    answer = costs(tmp_path, "--gb", "827", "--class", "deep_archive", "--region", "ca-west-1")
    text = said(answer)
    assert "Storage    1.49 USD a month" in text and "180 days are paid at least" in text
    assert "packed, since requests" in text and "Bulk, within 48 h" in text
    assert "an estimate" in text, "what is less than certain about a region is said"


def test_a_library_is_counted_by_its_ledger(tmp_path):
    root = tmp_path / "library"
    init_library(root)
    entries = [
        Received(
            when=NOW,
            inbox="_Inbox",
            original=f"{n}.fits",
            stored=f"rig/{n}.fits",
            size=52_000_000,
            mtime_ns=1,
        )
        for n in range(2)
    ]
    ledger.write(root, None, None, entries)
    answer = costs(tmp_path, library=root)
    assert "104 MB in 2 frames" in said(answer)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "How much"),
        (("--gb", "1", "--region", "mars"), "mars"),
        (("--gb", "1", "--class", "FROZEN"), "FROZEN"),
    ],
)
def test_what_cannot_be_computed_says_what_there_is(tmp_path, words, why):
    with pytest.raises(UserError, match=why):
        costs(tmp_path, *words)


@pytest.mark.parametrize("words", [("--gb", "-1"), ("--gb", "nan"), ("--frames", "0"), ("--gb", "lots")])
def test_amounts_that_are_none_are_refused(tmp_path, words):
    with pytest.raises(SystemExit):
        costs(tmp_path, *words)
