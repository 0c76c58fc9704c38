"""Each frame is in exactly one state, and a person's word outranks every limit."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.model.frames import Kind
from pipeline.model.policies import Accept, Blink
from pipeline.model.verdicts import Fate, State
from pipeline.rules.deliveries import ACCEPTING, OFFERING, plan_moves
from pipeline.rules.positions import Place, stage_of
from pipeline.rules.records import moment
from pipeline.rules.standings import NOT_SEEN, why_not_accepted
from pipeline.rules.words import ACCEPT, GIVE_UP, REJECT, RESTORE, WAIT
from tests.rules.set_values import (
    BLINK,
    DATA,
    ON,
    link,
    links_of,
    make_set,
    member,
    standing,
    standings,
    verdict,
    word,
    words,
)


@pytest.mark.parametrize(
    ("fate", "state", "place"),
    [
        (None, State.STORED, Place.NOWHERE),
        (Fate.KEPT, State.OFFERED, Place.BLINK),
        (Fate.SUSPECT, State.HELD, Place.BLINK),
        (Fate.CULLED, State.CULLED, Place.REJECT),
    ],
)
def test_nobody_spoke_so_the_limits_say(fate, state, place):
    told = standing(fate=fate)
    assert (told.state, told.place) == (state, place)


@pytest.mark.parametrize("fate", [None, *Fate])
@pytest.mark.parametrize(
    ("says", "state", "place"),
    [
        (REJECT, State.REJECTED, Place.REJECT),
        (GIVE_UP, State.GIVEN_UP, Place.NOWHERE),
        (ACCEPT, State.ACCEPTED, Place.DATA),
    ],
)
def test_a_word_outranks_every_limit(fate, says, state, place):
    told = standing([link("blink")], words(word(says, why="because")), fate)
    assert (told.state, told.place, told.why) == (state, place, "because")


def test_a_restored_frame_is_offered_whatever_the_limits_say():
    assert standing([link("reject")], words(word(RESTORE)), Fate.CULLED).state is State.OFFERED


def test_what_was_looked_at_is_accepted_but_not_what_was_culled():
    assert standing([link("blink")], words(seen=1)).state is State.ACCEPTED
    assert standing([link("reject")], words(seen=1), Fate.CULLED).state is State.CULLED


def test_somebody_who_looked_at_a_suspect_has_answered():
    assert standing([link("blink")], words(seen=1), Fate.SUSPECT, is_held=True).state is State.ACCEPTED


def test_put_back_among_those_that_wait_it_needs_another_look():
    assert standing([link("blink")], words(word(WAIT, 2), seen=1)).state is State.OFFERED
    assert standing([link("blink")], words(word(WAIT, 2), seen=3)).state is State.ACCEPTED


@pytest.mark.parametrize(
    ("place", "state"),
    [
        (link("data"), State.ACCEPTED),
        (link("data", "moved_on", 5, to=f"{ON}/0.fits"), State.MOVED_ON),
        (link("data", "moved_on", 5, to=DATA.replace("M31", "Andromeda") + "/0.fits"), State.ACCEPTED),
        (link("data", "absent", 5), State.TAKEN_OUT),
        (link("data", "absent", 5)._replace(at=f"{ON}/0.fits"), State.MOVED_ON),
        (link("blink", "moved_on", 5, to=f"{DATA}/mine.fits"), State.ACCEPTED),
        (link("blink", "moved_on", 5, to=f"{ON}/mine.fits"), State.MOVED_ON),
        (link("blink", "absent", 6)._replace(at=f"{DATA}/mine.fits"), State.TAKEN_OUT),
    ],
)
@pytest.mark.parametrize("fate", [None, *Fate])
def test_what_was_accepted_stays_accepted_whatever_the_limits_say_later(place, state, fate):
    assert standing([place], words(seen=1), fate).state is state


def test_a_reopened_set_is_judged_anew_and_looked_at_anew():
    assert standing([link("data", delivered=2)], words(reopened=3)).state is State.OFFERED
    assert standing([link("data", delivered=4)], words(reopened=3)).state is State.ACCEPTED
    assert standing([link("data", delivered=2)], words(word(ACCEPT, 1), reopened=3)).state is State.OFFERED
    assert standing([link("data", delivered=2)], words(word(ACCEPT, 4), reopened=3)).state is State.ACCEPTED


def test_what_is_accepted_goes_back_only_when_a_person_asks_for_it():
    assert standing([link("data", delivered=2)], words(word(WAIT, 3))).state is State.OFFERED
    assert standing([link("data", delivered=2)], words(word(RESTORE, 3))).state is State.ACCEPTED
    taken_out = link("data", "absent", 3, delivered=2)
    assert standing([taken_out], words(word(RESTORE, 4))).state is State.OFFERED
    assert standing([taken_out], words(word(RESTORE, 4), seen=1)).state is State.OFFERED
    assert standing([taken_out], words(word(RESTORE, 4), seen=5)).state is State.ACCEPTED


def test_an_empty_place_is_asked_about_until_somebody_speaks():
    gone = link("blink", "absent", 5)
    assert standing([gone]).state is State.GONE
    assert standing([gone], words(seen=4)).state is State.GONE, "it was looked at, and vanished after that"
    assert standing([gone], words(seen=6)).state is State.ACCEPTED
    assert standing([gone], words(word(RESTORE, 6))).state is State.OFFERED
    assert standing([gone], words(word(RESTORE, 4))).state is State.GONE, "it vanished again"
    assert standing([gone, link("reject", delivered=6)]).state is State.OFFERED, (
        "its rejection was taken back"
    )


@pytest.mark.parametrize(
    ("moved", "state"),
    [
        (link("blink", "moved_on", 5, to="_Reject/mine/0.fits"), State.REJECTED),
        (link("reject", "moved_on", 5, to=f"{BLINK}/0.fits"), State.OFFERED),
        (link("data", "moved_on", 5, to=f"{BLINK}/0.fits"), State.OFFERED),
    ],
)
def test_moving_a_frame_by_hand_says_something_even_before_it_is_written_down(moved, state):
    assert (
        standing([moved], words(seen=1), Fate.CULLED if moved.link.startswith("_R") else Fate.KEPT).state
        is state
    )


def test_what_is_still_offered_of_an_accepted_set_came_late():
    frames = make_set(2)
    told = standings([link("data"), link("blink", number=1)], frames=frames)
    assert [told[one.stored].state for one in frames.members] == [State.ACCEPTED, State.LATE]


@pytest.mark.parametrize("kind", [Kind.FLAT, Kind.DARK, Kind.BIAS, Kind.FLATDARK])
def test_calibration_frames_pass_and_stay_in_the_store(kind):
    frames = make_set(2, kind)
    assert standing(frames=frames).state is State.OFFERED
    seen = standings([link("blink")], words(seen=1), frames=frames)
    assert [told.state for told in seen.values()] == [State.PASSED, State.LATE]
    assert seen[member(0).stored].place is Place.NOWHERE
    assert standing([], words(word(REJECT)), frames=frames).state is State.REJECTED


def test_a_rig_that_asks_for_no_eyes():
    blind = Blink(light=False, flat=False)
    assert standing(frames=make_set(1, Kind.FLAT), blink=blind).state is State.PASSED
    light = standing(blink=blind)
    assert (light.state, light.seen, light.why) == (State.ACCEPTED, False, NOT_SEEN)
    assert standing(fate=Fate.CULLED, blink=blind).state is State.CULLED
    assert standing(fate=None, blink=blind).state is State.STORED


def test_accepted_without_eyes_says_so_as_long_as_nobody_has_spoken_for_it():
    auto = Accept(mode="auto")
    assert standing(accept=auto).why == NOT_SEEN
    assert standing([link("data")], accept=auto).why == NOT_SEEN
    assert standing([link("data")], words(seen=1), accept=auto).seen
    assert standing(accept=auto, is_held=True).state is State.OFFERED
    assert standing(frames=make_set(1, Kind.FLAT), accept=auto).state is State.OFFERED, "flats are looked at"


def test_criteria_count_what_was_looked_at_and_is_good():
    frames, few = make_set(3), Accept(min_frames=2)
    stored = [one.stored for one in frames.members]
    said = words(seen=1)
    assert why_not_accepted(frames, said, verdict(frames), few) == "1 of the 2 frames its rig asks for"
    assert why_not_accepted(frames, said, verdict(frames), few, settled={stored[1]}) == ""
    assert why_not_accepted(frames, said, verdict(frames), few, unasked=True) == ""
    minutes = why_not_accepted(frames, said, verdict(frames), Accept(min_minutes=10))
    assert minutes == "5 of the 10 minutes its rig asks for"
    assert standing([link("blink")], said, frames=frames, accept=few).state is State.OFFERED
    assert (
        standing([link("blink")], words(seen=1, forced=True), frames=frames, accept=few).state
        is State.ACCEPTED
    )
    rejected = words(word(REJECT), seen=1)
    assert why_not_accepted(frames, rejected, None, Accept(min_frames=1)).startswith("0 of")


_minutes = st.integers(0, 9).map(float)
_links = st.builds(
    lambda place, state, since, delivered, to: link(
        place,
        state,
        max(since, delivered),
        delivered=delivered,
        to=f"{to}/0.fits" if state == "moved_on" else "",
    ),
    st.sampled_from(["blink", "reject", "data"]),
    st.sampled_from(["delivered", "withdrawn", "absent", "moved_on", "accepted"]),
    _minutes,
    _minutes,
    st.sampled_from([BLINK, DATA, ON, f"{BLINK}/bad", "_Reject/mine"]),
)
_words = st.builds(
    lambda said, seen, forced, reopened: words(*said, seen=seen, forced=forced, reopened=reopened),
    st.lists(
        st.builds(word, st.sampled_from([REJECT, ACCEPT, WAIT, RESTORE, GIVE_UP]), _minutes), max_size=1
    ),
    st.none() | _minutes,
    st.booleans(),
    st.none() | _minutes,
)


@given(
    st.lists(_links, max_size=3, unique_by=lambda one: one.link),
    _words,
    st.none() | st.sampled_from(list(Fate)),
)
def test_whatever_happened_there_is_one_state_and_its_moves_come_to_an_end(held, said, fate):
    """Done once, the moves leave nothing to do: the ledger that follows from them asks for no more."""
    ours = {Place.BLINK, Place.REJECT, Place.DATA}
    moved = [
        one for one in held if one.state == "moved_on" and stage_of(one.to) in ours - {stage_of(one.link)}
    ]
    heard = max((one.when for one in said.frames.values()), default=None)
    for one in moved:  # what a person moved between our folders became a word before anything acted on it
        assume(heard is not None and heard > max(moment(one.since), moment(one.delivered)))
    frames = make_set()
    told = standings(held, said, fate)
    moves = plan_moves(frames, told, links_of(held), said, OFFERING | ACCEPTING)
    after = {one.link: one for one in held}
    for one in moves.first:
        after[one.link] = after[one.link]._replace(state="withdrawn", to="")
    for new in moves.deliver:
        when = link("blink", since=20, delivered=20)
        after[new.link] = when._replace(link=new.link)
    for one in moves.withdraw:
        state = "withdrawn" if one.accepted_to is None else "accepted"
        after[one.link] = after[one.link]._replace(state=state, to=one.accepted_to or "")
    links = links_of(after.values())
    again = plan_moves(frames, standings(after.values(), said, fate), links, said, OFFERING | ACCEPTING)
    assert again.is_empty, (told, moves, again)
    assert {one.link for one in moves.deliver}.isdisjoint(one.link for one in moves.withdraw)
