from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pipeline.model.records import About, Decision
from pipeline.model.survey import Arrival, Fate, Found, Sort, Survey
from pipeline.rules import decisions as deciding
from pipeline.rules.balance import balance
from pipeline.rules.ledger import fold
from pipeline.rules.standing import corrected_kinds, due, kind_subjects, standing, states, tally_of

WHEN = "2026-01-15T07:00:00Z"
NIGHT = "C8E@f10.0+A/00_Frames/DATE_2026-01-14"
SET = f"{NIGHT}/LIGHT/M31/FILTER_L_EXP_300.00"


def received(stored: str, **more) -> dict:
    original = stored.rpartition("/")[2]
    return {
        "event": "received", "when": WHEN, "inbox": "_Inbox", "original": original, "stored": stored,
        "size": 10, "mtime_ns": 1, **more,
    }  # fmt: skip


LEDGER = [
    received(f"{SET}/2026-01-15_00-00-01.fits", sha256="a"),
    received(f"{SET}/2026-01-15_00-00-02.fits"),
    received(f"{NIGHT}/FLAT/FILTER_L_EXP_1.00/2026-01-15_06-00-00.fits", sha256="b"),
    received("_Calibration/A/DATE_2026-01-15/BIAS/EXP_0.00/2026-01-15_07-00-00.fits", sha256="c"),
    received(f"{NIGHT}/_witness/PHD2.txt", stays="witness"),
    {"event": "adopted", "when": WHEN, "stored": "Old@f5.0+B/20_Data/M42/accept/DATE_2020-01-01/FILTER_R/x.fits",
     "size": 10, "mtime_ns": 1},
]  # fmt: skip


def said(subject: str, about: About, **values: str) -> deciding.Decisions:
    one = Decision(
        id="1",
        kind="correct",
        about=about,
        subject=subject,
        when=datetime(2026, 1, 16, tzinfo=UTC),
        values=values,
    )
    return deciding.fold([[one]])


def test_frames_are_counted_by_kind_night_and_rig():
    found = standing([tally_of(LEDGER[:3]), tally_of(LEDGER[3:])])
    assert found.kinds["LIGHT"] >= 2
    assert (found.kinds["FLAT"], found.kinds["BIAS"]) == (1, 1)
    assert sum(found.kinds.values()) == found.frames == 5
    assert found.rigs == ("C8E@f10.0+A", "Old@f5.0+B")
    assert found.nights == 3
    assert (found.witnesses, found.stored_bytes, found.lines) == (1, 60, 6)
    assert [one.stored for one in found.unhashed if "2026-01-14/LIGHT" in one.stored] == [
        f"{SET}/2026-01-15_00-00-02.fits"
    ]


def test_the_means_by_which_an_inbox_last_gave_a_frame_are_kept():
    later = received(f"{SET}/x.fits", how="copy") | {"when": "2026-01-16T07:00:00Z"}
    first = received(f"{SET}/y.fits", how="hardlink")
    assert standing([tally_of([later]), tally_of([first])]).last == {"_Inbox": "copy"}


def test_lines_written_twice_count_their_frames_once():
    once, twice = standing([tally_of(LEDGER)]), standing([tally_of([*LEDGER, *LEDGER])])
    assert replace(twice, lines=once.lines) == once
    assert twice.lines == 2 * once.lines


def test_a_correction_counts_a_frame_as_what_a_person_called_it():
    kinds = standing([tally_of(LEDGER)]).kinds

    def corrected(decisions):
        return corrected_kinds(kinds, fold(LEDGER), decisions)

    one = corrected(said(f"{SET}/2026-01-15_00-00-01.fits", About.FRAME, kind="DARK"))
    whole = corrected(said(SET, About.SET, kind="DARK"))
    assert (one["LIGHT"], one["DARK"]) == (kinds["LIGHT"] - 1, 1)
    assert (whole.get("LIGHT", 0), whole["DARK"]) == (kinds["LIGHT"] - 2, 2)
    assert kind_subjects(said(SET, About.SET, target="M42")) == ()


def test_each_frame_is_in_one_state_and_the_next_run_is_counted():
    fates = [Fate.STORE, Fate.STORE, Fate.UNSETTLED, Fate.QUARANTINE, Fate.KNOWN]
    arrivals = tuple(
        Arrival(found=Found("_Inbox", f"{number}.fits", 1, 1, Sort.FRAME), fate=fate)
        for number, fate in enumerate(fates)
    )
    survey = Survey(arrivals=arrivals, counts={fate: fates.count(fate) for fate in fates})
    stands, sums = standing([tally_of(LEDGER)]), balance(survey, fold(LEDGER))
    life = {"offered": 4, "culled": 1}
    assert states(survey, stands, sums, life) == {**life, "quarantined": 1, "inbox": 2, "unsettled": 1}
    assert due(survey, unhashed=1, notes=1, leaving=0, witnesses=2) == {
        "renamed": 2,
        "witnessed": 2,
        "recorded": 3,
        "quarantined": 1,
    }
    assert due(Survey(), unhashed=0, notes=0, leaving=0, witnesses=0) == {}
    in_sets = {"accepted": 8, "blinked": 1, "measured": 12}
    told = due(Survey(), unhashed=1, notes=0, leaving=0, witnesses=0, in_sets=in_sets)
    assert list(told.items()) == [("blinked", 1), ("measured", 12), ("recorded", 1), ("accepted", 8)]
