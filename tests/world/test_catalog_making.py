"""The catalogue of a library somebody works in: made, brought up to date, made again from nothing, and forgotten."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tinydb

from pipeline.model.catalog import Catalog
from pipeline.model.errors import UserError
from pipeline.model.jobs import Work
from pipeline.rules.record_places import catalog_file
from pipeline.stages import catalog as stage
from pipeline.world import catalog_making, catalog_night
from pipeline.world.catalog import catalog_files, read_catalog
from pipeline.world.catalog_storage import open_catalog
from pipeline.world.library import open_library
from tests.eyes import LIMITS, Eyes, make_eyes
from tests.stages.night_library import OTHER_RIG, RIG, outside_caches

CAMERA = "ZWO ASI2600MM Pro"
OWNERS = (RIG, OTHER_RIG, CAMERA)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nights of one rig, one of another, darks: culled, blinked away, accepted, waiting."""
    eyes = make_eyes(tmp_path_factory.mktemp("library"), RIG, OTHER_RIG)
    eyes.shoot(2.0, 2.2, 2.4, 2.5, 2.6, 6.0, rms=0.5)
    eyes.shoot(3.0, target="NGC 7000", rig=OTHER_RIG)
    eyes.calibrate("DARK")
    eyes.doit("catalog")
    (blink,) = {path.parent for path in eyes.frames("10_Blink") if "M31" in path.parts}
    eyes.move(sorted(blink.glob("*.fits"))[0], blink / "bad")
    eyes.mark(blink)
    eyes.shoot(2.1, 2.3, day=1)
    eyes.doit("catalog")
    eyes.age_folders()
    eyes.doit("catalog")
    return eyes.root


@pytest.fixture
def eyes(lived: Path, tmp_path: Path) -> Eyes:
    """A copy of it that may be changed."""
    shutil.copytree(lived, tmp_path / "library", symlinks=True)
    return Eyes(tmp_path / "library", shot=100)


def rows(root: Path, **asked: Any) -> Catalog:
    return read_catalog(open_library(root), **asked)


def record(root: Path, *owners: str) -> list[str]:
    """The stage alone; what it says."""
    said = [stage.write_owner(Work(root), owner=owner).says for owner in owners or OWNERS]
    return [*said, stage.write_library(Work(root)).says]


def held(root: Path) -> dict[str, bytes]:
    return {name: (root / name).read_bytes() for name in catalog_files(open_library(root))}


def forget(root: Path, *names: str) -> None:
    for name in names:
        shutil.rmtree(root / name)


