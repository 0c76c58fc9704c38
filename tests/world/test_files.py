from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.model.errors import FrameError, NotAFrame, PassingError, UserError
from pipeline.world import files, renames
from pipeline.world.files import (
    inside,
    is_part,
    make_folder,
    part_of,
    replace_if_different,
    require_inside,
    sha256_of,
    sweep_parts,
    write_new,
)
from pipeline.world.passing import retry
from pipeline.world.processes import host_mark
from tests.world.disks import read_only, small_disk

POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX only")


def test_hash_is_that_of_the_bytes_and_progress_adds_up(tmp_path: Path) -> None:
    data = os.urandom(9_000_001)
    path = tmp_path / "x.fits"
    path.write_bytes(data)
    seen: list[int] = []
    assert sha256_of(path, seen.append) == hashlib.sha256(data).hexdigest()
    assert sum(seen) == len(data)
    assert len(seen) == 3


def test_file_that_grows_while_it_is_hashed_is_for_later(tmp_path: Path) -> None:
    path = tmp_path / "x.fits"
    path.write_bytes(bytes(1000))

    def grow(_: int) -> None:
        if path.stat().st_size < 3000:
            with path.open("ab") as file:
                file.write(bytes(1000))

    with pytest.raises(PassingError, match="grew while it was read"):
        sha256_of(path, grow)


def test_file_replaced_while_it_is_hashed_is_for_later(tmp_path: Path) -> None:
    path, other = tmp_path / "x.fits", tmp_path / "other"
    path.write_bytes(bytes(1000))
    other.write_bytes(bytes(1000))
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))

    def swap(_: int) -> None:
        if other.exists():
            other.replace(path)

    with pytest.raises(PassingError, match="replaced"):
        sha256_of(path, swap)


def test_folder_pipe_circle_and_unreadable_file_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.fits").mkdir()
    with pytest.raises((NotAFrame, FrameError), match=r"x\.fits"):
        sha256_of(tmp_path / "x.fits")
    if os.name == "nt":
        return
    os.mkfifo(tmp_path / "pipe.fits")
    (tmp_path / "loop.fits").symlink_to("loop.fits")
    with pytest.raises(NotAFrame, match="not a plain file"):
        sha256_of(tmp_path / "pipe.fits")
    with pytest.raises(NotAFrame, match="round in a circle"):
        sha256_of(tmp_path / "loop.fits")
    with pytest.raises(FileNotFoundError):
        sha256_of(tmp_path / "absent.fits")


