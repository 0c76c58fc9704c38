"""A rename that never replaces: the last step of everything that must not overwrite."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import sys
from pathlib import Path

_NO_CALL = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_AT_FDCWD = -100


def rename_new(source: Path, target: Path) -> None:
    """Rename, but never over an existing name (`FileExistsError`).

    One kernel call where there is one, else a link and an unlink. Where neither exists (some network shares)
    the name is looked at first: the library's lock keeps our own runs apart, and no empty file ever stands in
    for a frame. Windows refuses an existing name by itself.
    """
    if os.name == "nt":
        source.rename(target)
    elif not _rename_exclusive(source, target):
        _link_over(source, target)


def _link_over(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)
    else:
        source.unlink()


def _rename_exclusive(source: Path, target: Path) -> bool:
    """The kernel's own rename without replacing; False where this system or file system has none."""
    call, flag = ("renamex_np", 4) if sys.platform == "darwin" else ("renameat2", 1)
    function = getattr(libc(), call, None)
    if function is None:
        return False
    names: tuple[int | bytes, ...] = (os.fsencode(source), os.fsencode(target))
    if sys.platform != "darwin":
        names = (_AT_FDCWD, names[0], _AT_FDCWD, names[1])
    if function(*names, flag) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_CALL:
        return False
    raise OSError(code, os.strerror(code), str(source), None, str(target))


@functools.cache
def libc() -> ctypes.CDLL:
    """The C library, for the calls Python has no word for."""
    return ctypes.CDLL(None, use_errno=True)
