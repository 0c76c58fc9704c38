r"""NINA's image file pattern, read backwards: from a path to what its tokens said.

    $$DATEMINUS12$$\$$IMAGETYPE$$\$$DATETIME$$_$$FILTER$$_$$SENSORTEMP$$_$$EXPOSURETIME$$s_$$FRAMENR$$
    2026-01-14\LIGHT\2026-01-15_00-12-33_Ha_-10.00_300.00s_0007.fits

A pattern is compiled once, part by part; its parts are laid upon the path from the file name upwards, so a
tree that was moved still reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.model.frames import Evidence
from pipeline.rules.claims import Claim, Claims
from pipeline.rules.paths import split_path
from pipeline.rules.pieces import Fields, Part, compile_part
from pipeline.rules.tokens import clean_part, read_tokens

_TWIN = re.compile(r"\(\d{1,4}\)$", re.ASCII)
_TWIN_CFITSIO = re.compile(r"_\d{1,4}$", re.ASCII)
_EXPOSED = re.compile(r"\ds(?:_|$)", re.ASCII)
"""All patterns in common use write the exposure as `300.00s`."""
_BRACKETS = str.maketrans("()[]", "____")

COMMON = (
    "$$DATETIME$$_$$FILTER$$_$$SENSORTEMP$$_$$EXPOSURETIME$$s_$$FRAMENR$$",
    "$$TARGETNAME$$_$$DATETIME$$_$$FILTER$$_$$SENSORTEMP$$_$$EXPOSURETIME$$s_$$FRAMENR$$",
    "$$DATETIME$$_$$IMAGETYPE$$_$$FILTER$$_$$SENSORTEMP$$_$$EXPOSURETIME$$s_$$FRAMENR$$",
)
"""File names by NINA's default and its usual variations, tried where no pattern is given. Those made of
KEY_value tokens (the author's of 2023 and 2026) are read by their keys, in whatever order."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    text: str
    """As typed in NINA."""
    folders: tuple[Part, ...]
    name: Part
    """The file's name, without its suffix."""
    bracketless: Part
    """The same by NINA's CFITSIO writer, which turns brackets into underscores."""

    def match(self, path: str) -> Evidence | None:
        """What the tokens say of a path, or None where the file's name is not of this pattern."""
        folders, stem, _ = split_path(path)
        found = None if stem is None else self.read(folders, stem)
        if found is None:
            return None
        claims = Claims()
        claims.hear([Claim("dialect", "nina", "pattern"), *found])
        return claims.evidence()

    def read(self, folders: Sequence[str], stem: str) -> list[Claim] | None:
        """The same as single claims, of a path already split."""
        named = self._match_name(stem)
        if named is None:
            return None
        written: dict[str, str] = {}
        places: dict[str, str] = {}
        for where, fields in (("folder", _match_folders(self.text, tuple(folders))), ("name", named)):
            for token, text in fields:
                if not written.get(token):  # a folder's word first, unless it left the field empty
                    written[token] = text
                    places[token] = f"{where} $${token}$$"
        return list(read_tokens(written, places))

    def _match_name(self, stem: str) -> Fields | None:
        """The file name, also as a writer made it unique; the one plain reading before any searched one."""
        parts = (self.name,) if self.name is self.bracketless else (self.name, self.bracketless)
        for read in (Part.match_plainly, Part.search):
            for part in parts:
                for name in _spellings(stem):
                    found = read(part, name)
                    if found is not None:
                        return found
        return None


@lru_cache(maxsize=64)
def compile_pattern(pattern: str) -> Pattern:
    r"""Compile an image file pattern as typed in NINA; either slash makes a folder."""
    parts = [part for text in re.split(r"[\\/]+", pattern) if (part := clean_part(text))] or [""]
    *folders, name = parts
    return Pattern(
        pattern,
        tuple(compile_part(folder) for folder in folders),
        compile_part(name),
        compile_part(name.translate(_BRACKETS)),
    )


def _spellings(stem: str) -> Iterator[str]:
    """The name without what a writer added against a collision: `(1)`, or CFITSIO's `_1`."""
    yield _TWIN.sub("", stem) if stem.endswith(")") else stem
    if stem.endswith(")"):
        yield stem
    if _TWIN_CFITSIO.search(stem):
        yield _TWIN_CFITSIO.sub("", stem)


@lru_cache(maxsize=4096)  # many files to a folder
def _match_folders(pattern: str, folders: tuple[str, ...]) -> Fields:
    """The tokens of the folders that fit: from the file upwards, until one does not; in the path's order."""
    laid = _lay(compile_pattern(pattern).folders, folders)
    return [field for fields in laid for field in fields]


def _lay(parts: Sequence[Part], folders: Sequence[str]) -> list[Fields]:
    """The longest run that fits; a folder of empty tokens only was never made."""
    if not parts or not folders:
        return []
    fields = parts[-1].match(folders[-1])
    found = [] if fields is None else [*_lay(parts[:-1], folders[:-1]), fields]
    skipped = _lay(parts[:-1], folders) if parts[-1].may_be_empty else []
    return skipped if len(skipped) > len(found) else found


def read_common(stem: str) -> list[Claim] | None:
    """What a file name says by the patterns in common use."""
    return next(_common(stem), None) if _EXPOSED.search(stem) else None


def _common(stem: str) -> Iterator[list[Claim]]:
    for pattern in COMMON:
        found = compile_pattern(pattern).read((), stem)
        if found is not None:
            yield found
