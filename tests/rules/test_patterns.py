from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.frames import Evidence, Kind
from pipeline.rules.names import read_path
from pipeline.rules.patterns import COMMON, compile_pattern
from pipeline.rules.tokens import TOKENS, as_nina_writes
from tests.amounts import examples

DEFAULT = (
    r"$$DATEMINUS12$$\$$IMAGETYPE$$\$$DATETIME$$_$$FILTER$$_$$SENSORTEMP$$_$$EXPOSURETIME$$s_$$FRAMENR$$"
)
AUTHORS = (
    r"$$IMAGETYPE$$\$$TELESCOPE$$+$$CAMERA$$\$$TARGETNAME$$\DATE_$$DATEMINUS12$$"
    r"\FILTER_$$FILTER$$_EXP_$$EXPOSURETIME$$_SETTEMP_$$TEMPERATURESETPOINT$$"
    r"\$$DATETIME$$_HFR_$$HFR$$_RMSAC_$$RMSARCSEC$$_TEMP_$$SENSORTEMP$$"
)


def read(pattern: str, path: str) -> Evidence:
    found = compile_pattern(pattern).match(path)
    assert found is not None
    return found


def values(evidence: Evidence) -> dict[str, object]:
    return {field: getattr(evidence, field) for field in evidence.spoken}


def test_default_pattern_reads_its_own_example() -> None:
    path = r"D:\Astro\2026-01-14\LIGHT\2026-01-15_00-12-33_Ha_-10.00_300.00s_0007.fits"
    assert values(read(DEFAULT, path)) == {
        "night": date(2026, 1, 14),
        "kind": Kind.LIGHT,
        "local": datetime(2026, 1, 15, 0, 12, 33),
        "filter": "Ha",
        "sensor_temp_c": -10.0,
        "exposure_s": 300.0,
    }


def test_authors_pattern_reads_its_own_example() -> None:
    path = (
        r"LIGHT\C8E+ZWO ASI2600MM Pro\M31 Panel 2\DATE_2026-01-15\FILTER_L_EXP_300.00_SETTEMP_-10.00"
        r"\2026-01-15_22-31-07_HFR_1.85_RMSAC_0.62_TEMP_-10.00.fits"
    )
    found = read(AUTHORS, path)
    assert (found.kind, found.optic, found.camera) == (Kind.LIGHT, "C8E", "ZWO ASI2600MM Pro")
    assert (found.target, found.panel, found.night) == ("M31", "2", date(2026, 1, 15))
    assert (found.filter, found.exposure_s, found.set_temp_c) == ("L", 300.0, -10.0)
    assert (found.hfr_px, found.rms_arcsec, found.sensor_temp_c) == (1.85, 0.62, -10.0)
    assert found.spoken["optic"] == "folder $$TELESCOPE$$"
    assert found.dialect == "nina"


def test_fields_without_a_value_leave_doubled_separators() -> None:
    found = read(DEFAULT, "2026-01-15_00-12-33___300.00s_0007.fits")
    assert (found.filter, found.sensor_temp_c, found.exposure_s) == ("", None, 300.0)


def test_folder_of_an_empty_token_was_never_made() -> None:
    path = (
        r"SNAPSHOT\C8E+ZWO ASI2600MM Pro\DATE_2026-01-15\FILTER_L_EXP_5.00_SETTEMP_"
        r"\2026-01-15_22-31-07_HFR__RMSAC__TEMP_.fits"
    )
    found = read(AUTHORS, path)
    assert (found.kind, found.optic, found.target) == (Kind.SNAPSHOT, "C8E", None)
    assert (found.set_temp_c, found.hfr_px) == (None, None)


def test_fewer_folders_than_in_the_pattern_match_from_the_file_upwards() -> None:
    path = (
        "M31/DATE_2026-01-15/FILTER_L_EXP_300.00_SETTEMP_-10.00/2026-01-15_22-31-07_HFR_1_RMSAC_1_TEMP_1.xisf"
    )
    found = read(AUTHORS, path)
    assert (found.target, found.optic) == ("M31", None)
    assert read(AUTHORS, path.rsplit("/", maxsplit=1)[-1]).target is None


def test_folder_that_does_not_fit_ends_the_matching() -> None:
    found = read(DEFAULT, "2026-01-14/sorted by hand/2026-01-15_00-12-33_Ha_-10.00_300.00s_0007.fits")
    assert (found.filter, found.night) == ("Ha", None)


def test_name_of_another_pattern_does_not_match() -> None:
    assert compile_pattern(DEFAULT).match("2026-01-14/LIGHT/M31_0001.fits") is None
    assert compile_pattern(DEFAULT).match("2026-01-14/LIGHT") is None


