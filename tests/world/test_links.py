from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.model.errors import NotAFrame, PassingError
from pipeline.world import copies, links
from pipeline.world.files import is_part, sha256_of, sweep_parts
from pipeline.world.links import How, Mode, link_mode_of, place, protect, same_file
from tests.world.disks import other_disk, read_only, small_disk

POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX only")
ROOT = Path(__file__).resolve().parents[2]


def frame(path: Path, size: int = 100_000, mtime_ns: int = 1_700_000_000_123_456_700) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return path


def refuse(code: int) -> Callable[..., None]:
    def call(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return call


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_on_one_disk_a_place_is_a_hard_link(tmp_path: Path) -> None:
    source, target = frame(tmp_path / "in.fits"), tmp_path / "out.fits"
    assert place(source, target).how is How.HARDLINK
    assert source.samefile(target)


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP, errno.EACCES])
def test_link_that_cannot_be_made_falls_through_to_bytes_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    source, target = frame(tmp_path / "in.fits"), tmp_path / "out.fits"
    monkeypatch.setattr(os, "link", refuse(code))
    placed = place(source, target)
    assert placed.how in {How.REFLINK, How.COPY}
    if placed.how is How.COPY:
        assert placed.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_mtime_ns == source.stat().st_mtime_ns
    assert not source.samefile(target)
    assert names(tmp_path) == ["in.fits", "out.fits"]


def test_on_another_disk_a_place_is_a_verified_copy(tmp_path: Path) -> None:
    source, far = frame(tmp_path / "in.fits", 10_000_000), other_disk(tmp_path)
    try:
        seen: list[int] = []
        placed = place(source, far / "out.fits", progress=seen.append)
        assert placed.how is How.COPY
        assert placed.sha256 == sha256_of(far / "out.fits") == sha256_of(source)
        assert (far / "out.fits").stat().st_mtime_ns == source.stat().st_mtime_ns
        assert sum(seen) == 10_000_000
        assert names(far) == ["out.fits"]
        assert link_mode_of(tmp_path, far) is How.COPY
    finally:
        shutil.rmtree(far)


@pytest.mark.parametrize("mode", list(Mode))
def test_an_existing_name_is_never_written_over(tmp_path: Path, mode: Mode) -> None:
    source, target = frame(tmp_path / "in.fits"), tmp_path / "out.fits"
    target.write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        place(source, target, mode)
    assert target.read_bytes() == b"somebody's"
    assert names(tmp_path) == ["in.fits", "out.fits"]


def test_a_name_taken_during_the_copy_is_not_written_over(tmp_path: Path) -> None:
    source, target = frame(tmp_path / "in.fits"), tmp_path / "out.fits"

    def take(_: int) -> None:
        target.write_bytes(b"somebody's")

    with pytest.raises(FileExistsError):
        place(source, target, Mode.COPY, progress=take)
    assert target.read_bytes() == b"somebody's"
    assert names(tmp_path) == ["in.fits", "out.fits"]


def test_source_that_changes_during_the_copy_is_for_later(tmp_path: Path) -> None:
    source, target = frame(tmp_path / "in.fits"), tmp_path / "out.fits"

    def grow(_: int) -> None:
        if source.stat().st_size < 200_000:
            with source.open("ab") as file:
                file.write(bytes(50_000))

    with pytest.raises(PassingError, match="grew while it was read"):
        place(source, target, Mode.COPY, progress=grow)
    assert names(tmp_path) == ["in.fits"]


def test_copy_that_reads_back_differently_is_not_placed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = frame(tmp_path / "in.fits")
    real = copies._finish

    def spoil(part: Path, writing: int, seen: tuple[int, int, int]) -> None:
        os.lseek(writing, 50_000, os.SEEK_SET)
        os.write(writing, b"one flipped block")
        real(part, writing, seen)

    monkeypatch.setattr(copies, "_finish", spoil)
    with pytest.raises(PassingError, match="reads back differently"):
        place(source, tmp_path / "out.fits", Mode.COPY)
    assert names(tmp_path) == ["in.fits"]


