from __future__ import annotations

import os
from datetime import UTC, date, datetime

import pytest

from pipeline.model.records import Received
from pipeline.rules.standing import standing
from pipeline.world import journals, ledger
from pipeline.world.tallies import FILE, read_tallies

NIGHT = date(2026, 1, 14)


def frames(root, count, owner="C8E@f10.0+A"):
    """So many frames received, a quarter of an hour ago."""
    entries = [
        Received(
            when=datetime(2026, 1, 15, 7, tzinfo=UTC), inbox="_Inbox", original=f"{owner}{number}.fits",
            stored=f"{owner}/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L/{number}.fits", size=10, mtime_ns=1,
        )
        for number in range(count)
    ]  # fmt: skip
    ledger.write(root, owner, NIGHT, entries)
    path = root / "_Ledger" / owner / f"DATE_{NIGHT}.jsonl"
    os.utime(path, (1_768_500_000, 1_768_500_000 + path.stat().st_size))
    return path


@pytest.fixture
def state(tmp_path):
    return tmp_path / ".nightbuild"


def test_what_was_counted_is_not_read_again(tmp_path, state, monkeypatch):
    frames(tmp_path, 3)
    frames(tmp_path, 2, "Z73@f6.0+B")
    first = standing(read_tallies(tmp_path, state))
    assert first.frames == 5
    with monkeypatch.context() as blind:
        blind.setattr(journals, "read", lambda path: pytest.fail(f"{path} was read again"))
        assert standing(read_tallies(tmp_path, state)) == first


def test_a_journal_that_grew_is_counted_anew_and_no_other(tmp_path, state, monkeypatch):
    frames(tmp_path, 3)
    grown = frames(tmp_path, 2, "Z73@f6.0+B")
    read_tallies(tmp_path, state)
    frames(tmp_path, 4, "Z73@f6.0+B")
    seen = []
    really = journals.read
    monkeypatch.setattr(journals, "read", lambda path: (seen.append(path), really(path))[1])
    assert standing(read_tallies(tmp_path, state)).frames == 7
    assert seen == [grown]


def test_a_journal_just_written_is_not_trusted_by_its_time(tmp_path, state):
    os.utime(frames(tmp_path, 3))
    read_tallies(tmp_path, state)
    assert not (state / FILE).exists() or b"C8E" not in (state / FILE).read_bytes()


def test_what_is_damaged_or_foreign_is_counted_anew(tmp_path, state):
    frames(tmp_path, 3)
    state.mkdir()
    for text in ("", "{", '{"version": 0, "journals": {}}', '{"version": 1, "journals": {"x": 3}}'):
        (state / FILE).write_text(text)
        assert standing(read_tallies(tmp_path, state)).frames == 3


def test_a_look_that_must_not_remember_writes_nothing(tmp_path, state):
    frames(tmp_path, 3)
    assert standing(read_tallies(tmp_path, state, remember=False)).frames == 3
    assert standing(read_tallies(tmp_path, None)).frames == 3
    assert not state.exists()
