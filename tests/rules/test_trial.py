"""Limits tried on what was measured, beside what people said by eye."""

from __future__ import annotations

import pytest

from pipeline.model.errors import UserError
from pipeline.model.policies import Cull, CullPass, Relative
from pipeline.rules.trial import parse_limit, tried_cull, try_set
from pipeline.rules.trial_plot import HEIGHT, plot_quantity
from pipeline.rules.trial_words import limits_text, trial_rows, trial_totals
from tests.judging import frame_set, hfr, name, said, seen, words

NOW = Cull(pass1=CullPass(hfr=4.6, rms_arcsec=2.0, auto_percent="always"), mark=CullPass(trail=True))


@pytest.mark.parametrize(
    ("typed", "limit"),
    [("4.2", 4.2), ("1.35x", Relative(times=1.35)), ("3sigma", Relative(sigma=3)), ("2.5 s", Relative(sigma=2.5)),
     ("1.4usual", Relative(usual=1.4)), ("none", None), (".5x", Relative(times=0.5))],
)  # fmt: skip
def test_a_limit_is_typed_as_a_number_or_as_what_it_follows(typed, limit):
    assert parse_limit("hfr", typed) == limit


@pytest.mark.parametrize("typed", ["", "0", "-4", "4,2", "nan", "inf", "much", "1e5", "3 parsecs"])
def test_what_is_no_limit_is_said(typed):
    with pytest.raises(UserError, match=r"--rms-arcsec .*expected a number above 0"):
        parse_limit("rms_arcsec", typed)


def test_a_trail_is_tried_or_not():
    assert parse_limit("trail", "yes") is True
    with pytest.raises(UserError, match="expected nothing behind it"):
        parse_limit("trail", "3")


def test_tried_limits_stand_in_for_their_own_and_leave_the_others():
    then = tried_cull(NOW, {"hfr": 4.0, "rms_arcsec": None}, False, None)
    assert then.pass1 == CullPass(hfr=4.0, auto_percent="always")
    assert then.mark == NOW.mark
    assert tried_cull(NOW, {"hfr": 6.0}, True, 20).pass2 == CullPass(hfr=6.0, auto_percent=20)
    assert tried_cull(Cull(), {"hfr": 6.0}, False, None).pass1 == CullPass(hfr=6.0)


def try_out(told=None, values=(2.0, 3.0, 4.3, 5.0), limit=4.0, **changes):
    then = tried_cull(NOW, {"hfr": limit} | changes, False, None)
    return try_set(frame_set(len(values)), hfr(*values), told or words(), {}, NOW, then)


def test_what_would_go_and_what_would_stay_is_named():
    assert [one.name for one in try_out().leaves] == [name(2)]
    assert [one.name for one in try_out(limit=6.0).returns] == [name(3)]
    (row,) = trial_rows([try_out()])
    assert (row["frames"], row["go now"], row["go then"]) == (4, "1", "2")
    assert row["by"] == "2 HFR > 4.0 px"
    assert row["differently"] == f"go: {name(2)}"


def test_past_nights_are_judged_as_if_nobody_had_looked():
    looked = words(seen=seen(range(4)), frames=said(_0="restore"), answer="keep")
    assert [one.name for one in try_out(looked).leaves] == [name(2)]


def test_limits_are_held_against_what_eyes_said():
    looked = words(seen=seen([1, 2]), frames=said(_3="reject", _0="reject"))
    lines = trial_totals([try_out(looked)])
    assert lines[0] == "1 set, 4 frames: 1 go by the limits in force, 2 (50.0 %) by those tried."
    assert "By reason: HFR 2." in lines
    assert "Of 2 frames you blinked away they would have taken 1." in lines
    assert "Of 2 frames you looked at and kept they would have taken 1." in lines


def test_a_set_that_was_never_measured_is_judged_by_its_names_and_that_is_said():
    tried = try_set(frame_set(2), {}, words(), {}, NOW, NOW)
    assert tried.from_names
    assert any("not measured here" in line for line in trial_totals([tried]))


def test_limits_are_read_out_as_they_are_written():
    cull = CullPass(
        hfr=4.6, stars=Relative(times=0.6), weight=Relative(usual=1.5), rms_arcsec=Relative(sigma=3)
    )
    assert limits_text(cull) == (
        "hfr 4.6, stars 0.6 x the set's median, rms_arcsec 3 sigma of the set, weight 1.5 x the rig's usual; "
        "asks from 0 % on"
    )
    assert limits_text(None) == "none"
    assert limits_text(CullPass(trail=True, auto_percent="always")) == "trail rejects; never asks"


def test_the_plot_has_every_frame_and_both_limits():
    tried = try_out()
    then = tried_cull(NOW, {"hfr": 4.0}, False, None)
    plot = plot_quantity("hfr", [tried, tried], [NOW.pass1] * 2, [then.pass1] * 2)
    assert plot.title == "HFR (px)"
    assert (plot.stays.count("M"), plot.goes.count("M"), len(plot.dots)) == (4, 2, 2)
    assert plot.dots[0].says == f"M31 L 300 s, {name(2)}: goes; HFR 4.3 px (NINA) > 4.0"
    assert [line.is_tried for line in plot.lines] == [False, True] * 2
    assert all(0 <= dot.y <= HEIGHT for dot in plot.dots)
    assert plot_quantity("stars", [tried], [NOW.pass1], [then.pass1]) is None
