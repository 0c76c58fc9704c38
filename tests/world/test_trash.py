from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.model.errors import UserError
from pipeline.world.trash import contents, empty, restore, throw

WHEN = datetime(2026, 1, 14, 21, 3, 5, tzinfo=UTC)


def frame(library: Path, path: str, data: bytes = b"frame") -> Path:
    found = library / path
    found.parent.mkdir(parents=True, exist_ok=True)
    found.write_bytes(data)
    return found


def test_thrown_file_keeps_its_path_and_its_reason(tmp_path: Path) -> None:
    source = frame(tmp_path, "rig/00_Frames/a.fits")
    inode = source.stat().st_ino
    where = throw(tmp_path, "rig/00_Frames/a.fits", why="given up: clouds", when=WHEN)
    assert where == "_Trash/2026-01-14_21-03-05/rig/00_Frames/a.fits"
    assert not source.exists()
    (thrown,) = contents(tmp_path)
    assert (thrown.where, thrown.origin, thrown.why) == (where, "rig/00_Frames/a.fits", "given up: clouds")
    assert (thrown.when, thrown.size) == (WHEN, 5)
    assert (tmp_path / where).stat().st_ino == inode


def test_restored_file_is_as_before_and_the_trash_is_clean(tmp_path: Path) -> None:
    source = frame(tmp_path, "rig/a.fits")
    throw(tmp_path, "rig/a.fits", why="")
    (thrown,) = contents(tmp_path)
    assert restore(tmp_path, thrown) == source
    assert source.read_bytes() == b"frame"
    assert contents(tmp_path) == []
    assert [entry.name for entry in (tmp_path / "_Trash").iterdir()] == ["trash.jsonl"]
    with pytest.raises(UserError, match="something lies there now"):
        restore(tmp_path, thrown)
    source.unlink()
    with pytest.raises(UserError, match="not in the trash any more"):
        restore(tmp_path, thrown)


def test_restore_never_writes_over(tmp_path: Path) -> None:
    frame(tmp_path, "rig/a.fits")
    throw(tmp_path, "rig/a.fits", why="")
    frame(tmp_path, "rig/a.fits", b"another")
    (thrown,) = contents(tmp_path)
    with pytest.raises(UserError, match="something lies there now"):
        restore(tmp_path, thrown)
    assert (tmp_path / "rig/a.fits").read_bytes() == b"another"
    assert len(contents(tmp_path)) == 1


def test_one_path_thrown_twice_in_a_second_is_kept_twice(tmp_path: Path) -> None:
    for data in (b"one", b"two!"):
        frame(tmp_path, "rig/a.fits", data)
        throw(tmp_path, "rig/a.fits", why="", when=WHEN)
    assert [thrown.size for thrown in contents(tmp_path)] == [3, 4]
    assert {thrown.when for thrown in contents(tmp_path)} == {WHEN}


def test_emptying_tells_the_bytes_that_came_free(tmp_path: Path) -> None:
    frame(tmp_path, "rig/a.fits", bytes(1000))
    kept = frame(tmp_path, "rig/b.fits", bytes(500))
    os.link(kept, tmp_path / "rig/b-link.fits")
    throw(tmp_path, "rig/a.fits", why="")
    throw(tmp_path, "rig/b-link.fits", why="")
    assert empty(tmp_path) == 1000
    assert contents(tmp_path) == []
    assert kept.exists()
    assert empty(tmp_path) == 0


def test_trash_without_its_journal_still_puts_everything_back(tmp_path: Path) -> None:
    frame(tmp_path, "rig/a.fits")
    throw(tmp_path, "rig/a.fits", why="x")
    (tmp_path / "_Trash/trash.jsonl").unlink()
    (thrown,) = contents(tmp_path)
    assert restore(tmp_path, thrown).exists()


def test_what_lies_outside_or_is_no_file_is_not_thrown(tmp_path: Path) -> None:
    library = tmp_path / "library"
    (library / "rig").mkdir(parents=True)
    frame(tmp_path, "outside.fits")
    for path in ("../outside.fits", "rig", "rig/absent.fits"):
        with pytest.raises(UserError):
            throw(library, path, why="")
    assert (tmp_path / "outside.fits").exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
def test_emptying_follows_no_link(tmp_path: Path) -> None:
    library, out = tmp_path / "library", tmp_path / "out"
    frame(out, "precious.fits")
    (library / "_Trash").mkdir(parents=True)
    (library / "_Trash/2026-01-14_21-03-05").symlink_to(out)
    (library / "_Trash/2026-01-14_21-03-06").mkdir()
    (library / "_Trash/2026-01-14_21-03-06/door").symlink_to(out)
    frame(library, "_Trash/my own notes.txt")
    empty(library)
    assert (out / "precious.fits").exists()
    assert (library / "_Trash/my own notes.txt").exists()
