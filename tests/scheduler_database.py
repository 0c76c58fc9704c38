"""A Target Scheduler database as a capture computer has it: made from the plugin's schema where that is at hand.

project 1 M31 mosaic (graded)      targets 1, 2: panels      plans 1..3    images with purged history behind them
project 2 NGC 7000 (not graded)    target 3                  plans 4, 5
project 3 Draft                    target 4                  plan 6
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[2] / "shared" / "facts"
PROFILE = "aaaaaaaa-0000-4000-8000-000000000001"
OTHER_PROFILE = "bbbbbbbb-0000-4000-8000-000000000002"
BEGUN = 1_768_435_200  # 2026-01-15 00:00 UTC
SMALL = """
CREATE TABLE project (Id INTEGER NOT NULL PRIMARY KEY, profileId TEXT NOT NULL, name TEXT NOT NULL, state INTEGER,
  priority INTEGER, enablegrader INTEGER, isMosaic INTEGER NOT NULL DEFAULT 0);
CREATE TABLE target (Id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, active INTEGER NOT NULL, ra REAL, dec REAL,
  epochcode INTEGER NOT NULL, rotation REAL, projectid INTEGER);
CREATE TABLE exposuretemplate (Id INTEGER NOT NULL PRIMARY KEY, profileId TEXT NOT NULL, name TEXT NOT NULL,
  filtername TEXT NOT NULL, defaultexposure REAL DEFAULT 60);
CREATE TABLE exposureplan (Id INTEGER NOT NULL PRIMARY KEY, profileId TEXT NOT NULL, exposure REAL NOT NULL,
  desired INTEGER, acquired INTEGER, accepted INTEGER, targetid INTEGER, exposureTemplateId INTEGER);
CREATE TABLE acquiredimage (Id INTEGER NOT NULL PRIMARY KEY, projectId INTEGER NOT NULL, targetId INTEGER NOT NULL,
  acquireddate INTEGER, filtername TEXT NOT NULL, gradingStatus INTEGER NOT NULL, metadata TEXT NOT NULL,
  rejectreason TEXT, exposureId INTEGER DEFAULT 0);
PRAGMA user_version = 17;
"""
"""The least that level 17 has: no guid, no profile of an image, no switch of a plan."""


def schemas() -> dict[str, str]:
    """Our own, and the plugin's at two levels where they are at hand."""
    found = {"small": SMALL}
    for level in (23, 28):
        file = SHARED / f"schedulerdb_v{level}.sql"
        if file.is_file():
            found[f"level {level}"] = file.read_text(encoding="utf-8")
    return found


def make_database(path: Path, schema: str = SMALL) -> Path:
    """A database with the realistic plan of this module's docstring, and no images yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema)
        fill(connection)
        connection.commit()
    return path


def fill(connection: sqlite3.Connection) -> None:
    for row in (
        {"Id": 1, "name": "M31 mosaic", "state": 1, "priority": 2, "enablegrader": 1, "isMosaic": 1},
        {"Id": 2, "name": "NGC 7000", "state": 1, "priority": 0, "enablegrader": 0},
        {"Id": 3, "name": "Draft", "state": 0, "priority": 1, "enablegrader": 1},
    ):
        insert(connection, "project", {"profileId": PROFILE.upper(), **row})
    for number, (name, project, ra, dec) in enumerate(
        [
            ("M31 Panel 1", 1, 0.7, 41.2),
            ("M31 Panel 2", 1, 0.8, 41.3),
            ("NGC 7000", 2, 21.0, 44.5),
            ("X", 3, 1, 1),
        ],
        1,
    ):
        insert(
            connection,
            "target",
            {"Id": number, "name": name, "active": 1, "ra": ra, "dec": dec, "epochcode": 2, "rotation": 0.0}
            | {"projectid": project},
        )
    for number, (name, passes, usual) in enumerate(
        [("Lum bin1", "L", 180.0), ("narrow", "Ha 3nm", 300.0)], 1
    ):
        insert(
            connection,
            "exposuretemplate",
            {
                "Id": number,
                "profileId": PROFILE,
                "name": name,
                "filtername": passes,
                "defaultexposure": usual,
            },
        )
    for number, (target, template, exposure, desired, acquired, accepted) in enumerate(
        [
            (1, 1, -1.0, 40, 30, 25),  # of which 20 acquired and 18 accepted are long purged
            (2, 1, 120.0, 40, 0, 0),  # an override of the template's 180 s
            (2, 2, -1.0, 20, 5, 4),
            (3, 2, -1.0, 30, 10, 10),  # not graded
            (3, 1, 0.0, 10, 0, 0),  # 0 is literal
            (4, 1, -1.0, 10, 0, 0),
        ],
        1,
    ):
        insert(
            connection,
            "exposureplan",
            {
                "Id": number,
                "profileId": PROFILE,
                "exposure": exposure,
                "desired": desired,
                "acquired": acquired,
            }
            | {"accepted": accepted, "targetid": target, "exposureTemplateId": template},
        )


def add_image(path: Path, number: int, *, plan: int, grade: int = 1, **changes: Any) -> None:
    """An image of a plan: number n was taken n minutes after midnight."""
    with closing(sqlite3.connect(path)) as connection:
        target, template = connection.execute(
            "SELECT targetid, exposureTemplateId FROM exposureplan WHERE Id = ?", (plan,)
        ).fetchone()
        project = connection.execute("SELECT projectid FROM target WHERE Id = ?", (target,)).fetchone()[0]
        passes = connection.execute(
            "SELECT filtername FROM exposuretemplate WHERE Id = ?", (template,)
        ).fetchone()[0]
        told = {"FileName": f"D:\\Astro\\LIGHT\\{file_of(number)}", "FilterName": passes, "HFR": "NaN"}
        row = {
            "Id": number, "projectId": project, "targetId": target, "acquireddate": BEGUN + 60 * number,
            "filtername": passes, "gradingStatus": grade, "metadata": json.dumps(told), "rejectreason": None,
            "exposureId": plan,
        }  # fmt: skip
        insert(connection, "acquiredimage", row | changes)
        connection.commit()


def file_of(number: int) -> str:
    """The name NINA gave image n."""
    return f"M31_{number:04}.fits"


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    columns = {str(one[1]) for one in connection.execute(f"PRAGMA table_info({table})")}
    kept = {key: value for key, value in row.items() if key in columns}
    names = ", ".join(f'"{key}"' for key in kept)
    connection.execute(
        f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(kept))})", list(kept.values())
    )


def counts(path: Path) -> dict[int, tuple[int, int]]:
    """Plan to (acquired, accepted)."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT Id, acquired, accepted FROM exposureplan ORDER BY Id")
        return {number: (acquired, accepted) for number, acquired, accepted in found}


def grades(path: Path) -> dict[int, tuple[int, str | None]]:
    """Image to (grade, reason)."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT Id, gradingStatus, rejectreason FROM acquiredimage ORDER BY Id")
        return {number: (grade, reason) for number, grade, reason in found}


def tell(path: Path, statement: str, *values: object) -> None:
    """One statement, as NINA or a person might."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement, values)
        connection.commit()
