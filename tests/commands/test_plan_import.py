"""What a person wants to shoot is imported from other programs' files, shown, replaced and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.model.errors import UserError
from pipeline.world.library import open_library
from pipeline.world.plans import read_plans
from tests.living_library import LivingLibrary, make_library
from tests.small_library import said

LIST = (
    "Catalogue Entry,Familiar Name,Type,Right Ascension,Declination,Magnitude,Size\r\n"
    'M 33,Triangulum Galaxy,Galaxy,01h 33\' 51"",30º 39\' 37"",5.7,71\'\n'
)
MOSAIC = "Pane, RA, DEC, Overlap\n1, 0hr 56' 01\", 45º 51' 18\", 10%\n2, 0hr 57' 01\", 45º 51' 18\", 10%\n"


@pytest.fixture
def library(tmp_path: Path) -> LivingLibrary:
    return make_library(tmp_path / "library")


def wishes(library: LivingLibrary) -> list[tuple[str, str, str, float | None, str]]:
    found = read_plans(open_library(library.root)).wishes
    return [(one.target, one.panel, one.filter, one.hours, one.source) for one in found]


def test_a_list_is_imported_shown_replaced_and_taken_back(library: LivingLibrary) -> None:
    file = library.root.parent / "telescopius_list_autumn.csv"
    file.write_text(LIST, encoding="utf-8")
    library.command("plan_import", str(file), "--hours", "L=4,Ha=6")
    assert wishes(library) == [
        ("Triangulum Galaxy", "", "L", 4.0, "autumn"),
        ("Triangulum Galaxy", "", "Ha", 6.0, "autumn"),
    ]
    library.command("plan_import", str(file), "--hours", "L=5", "--by-catalogue")
    assert wishes(library) == [("M 33", "", "L", 5.0, "autumn")]
    assert "autumn" in said(library.command("plan_import"))
    library.command("plan_import", "--undo", "autumn")
    assert wishes(library) == [], "imported again it was replaced: the former does not hold again"
    with pytest.raises(UserError, match="No imported plan is called autumn"):
        library.command("plan_import", "--undo", "autumn")


def test_the_same_file_imported_again_is_one_import(library: LivingLibrary) -> None:
    file = library.root.parent / "autumn.csv"
    file.write_text(LIST, encoding="utf-8")
    first, again = (library.command("plan_import", str(file), "--hours", "L=4").rows for _ in range(2))
    assert next(iter(first))["decision"] == next(iter(again))["decision"]
    library.command("plan_import", "--undo", "autumn")
    assert wishes(library) == []


def test_an_import_without_hours_says_how_to_give_them(library: LivingLibrary) -> None:
    file = library.root.parent / "autumn.csv"
    file.write_text(LIST, encoding="utf-8")
    assert "hours are missing for 1 target" in said(library.command("plan_import", str(file)))
    assert "hours are missing" not in said(library.command("plan_import", str(file), "--hours", "L=4"))


def test_filters_of_an_import_are_spelled_as_the_rigs_file_spells_them(library: LivingLibrary) -> None:
    rig = next(library.root.glob("_Rigs/C8E*.toml"))
    rig.write_text(rig.read_text("utf-8") + '\n[[filter]]\nname = "H"\naliases = ["Ha"]\n', encoding="utf-8")
    file = library.root.parent / "autumn.csv"
    file.write_text(LIST, encoding="utf-8")
    library.command("plan_import", str(file), "--hours", "ha=6,Z=1")
    assert [one[2] for one in wishes(library)] == ["H", "Z"]
    assert "No target here" not in said(library.command("show", "targets", "--target", "Triangulum Galaxy"))


def test_a_mosaic_is_named_and_for_a_rig(library: LivingLibrary) -> None:
    file = library.root.parent / "mosaic.csv"
    file.write_text(MOSAIC, encoding="utf-8")
    library.command(
        "plan_import",
        str(file),
        "--name",
        "M31",
        "--counts",
        "L=40x180",
        "--rig",
        "c8e@f10+zwo asi2600mm pro",
    )
    found = read_plans(open_library(library.root)).wishes
    assert [(one.target, one.panel, one.desired, one.exposure_s, one.rig) for one in found] == [
        ("M31", panel, 40, 180.0, "C8E@f10.0+ZWO ASI2600MM Pro") for panel in ("1", "2")
    ]
    with pytest.raises(UserError, match="No rig file describes"):
        library.command("plan_import", str(file), "--rig", "RedCat")


def test_one_bad_file_imports_nothing(library: LivingLibrary) -> None:
    good, bad = library.root.parent / "a.csv", library.root.parent / "b.csv"
    good.write_text(LIST, encoding="utf-8")
    bad.write_text("hello", encoding="utf-8")
    for words in ([str(good), str(bad)], [str(good), "absent.csv"], [str(good.parent)]):
        with pytest.raises(UserError):
            library.command("plan_import", *words)
    assert wishes(library) == []


def test_a_person_types_it(library: LivingLibrary) -> None:
    (library.root / "list.csv").write_text(LIST, encoding="utf-8")
    (row,) = library.ask("plan-import", "list.csv", "--hours", "L=4")
    assert (row["plan"], row["kind"], row["wishes"]) == ("list", "telescopius", 1)
    assert "Triangulum Galaxy" in library.doit("schedule").stdout
