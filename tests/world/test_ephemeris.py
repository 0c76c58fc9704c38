"""Target and moon in the sky: held against astropy's full machinery, against almanacs, and against nonsense."""

from __future__ import annotations

import math
import random
import subprocess
import sys
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.rules.sun import sun_altitude_deg
from pipeline.world.ephemeris import SkyAnswer, SkyQuestion, sky_geometry

HERE = SkyQuestion(
    utc=datetime(2026, 1, 14, 23, 12, 33, tzinfo=UTC),
    exposure_s=300.0,
    latitude_deg=40.4,
    longitude_deg=-3.7,
    elevation_m=700.0,
    ra_deg=10.68,
    dec_deg=41.27,
)


def anywhere(count: int) -> list[SkyQuestion]:
    some = random.Random(4)
    return [
        SkyQuestion(
            utc=datetime(2005, 1, 1, tzinfo=UTC) + timedelta(days=some.uniform(0, 365 * 21)),
            exposure_s=some.choice([0.5, 60.0, 1800.0]),
            latitude_deg=math.degrees(math.asin(some.uniform(-1, 1))),
            longitude_deg=some.uniform(-180, 180),
            elevation_m=some.uniform(0, 5000),
            ra_deg=some.uniform(0, 360),
            dec_deg=math.degrees(math.asin(some.uniform(-1, 1))),
        )
        for _ in range(count)
    ]


def values(answers: list[SkyAnswer], name: str) -> list[float]:
    return [getattr(answer, name) for answer in answers]


def test_all_three_agree_with_astropys_own_transformations() -> None:
    from astropy import units as u
    from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body
    from astropy.time import Time
    from astropy.utils import iers

    asked = anywhere(60)
    ours = sky_geometry(asked)
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("iers_degraded_accuracy", "ignore"):
        middles = [
            one.utc.replace(tzinfo=None) + timedelta(seconds=(one.exposure_s or 0) / 2)
            for one in asked
            if one.utc
        ]
        times = Time(middles, scale="utc")
        places = EarthLocation(
            lat=[one.latitude_deg for one in asked] * u.deg,
            lon=[one.longitude_deg for one in asked] * u.deg,
            height=[one.elevation_m for one in asked] * u.m,
        )
        sky = AltAz(obstime=times, location=places)
        targets = SkyCoord([one.ra_deg for one in asked] * u.deg, [one.dec_deg for one in asked] * u.deg)
        target, moon = targets.transform_to(sky), get_body("moon", times, places).transform_to(sky)
    assert np.max(np.abs(target.alt.deg - values(ours, "altitude_deg"))) < 0.01
    assert np.max(np.abs(moon.alt.deg - values(ours, "moon_altitude_deg"))) < 0.01
    assert np.max(np.abs(target.separation(moon).deg - values(ours, "moon_separation_deg"))) < 0.015


def test_the_pole_star_stands_as_high_as_the_latitude() -> None:
    [answer] = sky_geometry([replace(HERE, ra_deg=37.95, dec_deg=89.264)])
    assert answer.altitude_deg == pytest.approx(40.4, abs=0.75)


@pytest.mark.parametrize(
    ("utc", "north", "east"),
    [
        (datetime(2017, 8, 21, 17, 20, 30), 44.63, -121.13),  # Madras, Oregon
        (datetime(2019, 7, 2, 20, 39, 30), -29.90, -71.25),  # La Serena
        (datetime(2024, 4, 8, 18, 19), 25.54, -103.41),  # Torreón
    ],
)
def test_in_a_total_eclipse_the_moon_stands_as_high_as_the_sun(
    utc: datetime, north: float, east: float
) -> None:
    asked = SkyQuestion(utc=utc, exposure_s=0.0, latitude_deg=north, longitude_deg=east)
    [answer] = sky_geometry([asked])
    assert answer.moon_altitude_deg == pytest.approx(sun_altitude_deg(utc, north, east), abs=0.05)


def test_the_middle_of_the_exposure_counts() -> None:
    long = replace(HERE, exposure_s=3600.0)
    later = replace(HERE, utc=HERE.utc and HERE.utc + timedelta(seconds=1800), exposure_s=0.0)
    for one, other in zip(sky_geometry([long]), sky_geometry([later]), strict=True):
        assert one.altitude_deg == pytest.approx(other.altitude_deg, abs=1e-6)
        assert one.moon_separation_deg == pytest.approx(other.moon_separation_deg, abs=1e-6)


def test_frames_do_not_disturb_each_other() -> None:
    asked = [*anywhere(5), replace(HERE, latitude_deg=None), HERE]
    assert sky_geometry(asked) == [sky_geometry([one])[0] for one in asked]
    assert sky_geometry([]) == []


@pytest.mark.parametrize("bad", [None, math.nan, math.inf, 1000.0, -1000.0])
@pytest.mark.parametrize("name", ["latitude_deg", "longitude_deg"])
def test_without_a_place_nothing_is_known(name: str, bad: float | None) -> None:
    assert sky_geometry([replace(HERE, **{name: bad})]) == [SkyAnswer()]  # type: ignore[arg-type]


def test_without_a_time_nothing_is_known() -> None:
    assert sky_geometry([replace(HERE, utc=None)]) == [SkyAnswer()]


@pytest.mark.parametrize("bad", [None, math.nan, 361.0, -91.0])
@pytest.mark.parametrize("name", ["ra_deg", "dec_deg"])
def test_without_a_target_the_moon_is_still_known(name: str, bad: float | None) -> None:
    [answer] = sky_geometry([replace(HERE, **{name: bad})])  # type: ignore[arg-type]
    assert (answer.altitude_deg, answer.moon_separation_deg) == (None, None)
    assert answer.moon_altitude_deg == sky_geometry([HERE])[0].moon_altitude_deg


@pytest.mark.parametrize("bad", [None, math.nan, 1e9])
def test_an_unknown_height_or_length_is_no_hindrance(bad: float | None) -> None:
    [answer] = sky_geometry([replace(HERE, elevation_m=bad, exposure_s=bad)])
    [exact] = sky_geometry([HERE])
    assert answer.altitude_deg == pytest.approx(exact.altitude_deg, abs=0.5)


@pytest.mark.parametrize("year", [1950, 1972, 2029, 2060, 2199])
def test_no_year_is_too_far_and_none_warns(year: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        [answer] = sky_geometry([replace(HERE, utc=datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC))])
    assert answer.moon_separation_deg is not None
    assert 0 <= answer.moon_separation_deg <= 180


def test_neither_tables_nor_coordinates_of_astropy_are_loaded() -> None:
    code = (
        "import sys\n"
        "from pipeline.world.ephemeris import *\n"
        "early = [name for name in ('numpy', 'erfa', 'astropy') if name in sys.modules]\n"
        "from datetime import datetime\n"
        "sky_geometry([SkyQuestion(utc=datetime(2026, 1, 1), exposure_s=1, latitude_deg=1, longitude_deg=1)])\n"
        "print(early, [name for name in sys.modules if name.startswith(('astropy', 'urllib.request'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"
