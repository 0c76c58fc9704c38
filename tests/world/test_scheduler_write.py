"""NINA's database is written whole or not at all, never while somebody else does, and can be put back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model.errors import PassingError, UserError
from pipeline.model.scheduler import Change, Proposal, SchedulerRows
from pipeline.world import scheduler_db, scheduler_write, shares
from pipeline.world.scheduler_db import read_rows
from pipeline.world.scheduler_write import backups_in, restore, take_back, was_killed, write_changes
from tests.scheduler_database import SMALL, add_image, counts, make_database, tell

LESS = Change(
    table="exposureplan", id=1, column="accepted", before=25, after=24, about="M31 panel 1, L", why="1 culled"
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    found = make_database(tmp_path / "pc" / "schedulerdb.sqlite")
    add_image(found, 1, plan=1)
    return found


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler_db, "WAIT_S", 0.1)
    monkeypatch.setattr(scheduler_write, "WAIT_S", 0.1)
    monkeypatch.setattr(
        scheduler_write, "connect", lambda file, modes: scheduler_db.connect(file, modes, wait_s=0.1)
    )


def ask(*changes: Change) -> Callable[[SchedulerRows], Proposal]:
    return lambda _rows: Proposal(changes=changes)


@contextmanager
def unharmed(database: Path) -> Iterator[None]:
    """Not a byte, name or time of the database's folder is another afterwards."""
    before = _picture(database.parent)
    yield
    assert _picture(database.parent) == before


