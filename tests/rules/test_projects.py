"""A target's project: the most active folder speaks, an archive counts, names are joined as a person would."""

from __future__ import annotations

from typing import Any

from pipeline.model.catalog import SetRow
from pipeline.model.library import TargetAlias
from pipeline.rules.projects import TargetPlace, projects
from tests.rules.test_astrobin import RIG, a_set


def place(stage: str, name: str = "M31", **more: Any) -> TargetPlace:
    return TargetPlace(stage=stage, path=f"{RIG}/{stage}/{name}", name=name, **more)


def sets_of(*targets: str, **more: Any) -> list[SetRow]:
    return [a_set(id=f"{RIG}/{target}", target=target, **more) for target in targets]


def test_the_most_active_folder_is_where_it_stands() -> None:
    (row,) = projects(RIG, sets_of("M31"), [place("60_Done"), place("20_Data"), place("40_Process")])
    assert (row["stage"], row["status"]) == ("20_Data", "active")
    assert [one["stage"] for one in row["places"]] == ["20_Data", "40_Process", "60_Done"]


def test_what_is_processed_is_inactive_and_what_is_done_closed() -> None:
    stages = {
        stage: projects(RIG, [], [place(stage)])[0]["status"] for stage in ("30_Master", "50_Bake", "60_Done")
    }
    assert stages == {"30_Master": "inactive", "50_Bake": "inactive", "60_Done": "closed"}


def test_a_target_whose_frames_wait_in_the_store_is_active() -> None:
    (row,) = projects(RIG, sets_of("M31"), [])
    assert (row["stage"], row["status"], row["places"]) == ("00_Frames", "active", [])


def test_an_archive_called_after_anything_is_known_by_the_folder_in_it() -> None:
    archive = place("60_Done", "backup 2024", is_archive=True, files=812, bytes=10**9, holds=("M 31",))
    (row,) = projects(RIG, sets_of("M 31"), [archive])
    assert (row["target"], row["files"], row["places"][0]["archive"]) == ("M 31", 812, True)


def test_a_folder_of_a_target_never_shot_here_is_a_project_too() -> None:
    rows = projects(RIG, sets_of("M31"), [place("40_Process", "M33")])
    assert [row["target"] for row in rows] == ["M31", "M33"]


def test_spellings_and_aliases_are_one_project() -> None:
    alias = TargetAlias(name="Andromeda", aliases=("M31",))
    (row,) = projects(RIG, sets_of("M31", "Andromeda"), [place("20_Data", "m31")], [alias])
    assert (row["target"], len(row["sets"])) == ("Andromeda", 2)


def test_the_catalogues_name_and_kind_stand_beside_the_name_as_shot() -> None:
    (row,) = projects(RIG, sets_of("Andromeda M 31"), [])
    assert (row["target"], row["object"], row["type"]) == ("Andromeda M 31", "M31", "galaxy")


def test_panels_are_in_the_order_of_their_numbers() -> None:
    sets = [a_set(id=panel, panel=panel) for panel in ("10", "2", "1")]
    assert projects(RIG, sets, [])[0]["panels"] == ["1", "2", "10"]
