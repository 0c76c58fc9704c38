"""The page of masters: age as of the last night, use, what is missing; and the chart of what darks cover."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.model.catalog import Catalog, MasterRow
from pipeline.model.reports import Page
from pipeline.rules.report_asked import Asked
from pipeline.rules.report_masters import MastersPage, masters_page
from pipeline.rules.waiting import Waiting
from tests.rules.report_rows import GROUND, catalog, set_row


def dark(**said: Any) -> MasterRow:
    row: Any = {
        "path": "_Dark Library/ZWO ASI2600MM Pro/masterDark_300.fits",
        "kind": "MASTER DARK",
        "state": "good",
        "label": "dark 300 s, −10.0 °C",
        "camera": "ZWO ASI2600MM Pro",
        "exposure_s": 300.0,
        "set_temp_c": -10.0,
        "night": "2026-01-02",
        "frames": 20,
    }
    return row | said  # type: ignore[no-any-return]


def light(**said: Any) -> Any:
    return set_row(camera="ZWO ASI2600MM Pro", set_temp_c=-10.0, **said)


def made(told: Catalog, *masters: MasterRow, asked: Asked | None = None) -> Page:
    return masters_page(replace(told, masters=masters), asked or Asked(), GROUND)


def shown(*args: Any, **said: Any) -> MastersPage:
    value = made(*args, **said).build()
    assert isinstance(value, MastersPage)
    return value


def test_age_is_that_of_the_last_night() -> None:
    (camera,) = shown(catalog(light()), dark()).cameras
    assert [one.text for one in camera.rows[0]] == [
        "dark 300 s, −10.0 °C",
        "2026-01-02",
        "12 days",
        "20",
        "none yet",
        "good",
    ]


def test_a_master_older_than_its_rigs_allow_says_so() -> None:
    (camera,) = shown(catalog(light()), dark(night="2024-01-02")).cameras
    assert camera.rows[0][-1].text == "older than its rigs allow (365 days)"


def test_use_leads_to_the_latest_night_it_served() -> None:
    one, two = light(), light(night="2026-01-15")
    (camera,) = shown(catalog(one, two), dark(sets=[one["id"], two["id"]])).cameras
    assert camera.rows[0][4].text == "2"
    assert camera.rows[0][4].path.endswith("2026-01-15.html")


def test_superseded_and_held_ones_say_so_and_stand_last() -> None:
    old = dark(path="a.fits", state="superseded")
    (camera,) = shown(catalog(light()), old, dark(state="held: too few stars")).cameras
    assert [one[-1].text for one in camera.rows] == ["held: too few stars", "superseded"]


def test_what_lights_lack_is_to_be_shot_the_most_wanted_first() -> None:
    told = catalog(
        light(lacks=["darks of 300 s"], states={"accepted": 4}),
        light(name="R", lacks=["flats R"], states={"accepted": 40}),
        light(name="G", lacks=["darks of 300 s"], states={"accepted": 4}),
    )
    page = shown(told)
    assert [[one.text for one in row[:1] + row[2:5]] for row in page.lacking] == [
        ["flats R", "1", "40", "3 h 20 min"],
        ["darks of 300 s", "2", "8", "40 min"],
    ]


def test_the_chart_tells_used_unused_and_missing_darks_apart() -> None:
    told = catalog(
        light(),
        light(name="Ha", exposure_s=600.0, lacks=["darks of 600 s at -10 °C"]),
        light(name="R", exposure_s=60.0),
    )
    (camera,) = shown(told, dark(), dark(path="b.fits", exposure_s=30.0)).cameras
    assert camera.coverage is not None
    assert camera.coverage.heads == ("30 s", "60 s", "300 s", "600 s")
    assert [cell.sign for cell in camera.coverage.rows[0][1]] == ["○", "◌", "●", "✕"]


def test_a_camera_without_masters_is_there_for_its_lights() -> None:
    (camera,) = shown(catalog(light())).cameras
    assert camera.says == "0 masters; 1 set of lights."


def test_what_status_says_is_missing_is_said_here_too() -> None:
    waiting = Waiting(what="shoot flats with H", where="", command="doit match")
    page = shown(catalog(light()), asked=Asked(missing=(waiting,)))
    assert [(one.what, one.command) for one in page.missing] == [("Shoot flats with H", "doit match")]


def test_an_empty_library_says_what_to_do() -> None:
    assert "shoot darks" in shown(Catalog()).lead
