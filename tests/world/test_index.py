"""The header index: a cache, so that nothing about it may ever stop a night."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model.survey import Found, Sighting, Sort
from pipeline.rules.identity import Clues, Known
from pipeline.world.index import Index, dump_frame, load_frame
from tests.factories import make_frame
from tests.libraries import frame_bytes, write


@pytest.fixture
def frame(tmp_path: Path) -> Found:
    seen = write(tmp_path / "inbox/a.fits", frame_bytes(1)).stat()
    return Found("inbox", "a.fits", seen.st_size, seen.st_mtime_ns, Sort.FRAME)


def look(cache: Path, found: Found, *, mark: str = "m", remember: bool = True) -> Sighting:
    index = Index(cache, mark, write=remember)
    inbox = cache.parent / "inbox"
    [sighting] = index.look([found], inbox, Known(), lambda one: Clues(path=one.original), 1)
    return sighting


def test_what_was_read_once_is_not_read_again(tmp_path, frame):
    first = look(tmp_path / "index", frame)
    (tmp_path / "inbox/a.fits").unlink()
    assert look(tmp_path / "index", frame) == first
    assert first.frame is not None


@pytest.mark.parametrize("changed", ["size", "mtime_ns", "mark"])
def test_what_changed_is_read_anew(tmp_path, frame, changed):
    look(tmp_path / "index", frame)
    (tmp_path / "inbox/a.fits").write_bytes(b"")
    other = frame if changed == "mark" else replace(frame, **{changed: 5})
    assert look(tmp_path / "index", other, mark="n" if changed == "mark" else "m").refusal


@pytest.mark.parametrize("damage", ["garbage", "no table", "other columns", "rows of rubbish", "a folder"])
def test_a_damaged_index_is_begun_anew(tmp_path, frame, damage):
    cache = tmp_path / "index"
    look(cache, frame)
    spoil(cache, damage)
    assert look(cache, frame).frame is not None
    (tmp_path / "inbox/a.fits").unlink()
    if damage != "a folder":
        assert look(cache, frame).frame is not None


def spoil(cache: Path, damage: str) -> None:
    if damage == "garbage":
        cache.write_bytes(cache.read_bytes()[:2000] + os.urandom(6000))
        return
    if damage == "a folder":
        cache.unlink()
        cache.mkdir()
        return
    with sqlite3.connect(cache) as db:
        if damage == "rows of rubbish":
            db.execute("UPDATE sighting SET frame = ?", (b'{"kind": 7}',))
        else:
            db.execute("DROP TABLE sighting")
        if damage == "other columns":
            db.execute("CREATE TABLE sighting(x)")
    db.close()


def test_a_look_that_may_not_remember_makes_no_file(tmp_path, frame):
    assert look(tmp_path / "index", frame, remember=False).frame is not None
    assert not (tmp_path / "index").exists()


def test_a_frame_survives_the_index_unless_json_cannot_hold_it():
    frame = make_frame()
    data = dump_frame(frame)
    assert data is not None
    assert load_frame(data) == frame
    assert dump_frame(make_frame(stars=10**30)) is None
