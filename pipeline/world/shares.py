"""Whether a file lies on another computer: SQLite's locks cannot be trusted there, so nothing is opened in place.

Windows   a UNC path, or a drive letter that is mapped
Linux     the file system of its mount: cifs, nfs, a Windows disk inside WSL ...
macOS     the same, as `mount` tells it
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PureWindowsPath

_REMOTE = frozenset(
    (
        "cifs", "smb", "smb2", "smb3", "smbfs", "nfs", "nfs3", "nfs4", "afs", "afpfs", "webdav", "davfs", "ncpfs",
        "ceph", "glusterfs", "lustre", "9p", "drvfs", "vboxsf",
    )
)  # fmt: skip
_REMOTE_FUSE = re.compile(r"fuse\.(sshfs|rclone|smb|gvfs|davfs|cifs|s3fs)", re.IGNORECASE)
_DRIVE_REMOTE = 4


def is_on_share(path: Path) -> bool:
    """True when a file, or the folder it would lie in, is another computer's."""
    if os.name == "nt":
        return _is_remote_drive(path)
    kind = file_system_at(path)
    return kind in _REMOTE or _REMOTE_FUSE.match(kind) is not None


def file_system_at(path: Path) -> str:
    """The kind of file system a path lies on; empty where the system does not say."""
    return file_system_of(os.path.realpath(path), _mounts())


def is_unc(path: str) -> bool:
    r"""True for `\\pc\share\...`, written with either slash."""
    drive = PureWindowsPath(path).drive.replace("/", "\\")
    return drive.startswith("\\\\") and not drive.startswith(("\\\\.\\", "\\\\?\\"))


def file_system_of(path: str, mounts: Iterable[tuple[str, str]]) -> str:
    """The kind of file system of the deepest mount above a path; of two on one point the later."""
    best, kind = -1, ""
    for point, found in mounts:
        above = point.rstrip("/") + "/"
        if (path + "/").startswith(above) and len(above) >= best:
            best, kind = len(above), found.lower()
    return kind


def mounts_in(text: str) -> list[tuple[str, str]]:
    """Mount points and kinds of `/proc/self/mounts`, whose blanks are written as octal numbers."""
    lines = (line.split(" ") for line in text.splitlines())
    return [(_plain(parts[1]), parts[2]) for parts in lines if len(parts) > 2]


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _mounts() -> list[tuple[str, str]]:
    with suppress(OSError):
        return mounts_in(Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape"))
    with suppress(OSError):
        return _told_by_mount()
    return []


def _told_by_mount() -> list[tuple[str, str]]:
    """`//me@nas/astro on /Volumes/astro (smbfs, nodev, ...)`: how a Mac tells its mounts."""
    import subprocess

    said = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False).stdout
    return re.findall(r" on (.+) \((\w+)[,)]", said)


if sys.platform == "win32":
    import ctypes

    def _is_remote_drive(path: Path) -> bool:
        plain = os.path.realpath(path)
        root = os.path.splitdrive(plain)[0] + "\\"
        return is_unc(plain) or ctypes.windll.kernel32.GetDriveTypeW(root) == _DRIVE_REMOTE

else:

    def _is_remote_drive(path: Path) -> bool:
        return is_unc(str(path))
