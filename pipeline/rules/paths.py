r"""Paths as people and programs write them: either slash, absolute or not, a file or a folder.

Nothing here touches a disk, so nothing here knows whether a path exists: a last part with the suffix of an
image is a file's name, any other is a folder's.
"""

from __future__ import annotations

import re
from functools import lru_cache

CAMERA_RAW = ("cr2", "cr3", "crw", "nef", "nrw", "arw", "sr2", "raf", "orf", "rw2", "pef", "dng", "raw")
FRAME_SUFFIXES = ("fits", "fit", "fts", "xisf", "tif", "tiff", *CAMERA_RAW)

_FRAME = re.compile(
    rf"(?P<stem>.*?)(?P<suffix>\.(?:{'|'.join(FRAME_SUFFIXES)})(?:\.(?:gz|fz|bz2|xz|zip))?|\.fz)", re.I | re.S
)
_DRIVE = re.compile(r"[A-Za-z]:")
_NOWHERE = frozenset({"", ".", "..", "?"})


def split_path(path: str) -> tuple[tuple[str, ...], str | None, str]:
    """Folders from the root down, the stem of the file's name (None: a folder), its suffix in lower case."""
    head, _, name = path.replace("\\", "/").rpartition("/")
    found = _FRAME.fullmatch(name)
    if found is None:
        return split_folders(path), None, ""
    return split_folders(head), found["stem"], found["suffix"].lower()


@lru_cache(maxsize=16384)  # a library has thousands of files to a folder
def split_folders(path: str) -> tuple[str, ...]:
    """The names in a folder's path; a drive or a root is none."""
    parts = path.replace("\\", "/").split("/")
    return tuple(part for part in parts if part not in _NOWHERE and not _DRIVE.fullmatch(part))


def is_camera_raw(suffix: str) -> bool:
    """True for the suffix of a camera RAW file."""
    return suffix.removeprefix(".") in CAMERA_RAW
