from __future__ import annotations

import os
import shutil

import pytest

from pipeline.model.watching import Sight
from pipeline.world.listings import Folders
from pipeline.world.seeking import Seeker, homes_of
from pipeline.world.watching import leaf_folders, observe
from tests.stages.blinking import DATE, FILTER, M31, make_person
from tests.stages.night_library import RIG, configure


@pytest.fixture
def person(tmp_path):
    return make_person(tmp_path / "library")


def sights(person):
    """What was seen of each frame: the sight, and where."""
    seen = observe(person.book().library, [person.book()])
    return {person.name_of(look.link.stored): (look.sight, look.at) for look in seen.looks}


def test_every_link_is_there_at_rest(person):
    assert {sight for sight, _ in sights(person).values()} == {Sight.THERE}


@pytest.mark.parametrize("top", ["30_Master", "70_Abandon"])
def test_a_link_is_found_anywhere_in_its_rig(person, top):
    person.into(f"{RIG}/{top}/some/where", 0)
    assert sights(person)["00"] == (Sight.FOUND, f"{RIG}/{top}/some/where/{person.only().members[0].name}")


@pytest.mark.parametrize("folder", ["my own folder", f"Another rig@f5.0+Camera/10_Blink/M31/{FILTER}"])
def test_a_link_is_found_anywhere_in_the_library(person, folder):
    person.into(folder, 0)
    assert sights(person)["00"][0] is Sight.FOUND


@pytest.mark.parametrize(
    "folder",
    ["_Inbox/again", "_Trash/2026", ".hidden", "#recycle", f"{RIG}/00_Frames/DATE_2026-01-14/LIGHT/x"],
)
def test_a_name_in_an_inbox_a_trash_or_the_store_is_not_a_place(person, folder):
    person.into(folder, 0)
    assert sights(person)["00"][0] is Sight.ABSENT


def test_a_renamed_link_is_known_by_its_inode(person):
    person.move(person.there(0), f"{M31}/accept/the best.fits")
    assert sights(person)["00"] == (Sight.FOUND, f"{M31}/accept/the best.fits")


def test_a_copy_is_known_elsewhere_only_by_its_bytes(person):
    source, elsewhere = person.there(0), person.root / RIG / "30_Master"
    elsewhere.mkdir()
    twin = elsewhere / source.name
    shutil.copy2(source, twin)
    source.unlink()
    assert sights(person)["00"][0] is Sight.FOUND
    data = bytearray(twin.read_bytes())
    data[-1] ^= 1
    twin.chmod(0o644)
    twin.write_bytes(data)
    os.utime(twin, ns=(person.only().members[0].mtime_ns,) * 2)
    assert sights(person)["00"][0] is Sight.ABSENT


def test_a_moved_symbolic_link_that_leads_nowhere_is_still_the_frame(tmp_path):
    person = make_person(tmp_path / "library", frames=0)
    configure(person.root, 'views = "symlink"\n')
    person.shoot(0, 1)
    person.offer()
    person.into(f"{M31}/accept", 0)
    moved = person.root / M31 / "accept" / person.only().members[0].name
    assert moved.is_symlink() and not moved.exists()
    assert sights(person)["00"] == (Sight.FOUND, moved.relative_to(person.root).as_posix())


def test_of_several_places_the_accepted_one_counts(person):
    name = person.only().members[0].name
    person.into(f"{M31}/accept", 0)
    other = person.root / RIG / "30_Master" / name
    other.parent.mkdir()
    os.link(person.root / M31 / "accept" / name, other)
    assert sights(person)["00"][1] == f"{M31}/accept/{name}"


def test_a_frame_missing_from_the_store_leaves_its_link_unjudged(person):
    person.delete(0)
    (person.root / person.only().members[0].stored).unlink()
    assert sights(person)["00"][0] is Sight.UNSURE


def test_a_link_that_is_a_folder_now_is_replaced(person):
    person.delete(0)
    person.there(0).mkdir()
    assert sights(person)["00"][0] is Sight.REPLACED


def test_markers_are_seen_with_their_text_and_their_owner(person):
    person.mark(text="\ufefffine\n\x00\x1b[31m night " + "x" * 500)
    (marker,) = observe(person.book().library, [person.book()]).markers
    assert marker.text.startswith("fine [31m night x")
    assert len(marker.text) == 200
    assert (marker.path, bool(marker.who)) == (f"{DATE}/BLINKED", os.name == "posix")


def test_no_marker_is_looked_for_in_the_stage_folder_itself(person):
    person.mark(f"{RIG}/10_Blink")
    assert observe(person.book().library, [person.book()]).markers == ()


def test_the_leaf_folders_tell_of_everything_that_may_change(person):
    assert leaf_folders(person.book()) == [M31, DATE, person.folder]
    person.into(f"{M31}/accept", 0)
    person.look()
    assert f"{M31}/accept" in leaf_folders(person.book())


def test_the_homes_of_a_place():
    assert (
        homes_of("R/10_Blink/M31/x")
        == homes_of("_Reject/R/10_Blink/M31/x")
        == ["R/10_Blink", "R/20_Data", "_Reject/R"]
    )
    assert homes_of("_Calibration/C/10_Blink/DARK/x") == ["_Calibration/C/10_Blink", "_Reject/_Calibration/C"]


def test_a_folder_taken_apart_by_accents_is_one_folder(tmp_path):
    (tmp_path / "e\u0301.fits").touch()
    assert Folders(tmp_path).entry("\u00e9.fits") is not None


def test_links_in_a_circle_are_not_followed(person):
    (person.root / RIG / "30_Master").symlink_to(person.root / RIG, target_is_directory=True)
    person.delete(0)
    assert sights(person)["00"][0] is Sight.ABSENT
    assert "30_Master" not in Seeker(person.book().library, Folders(person.root)).top_folders()


def test_nothing_is_sought_among_our_own_records(person):
    for name in ("_Catalog", "_Reports", "_Notes", "_Scheduler", "_Trash", "40_Process"):
        (person.root / name).mkdir(exist_ok=True)
    folders = Seeker(person.book().library, Folders(person.root)).top_folders()
    assert "40_Process" in folders
    assert not {"_Catalog", "_Reports", "_Notes", "_Scheduler", "_Trash"} & set(folders)
