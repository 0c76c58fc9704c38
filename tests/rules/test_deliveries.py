"""What is delivered and what withdrawn: the new place first, once, and never in a folder that is the person's own."""

from __future__ import annotations

import pytest

from pipeline.model.verdicts import Fate
from pipeline.rules.deliveries import ACCEPTING, OFFERING, Moves, lingering, plan_moves
from pipeline.rules.words import ACCEPT, GIVE_UP, REJECT, RESTORE, SetWords
from tests.rules.set_values import BLINK as OFFERED_IN
from tests.rules.set_values import (
    DATA,
    ON,
    link,
    links_of,
    make_set,
    member,
    standings,
    word,
    words,
)
from tests.rules.set_values import (
    REJECT as REJECTED_IN,
)

EVERY = OFFERING | ACCEPTING


def moves(held=(), said=None, fate=Fate.KEPT, *, frames=None, states=EVERY) -> Moves:
    frames = frames or make_set()
    told = standings(held, said, fate, frames=frames)
    return plan_moves(frames, told, links_of(held), said or SetWords(), states)


def delivered(found: Moves) -> list[str]:
    return [one.link for one in found.deliver]


def withdrawn(found: Moves) -> list[tuple[str, str, str | None]]:
    return [(one.at, one.why, one.accepted_to) for one in found.withdraw]


def test_a_fresh_frame_goes_where_the_limits_say():
    assert delivered(moves()) == [f"{OFFERED_IN}/0.fits"]
    assert delivered(moves(fate=Fate.CULLED)) == [f"{REJECTED_IN}/0.fits"]
    assert moves(fate=None).is_empty


def test_what_changes_sides_gets_its_new_place_before_the_old_one_goes():
    found = moves([link("blink")], fate=Fate.CULLED)
    assert delivered(found) == [f"{REJECTED_IN}/0.fits"]
    assert withdrawn(found) == [(f"{OFFERED_IN}/0.fits", "culled", None)]
    back = moves([link("blink", "withdrawn"), link("reject")])
    assert delivered(back) == [f"{OFFERED_IN}/0.fits"]
    assert withdrawn(back) == [(f"{REJECTED_IN}/0.fits", "back in 10_Blink", None)]


def test_accepted_lights_are_said_to_lie_in_20_data():
    found = moves([link("blink")], words(seen=1))
    assert delivered(found) == [f"{DATA}/0.fits"]
    assert withdrawn(found) == [(f"{OFFERED_IN}/0.fits", "accepted", f"{DATA}/0.fits")]


def test_offering_leaves_accepting_to_accepting():
    assert moves([link("blink")], words(seen=1), states=OFFERING).is_empty
    assert moves([link("blink")], fate=Fate.CULLED, states=ACCEPTING).is_empty


@pytest.mark.parametrize("state", ["absent", "moved_on"])
def test_what_a_person_took_out_of_reject_is_not_put_back(state):
    assert moves(
        [link("reject", state, 5, to=f"{ON}/0.fits" if state == "moved_on" else "")], fate=Fate.CULLED
    ).is_empty


def test_unless_they_have_spoken_since():
    gone = [link("blink", "withdrawn"), link("reject", "absent", 5)]
    assert delivered(moves(gone, words(word(REJECT, 4)))) == []
    assert delivered(moves(gone, words(word(REJECT, 6)))) == [f"{REJECTED_IN}/0.fits"]
    assert delivered(moves([link("blink", "absent", 5)], words(word(RESTORE, 6)))) == [f"{OFFERED_IN}/0.fits"]


@pytest.mark.parametrize("to", [f"{DATA}/x.fits", f"{ON}/x.fits"])
def test_nothing_of_the_persons_own_folders_is_withdrawn(to):
    on = link("blink", "moved_on", 5, to=to)
    found = moves([on], words(word(REJECT, 6)))
    assert withdrawn(found) == []
    assert found.left == (f"{to}: blinked away, but you moved it there: it stays",)


def test_what_lies_aside_in_10_blink_is_withdrawn_where_it_lies():
    aside = link("blink", "moved_on", 5, to=f"{OFFERED_IN}/bad/x.fits")
    assert withdrawn(moves([aside], words(word(REJECT, 6)))) == [
        (f"{OFFERED_IN}/bad/x.fits", "blinked away", None)
    ]
    accepted = link("blink", "moved_on", 5, to=f"{OFFERED_IN}/../accept/x.fits")
    assert withdrawn(moves([accepted], words(word(ACCEPT, 6))))[0][2] == f"{DATA}/0.fits"


def test_a_renamed_folder_in_10_blink_gets_no_second_link():
    assert moves([link("blink", "moved_on", 5, to="R/10_Blink/Andromeda/0.fits")]).is_empty


def test_a_reopened_frame_comes_back_and_leaves_20_data():
    found = moves([link("blink", "accepted"), link("data", delivered=1)], words(reopened=2))
    assert delivered(found) == [f"{OFFERED_IN}/0.fits"]
    assert withdrawn(found) == [(f"{DATA}/0.fits", "reopened", None)]
    moved = link("data", "moved_on", 1, delivered=1, to=f"{DATA}/mine/0.fits")
    assert withdrawn(moves([moved], words(reopened=2))) == [], "where the person put it, it stays"


def test_given_up_frames_leave_what_we_gave_them():
    found = moves([link("reject")], words(word(GIVE_UP)))
    assert delivered(found) == []
    assert withdrawn(found) == [(f"{REJECTED_IN}/0.fits", "given up", None)]


def test_a_name_another_frame_had_is_not_taken():
    frames = make_set(2)
    held = [
        link("blink", number=1)._replace(
            link=f"{OFFERED_IN}/0.fits".upper().replace(OFFERED_IN.upper(), OFFERED_IN)
        )
    ]
    assert delivered(moves(held, frames=frames)) == [f"{OFFERED_IN}/0~2.fits"]


def test_a_frame_gets_the_name_it_had_there_before():
    before = link("blink", "withdrawn")._replace(link=f"{OFFERED_IN}/older name.fits")
    assert delivered(moves([before])) == [f"{OFFERED_IN}/older name.fits"]


def test_the_very_name_that_is_wanted_again_is_withdrawn_first_where_it_lies():
    back = link("data", "moved_on", 5, to=f"{OFFERED_IN}/back.fits")
    found = moves([back], words(seen=6))
    assert [one.at for one in found.first] == [f"{OFFERED_IN}/back.fits"]
    assert delivered(found) == [f"{DATA}/0.fits"]
    assert found.withdraw == ()


def test_what_cannot_be_placed_keeps_its_old_place():
    found = moves([link("blink")], fate=Fate.CULLED).without({member(0).stored})
    assert found.is_empty


def test_names_written_off_are_remembered_until_they_are_gone():
    frames = make_set()
    held = [link("blink", "withdrawn"), link("reject")]
    told = standings(held, fate=Fate.CULLED)
    ((one, seen_at),) = lingering(frames, told, links_of(held), ())
    assert (one.at, seen_at) == (f"{OFFERED_IN}/0.fits", f"{REJECTED_IN}/0.fits")
    assert not list(lingering(frames, told, links_of(held), {f"{OFFERED_IN}/0.fits"})), (
        "it is to be delivered again"
    )
    assert not list(lingering(frames, told, links_of(held[:1]), ())), "it would be seen nowhere"
