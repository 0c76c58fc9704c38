"""`doit why FILE`: everything known about one file, however it is named."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.errors import UserError
from tests.judged_library import JudgedLibrary, easy_library
from tests.looking import NIGHT, RIG, answered, asked, cut, doit, drop, listed, new_library


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = easy_library(tmp_path_factory.mktemp("why") / "library")
    inbox = root / "_Inbox"
    drop(inbox, "LIGHT/a.fits", minute=1)
    drop(inbox, "LIGHT/copy of a.fits", minute=1)
    drop(inbox, "b.fits", minute=2)
    cut(drop(inbox, "cut.fits", minute=4))
    drop(inbox, "strange.fits", minute=5, TELESCOP="RC12", FOCRATIO=8.0)
    doit(root)
    return root


@pytest.fixture(scope="module")
def stored(library: Path) -> str:
    [path] = (library / RIG / "00_Frames").rglob("2026-01-15_00-01-33*.fits")
    return path.relative_to(library).as_posix()


def told_of(folder: Path, typed: str) -> Any:
    return answered(folder, "why", typed).data


def test_it_answers_people_and_programs(library: Path, stored: str) -> None:
    assert asked(library, "why", stored)["stored"] == stored
    said = doit(library, "why", stored).stdout.splitlines()
    assert said[0] == str(library / stored)
    assert [line.split()[0] for line in said[1:] if line[0] != " "] == [
        *("State", "Names", "Is", "Set", "Measured", "Judged", "Masters", "History")
    ]


def test_a_stored_frame_is_found_by_each_of_its_names(library: Path, stored: str) -> None:
    typed = (
        stored,
        str(library / stored),
        "_Inbox/LIGHT/a.fits",
        "LIGHT/a.fits",
        "_Inbox\\LIGHT\\a.fits",
        stored.rpartition("/")[2],
    )
    for name in typed:
        told = told_of(library, name)
        assert (told["stored"], told["inbox"], told["original"]) == (stored, "_Inbox", "LIGHT/a.fits"), name
        assert told["state"] == "offered"
    from_within = told_of((library / stored).parent, stored.rpartition("/")[2])
    assert from_within["stored"] == stored


def test_a_link_of_a_persons_own_leads_to_the_frame(library: Path, stored: str, tmp_path: Path) -> None:
    link = library / RIG / "40_Process" / "M31" / "mine.fits"
    link.parent.mkdir(parents=True)
    os.link(library / stored, link)
    told = told_of(link.parent, "mine.fits")
    assert told["stored"] == stored
    assert "(a name we did not give)" in "\n".join(answered(link.parent, "why", "mine.fits").sentences)
    shutil.rmtree(link.parents[1])


def test_each_value_names_its_source(library: Path, stored: str) -> None:
    told = {row["value"]: row for row in told_of(library, stored)["identity"]}
    assert (told["target"]["is"], told["target"]["from"]) == ("M31", "header OBJECT")
    assert told["exposure"]["is"] == "300 s"
    assert told["night"]["is"] == NIGHT
    assert told["rig"]["is"] == RIG


def test_its_history_is_told_in_order_with_local_times(library: Path, stored: str) -> None:
    told = told_of(library, stored)
    events = [line["event"] for line in told["history"]]
    assert sorted(events) == ["delivered", "duplicate", "hashed", "received"]
    assert events[:2] == ["received", "duplicate"]
    [hashed] = [line for line in told["history"] if line["event"] == "hashed"]
    assert told["sha256"] == hashed["sha256"]


@pytest.mark.skipif(os.name == "nt", reason="the zone of a process is set by TZ on POSIX only")
def test_times_are_local_and_say_their_zone(library: Path, stored: str) -> None:
    said = doit(library, "why", stored, TZ="XYZ-5:30").stdout
    assert " XYZ  received from " in said


def test_a_duplicate_says_of_what(library: Path, stored: str) -> None:
    told = told_of(library, "_Inbox/LIGHT/copy of a.fits")
    assert told["state"] == "duplicate"
    assert stored in told["why"]


@pytest.mark.parametrize(
    ("name", "state", "command"),
    [("cut.fits", "quarantined", ""), ("strange.fits", "unknown rig", "doit rig --new")],
)
def test_what_waits_says_why_and_what_would_change_it(
    library: Path, name: str, state: str, command: str
) -> None:
    told = told_of(library, f"_Inbox/{name}")
    assert told["state"] == state
    assert told["why"]
    assert told["command"].startswith(command)


def test_a_missing_and_a_changed_frame_lead_to_verify(tmp_path: Path) -> None:
    root = new_library(tmp_path / "library")
    drop(root / "_Inbox", "a.fits")
    doit(root)
    [stored] = (root / RIG).rglob("*.fits")
    (root / "_Inbox" / "a.fits").unlink()
    stored.chmod(0o644)
    with stored.open("ab") as file:
        file.write(b"x" * 2880)
    changed = told_of(root, str(stored))
    assert (changed["state"], changed["command"]) == ("changed in place", "doit verify")
    stored.unlink()
    missing = told_of(root, str(stored))
    assert (missing["state"], missing["command"]) == ("missing", "doit verify")
    assert "no longer in the inbox" in "\n".join(answered(root, "why", str(stored)).sentences)


def test_a_file_written_anew_under_a_stored_name_is_not_the_stored_one(tmp_path: Path) -> None:
    root = new_library(tmp_path / "library")
    path = drop(root / "_Inbox", "a.fits", minute=1)
    doit(root)
    path.unlink()
    drop(root / "_Inbox", "a.fits", minute=1, seed=9, NOTE="longer by a card " * 200)
    told = told_of(root, "_Inbox/a.fits")
    assert told["state"] == "inbox"
    assert told["sha256"] == ""


def test_a_stranger_is_read_but_not_known(library: Path, tmp_path: Path) -> None:
    path = drop(tmp_path, "elsewhere.fits", OBJECT="M42")
    told = told_of(library, str(path))
    assert told["state"] == "unknown"
    assert {"value": "target", "is": "M42", "from": "header OBJECT"} in told["identity"]


def test_what_nobody_has_heard_of_is_a_sentence_and_exit_3(library: Path) -> None:
    result = doit(library, "why", "nope.fits")
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == "nope.fits: no such file, and nothing is known of one.\n"


def test_an_adopted_frame_its_person_moved_says_where_it_lies_and_what_to_type(tmp_path: Path) -> None:
    root = easy_library(tmp_path / "library")
    folder = root / RIG / "20_Data/M 31/accept/DATE_2025-02-10/FILTER_L_EXP_300.00"
    os.utime(drop(folder, "old.fits", minute=1), (1_700_000_000, 1_700_000_000))
    assert "doit adopt" in told_of(root, str(folder / "old.fits"))["command"]
    doit(root, "adopt", str(root / RIG / "20_Data"))
    adopted = told_of(root, str(folder / "old.fits"))
    assert adopted["state"] == "accepted" and "in C8E" in adopted["why"]
    target = root / RIG / "30_Master/M 31"
    target.parent.mkdir()
    (root / RIG / "20_Data/M 31").rename(target)
    [moved] = target.rglob("old.fits")
    found, gone = told_of(root, str(moved)), told_of(root, str(folder / "old.fits"))
    assert (found["state"], found["command"], found["stored"]) == ("moved", "doit", adopted["stored"])
    assert found["path"] == str(moved) and "30_Master" in found["why"]
    assert gone["state"] == "missing" and gone["command"] == "doit" and "looks for it" in gone["why"]
    doit(root)
    for typed in (str(moved), "old.fits"):
        told = told_of(root, typed)
        assert (told["state"], told["path"]) == ("moved on", str(moved)) and "30_Master" in told["why"]


def test_the_beginning_of_a_name_will_do_and_a_folder_is_said_to_be_one(library: Path, stored: str) -> None:
    assert told_of(library, "2026-01-15_00-01-33")["stored"] == stored
    with pytest.raises(UserError, match="2 whose name is so or begins so"):
        told_of(library, "2026-01-15_00")
    with pytest.raises(UserError, match="is a folder"):
        told_of(library, str(library / RIG))


def test_asking_writes_nothing(library: Path, stored: str) -> None:
    before = listed(library)
    for name in (stored, "_Inbox/cut.fits"):
        told_of(library, name)
    assert listed(library) == before


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> JudgedLibrary:
    made = JudgedLibrary(tmp_path_factory.mktemp("judged") / "library")
    made.shoot(*range(1, 7))
    made.shoot(40, IMAGETYP="SNAPSHOT")
    made.measure(2, hfr=5.1)
    made.measure(5, trouble="the data end after 12.1 of 52.2 MB")
    made.night()
    return made


def frame_of(judged: JudgedLibrary, minute: int) -> Any:
    [path] = (judged.root / RIG / "00_Frames").rglob(f"2026-01-15_00-{minute:02}-33*.fits")
    return told_of(judged.root, str(path))


def test_a_culled_frame_says_by_which_limit_with_value_unit_and_source(judged: JudgedLibrary) -> None:
    told = frame_of(judged, 2)
    assert (told["state"], told["set"]["judged"]) == ("culled", "culled")
    assert told["why"].startswith("HFR 5.1 px (NINA) > 4.6; it lies in _Reject/")
    assert told["command"].startswith("doit restore ")
    assert told["set"]["reasons"] == ["HFR 5.1 px (NINA) > 4.6"]
    assert {"value": "HFR", "is": "5.10 px", "from": "NINA"} in told["set"]["measured"]
    assert {"value": "HFR", "is": "2.00 px", "from": "measured"} in told["set"]["measured"]


def test_a_kept_frame_says_each_limit_it_was_held_against(judged: JudgedLibrary) -> None:
    told = frame_of(judged, 1)
    assert (told["state"], told["set"]["label"]) == ("offered", "M31 L 300 s")
    assert told["why"].startswith("waits for your eyes")
    lines = "\n".join(answered(judged.root, "why", told["stored"]).sentences)
    assert "Judged       pass 1  HFR 2.00 px (NINA): not beyond 4.6\n             kept" in lines


def test_what_was_not_measured_says_why_and_is_not_judged_by_it(judged: JudgedLibrary) -> None:
    told = frame_of(judged, 5)
    assert told["set"]["measured"] == [
        {"value": "not measured", "is": "the data end after 12.1 of 52.2 MB", "from": ""}
    ]
    lines = "\n".join(answered(judged.root, "why", told["stored"]).sentences)
    assert "pass 1  HFR (NINA): not known, so not judged by it" in lines


def test_a_snapshot_is_put_aside(judged: JudgedLibrary) -> None:
    told = frame_of(judged, 40)
    assert (told["state"], told["set"]) == ("aside", None)


def test_what_a_person_said_is_told_and_decides(tmp_path: Path) -> None:
    library = JudgedLibrary(tmp_path / "library")
    library.shoot(1, 2, 3)
    library.night()
    moved = library.blink() / "bad"
    moved.mkdir()
    [frame] = library.blink().glob("*00-02-33*")
    frame = frame.rename(moved / frame.name)
    library.settle()
    library.night()
    told = frame_of(library, 2)
    assert (told["state"], told["command"].split()[:2]) == ("blinked away", ["doit", "restore"])
    assert told["why"].startswith("moved into bad/")
    assert any("moved into bad/" in line["says"] for line in told["decisions"])
    library.mark()
    library.night()
    accepted = frame_of(library, 1)
    assert accepted["state"] == "accepted"
    assert "20_Data/M31/accept/DATE_2026-01-14" in accepted["why"]
    assert accepted["command"].startswith("doit reopen ")
