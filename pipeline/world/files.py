"""Files, whole or not at all: what we write appears under its final name complete and on the disk, or not.

    data ─▶ .<name>.<pid>-<random>.part ─fsync─▶ placed: never over an existing name, or by atomic replace

A kill at any instant leaves at most a hidden part-file, swept by a later run once its writer is dead.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pipeline.model.errors import FrameError, NotAFrame, PassingError, UserError
from pipeline.world.passing import retry
from pipeline.world.processes import host_mark, is_alive
from pipeline.world.renames import rename_new

if sys.platform != "win32":
    import fcntl

CHUNK_BYTES = 4 << 20
"""What is read at once: large enough for a share, small enough for a Raspberry Pi."""
_BINARY = getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe would wait for ever
_NO_FOLDER_SYNC = {errno.EINVAL, errno.EBADF, errno.EACCES, errno.EPERM, errno.ENOTSUP, errno.EROFS}
_NAME_BYTES = 255
_PART = re.compile(r"^\..*\.(\d+)-([0-9a-f]{4})[0-9a-f]{8}\.part$", re.DOTALL)
_FOREIGN_AGE_S = 24 * 3600.0

Progress = Callable[[int], None]
"""Told how many bytes have been dealt with since it was last told."""
Identity = tuple[int, int, int]
"""Size, mtime and inode: what does not change while a file is read."""


def sha256_of(path: Path, progress: Progress | None = None) -> str:
    """The SHA-256 of a file's bytes, in hex; a file that changes meanwhile is a `PassingError`."""
    return retry(lambda: _sha256(path, progress), path)


