from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.records import (
    Adopted,
    Delivered,
    Duplicate,
    Hashed,
    LedgerEntry,
    MovedOn,
    Promoted,
    Purged,
    Received,
    Retired,
    SeenAbsent,
    SeenAgain,
    Stays,
    Unpacked,
    Withdrawn,
)
from pipeline.rules.ledger import Ledger, fold, ledger_file
from pipeline.rules.records import entry_record

START = datetime(2026, 1, 14, 21, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def text(minute: int) -> str:
    return f"2026-01-14T21:{minute:02d}:00.000000Z"


def received(
    name: str = "a", *, minute: int = 0, sha256: str | None = None, stays: Stays = Stays.FRAME
) -> Received:
    return Received(
        when=at(minute),
        inbox="_Inbox",
        original=f"{name}.fits",
        stored=f"rig/{name}.fits",
        size=10,
        mtime_ns=5,
        sha256=sha256,
        stays=stays,
    )


def folded(*entries: LedgerEntry) -> Ledger:
    return fold([entry_record(entry) for entry in entries])


def test_received_frame_is_known_by_path_origin_and_later_by_hash() -> None:
    ledger = folded(
        received(), received("b", sha256="bb"), Hashed(when=at(1), stored="rig/a.fits", sha256="aa")
    )
    assert ledger.stored["rig/a.fits"].sha256 == "aa"
    assert ledger.of_origin("_Inbox", "b.fits") == "rig/b.fits"
    assert ledger.of_sha256("aa") == ("rig/a.fits",)
    assert ledger.of_sha256("cc") == ()
    assert ledger.unhashed() == []
    assert ledger.count() == 2
    assert ledger.notes == ()


def test_first_recorded_hash_holds() -> None:
    ledger = folded(received(sha256="aa"), Hashed(when=at(1), stored="rig/a.fits", sha256="bb"))
    assert ledger.stored["rig/a.fits"].sha256 == "aa"


def test_adopted_promoted_and_witness_files_are_told_apart() -> None:
    ledger = folded(
        received(stays=Stays.WITNESS),
        Adopted(when=at(0), stored="rig/old.fits", size=3, mtime_ns=1),
        Promoted(when=at(0), stored="_Dark Library/m.xisf", size=3, mtime_ns=1, sha256="mm"),
    )
    assert (ledger.count(), ledger.count(Stays.WITNESS), ledger.count(Stays.MASTER)) == (1, 1, 1)
    assert ledger.stored["rig/old.fits"].origin == "adopted"
    assert ledger.unhashed() == ["rig/a.fits"], "what is only registered is not read"


def test_duplicate_and_retired_names_are_free_again_when_received_anew() -> None:
    duplicate = Duplicate(
        when=at(1), inbox="_Inbox", original="a.fits", size=1, mtime_ns=1, sha256="x", of="rig/z.fits"
    )
    retired = Retired(when=at(2), inbox="_Inbox", original="a.fits", stored="rig/z.fits")
    ledger = folded(duplicate, retired)
    assert ledger.duplicates == {("_Inbox", "a.fits"): "rig/z.fits"}
    assert ledger.retired == {("_Inbox", "a.fits"): text(2)}
    assert ledger.of_origin("_Inbox", "a.fits") == "rig/z.fits"
    ledger = folded(duplicate, retired, received(minute=3))
    assert ledger.duplicates == ledger.retired == {}
    assert ledger.of_origin("_Inbox", "a.fits") == "rig/a.fits"


def test_purged_frame_leaves_a_tombstone_that_knows_it_again() -> None:
    stone = Purged(when=at(5), stored="rig/a.fits", size=10, sha256="aa", why="clouds")
    ledger = folded(received(sha256="aa"), stone)
    assert ledger.stored == {}
    found = ledger.tombstone_of("aa")
    assert found is not None
    assert found["why"] == "clouds"
    assert ledger.of_origin("_Inbox", "a.fits") == "rig/a.fits"
    assert folded(received(sha256="aa"), stone, received(sha256="aa")).tombstones == {}


LINK = "rig/10_Blink/a.fits"


def delivered(minute: int) -> Delivered:
    return Delivered(when=at(minute), link=LINK, stored="rig/a.fits")


@pytest.mark.parametrize(
    ("entries", "state", "since"),
    [
        ([delivered(1)], "delivered", 1),
        ([delivered(1), delivered(9)], "delivered", 1),
        ([delivered(1), SeenAbsent(when=at(2), link=LINK), SeenAbsent(when=at(8), link=LINK)], "absent", 2),
        ([delivered(1), SeenAbsent(when=at(2), link=LINK), SeenAgain(when=at(3), link=LINK)], "delivered", 3),
        ([delivered(1), SeenAgain(when=at(3), link=LINK)], "delivered", 1),
        ([delivered(1), MovedOn(when=at(4), link=LINK, to="rig/30_Master/a.fits")], "moved_on", 4),
        ([delivered(1), Withdrawn(when=at(5), link=LINK, stored="rig/a.fits")], "withdrawn", 5),
        ([delivered(1), Withdrawn(when=at(5), link=LINK, stored="rig/a.fits"), delivered(6)], "delivered", 6),
        (
            [
                delivered(1),
                Withdrawn(when=at(5), link=LINK, stored="rig/a.fits"),
                SeenAbsent(when=at(7), link=LINK),
            ],
            "withdrawn",
            5,
        ),
    ],
)
def test_link_is_in_the_state_it_was_last_brought_to(
    entries: list[LedgerEntry], state: str, since: int
) -> None:
    link = folded(*entries).links[LINK]
    assert (link.state, link.since) == (state, text(since))
    assert folded(*entries).links_of("rig/a.fits") == [link]


def test_lines_of_a_newer_version_are_counted_and_skipped() -> None:
    known = entry_record(received())
    newer: list[dict[str, object]] = [{"event": "dreamt"}, {"event": "dreamt"}, {"event": ["x"]}, {}]
    ledger = fold([known, *newer])
    assert ledger.count() == 1
    assert [note.code for note in ledger.notes] == ["unknown-kind"] * 3
    assert "2 lines" in next(note.text for note in ledger.notes if "dreamt" in note.text)


@pytest.mark.parametrize("spoilt", [{"size": "big"}, {"stored": None}, {"inbox": []}, {"mtime_ns": 1.5}])
def test_line_with_nonsense_is_skipped_and_said(spoilt: dict[str, object]) -> None:
    ledger = fold([entry_record(received("b")), {**entry_record(received()), **spoilt}])
    assert "rig/b.fits" in ledger.stored
    assert ledger.count() == 1
    assert [note.code for note in ledger.notes] == ["bad-record"]


def test_archives_are_remembered_as_unpacked() -> None:
    entry = Unpacked(when=at(0), inbox="i", original="x.zip", size=1, mtime_ns=2, sha256="z", members=3)
    assert folded(entry).unpacked["i", "x.zip"]["members"] == 3


EVENTS = st.sampled_from(
    [
        received(),
        received("b", sha256="bb"),
        Hashed(when=at(1), stored="rig/a.fits", sha256="aa"),
        delivered(2),
        SeenAbsent(when=at(3), link=LINK),
        SeenAgain(when=at(4), link=LINK),
        MovedOn(when=at(5), link=LINK, to="x"),
        Withdrawn(when=at(6), link=LINK, stored="rig/a.fits"),
        Retired(when=at(7), inbox="_Inbox", original="a.fits", stored="rig/a.fits"),
        Purged(when=at(8), stored="rig/a.fits", size=10, sha256="aa", why=""),
    ]
)


@given(st.lists(EVENTS, max_size=12))
def test_a_line_said_twice_after_a_crash_changes_nothing(entries: list[LedgerEntry]) -> None:
    once, twice = folded(*entries), folded(*(entry for entry in entries for _ in range(2)))
    assert (once.stored, once.links, once.retired) == (twice.stored, twice.links, twice.retired)
    assert once.tombstones == twice.tombstones


def test_ledger_files_lie_by_rig_and_night_and_nowhere_else() -> None:
    night = date(2026, 1, 14)
    assert ledger_file("C8E@f10.0+Cam", night) == "_Ledger/C8E@f10.0+Cam/DATE_2026-01-14.jsonl"
    assert ledger_file(None, night) == "_Ledger/_unknown/DATE_2026-01-14.jsonl"
    assert ledger_file("C8E@f10.0+Cam", None) == "_Ledger/_unknown/C8E@f10.0+Cam.jsonl"
    assert ledger_file("../../etc", night).count("/") == 2
    assert ".." not in ledger_file("..", None).split("/")
