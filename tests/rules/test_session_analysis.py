"""A night in a sentence: what was lost and why, as far as it was measured, and what to try."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.session_analysis import Finding, analyse
from pipeline.rules.session_course import course_findings
from pipeline.rules.session_signs import SetSeen
from tests.rules.night_rows import CLOUDED, GOOD, SOFT, TRAILED, culled, frame, seen


def sentence(*sets: SetSeen) -> str:
    return analyse(sets).sentence


def finding(found: tuple[Finding, ...] | list[Finding], word: str) -> Finding:
    return next(one for one in found if word in one.what)


def test_a_cloud_that_passed_is_told_by_stars_and_background() -> None:
    night = analyse([seen([frame(n) if n not in (5, 6, 7) else culled(n, CLOUDED) for n in range(20)])])
    assert night.sentence == "17 of 20 lights kept; 3 clouded."
    told = finding(night.findings, "clouded").told
    assert told == (
        "Between 19:55 and 20:05: stars down to 210 (measured) where 700 is usual, "
        "background up to 1,500 ADU (measured) where 900 ADU is usual."
    )


def test_blurred_stars_are_fewer_and_no_cloud_for_it() -> None:
    lost = [culled(0, SOFT), culled(9, TRAILED), culled(12, TRAILED)]
    night = analyse([seen([*lost, *(frame(n) for n in range(1, 9))])])
    assert night.sentence == "8 of 11 lights kept; 2 trailed, 1 soft."
    assert "guider saw it too" in finding(night.findings, "trailed").advice
    assert finding(night.findings, "soft").told == (
        "At 19:30: HFR up to 5.00 px (NINA) where 2.30 px is usual."
    )


def test_soft_frames_where_a_set_begins_ask_for_autofocus_before_it() -> None:
    night = analyse([seen([culled(0, SOFT), *(frame(n) for n in range(1, 9))])])
    assert "before its first exposure" in finding(night.findings, "soft").advice


def test_trailed_frames_while_guiding_was_calm_point_at_what_the_guider_cannot_see() -> None:
    calm = {**TRAILED, "rms_arcsec": 0.6}
    night = analyse([seen([culled(4, calm), *(frame(n) for n in range(4))])])
    assert "guider cannot see" in finding(night.findings, "trailed").advice


def test_of_guiding_nobody_measured_nothing_is_guessed() -> None:
    blind = {name: value for name, value in TRAILED.items() if name != "rms_arcsec"}
    night = analyse([seen([culled(4, blind), *(frame(n) for n in range(4))])])
    assert "No guiding error is known" in finding(night.findings, "trailed").advice


def test_a_night_on_which_all_went_well_has_no_findings() -> None:
    sets = [seen(frame(n) for n in range(20))]
    assert analyse(sets).sentence == "All 20 lights kept."
    assert analyse(sets).findings == ()
    assert course_findings(sets, is_cooled=True) == []


def test_where_nothing_was_measured_nothing_is_said_but_that() -> None:
    night = analyse(
        [seen([*(frame(n, None) for n in range(3)), culled(3, None, "altitude 12° (computed) < 20")])]
    )
    assert night.sentence == "3 of 4 lights kept; 1 beyond another limit."
    assert [one.what for one in night.findings] == ["Nothing was measured"]


def test_a_limit_speaks_where_no_value_stands_out() -> None:
    night = analyse(
        [seen([culled(0, GOOD, "measured stars 210 (measured) < 400"), *(frame(n) for n in (1, 2, 3))])]
    )
    assert night.sentence == "3 of 4 lights kept; 1 clouded."


def test_one_frame_is_a_night_too() -> None:
    assert sentence(seen([frame(0)])) == "The one light was kept."
    assert sentence(seen([culled(0, None)])) == "The one light was not kept; 1 soft."
    assert sentence() == "No lights."


def test_a_wholly_clouded_night_is_held_against_earlier_ones() -> None:
    lost = [culled(n, CLOUDED) for n in range(6)]
    assert sentence(seen(lost, earlier=GOOD)) == "None of 6 lights kept; 6 clouded."
    assert sentence(seen(lost)) == "None of 6 lights kept; 6 soft."  # by the limit's word alone


def test_frames_a_set_asks_about_are_not_called_lost() -> None:
    held = [
        frame(n, CLOUDED, state="held", fate="suspect", reasons=["RMS 2.44″ (NINA) > 2.0"]) for n in (0, 1)
    ]
    assert (
        sentence(seen([*held, *(frame(n) for n in range(2, 7))]))
        == "5 of 7 lights kept; 2 ask you: 2 clouded."
    )


def test_what_a_person_took_away_without_a_reason_is_theirs() -> None:
    rejected = frame(3, state="blinked away", why="moved into bad/")
    assert (
        sentence(seen([rejected, *(frame(n) for n in range(3))]))
        == "3 of 4 lights kept; 1 taken away by eye."
    )


def test_witnesses_are_not_mixed_in_one_judgement() -> None:
    ours = {"hfr_measured": 4.0, "stars_measured": 700.0}
    theirs = {"hfr": 2.0, "stars_measured": 700.0}
    night = analyse([seen([culled(9, ours, "eccentricity 0.7"), *(frame(n, theirs) for n in range(8))])])
    assert night.sentence == "8 of 9 lights kept; 1 trailed."  # 4.0 of one is nothing beside 2.0 of the other


def drifting(n: int, by: float = 0.06, **more: float) -> dict[str, float]:
    return {**GOOD, "hfr": 2.0 + by * n, **more}


def test_focus_that_drifts_is_told_with_when_and_how_far() -> None:
    found = course_findings([seen(frame(n, drifting(n)) for n in range(20))], is_cooled=True)
    told = finding(found, "softer").told
    assert told.startswith("M31 L 300 s: HFR (NINA) rose from 2.15 px to 2.99 px, half of it by 20:")
    assert "altitude of 60°" in told
    assert "autofocus" in finding(found, "softer").advice


def test_a_target_that_sank_as_much_as_explains_it_is_no_focus_drift() -> None:
    sinking = [frame(n, drifting(n, 0.025, altitude_deg=65.0 - 2.0 * n)) for n in range(20)]
    found = course_findings([seen(sinking)], is_cooled=True)
    assert "while the target sank" in finding(found, "softer").told
    assert "end it higher" in finding(found, "softer").advice


def test_the_sensor_of_an_uncooled_camera_tells_of_the_cold() -> None:
    cold = [frame(n, drifting(n), sensor_temp_c=12.0 - 0.3 * n) for n in range(20)]
    assert (
        "sensor went from 12.0 °C to 6.3 °C" in finding(course_findings([seen(cold)], False), "softer").told
    )
    assert "sensor went" not in finding(course_findings([seen(cold)], True), "softer").told


def test_the_focuser_tells_of_the_cold_under_a_cooled_camera() -> None:
    cold = [frame(n, drifting(n), focuser_temp_c=9.0 - 0.3 * n) for n in range(20)]
    assert "focuser went from 9.0 °C to 3.3 °C" in finding(course_findings([seen(cold)], True), "softer").told
    even = [frame(n, drifting(n), ambient_temp_c=9.0) for n in range(20)]
    assert "Not for the cold" in finding(course_findings([seen(even)], True), "softer").advice


def test_scatter_is_no_drift() -> None:
    scattered = [frame(n, {**GOOD, "hfr": 2.0 + 0.5 * (n % 3)}) for n in range(20)]
    assert course_findings([seen(scattered)], is_cooled=True) == []


def test_moonlight_is_told_of_broadband_only() -> None:
    lit = [
        frame(n, {**GOOD, "moon_altitude_deg": n - 10.0, "background_adu": 900.0 + 500.0 * (n > 10)})
        for n in range(20)
    ]
    assert (
        "background 1,400 ADU with the moon up, 900 ADU without"
        in finding(course_findings([seen(lit)], True), "Moonlight").told
    )
    assert course_findings([seen(lit, name="Ha")], True) == []


def test_low_targets_and_warm_sensors_are_told() -> None:
    frames = [frame(n, {**GOOD, "altitude_deg": 25.0}, sensor_temp_c=-7.5) for n in range(4)]
    found = course_findings([seen(frames, set_temp_c=-10.0)], is_cooled=True)
    assert finding(found, "below 30°").told.startswith("The lowest at 25°")
    assert finding(found, "off the set").told == "The sensor stood at −7.5 °C where −10.0 °C was asked."


@given(st.lists(st.sampled_from(["good", "cloud", "trail", "soft", "eye", "none"]), max_size=40))
def test_every_light_is_counted_once(kinds: list[str]) -> None:
    values = {"cloud": CLOUDED, "trail": TRAILED, "soft": SOFT, "none": None}
    frames = [
        frame(n)
        if kind == "good"
        else frame(n, state="blinked away")
        if kind == "eye"
        else culled(n, values[kind])
        for n, kind in enumerate(kinds)
    ]
    night = analyse([seen(frames)] if frames else [])
    assert len(night.losses) == sum(kind != "good" for kind in kinds)
    course_findings([seen(frames)], is_cooled=False)
