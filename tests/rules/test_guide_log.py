"""PHD2's guide log: whole, crashed, binned, damaged, and what it says of an exposure."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.guide_log import GuideLog, parse_guide_log, rms_over

BEGUN = datetime(2026, 1, 14, 21, 42, 27)
FIRST = "PHD2 version 2.6.14 [Windows], Log version 2.5. Log enabled at 2026-01-14 20:13:33\n"
COLUMNS = (
    "Frame,Time,mount,dx,dy,RARawDistance,DECRawDistance,RAGuideDistance,DECGuideDistance,RADuration,RADirection,"
    "DECDuration,DECDirection,XStep,YStep,StarMass,SNR,ErrorCode"
)
SETTLING, SETTLED = (f"INFO: SETTLING STATE CHANGE, Settling {how}" for how in ("started", "complete"))


def row(at_s: float, ra_px: float, dec_px: float, mount: str = "Mount", code: int = 0) -> str:
    return f'{int(at_s)},{at_s:.3f},"{mount}",0.1,0.2,{ra_px:.3f},{dec_px:.3f},0.3,0.0,98,W,0,,,,1713,28.59,{code}'


def lost(at_s: float) -> str:
    return f'{int(at_s)},{at_s:.3f},"DROP",,,,,,,,,,,,,1713,3.10,2,"Star lost - low SNR"'


def guiding(
    *lines: str,
    begun: datetime = BEGUN,
    scale: str = "1.54 arc-sec/px",
    pointing: str = "",
    ended: bool = True,
) -> str:
    head = [
        "",
        f"Guiding Begins at {begun:%Y-%m-%d %H:%M:%S}",
        "Equipment Profile = C8",
        f"Pixel scale = {scale}, Binning = 1, Focal length = 784 mm" if scale else "Exposure = 500 ms",
        f"{pointing or 'RA/Dec = Unknown'}, Hour angle = -4.02 hr, Pier side = West, Rotator pos = N/A",
        "Lock position = 77.407, 204.420, Star position = 77.407, 204.420, HFD = 1.91 px",
        COLUMNS,
    ]
    return "\n".join([*head, *lines, *(["Guiding Ends at 2026-01-14 23:00:00"] if ended else []), ""])


def parse(*parts: str) -> GuideLog:
    return parse_guide_log(FIRST + "".join(parts), "PHD2_GuideLog.txt")


def steps(values: Iterable[tuple[float, float]], every_s: float = 2.0) -> list[str]:
    return [row(every_s * number + 1.2, *value) for number, value in enumerate(values)]


def after(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def wobble(count: int, seed: int = 1) -> list[tuple[float, float]]:
    some = random.Random(seed)
    return [(round(some.gauss(0.3, 0.4), 3), round(some.gauss(-0.1, 0.2), 3)) for _ in range(count)]


def test_the_error_is_the_deviation_about_the_mean_of_the_rows_within_the_exposure() -> None:
    values = wobble(300)
    log = parse(guiding(*steps(values)))
    rms = rms_over(log, after(100), 300.0, None)
    inside = [value for number, value in enumerate(values) if 100 <= 2 * number + 1.2 <= 400]
    ra, dec = (1.54 * pstdev(axis) for axis in zip(*inside, strict=True))
    assert rms is not None
    assert (rms.ra_arcsec, rms.dec_arcsec) == pytest.approx((ra, dec), rel=1e-5)
    assert rms.rms_arcsec == pytest.approx(math.hypot(ra, dec), rel=1e-5)
    assert rms.samples == len(inside) == 150
    assert rms.begun == BEGUN
    assert log.sentences == ()


def test_a_steady_offset_is_no_error() -> None:
    rms = rms_over(parse(guiding(*steps([(5.0, -3.0)] * 20))), BEGUN, 60.0, None)
    assert rms is not None
    assert rms.rms_arcsec == pytest.approx(0.0, abs=1e-6)


def test_fewer_than_three_guide_exposures_say_nothing() -> None:
    log = parse(guiding(*steps(wobble(10))))
    assert rms_over(log, after(1), 4.0, None) is None
    assert rms_over(log, after(1), 5.0, None) is not None
    assert rms_over(log, after(5000), 300.0, None) is None
    assert rms_over(log, after(-5000), 300.0, None) is None


@pytest.mark.parametrize("exposure_s", [0.0, -5.0, math.nan, math.inf])
def test_an_exposure_without_a_length_has_no_guiding(exposure_s: float) -> None:
    assert rms_over(parse(guiding(*steps(wobble(10)))), BEGUN, exposure_s, None) is None


@pytest.mark.parametrize("scale", ["unspecified", ""])
def test_without_a_scale_there_are_no_seconds_of_arc_unless_the_rig_knows_it(scale: str) -> None:
    values = wobble(20)
    log = parse(guiding(*steps(values), scale=scale))
    assert rms_over(log, BEGUN, 60.0, None) is None
    by_rig, by_log = (rms_over(one, BEGUN, 60.0, 1.54) for one in (log, parse(guiding(*steps(values)))))
    assert by_rig == by_log


def test_the_logs_own_scale_knows_the_binning_of_that_night() -> None:
    log = parse(guiding(*steps(wobble(20)), scale="3.08 arc-sec/px"))
    assert rms_over(log, BEGUN, 60.0, 1.54) == rms_over(log, BEGUN, 60.0, None)


def test_each_stretch_counts_by_its_own_scale() -> None:
    values = [(0.0, 0.0), (1.0, 0.0)] * 10
    log = parse(
        guiding(*steps(values), scale="2.00 arc-sec/px"),
        guiding(*steps([(2 * ra, dec) for ra, dec in values]), begun=after(60), scale="1.00 arc-sec/px"),
    )
    rms = rms_over(log, BEGUN, 120.0, None)
    assert rms is not None
    assert rms.samples == 40
    assert rms.rms_arcsec == pytest.approx(1.0)


def test_lost_stars_and_the_time_of_settling_do_not_count() -> None:
    lines = [
        SETTLING,
        row(1, 9, 9),
        row(3, -9, -9),
        SETTLED,
        *(row(4 + number, (-1) ** number, 0) for number in range(10)),
        lost(15),
        "INFO: DITHER by 3.1, -2.2, new lock pos = 80.1, 201.2",
        "INFO: SET LOCK POSITION, new lock pos = 80.1, 201.2",
        SETTLING,
        row(20, 8, 8),
        "INFO: Server received PAUSE",
        "INFO: SETTLING STATE CHANGE, Settling failed: timed out",
        *(row(30 + number, (-1) ** number, 0) for number in range(10)),
    ]
    rms = rms_over(parse(guiding(*lines, scale="1.00 arc-sec/px")), BEGUN, 60.0, None)
    assert rms is not None
    assert rms.samples == 20
    assert rms.rms_arcsec == pytest.approx(1.0)


def test_settling_may_be_announced_before_the_guiding_begins() -> None:
    lines = [row(1, 9, 9), row(3, -9, -9), SETTLED, *(row(4 + number, 0, 0) for number in range(10))]
    rms = rms_over(parse(SETTLING + "\n", guiding(*lines)), BEGUN, 60.0, None)
    assert rms is not None
    assert (rms.samples, rms.rms_arcsec) == (10, 0.0)


def test_settling_that_never_ends_hides_five_minutes_and_not_the_night() -> None:
    log = parse(guiding(*steps(wobble(100)), SETTLING, *(row(200 + at, 0, 0) for at in range(1, 600))))
    assert rms_over(log, after(210), 200.0, None) is None
    rms = rms_over(log, after(505), 90.0, None)
    assert rms is not None
    assert rms.samples == 91


def test_settling_after_a_long_loss_of_the_star_is_reckoned_from_then() -> None:
    lines = [*steps(wobble(10)), *(lost(at) for at in range(21, 1000)), SETTLING, row(1001, 9, 9), SETTLED]
    log = parse(guiding(*lines, *(row(1002 + at, 0, 0) for at in range(10))))
    rms = rms_over(log, after(900), 200.0, None)
    assert rms is not None
    assert (rms.samples, rms.rms_arcsec) == (10, 0.0)


def test_saturated_guide_stars_still_count() -> None:
    lines = [row(at, (-1) ** at, 0, code=1) for at in range(10)]
    assert rms_over(parse(guiding(*lines)), BEGUN, 60.0, None) is not None


def test_beside_adaptive_optics_the_mounts_rows_do_not_count() -> None:
    lines = []
    for number in range(20):
        lines.append(row(number, (-1) ** number, 0, mount="AO"))
        lines.append(row(number + 0.1, 7 * (-1) ** number, 0))
    rms = rms_over(parse(guiding(lines[1], *lines, scale="1.00 arc-sec/px")), BEGUN, 60.0, None)
    assert rms is not None
    assert rms.samples == 20
    assert rms.rms_arcsec == pytest.approx(1.0)


def test_columns_are_found_by_their_headings() -> None:
    head = "Frame,Time,mount,RARawDistance,DECRawDistance,dx,dy,StarMass"
    lines = [f'{at},{at}.0,"Mount",{(-1) ** at}.0,0.0,5.0,5.0,100' for at in range(10)]
    text = guiding(*lines, scale="1.00 arc-sec/px").replace(COLUMNS, head)
    rms = rms_over(parse(text), BEGUN, 60.0, None)
    assert rms is not None
    assert rms.rms_arcsec == pytest.approx(1.0)


def test_a_crash_leaves_what_was_written_and_the_next_start_goes_on() -> None:
    cut = guiding(*steps(wobble(20)), ended=False).rstrip("\n")[:-40]
    log = parse(cut, "\n", FIRST, guiding(*steps(wobble(20)), begun=after(600)))
    assert [len(one.at_s) for one in log.stretches] == [19, 20]
    assert log.sentences == ("PHD2_GuideLog.txt: 1 row that could not be read: not used.",)


def test_rows_of_a_calibration_are_no_guiding() -> None:
    calibration = (
        "\nCalibration Begins at 2026-01-14 20:15:00\nDirection,Step,dx,dy,x,y,Dist\nWest,0,0.0,0.0,1,2,0.0\n"
    )
    log = parse(calibration, guiding(*steps(wobble(10))), calibration)
    assert [len(one.at_s) for one in log.stretches] == [10]
    assert log.sentences == ()


def test_a_log_switched_on_while_guiding_has_rows_nobody_can_place() -> None:
    headless = "\n".join([COLUMNS, *steps(wobble(5)), "Guiding Ends at 2026-01-14 21:00:00", ""])
    log = parse(headless, guiding(*steps(wobble(10))))
    assert [len(one.at_s) for one in log.stretches] == [10]
    assert log.sentences == ("PHD2_GuideLog.txt: 1 stretch of guiding without a start in the log: not used.",)


def test_a_start_that_is_no_time_is_said_and_the_rest_counts() -> None:
    broken = guiding(*steps(wobble(5))).replace("2026-01-14 21:42:27", "2026-99-14 21:42:27")
    log = parse(broken, guiding(*steps(wobble(10))))
    assert [len(one.at_s) for one in log.stretches] == [10]
    assert len(log.sentences) == 1


def test_a_damaged_row_hides_no_other() -> None:
    lines = steps(wobble(20))
    lines[3] = lines[3].replace(",7.2", ",87.2", 1)
    lines[5:5] = ["7,x,y", '8,9.1,"Mount",0.1,0.2,nan,0.1,', '9,1e300,"Mount",0,0,0,0,', "²,1"]
    log = parse(guiding(*lines))
    assert len(log.stretches[0].at_s) == 20
    assert list(log.stretches[0].at_s) == sorted(log.stretches[0].at_s)
    assert log.sentences == ("PHD2_GuideLog.txt: 4 rows that could not be read: not used.",)


def test_a_log_of_an_asiair_has_no_version_and_no_scale() -> None:
    text = guiding(*steps(wobble(20)), scale="")
    log = parse_guide_log(
        "PHD2 version , Log version 2.5. Log enabled at 2026-01-14 20:13:33\r\n" + text, "x.txt"
    )
    assert rms_over(log, BEGUN, 60.0, 2.0) is not None


def test_windows_line_ends_change_nothing() -> None:
    text = FIRST + guiding(*steps(wobble(20)))
    assert parse_guide_log(text.replace("\n", "\r\n"), "x") == parse_guide_log(text, "x")


def test_another_mounts_log_is_known_by_where_it_pointed() -> None:
    log = parse(guiding(*steps(wobble(20)), pointing="RA = 20.22 hr, Dec = 38.5 deg"))
    assert rms_over(log, BEGUN, 60.0, None, pointing_deg=(20.25 * 15, 38.2)) is not None
    assert rms_over(log, BEGUN, 60.0, None, pointing_deg=(0.71 * 15, 41.3)) is None
    unknown = parse(guiding(*steps(wobble(20))))
    assert rms_over(unknown, BEGUN, 60.0, None, pointing_deg=(0.71 * 15, 41.3)) is not None


def test_in_the_night_of_the_change_the_zone_tells_how_long_after_the_start_a_frame_was() -> None:
    begun = datetime(2026, 3, 29, 1, 30)  # at 2:00 the clocks of Madrid jump to 3:00
    log = parse(guiding(*(row(at, (-1) ** at * (2100 <= at <= 2160), 0) for at in range(6000)), begun=begun))
    frame = datetime(2026, 3, 29, 3, 5)
    told, untold = (rms_over(log, frame, 60.0, None, time_zone=zone) for zone in ("Europe/Madrid", None))
    assert told is not None
    assert untold is not None
    assert told.ra_arcsec == pytest.approx(1.54, rel=1e-3)
    assert untold.ra_arcsec == 0.0


def test_in_autumn_an_hour_comes_twice_and_the_frame_knows_which() -> None:
    begun = datetime(2026, 10, 25, 1, 50)
    log = parse(guiding(*(row(at, 0, 0) for at in range(600, 4000, 2)), begun=begun))
    first, second = (datetime(2026, 10, 25, 2, 30, fold=fold) for fold in (0, 1))
    assert rms_over(log, first, 60.0, None, time_zone="Europe/Madrid") is not None
    assert rms_over(log, second, 60.0, None, time_zone="Europe/Madrid") is None


@pytest.mark.parametrize("text", ["", "notes of the night", FIRST, "PHD2_DebugLog\n1,2,3\n" * 50])
def test_a_text_that_is_no_guide_log_has_no_guiding_and_no_fault(text: str) -> None:
    log = parse_guide_log(text, "x.txt")
    assert (log.stretches, log.sentences) == ((), ())


@given(st.lists(st.text(max_size=30) | st.sampled_from([*guiding(row(1, 2, 3), lost(3), SETTLING).splitlines(), "Guiding Begins at", row(1, 2, 3), row(5, 0, 0, "AO"), SETTLED, "9,", "Frame,Time", "Pixel scale = 9999 arc-sec/px"]), max_size=40))  # fmt: skip
def test_no_text_breaks_the_reading(lines: list[str]) -> None:
    log = parse_guide_log("Guiding Begins at 2026-01-14 21:42:27\n" + "\n".join(lines), "x")
    for one in log.stretches:
        assert list(one.at_s) == sorted(one.at_s)
        assert len(one.at_s) == len(one.ra_px) == len(one.dec_px) > 0
    rms = rms_over(log, BEGUN, 300.0, 1.0, time_zone="Europe/Madrid", pointing_deg=(10.0, 41.0))
    assert rms is None or math.isfinite(rms.rms_arcsec)


@given(st.integers(0, 5000), st.text(max_size=20))
def test_no_cut_breaks_the_reading(cut: int, junk: str) -> None:
    text = FIRST + guiding(SETTLING, *steps(wobble(5)), SETTLED, lost(12), *steps(wobble(9)))
    parse_guide_log(text[:cut] + junk + text[cut:], "x")
    parse_guide_log(text[:cut], "x")
