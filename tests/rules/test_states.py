"""The state of each stored frame by the ledger alone, and the sums."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

from pipeline.model.frames import Kind
from pipeline.model.records import About, Decision
from pipeline.model.summaries import NightSummary
from pipeline.model.verdicts import State
from pipeline.rules import decisions, ledger
from pipeline.rules.states import in_life_order, is_open, ledger_states, settled_states, words_by_night
from tests.rules.test_places import BLINK, DATA, REJECT, RIG, link, received

DARKS = "_Calibration/Camera/DATE_2026-01-14/DARK/EXP_300.00"
WHEN = datetime(2026, 1, 15, tzinfo=UTC)


def state(*records):
    [told] = ledger_states(ledger.fold(records)).values()
    return told


def moved(folder, to):
    return link("moved_on", folder, to=to)


def test_a_frame_goes_through_its_life():
    offered = (received(), link("delivered", BLINK))
    accepted = (*offered, link("delivered", DATA), link("accepted", BLINK, to=f"{DATA}/a.fits"))
    assert state(received()) == State.STORED
    assert state(*offered) == State.OFFERED
    assert state(*accepted) == State.ACCEPTED
    assert state(*accepted, moved(DATA, f"{RIG}/30_Master/M31/a.fits")) == State.MOVED_ON
    assert state(*accepted, moved(DATA, f"{RIG}/20_Data/Andromeda/accept/a.fits")) == State.ACCEPTED
    assert state(*accepted, link("seen_absent", DATA)) == State.TAKEN_OUT
    assert state(*accepted, link("delivered", BLINK)) == State.OFFERED


def test_rejected_frames_lie_in_reject_until_they_are_given_up():
    rejected = (received(), link("delivered", BLINK), link("delivered", REJECT), link("withdrawn", BLINK))
    assert state(*rejected) == State.CULLED
    assert state(*rejected, link("seen_absent", REJECT)) == State.GIVEN_UP
    assert state(*rejected, link("withdrawn", REJECT)) == State.STORED


def test_one_put_aside_moved_back_and_deleted_there_is_gone_not_given_up():
    aside = (received(), link("delivered", BLINK), link("delivered", REJECT), link("withdrawn", BLINK))
    back = (*aside, moved(REJECT, f"{BLINK}/a.fits"))
    assert state(*back) == State.OFFERED
    assert state(*back, link("seen_absent", REJECT)) == State.GONE


def test_of_frames_rejected_by_eye_those_that_were_deleted_are_not_taken_for_others_that_were_culled():
    night = NightSummary(states={State.CULLED: 3, State.GONE: 1, State.ACCEPTED: 1})
    assert settled_states(night, {"reject": 3}, lambda _: True) == {
        "culled": 1,
        "blinked away": 3,
        "accepted": 1,
    }


def test_what_vanished_from_10_blink_is_gone():
    assert state(received(), link("delivered", BLINK), link("seen_absent", BLINK)) == State.GONE


def test_frames_moved_by_hand_are_where_they_lie():
    offered = (received(), link("delivered", BLINK))
    assert state(*offered, moved(BLINK, f"{RIG}/20_Data/M31/accept/a.fits")) == State.ACCEPTED
    assert state(*offered, moved(BLINK, f"_Reject/{BLINK}/a.fits")) == State.CULLED
    assert state(*offered, moved(BLINK, f"{RIG}/40_Process/M31/a.fits")) == State.MOVED_ON


def test_a_dark_that_was_looked_at_has_passed():
    place = "_Calibration/Camera/10_Blink/DARK/DATE_2026-01-14/EXP_300.00"
    given = {
        "event": "delivered",
        "link": f"{place}/a.fits",
        "stored": f"{DARKS}/a.fits",
        "when": WHEN.isoformat(),
    }
    assert state(received(folder=DARKS), given, given | {"event": "accepted"}) == State.PASSED


def test_snapshots_masters_and_what_was_adopted_elsewhere_are_aside_and_logs_are_nothing():
    aside = received(folder=f"{RIG}/00_Frames/DATE_2026-01-14/SNAPSHOT/M31/FILTER_L_EXP_5.00")
    master = received(folder=DARKS) | {"stays": "master"}
    log = received(folder=f"{RIG}/00_Frames/DATE_2026-01-14/_witness") | {"stays": "witness"}
    assert state(aside) == state(master) == State.ASIDE
    assert ledger_states(ledger.fold([log])) == {}


def summary(unsettled=None, unoffered=None, **states):
    return NightSummary(
        states={State[name].value: number for name, number in states.items()},
        unsettled=unsettled or {},
        unoffered=unoffered or {},
    )


def test_a_night_is_open_while_frames_wait_that_somebody_is_to_look_at():
    assert not is_open(summary(), lambda _kind: True)
    assert is_open(summary({"FLAT": 2}, {"FLAT": 2}), lambda _kind: True)
    assert not is_open(summary({"FLAT": 2}, {"FLAT": 2}), lambda _kind: False)
    assert is_open(summary({"FLAT": 2}, {"FLAT": 1}), lambda _kind: False)
    assert is_open(summary({"LIGHT": 2}, {"LIGHT": 2}), lambda _kind: False)


def test_what_lies_in_reject_was_culled_or_blinked_away_as_the_decisions_say():
    night = summary(ACCEPTED=30, CULLED=8)
    told = settled_states(night, {"reject": 3, "give-up": 1}, lambda _kind: True)
    assert told == {"accepted": 30, "culled": 4, "blinked away": 3, "given up": 1}
    assert settled_states(night, {"reject": 99}, lambda _kind: True) == {"accepted": 30, "blinked away": 8}


def test_what_a_rig_asks_no_eyes_for_has_passed():
    night = summary({"FLAT": 5}, {"FLAT": 5}, STORED=5)
    assert settled_states(night, {}, lambda kind: kind is not Kind.FLAT) == {"passed": 5}


def test_the_words_of_a_night_are_counted_by_what_holds():
    def said(name, verdict, number):
        stored = received(name)["stored"]
        return Decision(
            id=f"{number}",
            kind="blink",
            about=About.FRAME,
            subject=stored,
            when=WHEN,
            values={"verdict": verdict},
        )

    told = decisions.fold(
        [[said("a.fits", "reject", 1), said("b.fits", "reject", 2), said("b.fits", "wait", 3)]]
    )
    assert words_by_night(told) == {(RIG, date(2026, 1, 14)): Counter({"reject": 1})}


def test_states_are_told_in_the_order_of_a_life():
    assert list(in_life_order({"culled": 1, "stored": 2, "accepted": 0})) == ["stored", "culled"]
    assert set(in_life_order({state.value: 1 for state in State})) == {state.value for state in State}
