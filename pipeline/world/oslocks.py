"""The operating system's own locks on a file: True when got, False when taken, None where there are none.

Two kinds, for two needs. `try_lock` belongs to the open file, so two threads exclude each other too:
journals use it. `try_own` belongs to the process: no child inherits it, so a killed run leaves nothing
locked by an orphan; but any close of the file anywhere in the process lets it go, so only the library's
lock file, which nobody reads, uses it.
"""

from __future__ import annotations

import errno
import os
import sys

_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}
_FAR = 1 << 30
"""Where Windows locks its byte: beyond all content, since nobody may read what is locked there."""

if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool | None:
        """Lock an open file against every other opening of it, without waiting."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return _answer(error)
        return True

    def unlock(descriptor: int) -> None:
        """Let go of what `try_lock` got."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    try_own, disown = try_lock, unlock

else:
    import fcntl

    def try_lock(descriptor: int) -> bool | None:
        """Lock an open file against every other opening of it, without waiting."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return _answer(error)
        return True

    def unlock(descriptor: int) -> None:
        """Let go of what `try_lock` got."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def try_own(descriptor: int) -> bool | None:
        """Lock an open file for this process alone, without waiting."""
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return _answer(error)
        return True

    def disown(descriptor: int) -> None:
        """Let go of what `try_own` got."""
        fcntl.lockf(descriptor, fcntl.LOCK_UN)


def _answer(error: OSError) -> bool | None:
    return False if error.errno in _TAKEN else None
