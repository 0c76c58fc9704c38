from __future__ import annotations

import math
import time
from dataclasses import fields
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.frames import Evidence, Frame, Kind
from pipeline.rules.keyvalue import KEYS
from pipeline.rules.layout import frame_path
from pipeline.rules.names import read_path
from pipeline.rules.paths import split_path
from tests.amounts import examples

AUTHORS = (
    r"$$IMAGETYPE$$\$$TELESCOPE$$+$$CAMERA$$\$$TARGETNAME$$\DATE_$$DATEMINUS12$$"
    r"\FILTER_$$FILTER$$_EXP_$$EXPOSURETIME$$_SETTEMP_$$TEMPERATURESETPOINT$$"
    r"\$$DATETIME$$_HFR_$$HFR$$_RMSAC_$$RMSARCSEC$$_TEMP_$$SENSORTEMP$$"
)
LIGHT = (
    "F:/Data/R135@f2.8+AP26CC/20_Data/Target Panel 3/accept/DATE_2024-05-01/"
    "FILTER_UVIR_EXP_120.00_SETTEMP_-10.00/2024-05-01_23-00-00_HFR_2.10_STARS_900_RMSAC_0.50_TEMP_-9.90.fits"
)


def test_library_light_says_everything_and_where() -> None:
    found = read_path(LIGHT)
    assert {field: getattr(found, field) for field in found.spoken} == {
        "kind": Kind.LIGHT,
        "optic": "R135",
        "focal_ratio": 2.8,
        "camera": "AP26CC",
        "target": "Target",
        "panel": "3",
        "night": date(2024, 5, 1),
        "filter": "UVIR",
        "exposure_s": 120.0,
        "set_temp_c": -10.0,
        "hfr_px": 2.1,
        "stars": 900,
        "rms_arcsec": 0.5,
        "sensor_temp_c": -9.9,
        "local": datetime(2024, 5, 1, 23, 0),
    }
    assert (found.dialect, found.stage, found.problems) == ("library", "20_Data", ())
    assert (found.spoken["night"], found.spoken["hfr_px"]) == ("folder DATE_", "name HFR_")


@pytest.mark.parametrize(
    "path",
    [
        LIGHT,
        LIGHT.replace("/", "\\"),
        LIGHT.removeprefix("F:/"),
        "\\\\server\\share\\" + LIGHT.removeprefix("F:/").replace("/", "\\"),
        "/mnt/" + LIGHT.removeprefix("F:/"),
        LIGHT.replace("/", "//"),
        "./" + LIGHT.removeprefix("F:/"),
    ],
)
def test_any_way_to_write_a_path_says_the_same(path: str) -> None:
    found = read_path(path)
    assert (found.target, found.panel, found.night, found.exposure_s) == (
        "Target",
        "3",
        date(2024, 5, 1),
        120.0,
    )


@pytest.mark.parametrize(
    ("path", "folders", "stem", "suffix"),
    [
        ("a/b.fits", ("a",), "b", ".fits"),
        (r"C:\a\b.FIT", ("a",), "b", ".fit"),
        ("a/b.fits.fz", ("a",), "b", ".fits.fz"),
        ("a/b.xisf", ("a",), "b", ".xisf"),
        ("a/IMG_1.CR2", ("a",), "IMG_1", ".cr2"),
        ("a/b", ("a", "b"), None, ""),
        ("a/b.fits/", ("a", "b.fits"), None, ""),
        ("a/M31 v1.5", ("a", "M31 v1.5"), None, ""),
        ("../../etc/x.fits", ("etc",), "x", ".fits"),
        ("", (), None, ""),
        ("/", (), None, ""),
    ],
)
def test_path_is_split_into_folders_stem_and_suffix(
    path: str, folders: tuple[str, ...], stem: str | None, suffix: str
) -> None:
    assert split_path(path) == (folders, stem, suffix)


def test_folder_beats_the_file_name_and_the_difference_is_told() -> None:
    found = read_path("FILTER_L_EXP_300/FILTER_Ha_EXP_300.00_x.fits")
    assert (found.filter, found.exposure_s) == ("L", 300.0)
    assert [str(problem) for problem in found.problems] == [
        "disagree: filter: folder FILTER_ says L, name FILTER_ says Ha; folder FILTER_ is believed"
    ]


def test_empty_filter_says_that_there_is_none() -> None:
    assert (
        read_path("S20@f1.4+Canon T2i/20_Data/T/accept/DATE_2023-09-04/FILTER__EXP_30.00/x.fits").filter == ""
    )
    assert read_path("S20@f1.4+Canon T2i/20_Data/T/accept/DATE_2023-09-04/x.fits").filter is None


