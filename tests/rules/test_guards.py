"""What must wait when what held frames is not there: told from the ledger alone."""

from __future__ import annotations

from functools import partial

from pipeline.model.records import StoredFact
from pipeline.model.survey import Arrival, Fate, Found, InboxScan, Sort
from pipeline.rules.guards import guard_of, held_homes, held_names, hold_back, home_of, is_unlisted, mark_away
from pipeline.rules.layout import frame_path
from pipeline.rules.ledger import Ledger, owner_part
from tests.factories import make_frame

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
HOME = f"{RIG}/00_Frames"
DARKS = "_Calibration/ZWO ASI2600MM Pro"


def stored(path: str, original: str = "a.fits") -> StoredFact:
    return StoredFact(path, 10, 20, None, "_Inbox", original, "", "frame", "received")


def ledger_of(*facts: StoredFact) -> Ledger:
    return Ledger(stored={fact.stored: fact for fact in facts})


def arrival(path: str) -> Arrival:
    return Arrival(found=Found("_Inbox", "new.fits", 1, 2, Sort.FRAME), fate=Fate.STORE, stored=path)


def test_a_home_is_what_comes_and_goes_as_a_whole():
    assert home_of(f"{HOME}/DATE_2026-01-14/LIGHT/M31/x/y.fits") == HOME
    assert home_of(f"{DARKS}/DATE_2026-01-14/DARK/x/y.fits") == DARKS
    assert held_homes(ledger_of(stored(f"{HOME}/a/b"), stored(f"{HOME}/a/c"), stored(f"{DARKS}/a"))) == {
        HOME: 2,
        DARKS: 1,
    }


def test_what_is_there_is_guarded_by_nobody():
    guard = guard_of({HOME: 3}, lambda _home: True, [], [InboxScan(inbox="_Inbox")])
    assert (guard.waits, guard.owners, guard.inbox_away) == ((), frozenset(), False)
    assert guard.why(f"{HOME}/a/b") == ""


def test_a_home_that_is_gone_holds_back_its_own_frames_alone():
    guard = guard_of({HOME: 3, DARKS: 1}, lambda home: home == DARKS, [], [])
    assert guard.owners == {RIG}
    [waiting] = guard.waits
    assert waiting.what.startswith(f"{HOME} holds nothing, though the ledger knows 3 files there")
    assert f"_Ledger/{owner_part(RIG)}" in waiting.what
    here, there = hold_back([arrival(f"{HOME}/a/b"), arrival(f"{DARKS}/a/b")], guard)
    assert (here.fate, there.fate) == (Fate.LATER, Fate.STORE)
    assert "gone or empty" in here.why


def test_many_homes_gone_are_one_sentence():
    guard = guard_of({f"rig{number}/00_Frames": 5 for number in range(19)}, lambda _home: False, [], [])
    [waiting] = guard.waits
    assert waiting.what.startswith(
        "rig0/00_Frames and 18 more hold nothing, though the ledger knows 95 files there"
    )


def test_an_inbox_is_empty_only_when_files_lay_in_it():
    bare = InboxScan(inbox="_Inbox", bare=True)
    held = partial(held_names, ledger=ledger_of(stored(f"{HOME}/a/b")))
    assert mark_away(bare, lambda _inbox: 0).reachable
    assert not mark_away(bare, held).reachable
    assert mark_away(InboxScan(inbox="_Inbox", bare=False), held).reachable
    assert mark_away(InboxScan(inbox="other", bare=True), held).reachable


def test_names_we_took_out_and_members_of_archives_do_not_count():
    known = ledger_of(stored("a/b/c"), stored("a/b/d", "night.zip!/a.fits"))
    assert held_names("_Inbox", known) == 1
    known.duplicates["_Inbox", "twin.fits"] = "a/b/c"
    assert held_names("_Inbox", known) == 2
    known.retired["_Inbox", "a.fits"] = known.retired["_Inbox", "twin.fits"] = "2026"
    assert held_names("_Inbox", known) == 0


def test_a_store_folder_is_known_by_its_owners_folder_in_the_ledger():
    assert not is_unlisted(HOME, [RIG])
    assert not is_unlisted(HOME.upper(), [RIG])
    assert is_unlisted(DARKS, [RIG])
    assert not is_unlisted(DARKS, ["ZWO ASI2600MM Pro"])


def test_a_camera_whose_name_is_cut_is_known_too():
    for length in (50, 60, 61, 65, 70, 71, 200):
        camera = "c" * length
        frame = make_frame(camera=camera)
        path = frame_path(frame, camera, frame.night).replace("00_Frames", "x")
        part = owner_part(camera)
        assert not is_unlisted(f"_Calibration/{path.split('/')[0]}", [part]), length
