"""The limits of a rig held against a set: who goes, who is asked about, and whom a person's word keeps."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.frames import Frame, Kind
from pipeline.model.policies import Cull, CullPass, Relative
from pipeline.model.verdicts import Fate
from pipeline.rules.culling import judge_set
from pipeline.rules.layout import rejected_folder
from pipeline.rules.readings import readings
from pipeline.rules.values import number
from pipeline.rules.words import SetWords
from tests.judging import at, frame_set, hfr, rows, said, seen, stored, words

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "process.json"
ABSENT = [pytest.param({}, marks=pytest.mark.skip(reason="../shared/cases is not beside this checkout"))]
ALWAYS = CullPass(hfr=4.6, auto_percent="always")


def judge(measured, cull, told=None, *, usual=None, of=None):
    """The verdict on a set of as many frames as there are rows."""
    cull = Cull(pass1=cull) if isinstance(cull, CullPass) else cull
    return judge_set(frame_set(of or len(measured)), measured, cull, told or words(), usual or {})


def numbers(verdict, fate=Fate.CULLED):
    """Which frames have this fate."""
    return [n for n in range(len(verdict.frames)) if verdict.frames[stored(n)].fate is fate]


def cases(kind):
    if not CASES.is_file():
        return ABSENT
    return [case for case in json.loads(CASES.read_text(encoding="utf-8")) if case["kind"] == kind]


def as_row(said):
    """A frame of another program's case as we read it: a name's words, of which only numbers count."""
    hear = {key: number(str(value)) for key, value in said.items()}
    return readings(Frame(path="x.fits", hfr_px=hear.get("hfr"), rms_arcsec=hear.get("rmsac")))


@pytest.mark.parametrize("case", cases("cull"))
def test_other_programs_cases(case):
    asked, expected = case["input"], case["expect"]
    frames = asked["frames"]
    if isinstance(frames, str):
        total, bad, value, _, good = re.findall(r"\d+(?:\.\d+)?", frames)
        frames = [{"hfr": value}] * int(bad) + [{"hfr": good}] * (int(total) - int(bad))
    limits = CullPass(
        hfr=asked["max_hfr"],
        rms_arcsec=asked.get("max_rms"),
        auto_percent=asked.get("auto_accept_percent", 0),
    )
    verdict = judge(rows(*map(as_row, frames)), limits)
    beyond = [*numbers(verdict), *numbers(verdict, Fate.SUSPECT)]
    assert len(beyond) == expected.get("reject_count", len(expected.get("reject", beyond)))
    assert beyond == expected.get("reject", beyond)
    assert verdict.held == expected.get("prompt", bool(beyond))


@pytest.mark.parametrize("case", cases("cull reject path"))
def test_other_programs_reject_paths_with_rig_and_stage_kept(case):
    """A file outside the source was put down flat by them, where the next of its name lands on it: ours never is."""
    source, _, file = case["input"]["source"], case["input"]["reject"], case["input"]["file"]
    folder = file.removeprefix(source).strip("/").rpartition("/")[0]
    ours = f"{rejected_folder(folder)}/{file.rpartition('/')[2]}"
    theirs = case["expect"]["to"].replace(case["input"]["reject"], "_Reject")
    if file.startswith(source):
        assert ours == theirs
    else:
        assert (ours, theirs) == ("_Reject/other/test.fits", "_Reject/test.fits")


class TestALimit:
    def test_rejects_what_is_beyond_it_and_says_by_how_much(self):
        verdict = judge(hfr(4.5, 4.7), ALWAYS)
        assert numbers(verdict) == [1]
        (reason,) = verdict.frames[stored(1)].reasons
        assert (reason.quantity, reason.value, reason.limit, reason.stage) == ("hfr", 4.7, 4.6, "pass1")
        assert (verdict.losing, verdict.of, verdict.held) == (1, 2, False)

    def test_of_stars_and_altitude_rejects_what_is_too_little(self):
        limits = CullPass(stars=300, altitude_deg=30.0, auto_percent="always")
        measured = rows(
            {"stars": 299, "altitude_deg": 50},
            {"stars": 300, "altitude_deg": 30},
            {"stars": 400, "altitude_deg": 29},
        )
        assert numbers(judge(measured, limits)) == [0, 2]

    @pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
    def test_never_rejects_what_is_missing_but_counts_it(self, value):
        verdict = judge(rows({"hfr": value}, {}, None, {"hfr": 9.0}), ALWAYS, of=4)
        assert numbers(verdict) == [3]
        assert verdict.missing == {"hfr": 3}

    def test_knows_its_witness_and_is_held_against_no_other(self):
        verdict = judge(rows({"hfr_measured": 9.0}, {"hfr": 4.0, "hfr_measured": 9.0}), ALWAYS)
        assert numbers(verdict) == []
        assert verdict.missing == {"hfr": 1}

    def test_in_seconds_of_arc_says_nothing_of_a_guider_of_unknown_scale(self):
        frame = Frame(path="x.fits", rms_guider_px=9.0)
        limits = CullPass(rms_arcsec=2.0, auto_percent="always")
        assert numbers(judge(rows(readings(frame)), limits)) == []
        assert numbers(judge(rows(readings(frame, guider_arcsec_px=1.5)), limits)) == [0]

    def test_gives_every_reason_in_one_order(self):
        limits = CullPass(rms_arcsec=2.0, hfr=4.6, auto_percent="always")
        verdict = judge(rows({"rms_arcsec": 3.0, "hfr": 5.0}), limits)
        assert [one.quantity for one in verdict.frames[stored(0)].reasons] == ["hfr", "rms_arcsec"]

    def test_for_trails_rejects_what_was_crossed(self):
        measured = rows({"trail": 1.0}, {"trail": 0.0}, {})
        assert numbers(judge(measured, CullPass(trail=True, auto_percent="always"), of=3)) == [0]
        assert numbers(judge(measured, CullPass(trail=False, auto_percent="always"), of=3)) == []

    def test_that_only_marks_rejects_nothing(self):
        verdict = judge(rows({"trail": 1.0}), Cull(mark=CullPass(trail=True)))
        assert numbers(verdict, Fate.KEPT) == [0]
        (mark,) = verdict.frames[stored(0)].marks
        assert (mark.quantity, mark.stage) == ("trail", "mark")
        assert verdict.missing == {}


class TestTheQuestion:
    @pytest.mark.parametrize(
        ("auto", "bad", "held"),
        [(30, 2, False), (30, 3, True), (30, 9, True), (0, 1, True), (0, 0, False), (100, 9, False), (100, 10, True),
         ("always", 10, False)],
    )  # fmt: skip
    def test_is_asked_when_that_share_or_more_would_go(self, auto, bad, held):
        verdict = judge(hfr(*[9.0] * bad, *[2.0] * (10 - bad)), CullPass(hfr=4.6, auto_percent=auto))
        assert verdict.held is held
        assert numbers(verdict, Fate.SUSPECT if held else Fate.CULLED) == list(range(bad))
        assert (verdict.losing, verdict.of) == (bad, 10)

    def test_answered_apply_takes_them(self):
        told = words(answer="apply")
        assert numbers(judge(hfr(9, 9, 2), CullPass(hfr=4.6), told)) == [0, 1]

    def test_answered_keep_leaves_them_and_says_why(self):
        verdict = judge(hfr(9, 9, 2), CullPass(hfr=4.6), words(answer="keep"))
        assert not verdict.held
        assert numbers(verdict, Fate.KEPT) == [0, 1, 2]
        kept = verdict.frames[stored(0)]
        assert kept.because == "you said keep"
        assert kept.reasons[0].value == 9

    def test_answered_holds_for_frames_that_come_later(self):
        assert numbers(judge(hfr(9, 9, 2, 9), CullPass(hfr=4.6, auto_percent=90), words(answer="keep"))) == []

    def test_counts_the_frames_that_are_still_there(self):
        measured = hfr(9, 9, 9, 2, 2, 2, 2, 2, 2, 2)
        limits = CullPass(hfr=4.6, auto_percent=30)
        assert judge(measured, limits).held
        assert not judge(measured, limits, words(frames=said(_0="restore"))).held
        assert judge(measured, limits, words(frames=said(_9="reject"))).held


class TestPass2:
    TWO = Cull(pass1=CullPass(hfr=4.6, auto_percent=30), pass2=CullPass(hfr=5.5, auto_percent="always"))

    def test_is_not_run_where_no_table_asks_for_it(self):
        assert numbers(judge(hfr(5.0, 6.0), Cull(pass1=CullPass(hfr=4.6)), words(answer="keep"))) == []

    def test_waits_while_pass_1_asks(self):
        verdict = judge(hfr(5.0, 6.0, 2.0), self.TWO)
        assert verdict.held
        assert numbers(verdict, Fate.SUSPECT) == [0, 1]
        assert {one.stage for one in verdict.frames[stored(1)].reasons} == {"pass1"}

    def test_drops_the_hopeless_after_keep(self):
        verdict = judge(hfr(5.0, 6.0, 2.0), self.TWO, words(answer="keep"))
        assert numbers(verdict) == [1]
        assert [one.stage for one in verdict.frames[stored(1)].reasons] == ["pass1", "pass2"]
        assert verdict.frames[stored(0)].because == "you said keep"

    def test_judges_only_what_pass_1_left(self):
        cull = Cull(
            pass1=CullPass(hfr=4.6, auto_percent="always"), pass2=CullPass(stars=100, auto_percent="always")
        )
        verdict = judge(
            rows({"hfr": 9.0, "stars": 1}, {"hfr": 2.0, "stars": 1}, {"hfr": 2.0, "stars": 500}), cull
        )
        assert numbers(verdict) == [0, 1]
        assert [one.stage for one in verdict.frames[stored(0)].reasons] == ["pass1"]

    def test_may_ask_too_and_says_about_how_many(self):
        cull = Cull(
            pass1=CullPass(hfr=4.6, auto_percent="always"), pass2=CullPass(stars=100, auto_percent=30)
        )
        measured = rows({"hfr": 9.0}, {"stars": 1}, {"stars": 500})
        verdict = judge(measured, cull)
        assert (verdict.held, verdict.losing, verdict.of) == (True, 1, 2)
        assert (numbers(verdict), numbers(verdict, Fate.SUSPECT)) == ([0], [1])
        assert numbers(judge(measured, cull, words(answer="apply"))) == [0, 1]
        assert numbers(judge(measured, cull, words(answer="keep"))) == []

    def test_may_stand_alone(self):
        assert numbers(judge(hfr(6.0, 5.0), Cull(pass2=CullPass(hfr=5.5, auto_percent="always")))) == [0]


class TestAPersonsWord:
    @pytest.mark.parametrize(
        ("word", "because"),
        [("restore", "you restored it"), ("accept", "you accepted it"), ("wait", "you put it back")],
    )
    def test_keeps_a_frame_whatever_the_limits_say(self, word, because):
        verdict = judge(hfr(9, 9), ALWAYS, words(frames=said(_0=word)))
        assert numbers(verdict) == [1]
        assert verdict.frames[stored(0)].because == because
        assert verdict.frames[stored(0)].reasons[0].value == 9

    @pytest.mark.parametrize("word", ["reject", "give-up"])
    def test_takes_a_frame_out_of_the_limits_hands(self, word):
        verdict = judge(hfr(9, 2, 2), ALWAYS, words(frames=said(_0=word)))
        assert numbers(verdict) == []
        assert verdict.frames[stored(0)].because.startswith("you ")
        assert (verdict.losing, verdict.of) == (0, 2)

    def test_that_they_have_looked_is_not_judged_anew(self):
        verdict = judge(hfr(9, 9, 2), ALWAYS, words(seen=seen([0, 2])))
        assert numbers(verdict) == [1]
        assert verdict.frames[stored(0)].because == "you have looked at it"
        assert verdict.frames[stored(0)].reasons == ()

    def test_of_late_frames_the_share_is_that_of_the_whole_set(self):
        told = words(seen=seen(range(9)))
        assert not judge(hfr(*[2.0] * 9, 9.0), CullPass(hfr=4.6, auto_percent=30), told).held


@pytest.mark.parametrize("kind", [Kind.FLAT, Kind.DARK, Kind.BIAS, Kind.FLATDARK])
def test_calibration_frames_are_kept_whatever_limits_say(kind):
    verdict = judge_set(frame_set(2, kind), hfr(9, 9), Cull(pass1=ALWAYS), words(), {})
    assert numbers(verdict, Fate.KEPT) == [0, 1]
    assert not verdict.held


def test_a_set_without_frames_or_without_limits_is_no_trouble():
    assert judge_set(frame_set(0), {}, Cull(pass1=ALWAYS), words(), {}).frames == {}
    assert numbers(judge(hfr(9), Cull())) == []
    assert numbers(judge(hfr(9), CullPass())) == []


_NUMBERS = st.one_of(st.none(), st.floats(), st.floats(0.5, 9.0), st.sampled_from([4.6, 4.7]))


@given(st.lists(_NUMBERS, min_size=1, max_size=12), st.floats(0.5, 9.0), st.integers(0, 100))
def test_what_equals_its_limit_or_is_no_number_is_never_rejected(values, limit, auto):
    verdict = judge(rows(*({"hfr": value} for value in values)), CullPass(hfr=limit, auto_percent=auto))
    beyond = [
        n for n, value in enumerate(values) if value is not None and math.isfinite(value) and value > limit
    ]
    held = bool(beyond) and 100 * len(beyond) / len(values) >= auto
    assert verdict.held is held
    assert numbers(verdict, Fate.SUSPECT if held else Fate.CULLED) == beyond
    assert set(verdict.frames) == {stored(n) for n in range(len(values))}


_LIMITS = st.sampled_from([None, 4.6, Relative(sigma=2.0), Relative(times=1.3), Relative(usual=1.2)])


@given(st.permutations(range(9)), st.lists(_NUMBERS, min_size=9, max_size=9), _LIMITS, _LIMITS)
def test_the_order_of_frames_makes_no_difference(order, values, first, second):
    cull = Cull(pass1=CullPass(hfr=first, auto_percent=60), pass2=CullPass(hfr=second, auto_percent="always"))
    measured = rows(*({"hfr": value} for value in values))
    plain = frame_set(9)
    shuffled = frame_set(9, members=tuple(plain.members[n] for n in order))
    usual = {"hfr": 3.0}
    one = judge_set(plain, measured, cull, words(), usual)
    other = judge_set(shuffled, dict(reversed(measured.items())), cull, words(), usual)
    assert dict(one.frames) == dict(other.frames)
    assert (one.held, one.losing, one.missing) == (other.held, other.losing, other.missing)


def test_who_said_apply_and_then_looked_at_the_rest_has_not_kept_the_suspects():
    measured = rows(*[{"hfr": 2.0 if n < 5 else 6.0} for n in range(10)])
    everything = {stored(n): at(1) for n in range(10)}
    before, after = (SetWords(seen=everything, answer="apply", answered=at(hours)) for hours in (0.5, 1.5))
    assert numbers(judge(measured, CullPass(hfr=4.6), before)) == [5, 6, 7, 8, 9]
    assert numbers(judge(measured, CullPass(hfr=4.6), after)) == []