def open_regular(path: Path) -> int:
    """A descriptor to read a plain file; a folder, a pipe or a device called `x.fits` is refused by name."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _BINARY | _NO_WAIT)
    except OSError as error:
        raise unreadable(path, error) or error from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFrame(f"{path}: not a plain file")
    return descriptor


def unreadable(path: Path, error: OSError) -> FrameError | None:
    """The sentence for a file that lies there but cannot be opened; `None` for every other trouble."""
    if error.errno in {errno.EACCES, errno.EPERM} and getattr(error, "winerror", None) not in {32, 33}:
        return FrameError(f"{path}: may not be read by this user; give it read rights and run `doit` again")
    if error.errno == errno.ELOOP:
        return NotAFrame(f"{path}: a link that leads round in a circle")
    return None


def identity(descriptor: int) -> Identity:
    """Size, mtime and inode of an open file."""
    found = os.fstat(descriptor)
    return found.st_size, found.st_mtime_ns, found.st_ino


def require_unchanged(path: Path, descriptor: int, before: Identity, read_bytes: int) -> None:
    """Raise `PassingError` unless the open file, and the file now under its name, are what they were."""
    named = path.stat()
    same = identity(descriptor) == before == (named.st_size, named.st_mtime_ns, named.st_ino)
    if not same or read_bytes != before[0]:
        raise PassingError(f"{path}: grew while it was read, or was replaced; the next run looks again")


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet: `FileExistsError` otherwise, and the other file is untouched."""
    part = write_part(path, data)
    try:
        place_part(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def replace_if_different(path: Path, data: bytes) -> bool:
    """Make `path` hold `data`; False, and not a byte touched, when it already does."""
    if _holds(path, data):
        return False
    if path.is_dir() and not path.is_symlink():
        raise UserError(f"{path}: a folder lies where a file should be; move it away and run `doit` again")
    part = write_part(path, data)
    try:
        retry(lambda: part.replace(path), path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return True


def part_of(path: Path) -> Path:
    """A hidden name beside `path` that says whose it is: host, process id and a random word."""
    tail = f".{os.getpid()}-{host_mark()}{secrets.token_hex(4)}.part"
    stem = os.fsencode(path.name)[: _NAME_BYTES - 1 - len(tail)]
    if len(stem) < len(os.fsencode(path.name)):
        stem = stem.decode("utf-8", "ignore").encode()
    return path.with_name("." + os.fsdecode(stem) + tail)


def place_part(part: Path, path: Path, *, sync: bool = True) -> None:
    """Give a finished part-file its final name, never over an existing one."""
    retry(lambda: rename_new(part, path), path)
    if sync:
        sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, each entered durably in its parent."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        retry(folder.mkdir, folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: a file lies where a folder should be; move it away and run `doit` again")
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Windows does so by itself; a share that cannot is let be."""
    if os.name != "nt":
        retry(lambda: _sync_folder(folder), folder)


def sync_file(descriptor: int) -> None:
    """Make a file's bytes durable: on a Mac that takes more than fsync."""
    if sys.platform == "darwin":
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def begin_sync(descriptor: int, at: int, length: int) -> None:
    """Have the disk take what was just written while more is made: `sync_file` then finds little left to wait for."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(descriptor, at, length, os.POSIX_FADV_DONTNEED)


def inside(root: Path, path: Path) -> bool:
    """True when `path` lies below `root`, also once every link on its way (but not the last) is followed."""
    if ".." in path.parts or path.name in {"", "."}:
        return False
    home = Path(os.path.realpath(root))
    return Path(os.path.realpath(path.parent)).joinpath(path.name).is_relative_to(home) and path != root


def require_inside(root: Path, path: Path) -> None:
    """Raise `UserError` when writing `path` would leave the library."""
    if not inside(root, path):
        raise UserError(f"{path}: leads out of {root} (a link on the way?); nothing was written there")


def is_part(name: str) -> bool:
    """True for the name of a part-file of ours."""
    return _PART.match(name) is not None


def sweep_parts(folder: Path, *, foreign_age_s: float = _FOREIGN_AGE_S) -> list[Path]:
    """Remove part-files whose writer is dead; another host's only when a day old. Returns what went."""
    swept = []
    for part in abandoned_parts(folder, foreign_age_s=foreign_age_s):
        with suppress(FileNotFoundError):
            part.unlink()
            swept.append(part)
    return swept


def abandoned_parts(folder: Path, *, foreign_age_s: float = _FOREIGN_AGE_S) -> list[Path]:
    """The part-files in a folder whose writer is dead, so that nobody will finish them."""
    with os.scandir(folder) as found:
        parts = [entry for entry in found if is_part(entry.name) and entry.is_file(follow_symlinks=False)]
        return [Path(entry.path) for entry in parts if _is_abandoned(entry, foreign_age_s)]


def _is_abandoned(entry: os.DirEntry[str], foreign_age_s: float) -> bool:
    found = _PART.match(entry.name)
    if found is None:
        return False
    if found[2] == host_mark():
        return not is_alive(int(found[1]))
    # The bytes may carry the source's mtime: the inode's own clock tells when it was written.
    return time.time() - entry.stat(follow_symlinks=False).st_ctime > foreign_age_s


def _sha256(path: Path, progress: Progress | None) -> str:
    digest, read_bytes, buffer = hashlib.sha256(), 0, memoryview(bytearray(CHUNK_BYTES))
    descriptor = open_regular(path)
    try:
        before = identity(descriptor)
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            while count := file.readinto(buffer) or 0:
                digest.update(buffer[:count])
                read_bytes += count
                if progress is not None:
                    progress(count)
        require_unchanged(path, descriptor, before, read_bytes)
    finally:
        os.close(descriptor)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = -1
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def write_part(path: Path, data: bytes) -> Path:
    """The bytes in a finished part-file beside `path`; whoever asks gives it its name, or takes it away."""
    part = part_of(path)
    try:
        retry(lambda: _write(part, data), path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _write(part: Path, data: bytes) -> None:
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o666)
    try:
        write_all(descriptor, data)
        sync_file(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte: a nearly full disk takes a few and says so only at the next call."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _holds(path: Path, data: bytes) -> bool:
    try:
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False
