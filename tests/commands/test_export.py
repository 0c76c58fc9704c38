from __future__ import annotations

import csv
import errno
import os
import sqlite3
import sys
from contextlib import closing

import pytest

from pipeline.model.catalog import FrameRow
from pipeline.model.errors import UserError
from pipeline.model.measures import QUANTITIES
from pipeline.world.export_folder import LIST
from tests.asked_library import RIGS, make_asked_library
from tests.living_library import LivingLibrary


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return LivingLibrary(make_asked_library(tmp_path_factory.mktemp("exported") / "library"))


def asked(path, query):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def test_a_database_holds_every_table_typed_and_indexed(library, tmp_path):
    path = tmp_path / "new/catalogue.sqlite"
    told = library.command("export", "--sqlite", str(path)).data
    assert told["tables"] | {"frames": 240, "sets": 20, "sessions": 8, "set_masters": 20} == told["tables"]
    columns = {name: kind for _, name, kind, *_ in asked(path, "PRAGMA table_info(frames)")}
    assert {"stored", "owner", "set", "exposure_s"} <= columns.keys() and set(QUANTITIES) <= columns.keys()
    assert (columns["exposure_s"], columns["size"], columns["target"]) == ("REAL", "INTEGER", "TEXT")
    plan = asked(path, "EXPLAIN QUERY PLAN SELECT * FROM frames WHERE target = 'M 31'")
    assert "frames_target" in str(plan)
    assert asked(path, "SELECT min(hfr) > 0, count(reasons) FROM frames") == [(1, 40)]
    assert set(FrameRow.__annotations__) - {"values", "levels"} <= columns.keys()


def test_views_join_frames_sets_sessions_and_masters(library, tmp_path):
    path = tmp_path / "catalogue.sqlite"
    library.command("export", "--sqlite", str(path))
    (hours,) = asked(path, "SELECT sum(hours) FROM target_hours")[0]
    assert hours == pytest.approx(10.0)
    assert asked(path, "SELECT count(*), count(DISTINCT rig) FROM frame_details") == [(240, 2)]
    assert asked(path, "SELECT count(*) FROM master_use") == [(20,)]
    assert asked(path, "SELECT sum(hours) FROM session_hours")[0][0] == pytest.approx(10.0)


def test_the_same_catalogue_makes_the_same_bytes(library, tmp_path):
    for name in ("one.sqlite", "two.sqlite", "two.sqlite"):
        library.command("export", "--sqlite", str(tmp_path / name))
    assert (tmp_path / "one.sqlite").read_bytes() == (tmp_path / "two.sqlite").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.sqlite", "two.sqlite"]


@pytest.mark.parametrize("content", [b"my notes", b"SQLite format 3\x00" + bytes(100), b""])
def test_a_file_of_somebody_else_is_never_written_over(library, tmp_path, content):
    path = tmp_path / "mine.sqlite"
    path.write_bytes(content)
    with pytest.raises(UserError, match="--force"):
        library.command("export", "--sqlite", str(path))
    assert path.read_bytes() == content
    library.command("export", "--sqlite", str(path), "--force")
    assert asked(path, "SELECT count(*) FROM frames") == [(240,)]


def test_a_pipe_or_folder_is_no_place_for_a_database(library, tmp_path):
    with pytest.raises(UserError, match="left as it is"):
        library.command("export", "--sqlite", str(tmp_path), "--force")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UserError, match="left as it is"):
            library.command("export", "--sqlite", str(tmp_path / "pipe"))


@pytest.mark.parametrize("form", ["--sqlite", "--csv"])
def test_a_full_disk_leaves_what_was_there_and_nothing_half(library, tmp_path, form, monkeypatch):
    path = tmp_path / "there"
    library.command("export", form, str(path))
    before = {file: file.read_bytes() for file in [path, *path.rglob("*")] if file.is_file()}

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="could not be written: No space left on device"):
        library.command("export", form, str(path))
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_name_too_long_is_a_sentence(library, tmp_path):
    with pytest.raises(UserError, match="could not be written"):
        library.command("export", "--sqlite", str(tmp_path / ("n" * 300)))


def test_csv_is_quoted_and_holds_no_formula(library, tmp_path):
    library.command("export", "--csv", str(tmp_path / "csv"))
    with (tmp_path / "csv/sets.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20 and {row["rig"] for row in rows} == set(RIGS)
    strange = {row["target"] for row in rows if "cmd" in row["target"]}
    assert strange == {"'=cmd|' /C calc'!A0"}
    assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values())
    assert sum(float(row["accepted_s"]) for row in rows) == 36_000.0


def test_a_csv_that_was_edited_is_not_written_over(library, tmp_path):
    folder = tmp_path / "csv"
    library.command("export", "--csv", str(folder))
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    library.command("export", "--csv", str(folder))
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert LIST in before and not any(name.endswith(".part") for name in before)
    (folder / "sets.csv").write_text("my colours")
    with pytest.raises(UserError, match=r"sets\.csv was not written by an export, or was changed"):
        library.command("export", "--csv", str(folder))
    assert (folder / "sets.csv").read_text() == "my colours"
    library.command("export", "--csv", str(folder), "--force")
    assert "my colours" not in (folder / "sets.csv").read_text("utf-8-sig")


def test_parquet_without_pyarrow_is_a_sentence(library, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install '\.\[parquet\]'"):
        library.command("export", "--parquet", str(tmp_path / "p"))
    assert not (tmp_path / "p").exists()


def test_parquet_is_read_back(library, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    library.command("export", "--parquet", str(tmp_path / "p"))
    table = parquet.read_table(tmp_path / "p/frames.parquet")
    assert table.num_rows == 240
    assert str(table.schema.field("hfr").type) == "double"


def test_nothing_is_written_among_the_librarys_own_folders(library):
    before = library.picture()
    for place in ("_Catalog/x.sqlite", f"{RIGS[0]}/x.sqlite", ".nightbuild/x.sqlite", "."):
        with pytest.raises(UserError, match="own folders"):
            library.command("export", "--sqlite", place)
    assert library.picture() == before
