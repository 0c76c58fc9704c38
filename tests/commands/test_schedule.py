"""NINA's scheduler beside a real library: told at night, asked by day, put back when it was wrong."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.model.errors import UserError
from pipeline.model.jobs import Work
from pipeline.stages.scheduler import is_done, look_after_database
from pipeline.world import scheduler_db, scheduler_write, shares
from pipeline.world.library import open_library
from pipeline.world.plans import read_plans
from pipeline.world.record_marks import plan_files
from pipeline.world.scheduler_status import scheduler_waits
from tests.living_library import START, LivingLibrary, light, make_library, put
from tests.scheduler_database import PROFILE, add_image, counts, grades, insert, make_database, schemas, tell
from tests.small_library import said

BAD = (2, 4)
SETTINGS = '[scheduler]\nwrite = {write}\n[[scheduler.database]]\nname = "pc"\npath = "../pc"\n'


@dataclass(frozen=True)
class Observatory:
    """A library, and the folder of a capture computer."""

    library: LivingLibrary
    database: Path

    def look(self) -> str:
        """What the night's job says."""
        return look_after_database(Work(self.library.root), name="pc").says

    def rests(self) -> bool:
        """True when no run would execute its job now."""
        return is_done(self.library.root, name="pc")

    def waits(self) -> list[str]:
        return [one.what for one in scheduler_waits(open_library(self.library.root))]

    def write(self, *, write: bool) -> None:
        self.library.settings(SETTINGS.format(write=str(write).lower()))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six lights of M31, two of them bad, taken through a night that knows of no scheduler yet."""
    home = tmp_path_factory.mktemp("observatory")
    library = make_library(home / "library")
    (rig,) = (library.root / "_Rigs").glob("C8E*.toml")
    limits = "\n[cull.pass1]\nhfr = 4.6\nauto_percent = 60\n"
    rig.write_text(f'profile_ids = ["{PROFILE}"]\n{rig.read_text("utf-8")}{limits}', encoding="utf-8")
    database = make_database(home / "pc" / "schedulerdb.sqlite", list(schemas().values())[-1])
    for number in range(1, 7):
        name = f"M31_{number:04}_HFR_{5.3 if number in BAD else 2.0:.2f}.fits"
        put(library.inbox / "LIGHT" / name, light(number, OBJECT="M31"))
        told = f'{{"FileName": "D:\\\\Astro\\\\{name}"}}'
        add_image(database, number, plan=1, acquireddate=int(START.timestamp()) + 300 * number, metadata=told)
    add_image(database, 7, plan=1)  # this library never saw it
    library.doit()
    return home


@pytest.fixture
def there(night: Path, tmp_path: Path) -> Observatory:
    shutil.copytree(night, tmp_path, dirs_exist_ok=True)
    found = Observatory(LivingLibrary(tmp_path / "library"), tmp_path / "pc" / "schedulerdb.sqlite")
    found.write(write=True)
    return found


def test_the_night_subtracts_what_was_culled_once(there: Observatory) -> None:
    library = there.library
    told = library.doit().stdout
    assert "pc  2 images rejected, 1 plan counted anew" in told
    assert counts(there.database)[1] == (30, 23)
    assert [number for number, (grade, _) in grades(there.database).items() if grade == 2] == list(BAD)
    before, bytes_before = library.picture(), there.database.read_bytes()
    assert "Nothing due" in library.doit().stdout
    library.forget()
    library.doit()
    assert (library.picture(), there.database.read_bytes()) == (before, bytes_before)


def test_without_being_asked_it_is_only_read(there: Observatory) -> None:
    there.write(write=False)
    before = there.database.read_bytes()
    assert there.look() == ""
    assert there.database.read_bytes() == before
    assert there.rests()
    wishes = read_plans(open_library(there.library.root)).wishes
    assert [(one.target, one.panel, one.filter, one.desired, one.accepted) for one in wishes][1:3] == [
        ("M31", "1", "L", 40, 25),
        ("M31", "2", "Ha 3nm", 20, 4),
    ]
    (there.library.root / plan_files(open_library(there.library.root))[0]).unlink()
    assert not there.rests()


def test_a_restored_frame_is_given_back(there: Observatory) -> None:
    there.look()
    (culled, _) = sorted((there.library.root / "_Reject").rglob("*.fits"))
    there.library.command("restore", str(culled))
    there.library.doit()
    assert counts(there.database)[1] == (30, 24)
    assert sorted(grade for grade, _ in grades(there.database).values()) == [1] * 6 + [2]


def test_while_nina_works_it_waits_and_then_is_done(there: Observatory) -> None:
    tell(there.database, "UPDATE acquiredimage SET acquireddate = ? WHERE Id = 7", int(time.time()) - 60)
    before = there.database.read_bytes()
    assert "later: NINA took an image" in there.look()
    assert there.database.read_bytes() == before
    assert there.rests()  # nothing can be done just now: no run executes anything
    (waiting,) = there.waits()
    assert "pc: 5 changes later (NINA took an image" in waiting
    with pytest.raises(UserError, match="end NINA and type it again"):
        there.library.command("schedule", "--push")
    tell(there.database, "UPDATE acquiredimage SET acquireddate = ? WHERE Id = 7", int(time.time()) - 7200)
    assert not there.rests()
    assert "2 images rejected" in there.look()
    assert there.rests()
    assert there.waits() == []


def test_a_journal_or_a_lock_is_later_and_no_failure(
    there: Observatory, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = there.database.with_name(there.database.name + "-journal")
    journal.touch()
    assert there.rests()
    assert "it is being written" in there.look()
    assert "is being written" in there.waits()[0]
    journal.unlink()
    monkeypatch.setattr(scheduler_db.connect, "__defaults__", (0.1,))
    with closing(sqlite3.connect(there.database)) as nina:
        nina.execute("BEGIN IMMEDIATE")
        assert "later:" in there.look()
    assert not there.rests()
    assert "2 images rejected" in there.look()


def test_on_a_share_changes_wait_for_its_own_computer(
    there: Observatory, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name == "nt":
        pytest.skip("mounts are Linux's; a drive letter is tried by hand")
    monkeypatch.setattr(shares, "_mounts", lambda: [(str(there.database.parent.resolve()), "cifs")])
    before = there.database.read_bytes()
    assert "doit schedule --push" in there.look()
    assert there.rests()
    assert "5 changes to be made on its own computer" in there.waits()[0]
    with pytest.raises(UserError, match="on that computer"):
        there.library.command("schedule", "--push")
    assert there.database.read_bytes() == before
    monkeypatch.setattr(shares, "_mounts", list)
    there.write(write=False)
    answer = there.library.command("schedule", "--push", "pc", "--database", str(there.database))
    assert "2 images rejected" in said(answer)
    assert counts(there.database)[1] == (30, 23)


def test_a_computer_that_is_off_leaves_its_last_wishes(there: Observatory) -> None:
    there.look()
    there.database.parent.rename(there.database.parent.with_name("off"))
    assert there.rests()
    assert there.look() == ""
    plans = read_plans(open_library(there.library.root))
    assert (plans.sources[0].reachable, len(plans.wishes)) == (False, 6)
    assert "not reachable: what it wants is known as of" in there.waits()[0]
    assert "Scheduler pc is not reachable" in said(there.library.command("status"))
    answer = there.library.command("schedule")
    assert "is its computer on?" in said(answer)
    assert answer.code() == 1


def test_what_it_would_do_is_shown_and_nothing_touched(there: Observatory) -> None:
    before = there.database.read_bytes(), there.library.picture()
    text = said(there.library.command("schedule", "--dry-run"))
    assert "M31 panel 1, L 180 s" in text
    assert "culled: HFR 5.3 px (NINA) > 4.6" in text
    assert "M31_0004_HFR_5.30.fits" in text
    assert "2 culled" in text
    assert (there.database.read_bytes(), there.library.picture()) == before


def test_the_copy_from_before_is_put_back(there: Observatory) -> None:
    assert "no copies" in said(there.library.command("schedule", "--backups"))
    there.library.command("schedule", "--push")
    (copy,) = scheduler_write.backups_in(there.library.root / "_Scheduler/pc")
    assert copy.stem in said(there.library.command("schedule", "--backups"))
    with pytest.raises(UserError, match="no such copy"):
        there.library.command("schedule", "--restore", "--backup", "yesterday")
    text = said(there.library.command("schedule", "--restore", "pc", "--backup", copy.stem))
    assert "set it to false in library.toml first" in text
    assert counts(there.database)[1] == (30, 25)
    there.library.command("schedule", "--restore")  # the newest: what was before the restore
    assert counts(there.database)[1] == (30, 23)


def test_a_refused_database_is_told_again_in_every_run(there: Observatory) -> None:
    there.database.chmod(0o444)
    for _ in range(2):
        assert not there.rests()
        with pytest.raises(UserError, match="read-only"):
            there.look()
    there.database.chmod(0o644)
    there.database.write_bytes(b"no database")
    with pytest.raises(UserError, match="no SQLite database"):
        there.look()


def test_a_project_follows_its_folder_where_that_is_asked(there: Observatory) -> None:
    with closing(sqlite3.connect(there.database)) as connection:
        project = {
            "Id": 9,
            "profileId": PROFILE,
            "name": "M31 alone",
            "state": 2,
            "priority": 1,
            "enablegrader": 1,
        }
        insert(connection, "project", project)
        target = {"Id": 9, "name": "M31", "active": 1, "ra": 1, "dec": 1, "epochcode": 2, "projectid": 9}
        insert(connection, "target", target)
        connection.commit()
    assert "M31 alone" not in said(there.library.command("schedule", "--dry-run"))
    there.library.settings(SETTINGS.format(write="true").replace("write", "project_state = true\nwrite"))
    text = said(there.library.command("schedule", "--dry-run"))
    assert "20_Data: inactive becomes active" in text


def test_without_a_profile_it_says_that_nothing_is_told(there: Observatory) -> None:
    (rig,) = (there.library.root / "_Rigs").glob("C8E*.toml")
    rig.write_text(rig.read_text("utf-8").replace("profile_ids", "# profile_ids"), encoding="utf-8")
    assert there.look() == ""
    assert "no rig's profile_ids" in there.waits()[0]
    text = said(there.library.command("schedule", "--dry-run"))
    assert "7 images of NINA profiles that no rig's profile_ids name" in text


def test_two_computers_are_told_apart(there: Observatory) -> None:
    text = SETTINGS.format(write="true") + '[[scheduler.database]]\nname = "den"\npath = "../den"\n'
    there.library.settings(text)
    with pytest.raises(UserError, match="Which one"):
        there.library.command("schedule", "--push")
    with pytest.raises(UserError, match="No scheduler is called attic"):
        there.library.command("schedule", "--push", "attic")
    with pytest.raises(UserError, match="there is no such file"):
        there.library.command("schedule", "--push", "den")
    assert "2 images rejected" in said(there.library.command("schedule", "--push", "pc"))


def test_a_person_types_it(there: Observatory) -> None:
    told = there.library.ask("schedule", "--dry-run")
    assert {one["table"] for one in told["changes"]} == {"acquiredimage", "exposureplan"}
    there.library.doit("schedule", "--push")
    assert "M31 panel 1" in there.library.doit("schedule").stdout