@POSIX
def test_file_without_read_rights_is_a_sentence(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = tmp_path / "x.fits"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(FrameError, match="may not be read"):
        sha256_of(path)


def test_write_new_never_writes_over_and_leaves_no_part(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_new(path, b"one")
    with pytest.raises(FileExistsError):
        write_new(path, b"two")
    assert path.read_bytes() == b"one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


@POSIX
def test_write_new_does_not_write_through_a_dangling_link(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_new(path, b"one")
    assert not (tmp_path / "elsewhere").exists()


@POSIX
@pytest.mark.parametrize("links", [True, False])
def test_write_new_holds_where_the_kernel_knows_no_exclusive_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def no_link(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(renames, "_rename_exclusive", lambda *_: False)
    if not links:
        monkeypatch.setattr(os, "link", no_link)
    path = tmp_path / "a.json"
    write_new(path, b"one")
    with pytest.raises(FileExistsError):
        write_new(path, b"two")
    assert path.read_bytes() == b"one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_equal_bytes_are_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert replace_if_different(path, b"one")
    before = path.stat()
    assert not replace_if_different(path, b"one")
    after = path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert replace_if_different(path, b"two")
    assert path.read_bytes() == b"two"
    assert len(list(tmp_path.iterdir())) == 1


@POSIX
def test_a_link_in_place_of_a_derived_file_is_replaced_not_followed(tmp_path: Path) -> None:
    frame, page = tmp_path / "frame", tmp_path / "page"
    frame.write_bytes(b"raw")
    page.symlink_to(frame)
    replace_if_different(page, b"raw")
    assert not page.is_symlink()
    assert frame.read_bytes() == b"raw"


def test_part_names_fit_however_long_the_name(tmp_path: Path) -> None:
    for name in ("a", "é" * 127, "x" * 255, "." * 3 + "y"):
        part = part_of(tmp_path / name)
        assert len(os.fsencode(part.name)) <= 255
        assert is_part(part.name)
        assert part.name.startswith(".")
    assert not is_part("frame.part")
    assert not is_part(".frame.fits.part")


def test_sweep_takes_only_parts_whose_writer_is_dead(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    mark = host_mark()
    gone = tmp_path / f".a.fits.{dead.pid}-{mark}00112233.part"
    mine = part_of(tmp_path / "b.fits")
    foreign = tmp_path / f".c.fits.{dead.pid}-{'0000' if mark != '0000' else '1111'}00112233.part"
    upload = tmp_path / "d.fits.part"
    for path in (gone, mine, foreign, upload):
        path.write_bytes(b"x")
    assert sweep_parts(tmp_path) == [gone]
    assert {path for path in (mine, foreign, upload) if path.exists()} == {mine, foreign, upload}
    assert sweep_parts(tmp_path, foreign_age_s=-1) == [foreign]


def test_a_path_inside_stays_inside(tmp_path: Path) -> None:
    root = tmp_path / "library"
    make_folder(root / "a")
    assert inside(root, root / "a" / "b.fits")
    assert inside(root, root / "not" / "yet" / "b.fits")
    assert not inside(root, root)
    assert not inside(root, tmp_path / "b.fits")
    assert not inside(root, root / ".." / "b.fits")
    assert not inside(root, root / "a" / ".." / ".." / "b.fits")
    assert not inside(root, tmp_path / "library2" / "b.fits")


@POSIX
def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    root, out = tmp_path / "library", tmp_path / "out"
    root.mkdir()
    out.mkdir()
    (root / "door").symlink_to(out)
    (root / "within").symlink_to(root)
    assert inside(root, root / "door")
    assert inside(root, root / "within" / "x")
    assert not inside(root, root / "door" / "x")
    with pytest.raises(UserError, match="leads out"):
        require_inside(root, root / "door" / "x")


def test_make_folder_says_when_a_file_is_in_the_way(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="a file lies where a folder should be"):
        make_folder(tmp_path / "file")


@POSIX
def test_folder_below_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="a file lies where a folder should be"):
        make_folder(tmp_path / "file" / "below")


def test_full_disk_is_for_later_and_leaves_nothing_half(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        write_new(disk / "old.json", b"whole")
        with pytest.raises(PassingError, match="no space left"):
            write_new(disk / "new.json", bytes(2_000_000))
        with pytest.raises(PassingError, match="no space left"):
            replace_if_different(disk / "old.json", bytes(2_000_000))
        assert [entry.name for entry in disk.iterdir()] == ["old.json"]
        assert (disk / "old.json").read_bytes() == b"whole"
        write_new(disk / "new.json", b"fits now")


def test_read_only_folder_refuses_without_a_trace(tmp_path: Path) -> None:
    with read_only(tmp_path / "ro") as folder:
        with pytest.raises(OSError, match=r"ro"):
            write_new(folder / "x", b"1")
        assert list(folder.iterdir()) == []


def test_passing_trouble_is_tried_again_then_later() -> None:
    troubles = [errno.EIO, errno.ESTALE]

    def action() -> str:
        if troubles:
            raise OSError(troubles.pop(), "hiccup")
        return "done"

    assert retry(action, Path("x"), waits_s=(0, 0, 0)) == "done"

    def stuck() -> str:
        raise OSError(errno.EBUSY, "busy")

    with pytest.raises(PassingError, match=r"x: busy \(3 tries\)"):
        retry(stuck, Path("x"), waits_s=(0, 0))


def test_what_does_not_pass_is_raised_at_once() -> None:
    tries: list[int] = []

    def action() -> None:
        tries.append(1)
        raise OSError(errno.ENOENT, "gone")

    with pytest.raises(FileNotFoundError):
        retry(action, Path("x"))
    assert len(tries) == 1


def test_a_file_longer_than_any_chunk_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data)[:7]))
    write_new(tmp_path / "x", bytes(range(100)))
    assert (tmp_path / "x").read_bytes() == bytes(range(100))
    assert files.CHUNK_BYTES >= 1 << 20