@pytest.mark.parametrize("suffix", ["(1)", "(12)", "_1", "_2"])
def test_suffix_against_collisions_is_no_part_of_the_name(suffix: str) -> None:
    found = read(DEFAULT, f"2026-01-15_00-12-33_Ha_-10.00_300.00s_0007{suffix}.fits")
    assert found.exposure_s == 300.0
    assert read("$$FILTER$$_$$HFR$$", f"Ha_2.51{suffix}.fits").hfr_px == 2.51


def test_token_nobody_filled_stays_and_says_nothing() -> None:
    found = read(
        "$$TARGETNAME$$_$$FWHM$$_$$HFR$$_$$MOODY$$_$$GAIN$$", "M 31_$$FWHM$$_$$HFR$$_$$MOODY$$_100.fits"
    )
    assert values(found) == {"target": "M 31", "gain": 100.0}


def test_token_of_a_user_is_stepped_over() -> None:
    assert values(read("$$MOODY$$_$$GAIN$$", "rather good_100.fits")) == {"gain": 100.0}


def test_underscores_belong_to_the_target_rather_than_to_the_filter() -> None:
    found = read("$$TARGETNAME$$_$$FILTER$$_$$EXPOSURETIME$$s", "T_A_Ha_300.00s.fits")
    assert (found.target, found.filter) == ("T_A", "Ha")
    found = read("$$FILTER$$_$$TARGETNAME$$_$$EXPOSURETIME$$s", "Ha_T_A_300.00s.fits")
    assert (found.target, found.filter) == ("T_A", "Ha")


def test_filter_may_hold_an_underscore() -> None:
    assert read(DEFAULT, "2026-01-15_00-12-33_Ha_3nm_-10.00_300.00s_0007.fits").filter == "Ha_3nm"


def test_tokens_glued_to_words_and_units_are_read() -> None:
    pattern = "$$TARGETNAME$$ Gain$$GAIN$$Offset$$OFFSET$$ Bin$$BINNING$$ $$SENSORTEMP$$C ($$READOUTMODE$$)"
    found = read(pattern, "M 31 Gain100Offset50 Bin2x2 -10.00C (High Gain Mode).fits")
    assert values(found) == {
        "target": "M 31",
        "gain": 100.0,
        "offset": 50.0,
        "binning": 2,
        "sensor_temp_c": -10.0,
        "readout_mode": "High Gain Mode",
    }


def test_cfitsio_writer_turns_brackets_into_underscores() -> None:
    assert read("$$TARGETNAME$$ ($$READOUTMODE$$)", "M 31 _High Gain_.fits").readout_mode == "High Gain"


def test_temperature_of_a_dslr_has_its_letter() -> None:
    assert read("$$SENSORTEMP$$_$$GAIN$$", "25c_800.cr2").sensor_temp_c == 25.0


def test_blank_beside_an_empty_token_was_trimmed() -> None:
    assert read("$$FILTER$$ $$TARGETNAME$$", "M31.fits").target == "M31"
    assert read("$$TARGETNAME$$ $$GAIN$$", "M31.fits").target == "M31"


def test_illegal_characters_of_a_pattern_were_cleaned() -> None:
    assert read("$$FILTER$$: $$GAIN$$", "Ha_ 100.fits").gain == 100.0


@pytest.mark.parametrize(
    ("pattern", "name", "local"),
    [
        ("$$DATE$$ $$TIME$$", "2026-01-15 00-12-33", datetime(2026, 1, 15, 0, 12, 33)),
        ("$$DATEMINUS12$$ $$TIME$$", "2026-01-14 00-12-33", datetime(2026, 1, 15, 0, 12, 33)),
        ("$$DATEMINUS12$$ $$TIME$$", "2026-01-14 22-12-33", datetime(2026, 1, 14, 22, 12, 33)),
        ("$$CDATETIME$$", "20260115_001733", datetime(2026, 1, 15, 0, 17, 33)),
        ("$$CDATE$$-$$CTIME$$", "20260115-001733", datetime(2026, 1, 15, 0, 17, 33)),
    ],
)
def test_dates_and_times_make_a_clock(pattern: str, name: str, local: datetime) -> None:
    assert read(pattern, f"{name}.fits").local == local


def test_universal_time_is_told_from_local_time() -> None:
    found = read("$$DATEUTC$$_$$TIMEUTC$$", "2026-01-15_05-12-33.fits")
    assert (found.utc, found.local) == (datetime(2026, 1, 15, 5, 12, 33, tzinfo=UTC), None)
    julian = read("$$MJD$$", "61055.21704861.fits").utc
    assert julian is not None
    assert abs((julian - datetime(2026, 1, 15, 5, 12, 33, tzinfo=UTC)).total_seconds()) < 0.01


