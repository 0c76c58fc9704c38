"""Of all that was said about a set, what holds: the latest word on a frame, the looks since it was last reopened."""

from __future__ import annotations

from datetime import datetime

from pipeline.model.records import About, Decision
from pipeline.rules.decisions import Decisions, fold
from pipeline.rules.words import ACCEPT, BLINK, CULL, GIVE_UP, REJUDGE, REOPEN, RESTORE, words_of
from tests.rules.set_values import RIG, at, make_set

FRAMES = make_set(3)
ONE, TWO, THREE = (member.stored for member in FRAMES.members)


def said(
    minute: float, kind: str, about: About = About.SET, subject: str = FRAMES.id, **values: object
) -> Decision:
    why, undoes = str(values.pop("why", "")), values.pop("undoes", None)
    return Decision(
        id=f"{minute}", kind=kind, about=about, subject=subject, when=at(minute), values=values, why=why, undoes=undoes and str(undoes)
    )  # fmt: skip


def on(minute: float, stored: str, kind: str, **values: object) -> Decision:
    return said(minute, kind, About.FRAME, stored, **values)


def heard(*decisions: Decision) -> Decisions:
    return fold([decisions])


def looks(*decisions: Decision) -> dict[str, datetime]:
    return dict(words_of(FRAMES, heard(*decisions)).seen)


def test_nobody_said_anything():
    words = words_of(FRAMES, heard())
    assert not words.is_touched
    assert (words.frames, words.seen, words.forced, words.answer) == ({}, {}, frozenset(), "")


def test_the_latest_word_on_a_frame_speaks_whatever_its_kind():
    words = words_of(
        FRAMES,
        heard(
            on(1, ONE, BLINK, verdict="reject", why="moved into bad/"),
            on(2, ONE, RESTORE),
            on(3, TWO, RESTORE),
            on(4, TWO, GIVE_UP),
        ),
    )
    assert {stored: word.says for stored, word in words.frames.items()} == {ONE: "restore", TWO: "give-up"}
    assert THREE not in words.frames


def test_why_it_was_said_is_kept():
    word = words_of(FRAMES, heard(on(1, ONE, BLINK, verdict="reject", why="moved into bad/"))).frames[ONE]
    assert (word.says, word.why, word.when) == ("reject", "moved into bad/", at(1))


def test_of_several_looks_at_a_frame_the_latest_counts():
    assert looks(said(1, BLINK, frames=[ONE, TWO]), said(2, BLINK, frames=[ONE])) == {ONE: at(2), TWO: at(1)}


def test_reopening_forgets_the_looks_before_it():
    before, after = said(1, BLINK, frames=[ONE, TWO]), said(3, ACCEPT, frames=[ONE])
    assert looks(before, said(2, REOPEN), after) == {ONE: at(3)}
    assert words_of(FRAMES, heard(before, said(2, REOPEN))).reopened == at(2)


def test_an_undone_look_was_none():
    assert looks(said(1, BLINK, frames=[ONE]), said(2, "undo", undoes="1")) == {}


def test_accept_by_command_forces_its_frames_alone():
    words = words_of(
        FRAMES, heard(said(1, BLINK, frames=[ONE]), said(2, ACCEPT, frames=[TWO], without=["flat"]))
    )
    assert words.forced == {TWO}
    assert set(words.seen) == {ONE, TWO}


def test_the_answer_to_the_culls_question_is_the_latest():
    words = words_of(FRAMES, heard(said(1, CULL, answer="apply"), said(2, CULL, answer="keep")))
    assert (words.answer, words.answered) == ("keep", at(2))


def test_judging_anew_may_be_asked_of_the_set_or_of_its_rig():
    assert words_of(FRAMES, heard(said(1, REJUDGE), said(2, REJUDGE, About.RIG, RIG))).rejudge == at(2)


def test_a_decision_that_holds_nonsense_says_nothing():
    odd = heard(said(1, BLINK, frames="all"), said(2, ACCEPT, frames=[1, None, ONE]), said(3, CULL))
    words = words_of(FRAMES, odd)
    assert set(words.seen) == {ONE}
    assert words.answer == ""


def test_words_on_other_sets_and_frames_are_not_heard():
    words = words_of(
        FRAMES, heard(said(1, BLINK, subject="other", frames=[ONE]), on(2, "elsewhere.fits", RESTORE))
    )
    assert not words.seen
    assert not words.frames