def test_wbpp_master_is_read() -> None:
    found = read_path(
        r"E:\temp\PI_WBPP\_calibration\master\masterFlat_BIN-1_6248x4176_FILTER-S_mono"
        r"_INSTRUME-ZWO ASI2600MM Pro_DATE-2023-12-06_SETTEMP--10.00_OFFSET-50_GAIN-100.xisf"
    )
    assert (found.kind, found.dialect, found.filter) == (Kind.MASTER_FLAT, "wbpp", "S")
    assert (found.camera, found.night) == ("ZWO ASI2600MM Pro", date(2023, 12, 6))
    assert (found.binning, found.width_px, found.height_px) == (1, 6248, 4176)
    assert (found.set_temp_c, found.offset, found.gain) == (-10.0, 50.0, 100.0)


def test_master_in_a_folder_of_its_raws_is_a_master() -> None:
    found = read_path("masters/Some Optic/2025-09-01/BIAS/master_BIAS.fit")
    assert (found.kind, found.problems) == (Kind.MASTER_BIAS, ())


def test_camera_raw_without_a_kind_is_assumed_to_be_a_light() -> None:
    found = read_path(r"C:\x\file.cr2")
    assert (found.kind, found.spoken["kind"]) == (Kind.LIGHT, "default camera RAW")
    assert read_path(r"C:\flats\file.cr2").kind is Kind.FLAT
    assert read_path(r"C:\x\file.fits").kind is None


def test_rigs_own_pattern_comes_first() -> None:
    name = "Ha 100 M 31.fits"
    assert read_path(name).filter is None
    found = read_path(name, "$$FILTER$$ $$GAIN$$ $$TARGETNAME$$")
    assert (found.filter, found.gain, found.target, found.dialect) == ("Ha", 100.0, "M 31", "nina")


def test_name_that_does_not_fit_the_pattern_is_read_without_it() -> None:
    assert read_path(LIGHT, "$$GAIN$$") == read_path(LIGHT)


def test_focus_folder_outranks_the_pattern() -> None:
    path = "LIGHT/autofocus/2026-01-15_00-12-33.fits"
    assert read_path(path, r"$$IMAGETYPE$$\autofocus\$$DATETIME$$").kind is Kind.SNAPSHOT


def test_pattern_and_keys_say_the_same_of_the_same_path() -> None:
    path = (
        r"LIGHT\C8E+ZWO ASI2600MM Pro\M31 Panel 2\DATE_2026-01-15\FILTER_L_EXP_300.00_SETTEMP_-10.00"
        r"\2026-01-15_22-31-07_HFR_1.85_RMSAC_0.62_TEMP_-10.00.fits"
    )
    plain, patterned = read_path(path), read_path(path, AUTHORS)
    assert _said(plain) == _said(patterned)
    assert patterned.problems == ()


def test_copy_beside_the_original_says_the_same() -> None:
    assert _said(read_path(LIGHT.replace(".fits", "(1).fits"))) == _said(read_path(LIGHT))


@pytest.mark.parametrize("word", ["NaN", "nan", "", "--", "inf", "1e999", "$$HFR$$", "-1", "0"])
def test_measures_that_are_none_are_silent(word: str) -> None:
    assert read_path(f"2026-01-15_22-31-07_HFR_{word}_TEMP_-10.00.fits").hfr_px is None


def test_greek_and_accents_are_names_like_others() -> None:
    found = read_path("R@f2+C/20_Data/α Orionis é/accept/DATE_2026-01-14/FILTER_Hα_EXP_1/x.fits")
    assert (found.target, found.filter) == ("α Orionis é", "Hα")


def test_what_only_looks_escaped_says_itself() -> None:
    assert read_path("R@f2+C/20_Data/100%FF M31/accept/x.fits").target == "100%FF M31"


def test_name_of_300_characters_is_read() -> None:
    found = read_path(f"R@f2+C/20_Data/{'M' * 300}/accept/FILTER_L/{'x' * 300}_HFR_2.0.fits")
    assert found.hfr_px == 2.0
    assert found.target == "M" * 300


_WORDS = [
    *KEYS,
    "LIGHT",
    "accept",
    "20_Data",
    "R@f2+C",
    "M31 Panel 2",
    "DATE",
    "2026-01-15",
    "-10.00",
    "NaN",
    "",
    "..",
]
_PARTS = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=6).flatmap(
    lambda words: st.sampled_from("_-+@ ").map(lambda glue: glue.join(words))
)
_PATHS = st.one_of(
    st.text(max_size=300),
    st.lists(_PARTS, min_size=1, max_size=7).flatmap(
        lambda parts: st.sampled_from(["", ".fits", ".cr2"]).map(lambda end: "/".join(parts) + end)
    ),
)


