from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.library import RetireAfter
from pipeline.model.records import Duplicate, Hashed, Purged, Received, Restored, Retired
from pipeline.model.survey import Arrival, Fate, Found, Sort
from pipeline.rules.ledger import Ledger, fold
from pipeline.rules.records import entry_record
from pipeline.rules.retiring import Leaver, due, leavers

STORED = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
PLACE = "rig/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L/a.fits"


def leaver(since: datetime = STORED) -> Leaver:
    when = since.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return Leaver(inbox="_Inbox", original="a.fits", size=1, mtime_ns=2, stored=PLACE, sha256="f", since=when)


def received(sha256: str | None = "f", original: str = "a.fits") -> Received:
    return Received(
        when=STORED, inbox="_Inbox", original=original, stored=PLACE, size=10, mtime_ns=20, sha256=sha256
    )


def folded(*entries) -> Ledger:
    return fold(entry_record(entry) for entry in entries)


def here(original: str = "a.fits", size: int = 10, mtime_ns: int = 20, fate: Fate = Fate.KNOWN) -> Arrival:
    return Arrival(found=Found("_Inbox", original, size, mtime_ns, Sort.FRAME), fate=fate)


@pytest.mark.parametrize(
    ("policy", "hours", "is_due"),
    [
        ("later", 11.9, False),
        ("later", 12, True),
        ("next_run", 0, True),
        ("manual", 10_000, False),
        (RetireAfter(after_days=7), 167, False),
        (RetireAfter(after_days=7), 168, True),
        (RetireAfter(after_days=0), 0, True),
        (RetireAfter(after_days=7, when="backed_up"), 10_000, False),
    ],
)
def test_a_name_is_due_when_the_policy_says(policy, hours, is_due):
    assert bool(due([leaver()], policy, STORED + timedelta(hours=hours))) is is_due


def test_a_name_that_waits_for_the_backup_is_due_once_a_backup_has_its_frame_and_its_days_are_over():
    policy, asked = RetireAfter(after_days=7, when="backed_up"), []

    def is_kept(one):
        asked.append(one.stored)
        return one.stored == leaver().stored

    assert due([leaver()], policy, STORED + timedelta(days=6), is_kept) == []
    assert asked == [], "nothing is looked up before its time"
    assert due([leaver()], policy, STORED + timedelta(days=8), is_kept) == [leaver()]
    other = leaver()._replace(stored="elsewhere")
    assert due([other], policy, STORED + timedelta(days=8), is_kept) == []
    assert due([other], RetireAfter(after_days=7), STORED + timedelta(days=8), is_kept) == [other]


@given(st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=20_000)))
def test_a_clock_that_jumped_back_makes_nothing_due(back):
    for policy in ("later", RetireAfter(after_days=0), RetireAfter(after_days=36_500)):
        assert due([leaver()], policy, STORED - back) == []


def test_only_hashed_frames_may_leave():
    assert list(leavers([here()], folded(received(sha256=None)))) == []
    (one,) = leavers([here()], folded(received(None), Hashed(when=STORED, stored=PLACE, sha256="f")))
    assert one.sha256 == "f"


@pytest.mark.parametrize(
    "change", [{"size": 11}, {"mtime_ns": 21}, {"fate": Fate.STORE}, {"original": "b.fits"}]
)
def test_a_name_that_is_another_file_now_does_not_leave(change):
    assert list(leavers([here(**change)], folded(received()))) == []


def test_a_duplicate_leaves_by_the_time_it_was_found_and_is_read_itself():
    found = STORED + timedelta(days=30)
    double = Duplicate(
        when=found, inbox="_Inbox", original="b.fits", size=10, mtime_ns=99, sha256="f", of=PLACE
    )
    (one,) = leavers([here("b.fits", mtime_ns=99)], folded(received(), double))
    assert one.needs_reading
    assert one.stored == PLACE
    assert due([one], "later", found + timedelta(hours=1)) == []
    assert due([one], "later", found + timedelta(hours=12)) == [one]


def test_a_name_that_was_retired_and_is_here_again_is_known_and_read_itself():
    gone = Retired(when=STORED + timedelta(days=1), inbox="_Inbox", original="a.fits", stored=PLACE)
    ledger = folded(received(), gone)
    assert ledger.holds(("_Inbox", "a.fits"), 10, 20)
    assert not ledger.holds(("_Inbox", "a.fits"), 10, 21)
    (one,) = leavers([here()], ledger)
    assert one.needs_reading


def test_what_was_given_up_stays_and_leaves_again_once_restored():
    stone = Purged(when=STORED, stored=PLACE, size=10, sha256="f", why="")
    ledger = folded(received(), stone)
    assert ledger.holds(("_Inbox", "a.fits"), 10, 20)
    assert not ledger.holds(("_Inbox", "a.fits"), 10, 21), "another frame of the same size is no given-up one"
    assert list(leavers([here()], ledger)) == []
    back = folded(received(), stone, Restored(when=STORED, stored=PLACE))
    assert back.tombstones == back.given_up == back.buried == {}
    assert back.stored == folded(received()).stored
    assert len(list(leavers([here()], back))) == 1
