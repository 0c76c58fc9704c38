r"""Where a member of a zip or tar may lie: inside the folder it is unpacked into, or nowhere.

The names in an archive are somebody else's text. A name that points out of its folder (`../../etc`, `/etc`,
`C:\x`, `\\server\share`) is refused with a reason; a name no file system would take is written in hex; two
members that would become one file (`M31.fits` and `m31.FITS`, or a file that is also a folder) get two.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import count

from pipeline.rules.escape import PART_BYTES, escape, shorten

DEEPEST = 16
"""Folders within folders: NINA makes seven; a thousand is an attack on whatever walks them later."""
LONGEST_BYTES = 1024

_DRIVE = re.compile(r"^[A-Za-z]:")
_SUFFIX = re.compile(r"((?:\.[A-Za-z0-9]{1,6})?\.[A-Za-z0-9]{1,8})$")
_LITTER = re.compile(
    r"(^|/)(__MACOSX(/|$)|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$|@eaDir(/|$))", re.IGNORECASE
)


def is_litter_member(name: str) -> bool:
    """True for what macOS, Windows and NAS boxes leave in archives beside the files."""
    return _LITTER.search(name.replace("\\", "/")) is not None


def find_refusal(name: str) -> str:
    """Why a member of this name is not unpacked; empty when it may be."""
    slashed = name.replace("\\", "/")
    parts = split_member(name)
    if slashed.startswith("/") or _DRIVE.match(slashed):
        return "its name is a place outside the archive"
    if ".." in parts:
        return "its name leads out of the archive (`..`)"
    if not parts:
        return "it has no name"
    if len(parts) > DEEPEST:
        return f"it lies {len(parts) - 1} folders deep"
    if len("/".join(_safe_part(part) for part in parts).encode()) > LONGEST_BYTES:
        return "its name is too long"
    return ""


def split_member(name: str) -> tuple[str, ...]:
    """The parts of a member's name; either slash parts, empty parts and `.` say nothing."""
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


@dataclass(slots=True)
class Places:
    """The places given out so far, so that no member lands on another."""

    _files: set[str] = field(default_factory=set)
    _folders: set[str] = field(default_factory=set)
    _tries: dict[str, int] = field(default_factory=dict)

    def take(self, name: str) -> str:
        """A place of its own for a member that `find_refusal` lets in, relative, with `/`."""
        *folders, leaf = [_safe_part(part) for part in split_member(name)]
        place = ""
        for folder in folders:
            place = self._first_free(place, folder, (self._files,))
            self._folders.add(_fold(place))
        place = self._first_free(place, leaf, (self._files, self._folders))
        self._files.add(_fold(place))
        return place

    def _first_free(self, above: str, part: str, taken: tuple[set[str], ...]) -> str:
        wanted = f"{above}/{part}" if above else part
        if not any(_fold(wanted) in places for places in taken):
            return wanted
        stem, suffix = _split_suffix(wanted)
        # Ten thousand members of one name must not try ten thousand numbers each.
        for number in count(self._tries.get(_fold(wanted), 2)):
            place = f"{stem}~{number}{suffix}"
            if not any(_fold(place) in places for places in taken):
                self._tries[_fold(wanted)] = number if len(taken) == 1 else number + 1
                return place
        raise AssertionError("numbers do not end")


def _safe_part(part: str) -> str:
    stem, suffix = _split_suffix(escape(part))
    return shorten(stem, PART_BYTES - len(suffix) - len("~99999")) + suffix


def _split_suffix(name: str) -> tuple[str, str]:
    found = _SUFFIX.search(name)
    return (name[: found.start()], found[0]) if found and found.start() else (name, "")


def _fold(place: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", place).casefold())