@settings(max_examples=examples(300), deadline=None)
@given(_PATHS)
def test_any_path_reads_without_a_crash_and_without_infinities(path: str) -> None:
    found = read_path(path)
    for field in fields(found):
        value = getattr(found, field.name)
        assert not isinstance(value, float) or math.isfinite(value)
    assert all(getattr(found, field) is not None for field in found.spoken)


@settings(deadline=None)
@given(_PATHS, st.sampled_from([AUTHORS, r"$$TARGETNAME$$\$$FILTER$$_$$DATETIME$$", "$$GAIN$$"]))
def test_any_path_reads_with_a_pattern(path: str, pattern: str) -> None:
    read_path(path, pattern)


@settings(max_examples=examples(200), deadline=None)
@given(
    st.from_regex(r"[A-Z][A-Za-z0-9 ]{0,12}[0-9]", fullmatch=True),
    st.sampled_from(["", "L", "Ha", "Ha_3nm", "Duo-Band", "A/B", "Hα"]),
    st.integers(1, 360000).map(lambda n: n / 100),
    st.one_of(st.none(), st.integers(-4000, 3000).map(lambda n: n / 100)),
    st.sampled_from(["", "1", "14", "2b"]),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
)
def test_canonical_names_read_back(
    target: str, filter_name: str, exposure_s: float, set_temp_c: float | None, panel: str, local: datetime
) -> None:
    frame = Frame(
        path="x.fits",
        kind=Kind.LIGHT,
        target=" ".join(target.split()),
        panel=panel,
        filter=filter_name,
        exposure_s=exposure_s,
        set_temp_c=set_temp_c,
        sensor_temp_c=set_temp_c,
        hfr_px=2.51,
        stars=718,
        local=local,
    )
    found = read_path("library/" + frame_path(frame, "C8E@f10.0+ZWO ASI2600MM Pro", date(2026, 1, 14)))
    assert (found.kind, found.target, found.panel or "") == (Kind.LIGHT, frame.target, panel)
    assert (found.filter, found.exposure_s, found.set_temp_c) == (filter_name, exposure_s, set_temp_c)
    assert (found.local, found.night) == (local.replace(microsecond=0), date(2026, 1, 14))
    assert (found.hfr_px, found.stars) == (2.51, 718)


@pytest.mark.slow
def test_twenty_thousand_paths_take_seconds() -> None:
    paths = [f"{LIGHT.removesuffix('.fits')}_{number:05d}.fits" for number in range(20000)]
    begun = time.process_time()
    for path in paths:
        read_path(path)
    assert time.process_time() - begun < 10.0


def _said(evidence: Evidence) -> dict[str, object]:
    return {field: getattr(evidence, field) for field in evidence.spoken}


@pytest.mark.parametrize(
    ("name", "kind", "filter_name", "camera"),
    [
        ("masterFlat_BIN-1_6248x4176_FILTER-Ha_3nm_mono.xisf", Kind.MASTER_FLAT, "Ha 3nm", None),
        ("masterFlat_BIN-1_6248x4176_FILTER-NoFilter_CFA.xisf", Kind.MASTER_FLAT, "", None),
        (
            "masterDark_BIN-1_6248x4176_EXPOSURE-300.00s_INSTRUME-ZWO_ASI2600MM_Pro_GAIN-100.xisf",
            Kind.MASTER_DARK,
            None,
            "ZWO ASI2600MM Pro",
        ),
        ("bias_stacked.fit", Kind.MASTER_BIAS, None, None),
        ("pp_flat_stacked.fit", Kind.MASTER_FLAT, None, None),
        ("dark_master.fits", Kind.MASTER_DARK, None, None),
        ("darkflats_stacked.fits", Kind.MASTER_FLATDARK, None, None),
    ],
)
def test_masters_by_wbpp_and_siril_say_what_they_are(
    name: str, kind: Kind, filter_name: str | None, camera: str | None
) -> None:
    said = read_path(f"/output/{name}")
    assert (said.kind, said.filter, said.camera) == (kind, filter_name, camera)


def test_what_wbpp_made_of_a_text_gives_way_to_the_header() -> None:
    said = read_path("masterFlat_BIN-1_6248x4176_FILTER-Ha_3nm_mono_GAIN-100.xisf")
    assert said.spoken["filter"].startswith("default")
    assert said.spoken["gain"] == "name GAIN_"
