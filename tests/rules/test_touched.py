"""A set somebody has worked in is left as it lies, whatever becomes of the limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.policies import Cull, CullPass
from pipeline.model.verdicts import Fate
from pipeline.rules.culling import judge_set
from pipeline.rules.touched import leave_touched
from tests.judging import at, frame_set, hfr, link, said, seen, stored, words

LIMITS = Cull(pass1=CullPass(hfr=4.6, auto_percent="always"))


def fates(told, *links, values=(9.0, 2.0, 2.0), cull=LIMITS):
    """What becomes of three frames, the first beyond the limit."""
    frames = frame_set(len(values))
    by_stored = {one.stored: [each for each in links if each.stored == one.stored] for one in frames.members}
    verdict = leave_touched(judge_set(frames, hfr(*values), cull, told, {}), by_stored, told)
    return [verdict.frames[stored(n)] for n in range(len(values))]


@pytest.mark.parametrize("word", ["reject", "accept", "wait"])
def test_what_lies_in_10_blink_stays_there(word):
    kept, *_ = fates(words(frames=said(_1=word)), link(0, "blink"), link(1, "blink"))
    assert (kept.fate, kept.because) == (Fate.KEPT, "you have worked in this set")
    assert kept.reasons[0].value == 9.0


def test_what_was_culled_stays_culled_though_it_would_pass_now():
    told = words(seen=seen([1]))
    _, _, gone = fates(told, link(2, "reject"))
    assert (gone.fate, gone.because) == (Fate.CULLED, "culled before you worked in this set")


def test_a_restored_frame_comes_back_all_the_same():
    back, *_ = fates(words(frames=said(_0="restore", _1="reject")), link(0, "reject"))
    assert (back.fate, back.because) == (Fate.KEPT, "you restored it")


def test_a_late_frame_is_judged_as_ever():
    late, *_ = fates(words(seen=seen([1])), link(1, "blink"))
    assert late.fate is Fate.CULLED


def test_an_untouched_set_follows_its_limits():
    gone, _, back = fates(words(frames=said(_1="restore")), link(0, "blink"), link(2, "reject"))
    assert (gone.fate, back.fate) == (Fate.CULLED, Fate.KEPT)


def test_what_was_accepted_without_eyes_is_touched_too():
    kept, *_ = fates(words(), link(0, "data"))
    assert kept.fate is Fate.KEPT
    gone, *_ = fates(words(reopened=at(1)), link(0, "data"))
    assert gone.fate is Fate.CULLED


def test_an_answer_given_after_the_work_holds():
    asks = Cull(pass1=CullPass(hfr=4.6))
    worked = said(_1="reject")
    later, *_ = fates(words(frames=worked, answer="apply", answered=at(1)), link(0, "blink"), cull=asks)
    before, *_ = fates(words(frames=worked, answer="apply", answered=at(-1)), link(0, "blink"), cull=asks)
    assert (later.fate, before.fate) == (Fate.CULLED, Fate.KEPT)


def test_what_was_said_to_go_goes_though_the_set_was_looked_at_after_that():
    asks = Cull(pass1=CullPass(hfr=4.6))
    told = words(answer="apply", answered=at(1), dropped=frozenset({stored(0)}), seen=seen([0, 1, 2], 2))
    gone, *_ = fates(told, link(0, "blink"), link(1, "blink"), cull=asks)
    assert gone.fate is Fate.CULLED
    other, *_ = fates(replace(told, dropped=frozenset()), link(0, "blink"), cull=asks)
    assert (other.fate, other.because) == (Fate.KEPT, "you have worked in this set")
    back, *_ = fates(replace(told, frames=said(_0="restore")), link(0, "blink"), cull=asks)
    assert back.fate is Fate.KEPT


def test_a_set_that_asks_goes_on_asking():
    asked, *_ = fates(words(frames=said(_1="reject")), link(0, "blink"), cull=Cull(pass1=CullPass(hfr=4.6)))
    assert asked.fate is Fate.SUSPECT
