"""Passing trouble: a share that hiccups, a scanner that holds a file, a disk that is full just now.

It is tried again for about two seconds and then becomes "later", never "failed" (DESIGN §2.13).
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pipeline.model.errors import NoRoom, PassingError
from pipeline.rules.spoken import counted

T = TypeVar("T")

WAITS_S = (0.05, 0.25, 1.5)
"""Pauses between the tries: long enough for a virus scanner, short enough for a night."""

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_PASSING = {errno.EIO, errno.ESTALE, errno.EAGAIN, errno.EBUSY, errno.ETXTBSY, errno.ETIMEDOUT}
_WINDOWS_FULL = {39, 112, 1295}  # disk full in two words, and a quota
_WINDOWS_PASSING = {32, 33, 59, 64, 121, 170}  # sharing and lock violations, the network's hiccups, busy


def retry(action: Callable[[], T], path: Path, *, waits_s: Sequence[float] = WAITS_S) -> T:
    """What `action` returns; passing trouble with `path` is tried again, and in the end a `PassingError`."""
    for wait_s in (*waits_s, None):
        try:
            return action()
        except OSError as error:
            if is_full(error):
                raise NoRoom(f"{path}: no space left on its disk; make room, run `doit`") from error
            if not is_passing(error):
                raise
            if wait_s is None:
                said = f"{error.strerror} ({counted(len(waits_s) + 1, 'try', 'tries')})"
                raise PassingError(f"{path}: {said}; the next run tries again") from error
        time.sleep(wait_s)
    raise AssertionError("the last round returns or raises")


def is_full(error: OSError) -> bool:
    """True when the disk or the quota is full."""
    return error.errno in _NO_SPACE or getattr(error, "winerror", None) in _WINDOWS_FULL


def is_passing(error: OSError) -> bool:
    """True when the same call may well succeed a moment later."""
    return error.errno in _PASSING or getattr(error, "winerror", None) in _WINDOWS_PASSING
