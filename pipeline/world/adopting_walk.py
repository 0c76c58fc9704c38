"""A library that existed before us, listed: every file below a folder, with what is ours already left out.

Nothing is opened. Links are not followed (they loop, and lead out of the tree); what cannot be read is said.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.model.frames import Problem
from pipeline.model.survey import Found, Sort
from pipeline.rules.sorting import sort_of
from pipeline.world.files import is_part


@dataclass(slots=True, kw_only=True)
class Walked:
    """What lies below a folder."""

    files: list[Found] = field(default_factory=list)
    """In the order of their paths."""
    problems: list[Problem] = field(default_factory=list)


def walk(base: Path, below: str, inbox: str, is_aside: Callable[[str], bool]) -> Walked:
    """List every file below a folder.

    Args:
        base: What the paths are relative to.
        below: The folder, relative to it; empty: all.
        inbox: What the files are said to come from.
        is_aside: Whether a folder is not entered.
    """
    walked, ahead = Walked(), [below]
    while ahead:
        folder = ahead.pop()
        for entry in _listed(base, folder, walked):
            path = f"{folder}/{entry.name}" if folder else entry.name
            if _is_skipped(entry, path, walked):
                continue
            if not entry.is_dir(follow_symlinks=False):
                _take(entry, path, inbox, walked)
            elif not is_aside(path):
                ahead.append(path)
    walked.files.sort(key=lambda found: found.original)
    return walked


def _listed(base: Path, folder: str, walked: Walked) -> Iterator[os.DirEntry[str]]:
    try:
        yield from list(os.scandir(base / folder))
    except OSError as error:
        text = f"the folder {folder or base} could not be read: {error.strerror}"
        walked.problems.append(Problem("unreadable", text))


def _is_skipped(entry: os.DirEntry[str], path: str, walked: Walked) -> bool:
    if entry.name[0] == "." or sort_of(entry.name) is Sort.LITTER or is_part(entry.name):
        return True
    if not _is_speakable(entry.name):
        text = f"{path!r}: the name holds characters nobody can type; rename it, then adopt again"
        walked.problems.append(Problem("unspeakable", text))
        return True
    if entry.is_symlink():
        walked.problems.append(Problem("symlink", f"{path} is a symbolic link and is not followed"))
        return True
    return False


def _take(entry: os.DirEntry[str], path: str, inbox: str, walked: Walked) -> None:
    try:
        seen = entry.stat(follow_symlinks=False)
    except OSError as error:
        walked.problems.append(Problem("unreadable", f"{path} could not be looked at: {error.strerror}"))
        return
    if not entry.is_file(follow_symlinks=False):
        walked.problems.append(Problem("not-a-file", f"{path} is no regular file"))
        return
    walked.files.append(Found(inbox, path, seen.st_size, seen.st_mtime_ns, sort_of(path)))


def _is_speakable(name: str) -> bool:
    """True for UTF-8 without control characters: such a path is an address for ever."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return name.isprintable()
