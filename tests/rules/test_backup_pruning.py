from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.model.backup import Kept
from pipeline.model.backup_policies import Backup, KindPolicy
from pipeline.rules.backup_keys import index_key
from pipeline.rules.backup_pruning import There, Why, prunable
from pipeline.rules.ledger import fold
from pipeline.rules.records import moment_text
from tests.rules.test_backup_restoring import FRAME, MASTER, OTHER, ledger, member, pack, sha

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def there(*packs, days=30.0):
    modified = NOW - timedelta(days=days)
    return {
        key: There(size=size, modified=modified)
        for one in packs
        for key, size in ((one.key, one.size), (index_key(one.key), 100))
    }


def purged(*paths, letter="a"):
    stones = [
        {"event": "purged", "stored": path, "size": 10, "sha256": sha(letter), "why": "x"} for path in paths
    ]
    return fold(stones)


def whys(packs, known, **more):
    return [one.why for one in prunable(packs, there(*packs, **more), known, NOW)]


def test_a_pack_whose_frames_were_all_given_up_may_go_and_its_index_first():
    one = pack(member(FRAME), member(OTHER))
    (found,) = prunable([one], there(one), purged(FRAME, OTHER), NOW)
    assert found.why is Why.GIVEN_UP and found.keys == (index_key(one.key), one.key)
    assert found.stayed_days == 30


@pytest.mark.parametrize(
    ("ago", "days", "stays"), [(29, 30.0, True), (31, 30.0, False), (0.1, 0.0, False), (300, 365.0, True)]
)
def test_a_pack_whose_frames_were_given_up_lately_stays_as_long_as_its_kind_says(ago, days, stays):
    told = _purged(FRAME)[0] | {"when": moment_text(NOW - timedelta(days=ago))}
    one = pack(member(FRAME))
    policy = KindPolicy(retention_days=days)
    settings = Backup(**{one.kind.value: policy})
    assert (prunable([one], there(one), fold([*_received(FRAME), told]), NOW, settings) == []) is stays


def test_a_pack_with_one_frame_that_is_asked_for_stays_whole():
    one = pack(member(FRAME), member(OTHER))
    known = fold([*_received(FRAME), *_purged(OTHER)])
    assert whys([one], known) == []


def test_a_frame_the_ledger_does_not_know_is_what_a_backup_is_for():
    assert whys([pack(member(FRAME))], ledger()) == []
    assert whys([pack(member(MASTER), home="_shelves/masters", kind=Kept.MASTERS)], ledger()) == []


def test_a_frame_given_up_with_other_bytes_stays():
    assert whys([pack(member(FRAME, "b"))], purged(FRAME)) == []


def test_of_two_packs_with_the_same_files_one_goes():
    packs = [pack(member(FRAME)), pack(member(FRAME), member(OTHER), letter="2")]
    found = prunable(packs, there(*packs), ledger((FRAME, "a"), (OTHER, "a")), NOW)
    assert [(one.key, one.why) for one in found] == [(packs[0].key, Why.DOUBLED)]
    twins = [pack(member(FRAME)), pack(member(FRAME), letter="2")]
    assert whys(twins, ledger((FRAME, "a"))) == [Why.DOUBLED]


def test_of_two_packs_with_the_same_bytes_the_one_stays_whose_files_lie_in_the_library_as_they_were_kept():
    here, elsewhere = (
        pack(
            replace(member(MASTER), mtime_ns=time), home="_shelves/masters", kind=Kept.MASTERS, letter=letter
        )
        for time, letter in ((5, "1"), (9, "2"))
    )
    for packs in ([here, elsewhere], [elsewhere, here]):
        found = prunable(
            packs,
            there(*packs),
            ledger(),
            NOW,
            lies_there=lambda one: one.mtime_ns == here.members[0].mtime_ns,
        )
        assert [one.key for one in found] == [elsewhere.key]


@pytest.mark.parametrize("harm", ["found damaged", "cut short"])
def test_a_sound_pack_does_not_go_for_a_damaged_one_with_the_same_files(harm):
    mended, damaged = pack(member(FRAME)), pack(member(FRAME), member(OTHER), letter="2")
    seen, broken = there(mended, damaged), {damaged.key}
    if harm == "cut short":
        seen[damaged.key], broken = replace(seen[damaged.key], size=512), set()
    known = ledger((FRAME, "a"), (OTHER, "a"))
    assert prunable([mended, damaged], seen, known, NOW, broken=broken) == []
    whole = pack(member(FRAME), member(OTHER), letter="3")
    found = prunable([damaged, whole], seen | there(whole), known, NOW, broken=broken)
    assert [(one.key, one.why) for one in found] == [(damaged.key, Why.DOUBLED)]


def test_what_was_kept_anew_only_in_a_damaged_pack_stays_as_it_was_before():
    old = pack(member(MASTER, "a"), home="_shelves/masters", kind=Kept.MASTERS)
    new = pack(member(MASTER, "b", mtime_ns=9), home="_shelves/masters", kind=Kept.MASTERS, letter="2")
    assert prunable([old, new], there(old, new), ledger(), NOW, broken={new.key}) == []


def test_what_was_kept_anew_since_may_go():
    old = pack(member(MASTER, "a"), home="_shelves/masters", kind=Kept.MASTERS)
    new = pack(member(MASTER, "b", mtime_ns=9), home="_shelves/masters", kind=Kept.MASTERS, letter="2")
    assert whys([old, new], ledger()) == [Why.SUPERSEDED]


def test_a_file_that_lies_in_the_library_stays_though_a_later_one_was_kept_once():
    """A master put back from a card has an older time than the one it took the place of."""
    back = pack(member(MASTER, "a"), home="_shelves/masters", kind=Kept.MASTERS)
    other = pack(member(MASTER, "b", mtime_ns=9), home="_shelves/masters", kind=Kept.MASTERS, letter="2")
    seen = there(back, other)
    assert prunable([back, other], seen, ledger(), NOW, lies_there=lambda one: one.sha256 == sha("a")) == []


def test_halves_go_after_a_week_and_not_before():
    one = pack(member(FRAME))
    alone = {one.key: replace(there(one)[one.key], modified=NOW - timedelta(days=6))}
    assert prunable([], alone, ledger(), NOW) == []
    alone = {one.key: there(one)[one.key]}
    assert [found.keys for found in prunable([], alone, ledger(), NOW)] == [(one.key,)]
    index = {index_key(one.key): there(one)[one.key]}
    assert [found.keys for found in prunable([one], index, ledger(), NOW)] == [(index_key(one.key),)]


def _received(path):
    return [
        {
            "event": "received",
            "inbox": "_Inbox",
            "original": path,
            "stored": path,
            "size": 10,
            "mtime_ns": 1,
            "sha256": sha("a"),
        }
    ]


def _purged(path):
    return [{"event": "purged", "stored": path, "size": 10, "sha256": sha("a"), "why": "x"}]
