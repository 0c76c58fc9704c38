"""Questions about what the bucket has: receipts written by hand, joined to the catalogue's rows when they are asked."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from datetime import date

import pytest

from pipeline.model.backup import Kept
from pipeline.model.catalog import Catalog
from pipeline.rules.backup_keys import night_home
from pipeline.world.backup_held import InBucket
from pipeline.world.catalog import read_catalog
from pipeline.world.kept_rows import with_backup
from pipeline.world.library import open_library
from pipeline.world.receipts import read_receipt, with_pack, write_receipt
from tests.asked_library import make_asked_library
from tests.held_library import MASTERS, SETTINGS, TOML, member, pack
from tests.living_library import LivingLibrary


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The first set is kept, of the second half; one master, under another name."""
    made = LivingLibrary(make_asked_library(tmp_path_factory.mktemp("kept") / "library"))
    (made.root / "_Rigs").mkdir()
    made.settings(TOML)
    catalog = read_catalog(open_library(made.root))
    tables = next(iter(catalog.owners.values()))
    for row, share in zip(tables.sets, (1, 2), strict=False):
        mine = [one for one in tables.frames if one["set"] == row["id"]]
        home = night_home(row["owner"], date.fromisoformat(row["night"]))
        kept = [member(one["stored"], one["sha256"], one["size"]) for one in mine[::share]]
        _keep(made, home, pack(home, Kept.LIGHTS, kept))
    _keep(made, MASTERS, pack(MASTERS, Kept.MASTERS, [member("old name.fits", "c" * 64)]))
    return made


def _keep(library, home, one):
    write_receipt(library.root, with_pack(read_receipt(library.root, home), one))


def rows(library, *words):
    return list(library.command("show", *words, "--limit", "0").data)


def test_frames_are_told_apart_by_whether_the_bucket_has_them(library):
    kept, lacking = (
        rows(library, "frames", "--backed-up", "yes"),
        rows(library, "frames", "--backed-up", "no"),
    )
    assert (len(kept), len(lacking)) == (18, 240 - 18)
    assert {row["backed_up"] for row in kept} == {SETTINGS.class_of(Kept.LIGHTS)}
    assert all(row["backup_pack"].startswith("packs/C8E") for row in kept)
    assert not any("backed_up" in row for row in lacking)


def test_a_set_is_kept_when_all_of_its_frames_are_and_says_how_many(library):
    (whole,) = rows(library, "sets", "--backed-up", "yes")
    assert (whole["backed_up"], whole["frames"]) == (12, 12)
    lacking = rows(library, "sets", "--backed-up", "no")
    assert sorted(row["backed_up"] for row in lacking)[-2:] == [0, 6]
    shown = library.command("show", "sets", "--columns", "frames,backed_up")
    assert [dict(row) for row in shown.rows][-1].keys() == {"frames", "backed up"}


def test_what_is_told_through_sets_is_asked_the_same_way(library):
    assert len(rows(library, "targets", "--backed-up", "yes")) == 1
    assert len(rows(library, "sessions", "--backed-up", "yes")) == 1


def test_masters_say_it_under_whatever_name_they_were_sent(library):
    opened = open_library(library.root)
    names = {"_Dark Library/ASI/masterDark.fits": "c" * 64, "_Dark Library/ASI/other.fits": "d" * 64}
    masters = [
        {"path": path, "kind": "MASTER DARK", "state": "good", "sha256": told} for path, told in names.items()
    ]
    told = with_backup(opened, Catalog(masters=masters), InBucket(opened), sets=False)
    assert [row.get("backed_up") for row in told.masters] == ["STANDARD", None]
    assert rows(library, "masters", "--backed-up", "yes") == [], "no hash and no size: nothing is believed"
    assert len(rows(library, "masters", "--backed-up", "no")) == 2


def test_csv_and_exports_have_the_columns(library, tmp_path):
    answer = library.command("show", "frames", "--csv", "--backed-up", "yes", "--limit", "0")
    (first, *_) = csv.DictReader(io.StringIO("\n".join(answer.sentences)))
    assert first["backed_up"] == "STANDARD" and first["backup_pack"].endswith(".tar")
    library.command("export", "--sqlite", str(tmp_path / "out.sqlite"))
    with sqlite3.connect(tmp_path / "out.sqlite") as database:
        assert database.execute("SELECT count(*) FROM frames WHERE backed_up = 'STANDARD'").fetchone() == (
            18,
        )
        assert database.execute("SELECT sum(backed_up) FROM sets").fetchone() == (18,)


def test_no_file_of_the_catalogue_says_it(library):
    for file in (library.root / "_Catalog").glob("*.json"):
        assert "backed_up" not in json.dumps(json.loads(file.read_bytes()))
