"""How a change in an inbox is heard: told by the system where it tells of changes, else by listing it again.

    Linux, a disk of its own              told: inotify, one watch a folder
    a share, a guest's shared folder      listed: what another computer writes there is told to that one alone
    macOS, Windows                        listed

What is told is a hint, never the truth: before anything is done the inbox is listed. So nothing is lost when the system
drops a message; it is found a few minutes later.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.model.survey import Sort
from pipeline.rules.sorting import sort_of
from pipeline.world.shares import file_system_at, is_on_share

MOST_FOLDERS = 20_000
"""With more than this an inbox is listed: each watched folder takes a piece of the system's own memory."""
_SILENT = ("fuse.", "virtiofs", "prl_fs", "fakeowner", "osxfs", "vmhgfs", "autofs")
"""File systems that may change without a word, beside those on other computers."""


class Deaf(Exception):  # noqa: N818 - a state, not a mistake
    """An inbox that cannot be listened to; the text says why."""


def why_silent(folder: Path) -> str:
    """Why the system would not tell of changes here; empty: it would."""
    if is_on_share(folder):
        return "it lies on another computer, which tells nobody here"
    if sys.platform == "linux":
        kind = file_system_at(folder)
        return f"its file system ({kind}) tells of no changes" if kind.startswith(_SILENT) else ""
    else:  # noqa: RET505 - so that mypy skips it
        return "changes are not told on this system"


def folders_in(top: str) -> Iterator[str]:
    """A folder and all below; litter and links left out, what cannot be read skipped."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        yield folder
        with suppress(OSError):
            waiting += [
                entry.path
                for entry in os.scandir(folder)
                if entry.is_dir(follow_symlinks=False) and sort_of(entry.name) is not Sort.LITTER
            ]


if sys.platform == "linux":
    import ctypes
    import errno
    import select
    import struct

    _EVENT = struct.Struct("iIII")
    _CLOSE_WRITE, _MOVED_TO, _CREATE, _DELETE_SELF, _MOVE_SELF = 0x8, 0x80, 0x100, 0x400, 0x800
    _UNMOUNT, _OVERFLOW, _IGNORED, _ONLY_FOLDERS, _IS_FOLDER = 0x2000, 0x4000, 0x8000, 0x1000000, 0x40000000
    _MASK = _CLOSE_WRITE | _MOVED_TO | _CREATE | _DELETE_SELF | _MOVE_SELF | _ONLY_FOLDERS

    class Ear:
        """Listens to one inbox, with every folder in it; one that hears no longer is to be made anew."""

        def __init__(self, folder: Path) -> None:
            self._libc = ctypes.CDLL(None, use_errno=True)
            self._folders: dict[int, str] = {}
            self._descriptor = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
            if self._descriptor < 0:
                raise Deaf(_told(ctypes.get_errno()))
            self.hears = True
            """False once something was missed, or the inbox itself went away."""
            try:
                self._follow(os.fspath(folder))
            except Deaf:
                self.close()
                raise

        def fileno(self) -> int:
            """What `select` waits for."""
            return int(self._descriptor)

        def close(self) -> None:
            """Listen no more."""
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

        def take(self) -> bool:
            """Take what was told so far; True where a file came or changed."""
            heard = False
            with suppress(BlockingIOError):
                while data := os.read(self._descriptor, 65_536):
                    for event in _events(data):
                        heard |= self._hear(*event)
            return heard

        def _hear(self, watch: int, mask: int, name: bytes) -> bool:
            folder = self._folders.get(watch, "")
            if mask & (_UNMOUNT | _OVERFLOW | _DELETE_SELF | _MOVE_SELF | _IGNORED):
                self.hears &= not (mask & _OVERFLOW or watch == 1)
                return bool(mask & _OVERFLOW)
            if mask & _IS_FOLDER:
                try:
                    self._follow(os.path.join(folder, os.fsdecode(name)))  # noqa: PTH118 - as it was listed
                except Deaf:
                    self.hears = False
            return sort_of(os.fsdecode(name)) is not Sort.LITTER

        def _follow(self, top: str) -> None:
            for folder in folders_in(top):
                if len(self._folders) >= MOST_FOLDERS:
                    raise Deaf(f"it has more than {MOST_FOLDERS:,} folders")
                watch = self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _MASK)
                if watch >= 0:
                    self._folders[watch] = folder
                elif (code := ctypes.get_errno()) in {errno.ENOSPC, errno.EMFILE, errno.ENOMEM}:
                    raise Deaf(_told(code))
            if not self._folders:
                raise Deaf("it is not there")

    def _events(data: bytes) -> Iterator[tuple[int, int, bytes]]:
        at = 0
        while at + _EVENT.size <= len(data):
            watch, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            yield watch, mask, data[at : at + length].rstrip(b"\0")
            at += length

    def _told(code: int) -> str:
        if code in {errno.ENOSPC, errno.EMFILE}:
            return "the system's limit of watched folders is reached (fs.inotify.max_user_watches)"
        return f"the system does not tell of changes ({os.strerror(code)})"

    def wait(ears: Sequence[Ear], seconds: float) -> bool:
        """Until something is told, or so many seconds have passed; True where a file came or changed."""
        ready = select.select(ears, (), (), max(seconds, 0.0))[0]
        heard = [ear.take() for ear in ready]
        return any(heard)

else:

    class Ear:
        """There is nothing to listen to on this system."""

        hears = False

        def __init__(self, folder: Path) -> None:
            raise Deaf(why_silent(folder))

        def close(self) -> None:
            """Nothing was opened."""

    def wait(ears: Iterable[Ear], seconds: float) -> bool:  # noqa: ARG001 - the twin of what Linux has
        """Until so many seconds have passed."""
        time.sleep(max(seconds, 0.0))
        return False
