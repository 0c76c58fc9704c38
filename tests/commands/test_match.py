from __future__ import annotations

import pytest

from pipeline.model.errors import UserError
from tests.commands.shelf import DARKS, lay, lay_dark, lay_flat
from tests.living_library import LivingLibrary
from tests.stages.night_library import RIG, outside_caches
from tests.stages.view_library import make_views

FOLDER = f"{RIG}/10_Blink/M31"


@pytest.fixture
def library(tmp_path):
    """Four lights of M31, offered; two darks and the flats of the night."""
    views = make_views(tmp_path / "library")
    views.settle()
    lay_dark(views.root)
    lay_dark(views.root, name="masterDark_EXPOSURE_60.00.fits", EXPOSURE=60.0, EXPTIME=60.0)
    lay_flat(views.root)
    return LivingLibrary(views.root)


def test_every_master_is_listed_with_its_verdict_and_reason_and_nothing_is_written(library):
    before = outside_caches(library.root)
    said = library.doit("match", FOLDER).stdout
    assert f"{RIG}, M31 L 300 s, night of 2026-01-14:" in said
    assert "dark 300 s, −10.0 °C, 12 days older; one other ruled out by exposure" in said
    assert "flat L of 2026-01-14, same night" in said
    lost = next(
        line for line in said.splitlines() if " lost " in line and "masterDark_EXPOSURE_60.00.fits" in line
    )
    assert lost.split()[:2] == ["dark", "lost"]
    assert lost.endswith("exposure 60 s, not 300 s")
    assert outside_caches(library.root) == before


def test_programs_are_told_the_same(library):
    (told,) = library.ask("match", FOLDER)
    dark = told["matches"]["DARK"]
    assert dark["chosen"] == f"{DARKS}/masterDark_EXPOSURE_300.00.fits"
    assert [(one["verdict"], one["reasons"]) for one in dark["candidates"]] == [
        ("chosen", ["12 days older"]),
        ("lost", ["exposure 60 s, not 300 s"]),
    ]
    assert told["matches"]["FLAT"]["warnings"] == []
    assert told["accepted_with"] is None


def test_a_flat_from_before_a_change_is_lost_on_that_and_one_that_is_pinned_asks_nobody(library):
    for path in (library.root / "_Flat Stash").rglob("*.fits"):
        path.unlink()
    lay_flat(library.root, "2026-01-08")
    (row,) = (row for row in library.command("match", FOLDER).rows if row["for"] == "flat")
    assert row["why"] == "6 days older; of another night: asks you"
    library.command("changed", RIG, "2026-01-12")
    assert any(
        "one other ruled out by a change of the rig" in line
        for line in library.command("match", FOLDER).sentences
    )
    library.command("changed", RIG, "2026-01-12", "--undo")
    library.command("pin", FOLDER, str(row["master"]))
    (row,) = (row for row in library.command("match", FOLDER).rows if row["for"] == "flat")
    assert (row["verdict"], row["why"]) == ("chosen", "6 days older; of another night: you pinned it")


def test_what_is_missing_is_said(library):
    for path in (library.root / DARKS).iterdir():
        path.unlink()
    answer = library.command("match", FOLDER)
    assert any(
        "missing: darks of 300 s at −10 °C, gain 100, offset 50, binning 1" in s for s in answer.sentences
    )
    assert answer.code() == 0


def test_masters_of_other_cameras_are_shown_when_asked_for(library):
    for number in range(14):
        lay(library.root, f"_Dark Library/ATR585M/{number}.fits", "Dark", "2026-01-02", INSTRUME="ATR585M")
    few, everything = library.command("match", FOLDER), library.command("match", FOLDER, "--all")
    assert few.closing == ("3 masters more that do not fit; --all shows them.",)
    assert len(list(everything.rows)) == len(list(few.rows)) + 3
    assert everything.closing == ()


def test_a_cut_off_master_is_listed_as_unsound(library):
    path = library.root / DARKS / "masterDark_EXPOSURE_300.00.fits"
    path.write_bytes(path.read_bytes()[:3000])
    (told,) = library.ask("match", FOLDER)
    assert told["matches"]["DARK"]["chosen"] is None
    assert told["matches"]["DARK"]["candidates"][0]["verdict"] == "lost"


def test_somebody_must_say_which(library):
    with pytest.raises(UserError, match=r"Match what\?"):
        library.command("match")


def test_several_sets_are_told_apart_and_darks_need_nothing(tmp_path):
    views = make_views(tmp_path / "library", frames=1)
    views.shoot(20, FILTER="R")
    views.shoot(30, IMAGETYP="DARK")
    lay_dark(views.root)
    library = LivingLibrary(views.root)
    rows = list(library.command("match", "--night", "2026-01-14").rows)
    assert {row["set"] for row in rows} == {"M31 L 300 s", "M31 R 300 s"}
    answer = library.command("match", "--rig", "ZWO ASI2600MM Pro")
    assert [line.partition(": ")[2] for line in answer.sentences] == ["darks and bias need no masters."]


def test_a_flat_of_another_night_is_offered_with_what_to_type(library):
    for path in (library.root / "_Flat Stash").rglob("*.fits"):
        path.unlink()
    lay_flat(library.root, "2026-01-08")
    answer = library.command("match", FOLDER)
    assert any("or choose among those of 2026-01-08 (6 days older)" in line for line in answer.sentences)
    assert answer.closing == ("To take one of another night: `doit pin SET MASTER`.",)
