"""A look into an inbox: every file's name, size and time, and nothing opened.

Links to folders are not followed (they loop), links to files are not frames. A folder that cannot be read is said,
never taken for empty: an inbox that seems empty is the one thing that must not be believed (DESIGN §2.6).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.model.frames import Problem
from pipeline.model.survey import Found, InboxScan, Sort
from pipeline.rules.sorting import FRAME_SUFFIXES, sort_of
from pipeline.world.files import is_part

_MARKER = ".stfolder"
"""Syncthing's own sign that the disk is there."""


def scan_inbox(inbox: str, folder: Path) -> InboxScan:
    """List an inbox; files in the order of their paths."""
    if not folder.is_dir():
        return InboxScan(inbox=inbox, reachable=False)
    listing = _Listing(inbox)
    try:
        top = list(os.scandir(folder))
    except OSError as error:
        why = f"could not be listed ({error.strerror}): nothing is judged of it until it can"
        return InboxScan(inbox=inbox, reachable=False, why=why)
    listing.walk(top)
    return InboxScan(
        inbox=inbox,
        files=tuple(sorted(listing.files, key=lambda found: found.original)),
        litter=listing.litter,
        bare=all(sort_of(entry.name) is Sort.LITTER and entry.name != _MARKER for entry in top),
        problems=tuple(listing.problems),
    )


class _Listing:
    """One walk through an inbox."""

    def __init__(self, inbox: str) -> None:
        self.inbox = inbox
        self.files: list[Found] = []
        self.litter = 0
        self.problems: list[Problem] = []
        self._folders: list[tuple[str, str]] = []
        """Still to be listed, with their paths in the inbox: a list, since folders may lie deeper than calls may."""

    def walk(self, top: Iterable[os.DirEntry[str]]) -> None:
        """Take what lies in the inbox itself, then list every folder below."""
        for entry in top:
            self._take(entry, entry.name)
        while self._folders:
            self._walk(*self._folders.pop())

    def _walk(self, folder: str, relative: str) -> None:
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            self._note("unreadable", f"the folder {relative} could not be read: {error.strerror}")
            return
        for entry in entries:
            self._take(entry, f"{relative}/{entry.name}")

    def _take(self, entry: os.DirEntry[str], path: str) -> None:
        sort = sort_of(entry.name)
        if sort is Sort.LITTER or is_part(entry.name):
            self.litter += 1
        elif not _is_utf8(entry.name):
            self._note("unspeakable", f"{path!r}: the name is not UTF-8; rename it, then run `doit`")
        elif entry.is_symlink():
            self._note("symlink", f"{path} is a symbolic link and is not followed")
        elif entry.is_dir(follow_symlinks=False):
            self._enter(entry, path)
        else:
            self._list(entry, path, sort)

    def _enter(self, entry: os.DirEntry[str], path: str) -> None:
        if os.path.splitext(entry.name)[1].lower() in FRAME_SUFFIXES:  # noqa: PTH122 - a name, not a path
            self._note("not-a-frame", f"{path} is a folder with the name of a frame")
        self._folders.append((entry.path, path))

    def _list(self, entry: os.DirEntry[str], path: str, sort: Sort) -> None:
        try:
            seen = entry.stat(follow_symlinks=False)
        except OSError as error:
            self._note("unreadable", f"{path} could not be looked at: {error.strerror}")
            return
        if not entry.is_file(follow_symlinks=False):
            self._note("not-a-file", f"{path} is no regular file")
            return
        self.files.append(Found(self.inbox, path, seen.st_size, seen.st_mtime_ns, sort))

    def _note(self, code: str, text: str) -> None:
        self.problems.append(Problem(code, f"{self.inbox}: {text}"))


def frames_of(scan: InboxScan) -> Iterator[Found]:
    """What promises to be a frame."""
    return (found for found in scan.files if found.sort is Sort.FRAME)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
