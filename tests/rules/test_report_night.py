"""The page of a night: a timeline, verdicts with reasons, set by set; made anew only when its own rows change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.model.catalog import OwnerTables
from pipeline.model.library import Configuration
from pipeline.model.policies import Cull, CullPass
from pipeline.model.reports import Ground
from pipeline.rules.report_night import NightPage, night_pages
from pipeline.rules.report_words import night_page
from tests.rules.night_rows import CLOUDED, GOOD, NIGHT, culled, frame, tables
from tests.rules.report_rows import C8E, GROUND, RIG, set_row


def page(told: OwnerTables, ground: Ground = GROUND) -> NightPage:
    (found,) = night_pages(told, ground)
    value = found.build()
    assert isinstance(value, NightPage)
    return value


def test_each_night_has_a_page_where_others_link_to() -> None:
    nights: Any = [{"night": one, "made_from": "x"} for one in ("2026-01-16", NIGHT)]
    found = night_pages(OwnerTables(C8E, nights=nights), GROUND)
    assert [one.path for one in found] == [night_page(C8E, NIGHT), night_page(C8E, "2026-01-16")]


def test_nights_lead_to_those_before_and_after() -> None:
    nights: Any = [{"night": f"2026-01-{day}", "made_from": "x"} for day in (14, 15, 17)]
    middle = night_pages(OwnerTables(C8E, nights=nights), GROUND)[1].build()
    assert isinstance(middle, NightPage)
    assert [one.text for one in middle.around] == ["← 2026-01-14", "2026-01-17 →"]


def test_the_lead_says_what_was_kept_and_what_waits() -> None:
    told = page(tables([frame(0), frame(1), frame(2), culled(3, CLOUDED), frame(4, state="accepted")]))
    assert told.lead == ("4 of 5 lights kept; 1 clouded. M31 L: 20 min kept, 3 frames wait for your eyes.")
    assert told.times == "Times are local: UTC+01:00."


def test_a_dot_says_value_and_reason_and_leads_to_its_row() -> None:
    told = page(tables([frame(0), culled(1, {**GOOD, "hfr": 5.1}), frame(2), frame(3)]))
    assert told.timeline is not None
    panel = told.timeline.panels[0]
    assert panel.title == "HFR, px (NINA)"
    assert panel.says == "HFR (NINA) between 2.30 px and 5.10 px."
    dot = panel.dots[1]
    assert (dot.sign, dot.says) == ("c", "19:35 L 5.10 px, culled: HFR 5.10 px (NINA) > 4.60")
    lines = {one.anchor: one for each in told.sets for one in each.frames}
    assert lines[dot.anchor].why == "HFR 5.10 px (NINA) > 4.60"
    assert lines[dot.anchor].time == "19:35:00"


def test_the_rigs_limit_decides_whose_value_is_shown_and_is_drawn() -> None:
    both = {**GOOD, "hfr_measured": 2.1}
    cull = Cull(pass1=CullPass(hfr_measured=2.4))
    ground = Ground(configuration=Configuration(rigs=(replace(RIG, cull=cull),), stranger=RIG))
    told = page(tables(frame(n, both) for n in range(3)), ground)
    assert told.timeline is not None
    assert told.timeline.panels[0].title == "HFR, px (measured)"
    assert told.timeline.panels[0].limit_says == "limit 2.40 px"


def test_the_tube_and_the_air_have_their_temperature_beside_the_sensor() -> None:
    told = page(tables(frame(n, focuser_temp_c=4.0 - n, ambient_temp_c=3.0) for n in range(3)))
    assert told.timeline is not None
    assert [one.title for one in told.timeline.panels][-3:] == ["Air, °C", "Focuser, °C", "Sensor, °C"]


def test_a_course_is_said_in_words() -> None:
    told = page(tables(frame(n, {**GOOD, "hfr": 2.0 + 0.06 * n}) for n in range(20)))
    assert told.timeline is not None
    assert ", rising after 20:" in told.timeline.panels[0].says


def test_a_single_frame_has_a_row_and_no_timeline() -> None:
    told = page(tables([frame(0)]))
    assert told.timeline is None
    assert len(told.sets[0].frames) == 1


def test_frames_without_a_time_are_listed_all_the_same() -> None:
    told = page(tables([frame(0), frame(1), frame(2, utc="", local="")]))
    assert [one.time for one in told.sets[0].frames] == ["unknown", "19:30:00", "19:35:00"]


def test_darks_are_told_by_level_and_temperature() -> None:
    levels = {"median_adu": 508.0, "noise_adu": 7.7, "hot_pixels": 60.0}
    dark = set_row(kind="DARK", label="dark 300 s −10 °C", states={"passed": 3})
    frames = [frame(n, None, kind="DARK", state="passed", levels=levels) for n in range(3)]
    told = page(tables(frames, dark))
    assert told.lead == "3 darks; none taken away."
    assert told.timeline is not None
    assert [one.title for one in told.timeline.panels] == [
        "Level, ADU",
        "Noise, ADU",
        "Hot pixels",
        "Sensor, °C",
    ]
    assert [one.text for one in told.table[0]][1:5] == ["3 of 3", "508 ADU", "7.7 ADU", "−10.0 °C"]


def test_a_set_that_asks_says_what_to_type() -> None:
    held = [
        frame(n, CLOUDED, state="held", fate="suspect", reasons=["RMS 2.4″ (NINA) > 2.0"]) for n in (0, 1)
    ]
    told = page(tables([*held, *(frame(n) for n in range(2, 6))]))
    assert [one.rpartition(" ")[2] for one in told.sets[0].commands] == ["--apply", "--keep"]
    assert told.table[0][1].text == "4 of 6"
    assert "▲ asks you" in {one.verdict for one in told.lost}


def test_a_page_is_made_anew_for_its_own_rows_and_limits_only() -> None:
    def mark(told: OwnerTables, ground: Ground = GROUND) -> object:
        return night_pages(told, ground)[0].made_from

    one = tables([frame(0)])
    elsewhere = tables([frame(0), frame(1, night="2026-01-15")], set_row(), set_row(night="2026-01-15"))
    stricter = replace(RIG, cull=Cull(pass1=CullPass(hfr=3.0)))
    assert mark(one) == mark(elsewhere)
    assert mark(one) != mark(tables([frame(0, state="accepted")]))
    assert mark(one) != mark(one, Ground(configuration=Configuration(rigs=(stricter,), stranger=RIG)))


def test_without_frames_there_are_still_paths() -> None:
    assert len(night_pages(tables([]), GROUND)) == 1
    assert page(tables([])).timeline is None
