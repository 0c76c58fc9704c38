"""AstroBin's list: what its checker takes, rows merged as the trade does, nothing invented."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.catalog import SetRow
from pipeline.rules.astrobin import COLUMNS, Known, Sky, astrobin_rows, astrobin_text, filters_without_number

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
_IDS = {"L": 2906, "Ha": 4663}
KNOWN = Known(
    filter_id=lambda _rig, name, _night: _IDS.get(name),
    skies={"backyard": Sky(bortle=4.5, sqm=20.85)},
    master_frames={"dark.fits": 30, "flat.fits": 25},
)


def test_the_air_is_told_by_one_witness_and_weighed_by_exposures() -> None:
    cold, mild = (
        a_set(ambient_temp_c=2.0, accepted=30, focuser_temp_c=9.0),
        a_set(focuser_temp_c=6.0, accepted=10),
    )
    told = [
        astrobin_rows(found, KNOWN)[0]["temperature"] for found in ([cold], [cold, mild], [mild, a_set()])
    ]
    assert told == ["2", "8.25", ""]


def a_set(**more: Any) -> SetRow:
    row: Any = {
        "id": "x",
        "owner": RIG,
        "rig": RIG,
        "night": "2026-01-14",
        "kind": "LIGHT",
        "label": "M31 L",
        "frames": 12,
        "states": {"accepted": 12},
        "target": "M31",
        "filter": "L",
        "exposure_s": 300.0,
        "accepted": 12,
        "accepted_s": 3600.0,
        "gain": 100.0,
        "binning": 1,
        "set_temp_c": -10.0,
        "focal_ratio": 10.0,
        "site": "backyard",
        "masters": {"DARK": {"path": "dark.fits"}, "FLAT": {"path": "flat.fits"}},
        "medians": {"fwhm_arcsec": 2.446},
    }
    row.update(more)
    return row  # type: ignore[no-any-return]


def only_row(**more: Any) -> dict[str, str]:
    (row,) = astrobin_rows([a_set(**more)], KNOWN)
    return dict(row)


def test_a_row_says_all_that_is_known() -> None:
    assert only_row() == {
        "date": "2026-01-14",
        "filter": "2906",
        "number": "12",
        "duration": "300",
        "iso": "",
        "binning": "1",
        "gain": "100",
        "sensorCooling": "-10",
        "fNumber": "10",
        "darks": "30",
        "flats": "25",
        "flatDarks": "",
        "bias": "",
        "bortle": "4.5",
        "meanSqm": "20.85",
        "meanFwhm": "2.45",
        "temperature": "",
    }


def test_panels_and_sets_of_one_night_filter_and_exposure_are_one_row() -> None:
    sets = [a_set(id="1", panel="1", accepted=10), a_set(id="2", panel="2", accepted=5)]
    assert [row["number"] for row in astrobin_rows(sets, KNOWN)] == ["15"]


def test_another_exposure_gain_or_night_is_a_row_of_its_own() -> None:
    sets = [a_set(), a_set(exposure_s=60.0), a_set(gain=0.0), a_set(night="2026-01-15")]
    assert len(astrobin_rows(sets, KNOWN)) == 4


def test_what_was_not_accepted_has_no_row() -> None:
    assert astrobin_rows([a_set(accepted=0), a_set(kind="FLAT")], KNOWN) == []


def test_a_mean_of_two_witnesses_is_not_made() -> None:
    sets = [a_set(id="1"), a_set(id="2", medians={"fwhm_arcsec_measured": 3.0})]
    assert [row["meanFwhm"] for row in astrobin_rows(sets, KNOWN)] == [""]


def test_the_fwhm_is_weighed_by_exposures() -> None:
    sets = [
        a_set(id="1", accepted=30, medians={"fwhm_arcsec": 2.0}),
        a_set(id="2", accepted=10, medians={"fwhm_arcsec": 4.0}),
    ]
    assert [row["meanFwhm"] for row in astrobin_rows(sets, KNOWN)] == ["2.5"]


def test_a_dslr_has_an_iso_and_no_gain() -> None:
    known = Known(filter_id=KNOWN.filter_id, by_iso=frozenset({"x"}))
    (row,) = astrobin_rows([a_set(gain=1600.0, set_temp_c=None)], known)
    assert (row["iso"], row["gain"], row["sensorCooling"]) == ("1600", "", "")


def test_a_filter_without_a_number_is_left_empty_and_named() -> None:
    assert only_row(filter="LeXtreme")["filter"] == ""
    assert filters_without_number([a_set(filter="LeXtreme"), a_set()], KNOWN) == [(RIG, "LeXtreme")]


def test_values_astrobin_would_refuse_are_left_out() -> None:
    row = only_row(binning=6, gain=-1.0, set_temp_c=400.0)
    assert (row["binning"], row["gain"], row["sensorCooling"]) == ("", "", "")
    assert astrobin_rows([a_set(exposure_s=2e6)], KNOWN) == []


@given(st.text(), st.floats(0.0001, 900_000), st.floats(-300, 200), st.floats(-1, 70_000), st.integers(0, 9))
def test_every_line_splits_at_commas_into_as_many_fields_as_the_header(
    name: str, exposure_s: float, cooling_c: float, gain: float, binning: int
) -> None:
    one = a_set(filter=name, exposure_s=exposure_s, set_temp_c=cooling_c, gain=gain, binning=binning)
    text = astrobin_text(astrobin_rows([one], KNOWN))
    header, line, end = text.split("\n")
    assert header == ",".join(COLUMNS)
    assert end == ""
    assert line.count(",") == header.count(",")
    assert not set(line) & set('"\r ')