def test_local_date_is_only_assumed_to_be_the_night() -> None:
    assert read("$$DATE$$_$$GAIN$$", "2026-01-15_1.fits").spoken["night"].startswith("default")
    assert read("$$DATEMINUS12$$_$$GAIN$$", "2026-01-15_1.fits").spoken["night"] == "name $$DATEMINUS12$$"


def test_invalid_date_is_silent() -> None:
    assert read("$$DATEMINUS12$$_$$GAIN$$", "2026-02-30_1.fits").night is None


def test_guiding_in_pixels_is_no_guiding_in_arcseconds() -> None:
    found = read("$$RMS$$_$$RMSARCSEC$$_$$STARCOUNT$$_$$ROTATORANGLE$$", "0.35_0.65_3294_289.40.fits")
    assert (found.rms_guider_px, found.rms_arcsec, found.stars, found.rotator_deg) == (
        0.35,
        0.65,
        3294,
        289.4,
    )


def test_every_token_reads_its_empty_field() -> None:
    for name in TOKENS:
        assert read(f"$${name}$$_x_$$GAIN$$", "_x_100.fits").gain == 100.0


def test_default_names_are_read_without_a_pattern() -> None:
    found = read_path("2025-09-16_20-34-02_HaOiii_-10.00_120.00s_0001.fits")
    assert (found.filter, found.exposure_s, found.sensor_temp_c) == ("HaOiii", 120.0, -10.0)
    assert found.local == datetime(2025, 9, 16, 20, 34, 2)
    assert found.dialect == "nina"


def test_names_are_written_as_nina_writes_them() -> None:
    assert as_nina_writes(" M31/M32 ") == "M31-M32"
    assert as_nina_writes('a<b>c:"d"') == "a_b_c__d_"
    assert as_nina_writes("α Ori", target=True) == "alf Ori"
    assert as_nina_writes("Πleiades ☉", target=True) == "pi.leiades _"


_FREE = ("TARGETNAME", "FILTER", "CAMERA", "TELESCOPE", "SEQUENCETITLE", "MOODY", "GAIN")
_TOKEN_NAMES = [*TOKENS, "SEQUENCETITLE", "TSPROJECTNAME", "MOODY"]


@settings(max_examples=examples(150), deadline=None)
@given(
    st.lists(st.sampled_from(_TOKEN_NAMES), min_size=1, max_size=8),
    st.sampled_from(["_", "-", " ", ""]),
    st.text(alphabet="_- .$0123456789abcM31", min_size=1, max_size=300),
)
def test_hostile_names_take_no_time(tokens: list[str], between: str, stem: str) -> None:
    pattern = between.join(f"$${name}$$" for name in tokens)
    begun = time.process_time()
    compile_pattern(pattern).match(f"{stem}.fits")
    assert time.process_time() - begun < 5.0


@pytest.mark.parametrize(
    "stem", ["_" * 300, "_1" * 150, "$$" * 150, "2026-01-15_" * 27, "-" * 300, "s_" * 150]
)
def test_worst_names_take_no_time(stem: str) -> None:
    pattern = "_".join(f"$${name}$$" for name in _FREE)
    begun = time.process_time()
    compile_pattern(pattern).match(f"{stem}x.fits")
    read_path(f"{stem}x.fits")
    assert time.process_time() - begun < 5.0


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_pattern_reads_any_path_without_a_crash(pattern: str, path: str) -> None:
    compile_pattern(pattern).match(path)


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 +'_-]{0,20}[A-Za-z0-9]", fullmatch=True),
    st.sampled_from(["", "L", "Ha", "O3", "UVIR"]),
    st.integers(0, 99999999).map(lambda n: n / 100),
    st.sampled_from([*COMMON[1:2], "$$FILTER$$ - $$TARGETNAME$$ - $$EXPOSURETIME$$s"]),
)
def test_what_a_pattern_writes_it_reads(target: str, name: str, exposure: float, pattern: str) -> None:
    written = {
        "TARGETNAME": target,
        "DATETIME": "2026-01-15_00-12-33",
        "FILTER": name,
        "SENSORTEMP": "-10.00",
        "EXPOSURETIME": f"{exposure:.2f}",
        "FRAMENR": "0007",
    }
    stem = pattern
    for token, text in written.items():
        stem = stem.replace(f"$${token}$$", text)
    found = read(pattern, f"{stem.strip()}.fits")
    assert (found.filter, found.exposure_s) == (name, exposure)
