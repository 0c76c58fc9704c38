from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from pipeline.model.records import (
    ENTRY_TYPES,
    About,
    Decision,
    Delivered,
    LedgerEntry,
    Purged,
    Received,
    Stays,
    Unpacked,
)
from pipeline.rules.records import decision_of, decision_record, entry_of, entry_record, moment, moment_text

WHEN = datetime(2026, 1, 14, 21, 3, 5, 120_000, tzinfo=UTC)

ENTRIES: tuple[LedgerEntry, ...] = (
    Received(when=WHEN, inbox="_Inbox", original="a b.fits", stored="rig/a.fits", size=1, mtime_ns=2),
    Received(
        when=WHEN, inbox="", original="log", stored="w", size=1, mtime_ns=2, sha256="ab", stays=Stays.WITNESS
    ),
    Delivered(when=WHEN, link="rig/10_Blink/a.fits", stored="rig/a.fits", how="hardlink"),
    Purged(when=WHEN, stored="rig/a.fits", size=0, sha256="ab", why="clouds"),
    Unpacked(when=WHEN, inbox="i", original="x.zip", size=1, mtime_ns=2, sha256="ab", members=3),
)


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_comes_back_from_its_record(entry: LedgerEntry) -> None:
    assert entry_of(entry_record(entry)) == entry


def test_every_entry_has_its_own_word() -> None:
    assert len({entry.event for entry in ENTRY_TYPES}) == len(ENTRY_TYPES) == 22


def test_what_is_empty_is_left_out_of_a_record() -> None:
    assert entry_record(ENTRIES[0]) == {
        "event": "received",
        "when": "2026-01-14T21:03:05.120000Z",
        "inbox": "_Inbox",
        "original": "a b.fits",
        "stored": "rig/a.fits",
        "size": 1,
        "mtime_ns": 2,
    }


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"event": "dreamt"},
        {"event": []},
        {"event": "hashed"},
        {"event": "hashed", "when": "soon", "stored": "a"},
    ],
)
def test_record_of_unknown_kind_or_without_what_it_needs_is_no_entry(record: dict[str, object]) -> None:
    assert entry_of(record) is None


def test_field_of_a_newer_version_is_passed_over() -> None:
    assert entry_of({**entry_record(ENTRIES[2]), "colour": "teal"}) == ENTRIES[2]


def test_decision_comes_back_from_its_record() -> None:
    one = Decision(
        id="1",
        kind="correct",
        about=About.FRAME,
        subject="rig/a.fits",
        when=WHEN,
        owner="rig",
        night=date(2026, 1, 14),
        values={"target": "M31", "exposure_s": 300.0},
        who="me",
        why="wrong slot",
    )
    record = decision_record(one)
    assert record["night"] == "2026-01-14"
    assert decision_of(record) == one
    assert decision_of({**record, "about": "weather"}) is None
    assert decision_of({**record, "subject": ["a"]}) is None
    assert decision_of({**record, "values": 3}) is None


def test_moments_sort_as_their_texts() -> None:
    madrid = timezone(timedelta(hours=1))
    assert moment_text(datetime(2026, 1, 14, 22, 3, tzinfo=madrid)) == "2026-01-14T21:03:00.000000Z"
    assert moment("2026-01-14T21:03:00") == moment("2026-01-14T22:03:00+01:00")
    assert moment(moment_text(WHEN)) == WHEN
