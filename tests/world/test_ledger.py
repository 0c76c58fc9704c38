from __future__ import annotations

import gc
import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.model.errors import UserError
from pipeline.model.records import Delivered, Hashed, Received
from pipeline.world import ledger

WHEN = datetime(2026, 1, 14, 21, 3, 5, tzinfo=UTC)
NIGHT = date(2026, 1, 14)
RIG = "C8E@f10.0+ZWO ASI2600MM Pro"


def received(name: str, inbox: str = "_Inbox") -> Received:
    return Received(when=WHEN, inbox=inbox, original=name, stored=f"{RIG}/{name}", size=10, mtime_ns=5)


def test_what_was_written_is_what_is_read(tmp_path: Path) -> None:
    ledger.write(tmp_path, RIG, NIGHT, [received("a.fits"), received("b.fits")])
    ledger.write(tmp_path, RIG, NIGHT, [Hashed(when=WHEN, stored=f"{RIG}/a.fits", sha256="aa")])
    ledger.write(tmp_path, None, NIGHT, [received("c.fits")])
    ledger.write(tmp_path, RIG, None, [received("d.fits")])
    found = ledger.read(tmp_path)
    assert sorted(found.stored) == [f"{RIG}/{name}.fits" for name in "abcd"]
    assert found.of_sha256("aa") == (f"{RIG}/a.fits",)
    assert found.notes == ()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jsonl")) == [
        f"_Ledger/{RIG}/DATE_2026-01-14.jsonl",
        "_Ledger/_unknown/C8E@f10.0+ZWO ASI2600MM Pro.jsonl",
        "_Ledger/_unknown/DATE_2026-01-14.jsonl",
    ]
    assert [entry.event for entry in ledger.entries(tmp_path)] == [
        "received",
        "received",
        "hashed",
        "received",
        "received",
    ]


def test_one_night_can_be_read_alone(tmp_path: Path) -> None:
    ledger.write(tmp_path, RIG, NIGHT, [received("a.fits")])
    ledger.write(tmp_path, RIG, date(2026, 1, 15), [received("b.fits")])
    assert list(ledger.read_night(tmp_path, RIG, NIGHT).stored) == [f"{RIG}/a.fits"]
    assert ledger.read_night(tmp_path, RIG, date(2026, 1, 16)).stored == {}


def test_library_without_a_ledger_has_an_empty_one(tmp_path: Path) -> None:
    assert ledger.read(tmp_path).stored == {}
    assert gc.isenabled()


def test_torn_line_is_told_and_costs_only_itself(tmp_path: Path) -> None:
    ledger.write(tmp_path, RIG, NIGHT, [received("a.fits")])
    (path,) = tmp_path.rglob("*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"event":"received","inb')
    notes = ledger.write(tmp_path, RIG, NIGHT, [received("b.fits")])
    assert [note.code for note in notes] == ["torn-line"]
    found = ledger.read(tmp_path)
    assert len(found.stored) == 2
    assert [note.code for note in found.notes] == ["bad-line"]


def test_ledger_of_a_newer_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    ledger.write(tmp_path, RIG, NIGHT, [received("a.fits")])
    (path,) = tmp_path.rglob("*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"event":"beamed_up","when":"2031-01-01T00:00:00Z"}\n')
    found = ledger.read(tmp_path)
    assert len(found.stored) == 1
    assert [note.code for note in found.notes] == ["unknown-kind"]
    assert len(list(ledger.entries(tmp_path))) == 1


def test_names_in_no_alphabet_survive_the_ledger(tmp_path: Path) -> None:
    name = os.fsdecode(b"M31_\xff.fits")
    ledger.write(tmp_path, RIG, NIGHT, [received(name), received("b.fits")])
    assert ledger.read(tmp_path).of_origin("_Inbox", name) == f"{RIG}/{name}"


def test_hostile_rig_name_stays_below_the_ledger(tmp_path: Path) -> None:
    library = tmp_path / "library"
    for rig in ("../../etc", "..", "/abs", "CON", "a\nb", "\0", "~", "C:\\x"):
        ledger.write(library, rig, NIGHT, [received("a.fits")])
    assert [entry.name for entry in tmp_path.iterdir()] == ["library"]
    assert all(path.parent.parent == library / "_Ledger" for path in tmp_path.rglob("*.jsonl"))


@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
def test_ledger_folder_that_leads_out_of_the_library_is_refused(tmp_path: Path) -> None:
    library, out = tmp_path / "library", tmp_path / "out"
    library.mkdir()
    out.mkdir()
    (library / "_Ledger").symlink_to(out)
    with pytest.raises(UserError, match="leads out"):
        ledger.write(library, RIG, NIGHT, [received("a.fits")])
    assert list(out.iterdir()) == []


def test_library_copied_elsewhere_says_the_same(tmp_path: Path) -> None:
    library = tmp_path / "library"
    ledger.write(
        library, RIG, NIGHT, [received("a.fits"), Delivered(when=WHEN, link="x", stored=f"{RIG}/a.fits")]
    )
    shutil.copytree(library, tmp_path / "copy")
    assert ledger.read(tmp_path / "copy") == ledger.read(library)
