"""The cull says what went, by which limit, in words a person takes in with the first coffee."""

from __future__ import annotations

import pytest

from pipeline.model.policies import Cull, CullPass, Relative
from pipeline.model.verdicts import Reason
from pipeline.rules.cull_words import (
    Moves,
    diary_line,
    headline,
    missing,
    moves,
    outcome,
    reason_text,
    reasons_text,
    summary,
)
from pipeline.rules.culling import judge_set
from tests.judging import frame_set, hfr, link, name, rows, said, stored, words


def judge(measured, told=None, of=None, **limits):
    limits = {"auto_percent": "always"} | limits
    frames = frame_set(of or len(measured))
    return judge_set(frames, measured, Cull(pass1=CullPass(**limits)), told or words(), {"hfr": 2.0})


def test_the_diary_line_is_that_of_a_night():
    measured = rows(*[{"hfr": 5.0}] * 3, {"rms_arcsec": 2.31}, *[{"hfr": 2.0, "rms_arcsec": 0.5}] * 38)
    verdict = judge(measured, hfr=4.6, rms_arcsec=2.0)
    line = diary_line(frame_set(42), verdict, Moves())
    assert line == (
        "C8E   M31 L 300 s             38 of 42 kept    3 HFR > 4.6 px, 1 RMS 2.31″ > 2.0″; "
        "1 without HFR, 3 without RMS"
    )


def test_a_set_that_asks_says_how_much_it_would_lose():
    verdict = judge(hfr(*[9.0] * 31, *[2.0] * 29), hfr=4.6, auto_percent=30)
    assert outcome(verdict) == "would lose 31 of 60 (52 %): asks you"
    assert diary_line(frame_set(60), verdict, Moves()).endswith("asks you")
    assert headline(verdict) == "would lose 31 of 60 (52 %): asks you; 31 HFR > 4.6 px"


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason(quantity="hfr", value=5.1, limit=4.6), "HFR 5.1 px (NINA) > 4.6"),
        (
            Reason(quantity="hfr_measured", value=5.1, limit=2.835, derived="1.35 x the set's median 2.1"),
            "HFR 5.1 px (measured) > 2.83 (1.35 x the set's median 2.1)",
        ),
        (Reason(quantity="rms_arcsec", value=2.31, limit=2.0), "RMS 2.31″ (NINA) > 2.0"),
        (Reason(quantity="stars_measured", value=212, limit=480.4), "stars 212 (measured) < 480"),
        (Reason(quantity="altitude_deg", value=24.12, limit=30), "altitude 24.1° (computed) < 30.0"),
        (Reason(quantity="trail", value=1, limit=0), "satellite trail (measured)"),
    ],
)
def test_a_reason_has_value_unit_source_and_limit(reason, text):
    assert reason_text(reason) == text


def test_what_two_witnesses_measure_is_told_apart():
    verdict = judge(rows({"hfr": 5.0}, {"hfr_measured": 5.0, "hfr": 2.0}), hfr=4.6, hfr_measured=4.0)
    assert summary(verdict.frames.values()) == "1 HFR 5.0 > 4.6 px, 1 measured HFR 5.0 > 4.0 px"


def test_a_frame_says_what_keeps_it_and_what_it_is_marked_for():
    told = words(frames=said(_0="restore"))
    cull = Cull(pass1=CullPass(hfr=4.6, auto_percent="always"), mark=CullPass(trail=True))
    verdict = judge_set(frame_set(1), rows({"hfr": 5.0, "trail": 1}), cull, told, {})
    assert reasons_text(verdict.frames[stored(0)]) == (
        "HFR 5.0 px (NINA) > 4.6; you restored it; marked: satellite trail (measured)"
    )


def test_what_nobody_measured_is_said():
    assert missing(judge(rows({"hfr": 2.0}, {}), hfr=4.6, rms_arcsec=2.0)) == "1 without HFR, all without RMS"
    assert missing(judge(hfr(2.0), hfr=Relative(times=2))) == ""


def test_changed_limits_say_which_frames_leave_and_which_come_back():
    frames = frame_set(6)
    verdict = judge(hfr(9, 9, 9, 9, 9, 2), hfr=4.6)
    links = {stored(n): [link(n, "blink" if n < 5 else "reject")] for n in range(6)}
    moved = moves(frames, verdict, links, words())
    assert moved == Moves(leaving=tuple(name(n) for n in range(5)), returning=(name(5),))
    assert diary_line(frames, verdict, moved).endswith(
        "5 leave 10_Blink: 2026-01-15_00-00-33, 2026-01-15_00-01-33, 2026-01-15_00-02-33 and 2 others; "
        "1 comes back: 2026-01-15_00-05-33"
    )


def test_frames_a_person_put_away_are_not_counted_as_kept():
    verdict = judge(hfr(2, 2, 9), words(frames=said(_0="reject")), hfr=4.6)
    assert outcome(verdict) == "1 of 2 kept"
