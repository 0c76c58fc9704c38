"""What `doit status` says of sets: questions, eyes, remainders, what is stuck."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from pipeline.model.policies import Accept
from pipeline.model.verdicts import Fate, Judgement, Reason, SetVerdict, State
from pipeline.rules.attention import asking, not_over, stuck_sets, to_know, waiting_for_you
from pipeline.rules.positions import Place
from pipeline.rules.set_seen import SetSeen
from pipeline.rules.standings import NOT_SEEN, Standing
from pipeline.rules.touched import IN_USE
from tests.judging import RIG, at, frame_set, link, seen, stored, words

SET = f'"{frame_set(1).id}"'


def set_seen(*states: State, **more) -> SetSeen:
    frames = more.pop("frames", frame_set(len(states)))
    standings = {stored(n): Standing(state=state, place=Place.BLINK) for n, state in enumerate(states)}
    told = {
        "frames": frames,
        "words": words(),
        "verdict": SetVerdict(),
        "standings": standings,
        "links": {stored(n): [link(n, "blink", hours=0)] for n in range(len(states))},
        "accept": Accept(),
    }
    return SetSeen(**told | more)


def held(number: int) -> SetVerdict:
    reason = Reason(quantity="hfr", value=5.1, limit=4.6)
    suspects = {stored(n): Judgement(fate=Fate.SUSPECT, reasons=(reason,)) for n in range(number)}
    return SetVerdict(frames=suspects, held=True, losing=number, of=2 * number)


def test_a_held_set_asks_with_both_answers():
    one = set_seen(*[State.HELD] * 3, *[State.OFFERED] * 3, verdict=held(3))
    [asks] = asking([one])
    assert asks.what.startswith("M31 L 300 s, C8E, 2026-01-14 would lose 3 of 6 (50 %): 3 HFR > 4.6 px")
    assert (asks.command, asks.or_else) == (f"doit cull {SET} --apply", f"doit cull {SET} --keep")
    assert (
        asks.brief == "M31 L 300 s, C8E, 2026-01-14 would lose 3 of 6 (50 %): 3 HFR > 4.6 px. Shall they go?"
    )
    assert asks.typed == "doit cull --rig C8E --night 2026-01-14 --apply  (or --keep)"
    assert waiting_for_you([one], at(1)) == []  # the question is said once


def test_of_two_sets_of_a_night_that_ask_none_is_answered_by_its_night_alone():
    one = set_seen(*[State.HELD] * 3, verdict=held(3))
    assert [asks.typed for asks in asking([one, replace(one, frames=frame_set(3, id="x"))])] == [
        "doit cull"
    ] * 2


def test_sets_of_a_night_wait_for_eyes_in_one_line_with_the_page():
    one = set_seen(*[State.OFFERED] * 3, page="_Reports/blink/C8E 2026-01-14.html")
    other = replace(one, frames=frame_set(3, id="x", label="M31 R 300 s"))
    [eyes] = waiting_for_you([one, other], at(1))
    assert eyes.what.startswith(
        f"2 sets of {RIG}, night of 2026-01-14, wait for your eyes: M31 L 300 s (3), M31 R 300 s (3)"
    )
    assert eyes.where == "_Reports/blink/C8E 2026-01-14.html"
    assert eyes.command == f'doit blink --rig "{RIG}" --night 2026-01-14'
    [single] = waiting_for_you([one], at(1))
    assert single.command == f"doit blink {SET}"


def test_without_a_page_the_folder_is_named():
    [eyes] = waiting_for_you([set_seen(State.OFFERED)], at(1))
    assert eyes.where == frame_set(1).blink


def test_many_nights_are_summed_and_the_oldest_shown():
    nights = [set_seen(State.OFFERED, frames=frame_set(1, night=date(2026, 1, 30 - day))) for day in range(9)]
    total, *each = waiting_for_you(nights, at(24 * 3))
    assert total.what.startswith("9 sets of 9 nights, 9 frames, wait for your eyes, the oldest for 3 days")
    assert "the oldest 6 nights of 9 follow" in total.what
    assert len(each) == 6
    assert [one.what.count("BLINKED") for one in (total, *each)] == [1, *[0] * 6]
    assert each[0].brief == "  C8E, 2026-01-22: M31 L 300 s (1)"
    assert total.typed == "doit blink --rig C8E --night 2026-01-22"
    assert "2026-01-22" in each[0].what


def test_a_remainder_says_what_was_accepted_and_what_came_late():
    states = [*[State.ACCEPTED] * 3, State.LATE, State.LATE]
    [late] = waiting_for_you([set_seen(*states)], at(1))
    assert late.what.startswith(
        "M31 L 300 s, C8E, 2026-01-14: 3 accepted, 2 late: they came after you had looked"
    )
    assert late.command == f"doit blink {SET}"


def test_a_set_that_is_short_of_frames_waits_then_is_stuck():
    one = set_seen(
        *[State.OFFERED] * 3, words=words(seen=seen(range(3))), accept=Accept(min_frames=10, stuck_days=14)
    )
    [waiting] = waiting_for_you([one], at(24))
    assert "3 of the 10 frames its rig asks for" in waiting.what
    assert waiting.command == f"doit accept {SET}"
    assert stuck_sets([one], at(24)) == []
    assert waiting_for_you([one], at(24 * 15)) == []
    [stuck] = stuck_sets([one], at(24 * 15))
    assert "waits for 15 days to be accepted: 3 of the 10 frames" in stuck.what


def test_a_set_nobody_looks_at_is_stuck_after_its_rigs_days():
    one = set_seen(State.OFFERED, accept=Accept(stuck_days=2))
    assert stuck_sets([one], at(24)) == []
    [stuck] = stuck_sets([one, one], at(24 * 3))
    assert stuck.what.startswith(
        "2 sets waited more than 2 days for your eyes, the oldest for 3 days: M31 L 300 s"
    )


def test_what_needs_no_eyes_waits_for_frames_alone():
    one = set_seen(*[State.OFFERED] * 3, accept=Accept(mode="auto", min_frames=10))
    [waiting] = waiting_for_you([one], at(1))
    assert waiting.what.endswith("waits to be accepted: 3 of the 10 frames its rig asks for")


def test_frames_that_could_not_be_measured_are_named():
    one = set_seen(State.OFFERED, troubles={stored(0): "the data end after 12.1 of 52.2 MB"})
    [stuck] = stuck_sets([one], at(1))
    assert "1 frame of M31 L 300 s, C8E, 2026-01-14 was not measured" in stuck.what
    assert stuck.where == stored(0)


def test_a_night_that_is_not_over_says_how_to_judge_it_now():
    one = set_seen(State.STORED, over=False)
    [later] = not_over([one, one])
    assert later.what.startswith(f"2 sets of {RIG}, night of 2026-01-14, are judged when the night is over")
    assert later.command == "doit --now"
    assert not_over([set_seen(State.STORED)]) == []


def test_limits_that_leave_a_folder_alone_and_frames_nobody_saw_are_told():
    left = SetVerdict(frames={stored(0): Judgement(fate=Fate.KEPT, because=IN_USE)})
    [worked] = to_know([set_seen(State.OFFERED, verdict=left)])
    assert "1 frame exceeds the limits as they are now, and stays: you have worked in this set" in worked
    unseen = Standing(state=State.ACCEPTED, place=Place.DATA, why=NOT_SEEN, seen=False)
    [told] = to_know([set_seen(State.ACCEPTED, standings={stored(0): unseen})])
    assert told.endswith("1 frame accepted by its rig's file, not seen by anybody")