def nights_made(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """Filled with each night that is written down anew."""
    found: list[date] = []
    make = catalog_night.make_night

    def noted(library: Any, owner: str, night: date, *more: Any) -> Any:
        found.append(night)
        return make(library, owner, night, *more)

    monkeypatch.setattr(catalog_making, "make_night", noted)
    return found


def only_set(eyes: Eyes, night: str) -> Any:
    (row,) = (row for row in rows(eyes.root).sets if row["night"] == night and row["kind"] == "LIGHT")
    return row


def test_every_stored_frame_has_a_row_in_the_state_that_status_counts(lived: Path) -> None:
    found, eyes = rows(lived), Eyes(lived)
    states = Counter(row["state"] for one in found.owners.values() for row in one.frames)
    assert states == eyes.states()
    assert states == {"accepted": 4, "blinked away": 1, "culled": 1, "offered": 6}
    assert {row["stored"] for one in found.owners.values() for row in one.frames} == set(eyes.ledger.stored)
    assert found.troubles == []


def test_the_row_of_a_culled_frame_says_why_where_it_lies_and_what_was_measured(lived: Path) -> None:
    (row,) = (row for row in rows(lived).owners[RIG].frames if row["state"] == "culled")
    assert row["fate"] == "culled"
    assert row["reasons"] == ["HFR 6.0 px (NINA) > 4.6"]
    assert row["values"]["hfr"] == 6.0
    assert row["lies_at"].startswith(f"_Reject/{RIG}/10_Blink/M31/")
    assert row["kind"] == "LIGHT"
    assert row["origin"] == "received"
    assert (row["night"], row["target"], row["filter"], row["exposure_s"]) == (
        "2026-01-14",
        "M31",
        "L",
        300.0,
    )


def test_the_row_of_a_frame_that_was_blinked_away_says_what_the_person_did(lived: Path) -> None:
    (row,) = (row for row in rows(lived).owners[RIG].frames if row["state"] == "blinked away")
    assert row["why"] == "moved into bad/"
    assert "reasons" not in row


def test_a_set_is_the_sum_of_its_frames_and_only_what_was_accepted_counts(lived: Path) -> None:
    (row,) = (row for row in rows(lived).sets if row.get("target") == "M31" and row["night"] == "2026-01-14")
    assert row["frames"] == 6
    assert row["states"] == {"accepted": 4, "culled": 1, "blinked away": 1}
    assert (row["accepted"], row["accepted_s"]) == (4, 1200.0)
    assert row["object"] == "M31"
    assert row["medians"]["hfr"] == 2.45
    assert row["camera"] == CAMERA
    assert any("darks" in lack for lack in row["lacks"])
    assert row["session"] == rows(lived).owners[RIG].sessions[0]["id"]


def test_small_tables_and_single_owners_can_be_asked_for_alone(lived: Path) -> None:
    found = rows(lived, tables={"sets"}, owners=[OTHER_RIG])
    assert list(found.owners) == [OTHER_RIG]
    assert len(found.sets) == 1
    assert found.owners[OTHER_RIG].frames == ()
    assert found.owners[OTHER_RIG].nights == ()


def test_a_second_making_finds_nothing_to_do(lived: Path) -> None:
    assert all(stage.is_written(lived, owner=owner) for owner in OWNERS)
    assert stage.is_library_written(lived)
    assert record(lived) == ["", "", "", ""]


def test_a_deleted_catalogue_comes_back_with_the_same_bytes(eyes: Eyes) -> None:
    before = held(eyes.root)
    forget(eyes.root, "_Catalog")
    assert not stage.is_written(eyes.root, owner=RIG)
    assert record(eyes.root)[0] == "C8E   8 frames, 2 sets of 2 nights"
    assert held(eyes.root) == before


def test_without_caches_the_next_night_changes_no_file_outside_them(eyes: Eyes) -> None:
    eyes.doit("catalog")
    before = outside_caches(eyes.root)
    forget(eyes.root, ".nightbuild")
    eyes.doit("catalog")
    assert outside_caches(eyes.root) == before


def test_what_only_deleted_manifests_knew_stays_when_a_finished_night_changes(eyes: Eyes) -> None:
    forget(eyes.root, ".nightbuild")
    (lying, *_) = (row["lies_at"] for row in rows(eyes.root).owners[RIG].frames if row["state"] == "accepted")
    eyes.move(eyes.root / lying, eyes.root / RIG / "30_Master/M31")
    eyes.doit("catalog")
    eyes.age_folders()
    eyes.doit("catalog")
    frames = [row for row in rows(eyes.root).owners[RIG].frames if row["night"] == "2026-01-14"]
    assert Counter(row["state"] for row in frames) == {
        "accepted": 3,
        "moved on": 1,
        "blinked away": 1,
        "culled": 1,
    }
    assert all("background_adu" in row["values"] for row in frames)
    (culled,) = (row for row in frames if row["state"] == "culled")
    assert culled["reasons"] == ["HFR 6.0 px (NINA) > 4.6"]


def test_only_nights_that_were_made_from_something_else_are_written_down_anew(
    eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = nights_made(monkeypatch)
    record(eyes.root)
    assert made == []
    eyes.ask("blink", only_set(eyes, "2026-01-15")["id"])
    record(eyes.root)
    assert made == [date(2026, 1, 15)]


def test_an_edited_limit_writes_down_no_finished_night_anew(
    eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = nights_made(monkeypatch)
    eyes.limit(LIMITS.replace("4.6", "4.2"))
    record(eyes.root)
    assert made == []


def test_a_correction_writes_down_the_night_it_speaks_of(eyes: Eyes, monkeypatch: pytest.MonkeyPatch) -> None:
    made = nights_made(monkeypatch)
    stored = next(row["stored"] for row in rows(eyes.root).owners[RIG].frames if row["night"] == "2026-01-15")
    eyes.ask("correct", stored, "filter=Ha")
    eyes.doit("catalog")
    assert made == [date(2026, 1, 15)]
    assert any(row.get("filter") == "Ha" for row in rows(eyes.root).owners[RIG].frames)
    before = held(eyes.root)
    forget(eyes.root, "_Catalog")
    record(eyes.root)
    assert held(eyes.root) == before


def test_night_by_night_comes_to_the_same_bytes_as_from_nothing(eyes: Eyes) -> None:
    eyes.shoot(2.2, 2.6, day=2)
    eyes.doit("catalog")
    eyes.mark(only_set(eyes, "2026-01-15")["blink"])
    eyes.doit("catalog")
    eyes.doit("catalog")
    before = held(eyes.root)
    forget(eyes.root, "_Catalog", ".nightbuild/catalog")
    record(eyes.root)
    assert held(eyes.root) == before


def test_a_damaged_catalogue_is_said_and_made_again(eyes: Eyes) -> None:
    before, path = held(eyes.root), eyes.root / catalog_file(RIG)
    path.write_bytes(path.read_bytes()[:-200])
    found = rows(eyes.root)
    assert found.troubles == [
        f"{catalog_file(RIG)} is damaged, so it is left out. The next `doit` makes it again."
    ]
    assert RIG not in found.owners
    assert (
        record(eyes.root)[0]
        == f"C8E   8 frames, 2 sets of 2 nights; {catalog_file(RIG)} was damaged, and is made anew"
    )
    assert held(eyes.root) == before


def test_one_of_another_version_is_made_again_and_forgets_nothing(eyes: Eyes) -> None:
    before, path = held(eyes.root), eyes.root / catalog_file(RIG)
    forget(eyes.root, ".nightbuild")
    path.write_bytes(path.read_bytes().replace(b'"version":1,', b'"version":0,', 1))
    (said,) = rows(eyes.root).troubles
    assert said.startswith(f"{catalog_file(RIG)} was written by another version")
    record(eyes.root)
    assert held(eyes.root) == before


def test_a_night_that_cannot_be_written_down_keeps_its_rows_and_stops_no_other(
    eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = catalog_night.make_night

    def fails(library: Any, owner: str, night: date, *more: Any) -> Any:
        if night == date(2026, 1, 14):
            raise ValueError("a number of nine lives")
        return make(library, owner, night, *more)

    before = rows(eyes.root).owners[RIG].frames
    forget(eyes.root, ".nightbuild/catalog")
    monkeypatch.setattr(catalog_making, "make_night", fails)
    with pytest.raises(UserError, match=r"night of 2026-01-14: .* a number of nine lives"):
        record(eyes.root, RIG)
    assert rows(eyes.root).owners[RIG].frames == before
    assert not stage.is_written(eyes.root, owner=RIG)
    monkeypatch.undo()
    record(eyes.root, RIG)
    assert stage.is_written(eyes.root, owner=RIG)


def test_rigs_are_written_side_by_side(eyes: Eyes) -> None:
    before = held(eyes.root)
    forget(eyes.root, "_Catalog", ".nightbuild/catalog")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda owner: stage.write_owner(Work(eyes.root), owner=owner), OWNERS))
    record(eyes.root)
    assert held(eyes.root) == before


def test_tinydb_opens_it_and_leaves_it_as_it_is(eyes: Eyes) -> None:
    path = eyes.root / catalog_file(RIG)
    before = path.read_bytes()
    with tinydb.TinyDB(path) as db:
        assert len(db.table("frames").search(tinydb.where("state") == "accepted")) == 4
        assert [row.doc_id for row in db.table("sets")] == [1, 2]
    with open_catalog(path) as db:
        assert len(db.table("frames").search(tinydb.where("state") == "culled")) == 1
        with pytest.raises(UserError, match="made by `doit`"):
            db.table("frames").insert({"stored": "mine"})
    assert path.read_bytes() == before


def test_verify_holds_the_catalogue_against_the_disk_both_ways(eyes: Eyes) -> None:
    assert eyes.ask("verify").data["uncatalogued"] == []
    path = eyes.root / catalog_file(RIG)
    gone, kept = eyes.root / catalog_file(OTHER_RIG), path.read_bytes()
    journal = next((eyes.root / "_Ledger" / RIG).glob("*2026-01-15.jsonl"))
    journal.write_bytes(b"")
    gone.unlink()
    found = eyes.ask("verify")
    assert len(found.data["outdated"]) == 2
    assert len(found.data["uncatalogued"]) == 1
    assert "run `doit`" in str(found.sentences)
    assert path.read_bytes() == kept
