"""Equipment and sites: defined or only used, with first and last night."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.library import Configuration, Library
from pipeline.model.rigs import Camera, Filter, Rig, Site
from pipeline.rules.equipment import equipment, sites
from tests.rules.test_astrobin import RIG, a_set

_RIG = Rig(
    name=RIG,
    optic="C8E",
    focal_ratio=10.0,
    camera=Camera(name="ZWO ASI2600MM Pro", pixel_um=3.76),
    filters=(Filter(name="L", astrobin_id=2906),),
)
_SITE = Site(name="backyard", latitude=40.0, longitude=-75.0, bortle=5)
SETTINGS = Configuration(
    library=replace(Library(), sites=(_SITE,)), rigs=(_RIG,), stranger=replace(_RIG, name="")
)


def test_what_is_used_has_its_first_and_last_night_and_hours() -> None:
    sets = [
        a_set(optic="C8E", camera="ZWO ASI2600MM Pro"),
        a_set(night="2026-03-01", frames=3, accepted_s=0.0),
    ]
    rows = {(row["what"], row["name"]): row for row in equipment(SETTINGS, sets)}
    rig = rows["rig", RIG]
    assert (rig["first_night"], rig["last_night"], rig["frames"]) == ("2026-01-14", "2026-03-01", 15)
    assert rows["filter", "L"]["details"] == {"astrobin_id": 2906}
    assert rows["camera", "ZWO ASI2600MM Pro"]["details"]["pixel_um"] == 3.76


def test_what_no_file_describes_is_listed_as_such() -> None:
    sets = [a_set(rig="Z73@f5.9+ASI533", optic="Z73", camera="ASI533", filter="LeXtreme")]
    strange = {row["name"] for row in equipment(SETTINGS, sets) if not row["defined"]}
    assert strange == {"Z73@f5.9+ASI533", "Z73", "ASI533", "LeXtreme"}


def test_what_is_defined_and_was_never_used_is_there_without_nights() -> None:
    (rig, *_) = equipment(SETTINGS, [])
    assert (rig["name"], rig["frames"], "first_night" in rig) == (RIG, 0, False)


def test_a_rig_that_only_came_with_nightbuild_is_nobodys_until_it_is_used() -> None:
    assert equipment(SETTINGS, [], [RIG]) == []
    names = {row["name"] for row in equipment(SETTINGS, [a_set(filter="R")], [RIG])}
    assert names >= {RIG, "C8E", "L", "R"}


def test_one_rig_written_in_two_ways_is_one() -> None:
    rows = equipment(SETTINGS, [a_set(rig="C8E@f10+ZWO ASI2600MM Pro"), a_set()])
    assert [row["frames"] for row in rows if row["what"] == "rig"] == [24]


def test_darks_belong_to_a_camera_and_to_no_optic() -> None:
    rows = equipment(SETTINGS, [a_set(kind="DARK", camera="ZWO ASI2600MM Pro", optic="C8E")])
    assert {row["name"]: row["frames"] for row in rows if row["frames"]} == {"ZWO ASI2600MM Pro": 12}


def test_a_site_frames_were_taken_at_and_nobody_defined_is_listed_by_its_coordinates() -> None:
    here = a_set()
    there = [a_set(site="", latitude_deg=28.30, longitude_deg=-16.51 + shift) for shift in (0, 0.05)]
    home, away = sites(SETTINGS, [here, *there])
    assert (home["name"], home["frames"], home["rigs"]) == ("backyard", 12, [RIG])
    assert (away["name"], away["defined"], away["frames"]) == ("", False, 24)
    assert (away["latitude_deg"], away["longitude_deg"]) == (28.3, -16.5)