def _picture(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    return {
        one.name: (one.read_bytes(), one.stat().st_mtime_ns, one.stat().st_mode) for one in folder.iterdir()
    }


def test_a_backup_lies_there_before_anything_changes(database: Path, tmp_path: Path) -> None:
    before = counts(database)
    _, backup = write_changes(database, ask(LESS), tmp_path / "copies", 10)
    assert backup is not None
    assert counts(backup) == before
    assert counts(database) == before | {1: (30, 24)}
    assert sorted(one.name for one in database.parent.iterdir()) == [database.name]


def test_only_the_newest_backups_are_kept(database: Path, tmp_path: Path) -> None:
    for number in range(4):
        change = replace(LESS, before=25 - number, after=24 - number)
        write_changes(database, ask(change), tmp_path / "copies", 2)
    assert [counts(one)[1][1] for one in backups_in(tmp_path / "copies")] == [22, 23]


def test_a_backup_is_put_back_and_what_was_there_is_kept(database: Path, tmp_path: Path) -> None:
    _, backup = write_changes(database, ask(LESS), tmp_path / "copies", 10)
    assert backup is not None
    before = restore(database, backup, tmp_path / "copies", 1)
    assert counts(database)[1] == (30, 25)
    assert counts(before)[1] == (30, 24)
    assert backups_in(tmp_path / "copies") == [before]


KILLED = """
import os, sys
from pathlib import Path
from pipeline.world import scheduler_write
from tests.world.test_scheduler_write import LESS, ask

first, change = scheduler_write._update, []
def update(*given):
    first(*given)
    os._exit(9)
scheduler_write._update = update
scheduler_write.write_changes(Path(sys.argv[1]), ask(LESS), Path(sys.argv[2]), 10)
"""


def test_a_kill_before_the_commit_changes_nothing(database: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", KILLED, str(database), str(tmp_path / "copies")]
    done = subprocess.run(words, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 9
    assert was_killed(tmp_path / "copies")
    take_back(database, tmp_path / "copies")
    assert counts(database)[1] == (30, 25)
    assert [one.name for one in database.parent.iterdir()] == [database.name]
    write_changes(database, ask(LESS), tmp_path / "copies", 10)
    assert counts(database)[1] == (30, 24)


def test_a_value_that_is_another_by_now_stops_everything(database: Path, tmp_path: Path) -> None:
    other = replace(LESS, id=2, before=7, after=6)
    before = database.read_bytes()
    with pytest.raises(UserError, match="cannot be changed safely; nothing was changed"):
        write_changes(database, ask(LESS, other), tmp_path / "copies", 10)
    assert database.read_bytes() == before


def test_a_column_that_is_not_ours_is_never_written(database: Path, tmp_path: Path) -> None:
    with unharmed(database), pytest.raises(ValueError, match="never written"):
        write_changes(database, ask(replace(LESS, column="desired")), tmp_path / "copies", 10)


def test_a_locked_database_is_later(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as nina:
        nina.execute("BEGIN IMMEDIATE")
        with unharmed(database), pytest.raises(PassingError, match="is in use"):
            write_changes(database, ask(LESS), tmp_path / "copies", 10)


@pytest.mark.parametrize("ending", ["-journal", "-wal"])
def test_a_journal_beside_it_is_later(database: Path, tmp_path: Path, ending: str) -> None:
    database.with_name(database.name + ending).write_bytes(b"")
    with unharmed(database), pytest.raises(PassingError, match=f"{ending} lies beside it"):
        write_changes(database, ask(LESS), tmp_path / "copies", 10)
    with unharmed(database), pytest.raises(PassingError, match=f"{ending} lies beside it"):
        read_rows(database, tmp_path, images=True)


def test_a_read_only_file_is_refused_with_a_sentence(database: Path, tmp_path: Path) -> None:
    database.chmod(0o444)
    with unharmed(database), pytest.raises(UserError, match="is read-only; left as it is"):
        write_changes(database, ask(LESS), tmp_path / "copies", 10)
    database.chmod(0o644)


def test_a_database_on_a_share_is_copied_to_be_read_and_never_written(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = [("/", "ext4"), (str(database.parent.resolve()), "cifs")]
    monkeypatch.setattr(shares, "_mounts", lambda: mounts)
    if os.name == "nt":
        monkeypatch.setattr(scheduler_db, "is_on_share", lambda _path: True)
        monkeypatch.setattr(scheduler_write, "is_on_share", lambda _path: True)
    with unharmed(database):
        rows, _ = read_rows(database, tmp_path / "scratch", images=True)
        assert len(rows.images) == 1
        assert list((tmp_path / "scratch").iterdir()) == []
        with pytest.raises(UserError, match="doit schedule --push"):
            write_changes(database, ask(LESS), tmp_path / "copies", 10)


@pytest.mark.parametrize(
    ("spoiling", "said"),
    [
        ("ALTER TABLE acquiredimage RENAME COLUMN gradingStatus TO accepted", "acquiredimage.gradingStatus"),
        ("DROP TABLE exposuretemplate", "exposuretemplate"),
        ("PRAGMA user_version = 16", "its level is 16"),
    ],
)
def test_an_unknown_shape_is_refused(database: Path, tmp_path: Path, spoiling: str, said: str) -> None:
    tell(database, spoiling)
    with unharmed(database), pytest.raises(UserError, match=said):
        write_changes(database, ask(LESS), tmp_path / "copies", 10)
    with unharmed(database), pytest.raises(UserError, match=said):
        read_rows(database, tmp_path, images=True)


def test_a_newer_level_with_all_columns_is_known(database: Path, tmp_path: Path) -> None:
    tell(database, "PRAGMA user_version = 31")
    write_changes(database, ask(LESS), tmp_path / "copies", 10)
    assert counts(database)[1] == (30, 24)


def test_a_trigger_is_refused(database: Path, tmp_path: Path) -> None:
    tell(database, "CREATE TRIGGER x AFTER UPDATE ON exposureplan BEGIN DELETE FROM acquiredimage; END")
    with unharmed(database), pytest.raises(UserError, match="has a trigger"):
        write_changes(database, ask(LESS), tmp_path / "copies", 10)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    for name, data in (
        ("text.sqlite", b"hello"),
        ("empty.sqlite", b""),
        ("cut.sqlite", b"SQLite format 3\x00xx"),
    ):
        file = tmp_path / "pc" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        with unharmed(file), pytest.raises(UserError, match=r"no SQLite database|damaged|no database"):
            read_rows(file, tmp_path, images=True)
    other = tmp_path / "pc" / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE photos (id)")
    with unharmed(other), pytest.raises(UserError, match="no database of NINA's Target Scheduler"):
        read_rows(other, tmp_path, images=True)


def test_a_damaged_database_is_refused_before_it_is_changed(tmp_path: Path) -> None:
    database = make_database(tmp_path / "pc" / "schedulerdb.sqlite")
    for number in range(1, 400):
        add_image(database, number, plan=1)
    data = bytearray(database.read_bytes())
    data[-8192:-100] = b"\xff" * (8192 - 100)
    database.write_bytes(bytes(data))
    with unharmed(database), pytest.raises(UserError, match=r"damaged|no database"):
        write_changes(database, ask(LESS), tmp_path / "copies", 10)
    assert backups_in(tmp_path / "copies") == []


def test_a_database_in_wal_mode_is_read_without_a_trace(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    with unharmed(database):
        rows, _ = read_rows(database, tmp_path, images=False)
    assert rows.plans[1].accepted == 25
    write_changes(database, ask(LESS), tmp_path / "copies", 10)
    assert counts(database)[1] == (30, 24)


def test_odd_rows_end_no_reading(tmp_path: Path) -> None:
    database = make_database(tmp_path / "pc" / "schedulerdb.sqlite", SMALL)
    tell(
        database,
        "UPDATE exposureplan SET desired = 'many', accepted = NULL, exposureTemplateId = 77 WHERE Id = 1",
    )
    tell(database, "UPDATE target SET name = CAST(x'ff00ff' AS TEXT), ra = 'NaN' WHERE Id = 1")
    tell(database, "UPDATE project SET state = 9, priority = -4 WHERE Id = 1")
    rows, _ = read_rows(database, tmp_path, images=True)
    assert (rows.plans[1].desired, rows.plans[1].accepted, rows.plans[1].filter) == (0, 0, "")
    assert rows.targets[1].ra_deg is None


def test_a_database_whose_complaints_are_no_text_is_damaged(database: Path) -> None:
    data = bytearray(database.read_bytes())
    at = data.find(b"CREATE TABLE project")
    data[at : at + 12] = b"\xbe\xff" * 6
    database.write_bytes(data)
    with unharmed(database), pytest.raises(UserError, match="damaged"):
        read_rows(database, database.parent, images=True)


@pytest.mark.parametrize("number", [1e300, 2**63 - 1, -(2**63)])
def test_numbers_no_count_can_have_stop_nothing(database: Path, number: float) -> None:
    tell(database, "UPDATE exposureplan SET accepted = ?, acquired = ?, desired = ?", number, number, number)
    rows, _ = read_rows(database, database.parent, images=True)
    assert all(-(2**63) <= plan.accepted < 2**63 for plan in rows.plans.values())
