"""Which nights a log or a session file tells of, and when it is stored anew."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.records import Duplicate, Received, Stays
from pipeline.model.survey import Arrival, Fate, Found, Sort
from pipeline.rules.layout import WITNESS, witness_path
from pipeline.rules.ledger import Ledger, fold
from pipeline.rules.records import entry_record
from pipeline.rules.witnesses import (
    due_places,
    due_witnesses,
    kept_in,
    nights_around,
    places_of,
    started_on,
)

WHEN = datetime(2026, 1, 15, 10, tzinfo=UTC)
MORNING_NS = int(datetime(2026, 1, 15, 6, tzinfo=UTC).timestamp()) * 10**9
A, B = "C8E@f10.0+ZWO ASI2600MM Pro", "SQA55@f5.3+ATR585M"


def home(night: str, rig: str = A) -> str:
    return f"{rig}/00_Frames/DATE_{night}"


def frame(original: str, night: str = "2026-01-14", rig: str = A, inbox: str = "_Inbox") -> Received:
    stored = f"{home(night, rig)}/LIGHT/M31/FILTER_L_EXP_300.00/{inbox}-{original.replace('/', '-')}"
    return Received(when=WHEN, inbox=inbox, original=original, stored=stored, size=5, mtime_ns=7)


def witness(
    original: str, stored: str, sha256: str = "aa", *, size: int = 9, mtime_ns: int = MORNING_NS
) -> Received:
    return Received(
        when=WHEN,
        inbox="_Inbox",
        original=original,
        stored=stored,
        size=size,
        mtime_ns=mtime_ns,
        sha256=sha256,
        stays=Stays.WITNESS,
    )


def ledger_of(*entries: Received | Duplicate) -> Ledger:
    return fold(entry_record(entry) for entry in entries)


def found(original: str, *, size: int = 9, mtime_ns: int = MORNING_NS, inbox: str = "_Inbox") -> Found:
    return Found(inbox, original, size, mtime_ns, Sort.WITNESS)


def homes(original: str, *entries: Received, **look: int) -> list[str]:
    around = nights_around(ledger_of(*entries).stored.values())
    return [place.home for place in places_of(found(original, **look), around)]


def due(original: str, ledger: Ledger, **look: int) -> list[str]:
    seen = found(original, **look)
    places = places_of(seen, nights_around(ledger.stored.values()))
    return [place.home for place in due_places(seen, places, kept_in(ledger))]


@pytest.mark.parametrize(
    ("name", "night"),
    [
        ("PHD2_GuideLog_2026-01-14_201333.txt", date(2026, 1, 14)),
        ("PHD2_GuideLog_2026-01-15_031333.txt", date(2026, 1, 14)),
        ("PHD2_DebugLog_2026-01-14_201333.txt", date(2026, 1, 14)),
        ("Autorun_Log_2026-01-15_115959.txt", date(2026, 1, 14)),
        ("Autorun_Log_2026-01-15_120000.txt", date(2026, 1, 15)),
        ("20260114-201333-3.2.0.9001.12345-202601.log", date(2026, 1, 14)),
        ("PHD2_GuideLog.txt", None),
        ("PHD2_GuideLog_2026-02-30_201333.txt", None),
        ("PHD2_GuideLog_0001-01-01_001333.txt", None),
        ("ImageMetaData_2026-01-14_201333.csv", None),
    ],
)
def test_a_log_tells_its_night_by_the_local_time_in_its_name(name, night):
    assert started_on(name) == night


@given(st.text())
def test_no_name_is_too_odd_to_be_asked(name):
    assert started_on(f"{name}.txt") is None or isinstance(started_on(f"{name}.txt"), date)


def test_a_table_goes_with_the_frames_that_lie_beside_it():
    lights = frame("2026-01-14/LIGHT/a.fits"), frame("2026-01-15/LIGHT/b.fits", "2026-01-15")
    assert homes("2026-01-14/LIGHT/ImageMetaData.csv", *lights) == [home("2026-01-14")]
    assert homes("2026-01-15/LIGHT/ImageMetaData.csv", *lights) == [home("2026-01-15")]


def test_a_table_goes_with_the_frames_below_it():
    assert homes("M31/shotsInfo.json", frame("M31/sub/L/a.fits")) == [home("2026-01-14")]


def test_a_table_in_a_folder_of_its_own_goes_with_the_nearest_frames_above():
    lights = frame("n/LIGHT/a.fits"), frame("other/b.fits", "2026-01-20", B)
    assert homes("n/meta/ImageMetaData.csv", *lights) == [home("2026-01-14")]


def test_a_table_far_from_many_nights_goes_with_the_one_its_path_names():
    lights = [frame(f"LIGHT/{day}.fits", f"2026-01-{day}") for day in (12, 13, 14)]
    assert homes("meta/DATE_2026-01-13/WeatherData.csv", *lights) == [home("2026-01-13")]
    assert homes("meta/2026-01-20/WeatherData.csv", *lights) == []


def test_a_table_far_from_many_nights_goes_with_the_last_before_it_was_written():
    lights = [frame(f"LIGHT/{day}.fits", f"2026-01-{day}") for day in (12, 14, 18)]
    assert homes("meta/WeatherData.csv", *lights) == [home("2026-01-14")]
    assert homes("meta/WeatherData.csv", *lights, mtime_ns=0) == []


def test_a_table_of_a_flat_folder_goes_with_each_night_in_it():
    lights = [frame(f"LIGHT/{day}.fits", f"2026-01-{day}") for day in (12, 14)]
    assert homes("LIGHT/ImageMetaData.csv", *lights) == [home("2026-01-12"), home("2026-01-14")]


def test_a_log_goes_with_every_rig_that_was_out_that_night():
    lights = (
        frame("c8/a.fits"),
        frame("sqa/b.fits", rig=B),
        frame("c8/c.fits", "2026-01-15"),
        frame("x/d.fits", inbox="elsewhere"),
    )
    name = "PHD2_GuideLog_2026-01-14_201333.txt"
    assert homes(name, *lights) == [home("2026-01-14", A), home("2026-01-14", B)]
    assert homes(f"logs/{name}", *lights) == [home("2026-01-14", A), home("2026-01-14", B)]
    assert homes(f"sqa/{name}", *lights) == [home("2026-01-14", B)]


def test_a_witness_whose_frames_have_not_come_waits():
    assert homes("2026-01-14/LIGHT/ImageMetaData.csv") == []
    assert homes("PHD2_GuideLog_2026-01-19_201333.txt", frame("a.fits")) == []


def test_darks_alone_are_no_night_of_a_rig():
    dark = Received(
        when=WHEN,
        inbox="_Inbox",
        original="DARK/d.fits",
        stored="_Calibration/ZWO ASI2600MM Pro/DATE_2026-01-14/DARK/EXP_300.00/d.fits",
        size=5,
        mtime_ns=7,
    )
    assert homes("DARK/ImageMetaData.csv", dark) == []


def test_beside_frames_of_an_unknown_rig_a_table_waits_for_them():
    stranger = Arrival(
        found=Found("_Inbox", "new/a.fits", 1, 2, Sort.FRAME), fate=Fate.UNKNOWN_RIG, why="no rig file"
    )
    known = ledger_of(frame("old/b.fits"))
    around = nights_around(known.stored.values(), [stranger])
    assert places_of(found("new/ImageMetaData.csv"), around) == ()
    assert places_of(found("log/ImageMetaData.csv"), around) != ()


def test_frames_about_to_be_stored_count_as_stored():
    light = Arrival(
        found=Found("_Inbox", "n/a.fits", 1, 2, Sort.FRAME),
        fate=Fate.STORE,
        owner=A,
        night=date(2026, 1, 14),
        stored=f"{home('2026-01-14')}/LIGHT/M31/FILTER_L/a.fits",
    )
    table = Arrival(found=found("n/ImageMetaData.csv"), fate=Fate.WITNESS)
    assert [place.home for place in due_witnesses([light, table], Ledger())] == [home("2026-01-14")]


CSV = "n/ImageMetaData.csv"
KEPT = f"{home('2026-01-14')}/_witness/ImageMetaData.csv"


def test_what_is_stored_is_not_due():
    known = ledger_of(frame("n/a.fits"), witness(CSV, KEPT))
    assert due(CSV, known) == []


def test_what_has_grown_is_due_again():
    known = ledger_of(frame("n/a.fits"), witness(CSV, KEPT))
    assert due(CSV, known, size=20, mtime_ns=MORNING_NS + 5) == [home("2026-01-14")]


def test_what_was_touched_is_looked_at_once():
    known = [frame("n/a.fits"), witness(CSV, KEPT)]
    touched = MORNING_NS + 5
    assert due(CSV, ledger_of(*known), mtime_ns=touched) == [home("2026-01-14")]
    same = Duplicate(when=WHEN, inbox="_Inbox", original=CSV, size=9, mtime_ns=touched, sha256="aa", of=KEPT)
    assert due(CSV, ledger_of(*known, same), mtime_ns=touched) == []


def test_a_rig_that_joins_later_gets_its_own():
    known = ledger_of(frame("n/a.fits"), witness(CSV, KEPT), frame("n/b.fits", rig=B))
    assert due(CSV, known) == [home("2026-01-14", B)]


def test_a_table_that_grows_for_a_season_is_not_stored_anew_beside_nights_that_are_over():
    noon_after = int(datetime(2026, 1, 16, 20, tzinfo=UTC).timestamp()) * 10**9
    lights = frame("n/a.fits"), frame("n/b.fits", "2026-02-01")
    known = ledger_of(*lights, witness(CSV, KEPT, mtime_ns=noon_after))
    assert due(CSV, known, size=30, mtime_ns=noon_after + 9) == [home("2026-02-01")]
    known = ledger_of(*lights, witness(CSV, KEPT, mtime_ns=MORNING_NS - 9))
    assert due(CSV, known, size=30, mtime_ns=noon_after + 9) == [home("2026-01-14"), home("2026-02-01")]


def test_what_was_given_up_is_not_wanted():
    gone = Duplicate(
        when=WHEN, inbox="_Inbox", original=CSV, size=9, mtime_ns=MORNING_NS, sha256="aa", of=KEPT
    )
    assert due(CSV, ledger_of(frame("n/a.fits"), gone)) == []


@given(st.text(min_size=1), st.integers(1, 99))
def test_a_witness_never_leaves_its_folder(name, number):
    path = witness_path("rig/00_Frames/DATE_2026-01-14", name.rpartition("/")[2] or "x", number)
    parts = path.split("/")
    assert parts[:4] == ["rig", "00_Frames", "DATE_2026-01-14", WITNESS]
    assert len(parts) == 5
    assert parts[4] not in {"", ".", ".."}
    assert len(parts[4].encode()) <= 140


def test_versions_keep_their_ending():
    assert witness_path("h", "ImageMetaData.csv") == "h/_witness/ImageMetaData.csv"
    assert witness_path("h", "ImageMetaData.csv", 2) == "h/_witness/ImageMetaData~2.csv"
    assert witness_path("h", "20260114-201333-3.2.0.log", 3) == "h/_witness/20260114-201333-3.2.0~3.log"
