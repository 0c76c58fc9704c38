from __future__ import annotations

from datetime import UTC, datetime

from pipeline.rules import ledger
from pipeline.rules.places import leaf_folders, view_homes, waiting_frames

RIG = "C8E@f10.0+A"
FOLDER = "M31/DATE_2026-01-14/FILTER_L_EXP_300.00"
STORED = f"{RIG}/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L_EXP_300.00"
BLINK, DATA = f"{RIG}/10_Blink/{FOLDER}", f"{RIG}/20_Data/M31/accept/DATE_2026-01-14/FILTER_L_EXP_300.00"
REJECT = f"_Reject/{BLINK}"
WHEN = datetime(2026, 1, 15, tzinfo=UTC).isoformat()


def received(name="a.fits", folder=STORED):
    return {
        "event": "received",
        "when": WHEN,
        "inbox": "_Inbox",
        "original": name,
        "stored": f"{folder}/{name}",
        "size": 5,
        "mtime_ns": 1,
    }


def link(event, folder, name="a.fits", **more):
    return {"event": event, "when": WHEN, "link": f"{folder}/{name}", "stored": f"{STORED}/{name}", **more}


def waiting(*records):
    return waiting_frames(ledger.fold(records))


def test_a_frame_that_was_just_stored_waits():
    assert waiting(received()) == [("LIGHT", False)]


def test_an_offered_frame_waits():
    assert waiting(received(), link("delivered", BLINK)) == [("LIGHT", True)]


def test_an_accepted_light_waits_for_nothing():
    records = (
        received(),
        link("delivered", BLINK),
        link("delivered", DATA),
        link("accepted", BLINK, to=f"{DATA}/a.fits"),
    )
    assert waiting(*records) == []


def test_an_accepted_light_that_was_moved_on_waits_for_nothing():
    records = (received(), link("delivered", DATA), link("moved_on", DATA, to=f"{RIG}/30_Master/M31/a.fits"))
    assert waiting(*records) == []


def test_a_rejected_frame_waits_until_its_set_is_accepted():
    rejected = (received("b.fits"), link("delivered", REJECT, "b.fits"))
    assert waiting(*rejected) == [("LIGHT", True)]
    others = (received(), link("delivered", BLINK), link("delivered", DATA), link("accepted", BLINK))
    assert waiting(*rejected, *others) == []


def test_a_frame_offered_again_waits_though_it_was_accepted_once():
    records = (
        received(),
        link("delivered", DATA),
        link("delivered", BLINK),
        link("accepted", BLINK),
        link("delivered", BLINK),
    )
    assert waiting(*records) == [("LIGHT", True)]


def test_a_snapshot_waits_for_nothing():
    assert waiting(received(folder=f"{RIG}/00_Frames/DATE_2026-01-14/SNAPSHOT/M31/FILTER_L_EXP_5.00")) == []


def test_the_folders_to_be_watched_are_those_that_hold_places_of_ours():
    found = ledger.fold(
        [received(), link("delivered", BLINK), link("delivered", DATA), link("accepted", BLINK)]
    )
    assert leaf_folders(found.links.values()) == (DATA,)
    assert view_homes(found.links.values()) == {f"{RIG}/20_Data": 1}


def test_a_folder_whose_frames_moved_on_is_watched_too_since_they_may_come_back():
    moved = link("moved_on", DATA, to=f"{DATA.replace('20_Data', '60_Done')}/a.fits")
    found = ledger.fold([received(), link("delivered", DATA), moved])
    assert leaf_folders(found.links.values()) == (DATA,)
    found = ledger.fold([received(), link("delivered", BLINK), link("seen_absent", BLINK)])
    assert leaf_folders(found.links.values()) == (BLINK,)
