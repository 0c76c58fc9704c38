"""What a file in an inbox is, by its name alone: a frame, a witness, an archive, an unfinished upload, litter.

Litter is what systems leave about: it is ignored, and keeps no folder from being empty. Witness files tell what
frames do not (guiding, star counts): inputs of measures, stored beside the night. Everything else is the person's.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.model.survey import Sort
from pipeline.rules.layout import base_name, parts_of

FITS_SUFFIXES = frozenset(
    {".fits", ".fit", ".fts", ".fits.fz", ".fit.fz", ".fz", ".fits.gz", ".fit.gz", ".fts.gz"}
)
RAW_SUFFIXES = frozenset({".cr2", ".cr3", ".nef", ".arw", ".dng"})
FRAME_SUFFIXES = FITS_SUFFIXES | RAW_SUFFIXES | {".xisf", ".tif", ".tiff"}

_ENDINGS = tuple(FRAME_SUFFIXES)
_ODD_STARTS = frozenset(".~@#$")
"""How the names of litter and of unfinished uploads begin, where they end like a frame's."""

_LITTER = re.compile(
    r"^(\._.*|\.ds_store|thumbs\.db|desktop\.ini|ehthumbs\.db|@eadir|\.stversions|\.stfolder|\.stignore|\.stglobalignore"
    r"|\.spotlight-v100|\.trashes|\.fseventsd|\.appledouble|\.nomedia|#recycle|\$recycle\.bin|system volume information"
    r"|@recycle|\.sync|~\$.*|__macosx|\.trash-\d+|\.dropbox(\..*)?|\.nfs[0-9a-f]+)$"
)
_UNFINISHED = re.compile(
    r"(\.(part|partial|filepart|crdownload|download|tmp|temp|lock|lck|!sync|!ut|inprogress|upload)$"
    r"|^\.upload_token\.|^\.syncthing\..*\.tmp$|^~syncthing~.*\.tmp$|^\..*\.[A-Za-z0-9]{6}$|^\.~lock\.)"
)
_WITNESS = re.compile(
    r"^(imagemetadata|acquisitiondetails|weatherdata).*\.(csv|json)$|^phd2_(guide|debug)?log.*\.txt$"
    r"|^autorun_log.*\.txt$|^shotsinfo\.json$|^\d{8}-\d{6}-[\d.]+\.\d+.*\.log$|^nina.*\.log$"
)
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".7z", ".rar")


def sort_of(path: str) -> Sort:
    """The sort of one file, by its own name and the folders above it."""
    head, _, name = path.replace("\\", "/").rstrip("/").casefold().rpartition("/")
    if _in_litter(head):
        return Sort.LITTER
    if name.endswith(_ENDINGS) and name[0] not in _ODD_STARTS:
        return Sort.FRAME  # what nearly every file is
    return Sort.LITTER if _LITTER.match(name) else _sort_of_name(name)


@lru_cache(maxsize=4096)  # many files to a folder
def _in_litter(folder: str) -> bool:
    return any(_LITTER.match(part) for part in parts_of(folder))


def _sort_of_name(name: str) -> Sort:
    if name in {".keep", ".gitkeep"}:
        return Sort.KEEP
    if _UNFINISHED.search(name):
        return Sort.UNFINISHED
    if name.endswith(_ENDINGS) and name not in FRAME_SUFFIXES:
        return Sort.FRAME
    if _WITNESS.match(name):
        return Sort.WITNESS
    return Sort.ARCHIVE if name.endswith(_ARCHIVES) else Sort.OTHER


def is_raw_suffix(path: str) -> bool:
    """True for a camera's own RAW format: its pixels are not measured here."""
    return base_name(path)[1].lower() in RAW_SUFFIXES
