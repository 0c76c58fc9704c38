"""What of an old library is a frame to be registered, and what the ledger makes of one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.model.frames import Kind
from pipeline.model.records import Adopted, MovedOn, Released, SeenAbsent, SeenAgain
from pipeline.model.survey import Found
from pipeline.model.verdicts import State
from pipeline.rules.adopted_states import state_of_adopted, state_of_folders
from pipeline.rules.adopting import why_left
from pipeline.rules.ledger import Ledger, fold
from pipeline.rules.records import entry_of, entry_record
from pipeline.rules.sorting import sort_of
from pipeline.rules.summaries import summarise

RIG = "C8E@f10.0+ASI2600MM"
PLACE = f"{RIG}/20_Data/M31/accept/DATE_2024-01-14/FILTER_L_EXP_300.00/x.fits"
DONE = PLACE.replace("20_Data", "60_Done")
WHEN = datetime(2026, 1, 14, tzinfo=UTC)
ADOPTED = Adopted(
    when=WHEN, stored=PLACE, size=1, mtime_ns=2, owner=RIG, night=date(2024, 1, 14), kind=Kind.LIGHT.value
)


def folded(*entries: object) -> Ledger:
    return fold([entry_record(entry) for entry in entries])  # type: ignore[arg-type]


def state(ledger: Ledger) -> State:
    return state_of_adopted(ledger.adopted[PLACE], ledger.stored[PLACE], ledger.links[PLACE])


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (PLACE, ""),
        (DONE, ""),
        (f"{RIG}/60_Done/M31/accept/PANEL_1/DATE_2021-01-01/LIGHT_Ha/x.fits", ""),
        (f"{RIG}/40_Process/M31/stack.fits", "processed pictures"),
        (f"{RIG}/20_Data/M31/calibrated/DATE_2024-01-14/x.fits", "processed pictures"),
        (PLACE.replace("x.fits", "x_c_cc_d_r.xisf"), "processed pictures"),
        (PLACE.replace("x.fits", "2024_LeXtr_c1.fits"), ""),
        ("CALIBRATION/ASI2600MM/DARK/300s/2024-01-14/CAM_DARK_300s_0001.fits", ""),
        (f"{RIG}/20_Data/M31/notes.txt", "other files"),
    ],
)
def test_what_programs_made_of_frames_is_left(path: str, left: str) -> None:
    assert why_left(Found("", path, 1, 1, sort_of(path))) == left


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (PLACE, State.ACCEPTED),
        (DONE, State.MOVED_ON),
        (f"{RIG}/10_Blink/M31/DATE_2024-01-14/x.fits", State.OFFERED),
        (f"{RIG}/10_Blink/M31/accept/DATE_2024-01-14/x.fits", State.ACCEPTED),
        (f"{RIG}/20_Data/M31/bad/x.fits", State.REJECTED),
        (f"_Reject/{RIG}/10_Blink/M31/x.fits", State.REJECTED),
        ("LIGHT/M31/x.fits", State.STORED),
    ],
)
def test_folders_say_the_state(path: str, expected: State) -> None:
    assert state_of_folders(path) is expected


def test_an_adopted_frame_keeps_its_address_and_lies_where_it_was_moved() -> None:
    ledger = folded(ADOPTED, MovedOn(when=WHEN, link=PLACE, to=DONE))
    fact = ledger.stored[PLACE]
    assert (fact.stored, fact.at, fact.is_adopted) == (PLACE, DONE, True)
    assert state(ledger) is State.MOVED_ON
    assert state(
        folded(ADOPTED, MovedOn(when=WHEN, link=PLACE, to=DONE), SeenAgain(when=WHEN, link=PLACE))
    ) is (State.ACCEPTED)


def test_said_twice_nothing_changes_and_a_move_holds() -> None:
    moved = MovedOn(when=WHEN, link=PLACE, to=DONE)
    assert folded(ADOPTED, moved, ADOPTED).stored[PLACE].at == DONE
    assert folded(ADOPTED, ADOPTED) == folded(ADOPTED)


def test_what_was_deleted_is_taken_out_and_comes_back_when_it_is_adopted_again() -> None:
    gone = folded(ADOPTED, SeenAbsent(when=WHEN, link=PLACE))
    assert state(gone) is State.TAKEN_OUT
    assert state(folded(ADOPTED, SeenAbsent(when=WHEN, link=PLACE), ADOPTED)) is State.ACCEPTED


def test_a_release_leaves_nothing() -> None:
    ledger = folded(ADOPTED, Released(when=WHEN, stored=PLACE))
    assert not (ledger.stored or ledger.links or ledger.adopted)


def test_a_journal_of_adopted_frames_names_its_night_and_nothing_that_waits() -> None:
    summary = summarise([entry_record(ADOPTED)])
    assert [(one.owner, one.night, one.marks) for one in summary.nights] == [(RIG, "2024-01-14", "")]
    assert (summary.adopted, summary.unsettled, summary.homes) == (1, {}, {})
    assert summary.states == {"accepted": 1}
    assert summary.targets == {}
    assert summary.their_targets == {"m31": "M31"}
    assert summary.views == {f"{RIG}/20_Data": 1}


def test_an_adoption_is_read_back_as_it_was_written() -> None:
    assert entry_of(entry_record(ADOPTED)) == ADOPTED
