"""Summaries of a real library: hours, a list for AstroBin, made again only when something else is known."""

from __future__ import annotations

import json

import pytest

from tests.living_library import LivingLibrary, executed
from tests.small_library import C8E, bare_library, shoot, tree

SUMMARIES = "_Reports/summaries"


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> LivingLibrary:
    """Three accepted lights of M31, and one of a target whose name no file can bear."""
    library = bare_library(tmp_path_factory.mktemp("summaries"))
    for number in range(1, 4):
        shoot(library, f"{number}.fits", number)
    shoot(library, "odd.fits", 4, OBJECT="../=cmd, <b>")
    library.doit("--now")
    for target in library.root.glob(f"{C8E}/10_Blink/*"):
        (target / "BLINKED").touch()
    library.doit("--now")
    return library


def test_totals_hold_the_hours_and_the_table_says_them(library):
    told = json.loads((library.root / SUMMARIES / "totals.json").read_text())
    assert {one["target"]: one["had_frames"] for one in told["targets"]} == {"M31": 3, "../=cmd, <b>": 1}
    assert "M31" in (library.root / SUMMARIES / "totals.txt").read_text()


def test_a_second_run_does_nothing_and_without_caches_nothing_changes(library):
    assert executed(library.doit("--now")) == []
    before = tree(library)
    library.forget()
    library.doit("--now")
    assert tree(library) == before


def test_each_rig_and_target_has_its_table_inside_the_folder(library):
    tables = sorted(
        path.relative_to(library.root / SUMMARIES).as_posix()
        for path in (library.root / SUMMARIES).rglob("*.csv")
    )
    assert f"{C8E}.csv" in tables
    assert "astrobin/M31.csv" in tables
    assert len(tables) == 3
    assert (
        (library.root / SUMMARIES / "astrobin" / "M31.csv")
        .read_text()
        .splitlines()[1]
        .startswith("2026-01-14,")
    )