@POSIX
def test_symbolic_link_is_relative_and_only_on_request(tmp_path: Path) -> None:
    source, target = frame(tmp_path / "store" / "in.fits"), tmp_path / "view" / "out.fits"
    target.parent.mkdir()
    assert place(source, target, Mode.SYMLINK).how is How.SYMLINK
    assert str(target.readlink()) == os.path.join("..", "store", "in.fits")  # noqa: PTH118
    assert same_file(source, target)


@POSIX
def test_a_link_in_the_inbox_is_followed_to_its_file(tmp_path: Path) -> None:
    real = frame(tmp_path / "real.fits")
    (tmp_path / "in.fits").symlink_to("real.fits")
    place(tmp_path / "in.fits", tmp_path / "out.fits")
    assert not (tmp_path / "out.fits").is_symlink()
    assert real.samefile(tmp_path / "out.fits")


def test_what_is_no_plain_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "dir.fits").mkdir()
    with pytest.raises(NotAFrame, match=r"dir\.fits"):
        place(tmp_path / "dir.fits", tmp_path / "out.fits")
    if os.name != "nt":
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        with pytest.raises(NotAFrame, match="circle"):
            place(tmp_path / "a", tmp_path / "out.fits")


def test_same_file_knows_links_and_equal_bytes(tmp_path: Path) -> None:
    one = frame(tmp_path / "one", 5_000_000)
    place(one, tmp_path / "link")
    place(one, tmp_path / "copy", Mode.COPY)
    other = frame(tmp_path / "other", 5_000_000)
    assert same_file(one, tmp_path / "link")
    assert same_file(one, tmp_path / "copy")
    assert not same_file(one, other)


def test_link_mode_is_found_by_trying_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    assert link_mode_of(one, two) is How.HARDLINK
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    assert link_mode_of(one, two) in {How.REFLINK, How.COPY}
    assert names(one) == names(two) == []


@POSIX
def test_protected_frame_is_read_only_under_every_name(tmp_path: Path) -> None:
    source, target = frame(tmp_path / "in.fits"), tmp_path / "out.fits"
    place(source, target)
    assert protect(target)
    assert source.stat().st_mode & 0o222 == 0
    assert protect(target)


def test_protecting_on_a_read_only_disk_is_no_error(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        path = frame(disk / "a.fits")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert not protect(path)


def test_full_disk_in_the_middle_of_a_copy_leaves_nothing(tmp_path: Path) -> None:
    source = frame(tmp_path / "in.fits", 3_000_000)
    with small_disk(tmp_path / "disk") as disk:
        with pytest.raises(PassingError, match="no space left"):
            place(source, disk / "out.fits")
        assert names(disk) == []
        place(frame(tmp_path / "small.fits", 1000), disk / "out.fits")


def test_read_only_folder_is_refused_and_untouched(tmp_path: Path) -> None:
    source = frame(tmp_path / "in.fits")
    with read_only(tmp_path / "ro") as folder:
        with pytest.raises(OSError, match="ro"):
            place(source, folder / "out.fits")
        assert names(folder) == []


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.05, 0.15])
def test_kill_in_the_middle_of_a_copy_leaves_no_half_frame(tmp_path: Path, moment: float) -> None:
    source, target = frame(tmp_path / "in.fits", 24_000_000), tmp_path / "out" / "out.fits"
    target.parent.mkdir()
    code = (
        "import sys, time; from pathlib import Path; from pipeline.world.links import Mode, place\n"
        "print('go', flush=True)\n"
        "place(Path(sys.argv[1]), Path(sys.argv[2]), Mode.COPY, progress=lambda n: time.sleep(0.02))\n"
    )
    command = [sys.executable, "-c", code, str(source), str(target)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(moment)
    child.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    child.communicate()
    for name in names(target.parent):
        assert is_part(name) or (target.parent / name).read_bytes() == source.read_bytes()
    sweep_parts(target.parent)
    if not target.exists():
        place(source, target, Mode.COPY)
    assert names(target.parent) == ["out.fits"]
    assert same_file(source, target)


def test_passing_trouble_while_linking_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, real, troubles = frame(tmp_path / "in.fits"), os.link, [errno.EIO]

    def link(one: Path, two: Path) -> None:
        if troubles:
            refuse(troubles.pop())()
        real(one, two)

    monkeypatch.setattr(os, "link", link)
    assert place(source, tmp_path / "out.fits").how is How.HARDLINK
    assert links.WAYS[Mode.LINK][-1] is How.COPY
