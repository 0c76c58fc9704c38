"""Places are links: the same frame under another name, by the cheapest way that works for this very link.

    hard link ─▶ else clone ─▶ else verified copy            symbolic links only when a rig asks for them

A hard link that cannot be made (another disk, too many links, a share without them) is no error: the next
way is tried, per link. An existing name is never written over, whatever lies there (DESIGN §2.4).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipeline.model.errors import NotAFrame
from pipeline.world.copies import clone_to_part, copy_to_part, equal_bytes
from pipeline.world.files import Progress, part_of, place_part, sync_folder, unreadable, write_new
from pipeline.world.passing import retry


class How(StrEnum):
    """By which means a frame got its second name."""

    HARDLINK = "hardlink"
    REFLINK = "reflink"
    COPY = "copy"
    SYMLINK = "symlink"


class Mode(StrEnum):
    """What a caller wants of a place."""

    LINK = "link"
    """Shared bytes where that can be, else a copy."""
    COPY = "copy"
    """Bytes of its own: what is written into one name is not seen under the other."""
    SYMLINK = "symlink"
    """A pointer, for programs and shares that want it so; else as LINK."""


WAYS = {
    Mode.LINK: (How.HARDLINK, How.REFLINK, How.COPY),
    Mode.COPY: (How.REFLINK, How.COPY),
    Mode.SYMLINK: (How.SYMLINK, How.HARDLINK, How.REFLINK, How.COPY),
}

_CANNOT = {
    errno.EXDEV,
    errno.EMLINK,
    errno.EPERM,
    errno.EACCES,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
    errno.EINVAL,
}
# No such function, denied, another disk, unsupported, too many links, no right to make symbolic ones.
_CANNOT_WINDOWS = {1, 5, 17, 50, 1142, 1314}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A frame under its new name."""

    how: How
    sha256: str | None
    """Known where placing meant reading: a copy."""


def place(
    source: Path,
    target: Path,
    mode: Mode = Mode.LINK,
    *,
    sync: bool = True,
    progress: Progress | None = None,
) -> Placed:
    """Give the file `source` the further name `target`; `FileExistsError` when that name is taken.

    With `sync=False` the caller makes a whole folder's names durable at once (`files.sync_folder`).
    """
    source = _plain(source)
    for how in WAYS[mode]:
        placed = _try_way(how, source, target, progress)
        if placed is not None:
            if sync:
                sync_folder(target.parent)
            return placed
    raise AssertionError("a copy is made or raises")


def same_file(first: Path, second: Path) -> bool:
    """True when both names lead to one file, or to equal bytes."""
    one, two = first.stat(), second.stat()
    if one.st_ino and (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino):
        return True
    return one.st_size == two.st_size and retry(lambda: equal_bytes(first, second), first)


def link_mode_of(first: Path, second: Path) -> How:
    """How a file in the folder `first` would get a name in the folder `second`: tried with a hidden probe."""
    probe, other = part_of(first / "probe"), part_of(second / "probe")
    write_new(probe, b"Nightbuild tries whether links work here. It may be deleted.\n")
    try:
        return place(probe, other, sync=False).how
    finally:
        other.unlink(missing_ok=True)
        probe.unlink(missing_ok=True)


def protect(path: Path) -> bool:
    """Make a stored frame read-only where that helps; True when it now is.

    The mode belongs to the bytes, so every hard link of the frame shows it. On Windows the attribute would
    stop anyone from deleting a link, so it is not set there. What is not ours, or knows no modes, is let be.
    """
    if os.name == "nt":
        return False
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o222:
            path.chmod(mode & ~0o222)
        return not path.stat().st_mode & 0o222
    except PermissionError:
        return False
    except OSError as error:
        if error.errno in {errno.EROFS, errno.ENOTSUP, errno.ENOSYS}:
            return False
        raise


def _plain(source: Path) -> Path:
    """The file itself behind a link; what is no plain file is refused by name."""
    if source.is_symlink():
        source = Path(os.path.realpath(source))
    try:
        mode = source.stat().st_mode
    except OSError as error:
        raise unreadable(source, error) or error from error
    if not stat.S_ISREG(mode):
        raise NotAFrame(f"{source}: not a plain file")
    return source


def _try_way(how: How, source: Path, target: Path, progress: Progress | None) -> Placed | None:
    """The frame placed in this way, or `None` where this way is not to be had."""
    if how is How.COPY:
        return Placed(how=how, sha256=_copy(source, target, progress))
    ways: dict[How, Callable[[], bool]] = {
        How.HARDLINK: lambda: _hardlink(source, target),
        How.REFLINK: lambda: _reflink(source, target),
        How.SYMLINK: lambda: _symlink(source, target),
    }
    return Placed(how=how, sha256=None) if retry(ways[how], target) else None


def _hardlink(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError as error:
        return _excuse(error)
    return True


def _symlink(source: Path, target: Path) -> bool:
    """Relative, so that a library carried to another disk still holds together."""
    try:
        pointer = os.path.relpath(source, target.parent)
    except ValueError:
        return False  # another drive of a Windows machine
    try:
        target.symlink_to(pointer)
    except OSError as error:
        return _excuse(error)
    return True


def _reflink(source: Path, target: Path) -> bool:
    part = part_of(target)
    try:
        if not clone_to_part(source, part):
            return False
        place_part(part, target, sync=False)
    finally:
        part.unlink(missing_ok=True)
    return True


def _copy(source: Path, target: Path, progress: Progress | None) -> str:
    if os.path.lexists(target):  # said before a long copy, not after it
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    part = part_of(target)
    try:
        sha256 = retry(lambda: copy_to_part(source, part, progress), target)
        place_part(part, target, sync=False)
    finally:
        part.unlink(missing_ok=True)
    return sha256


def _excuse(error: OSError) -> bool:
    """False ("try the next way") for what a disk cannot do; everything else is raised."""
    code = getattr(error, "winerror", None) if sys.platform == "win32" else None
    if code in _CANNOT_WINDOWS or error.errno in _CANNOT:
        return False
    raise error
