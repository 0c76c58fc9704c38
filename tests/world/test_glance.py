"""What was looked at once is not looked at again, until work begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.world import glance, journals


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    yield
    glance.end()


def test_outside_a_run_each_look_is_a_look() -> None:
    answers = iter((1, 2))
    assert [glance.once("key", lambda: next(answers)) for _ in range(2)] == [1, 2]


def test_in_a_run_the_second_look_is_the_first_until_work_begins() -> None:
    answers = iter((1, 2, 3))
    glance.begin()
    assert [glance.once("key", lambda: next(answers)) for _ in range(2)] == [1, 1]
    glance.end()
    assert glance.once("key", lambda: next(answers)) == 2


def test_nothing_is_kept_when_nothing_was_there() -> None:
    glance.begin()
    assert [glance.once("key", lambda: None) for _ in range(2)] == [None, None]


def test_what_we_write_into_a_journal_is_seen_by_the_next_look(tmp_path: Path) -> None:
    journals.append(tmp_path / "_Ledger" / "a.jsonl", [{"n": 1}])
    glance.begin()
    first = list(journals.looks_in(tmp_path, "_Ledger"))
    journals.append(tmp_path / "_Ledger" / "b.jsonl", [{"n": 2}])
    assert [path for path, _ in first] == ["_Ledger/a.jsonl"]
    assert [path for path, _ in journals.looks_below(tmp_path, "_Ledger")] == [
        "_Ledger/a.jsonl",
        "_Ledger/b.jsonl",
    ]
