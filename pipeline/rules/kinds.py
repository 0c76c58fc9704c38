"""Kinds of frame as folders and names say them: `flats`, `masterDark_..`, `_Dark Library`, `autofocus`."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.model.frames import Kind

_WORDS = {
    "light": Kind.LIGHT,
    "flat": Kind.FLAT,
    "skyflat": Kind.FLAT,
    "dark": Kind.DARK,
    "bias": Kind.BIAS,
    "biase": Kind.BIAS,
    "offset": Kind.BIAS,
    "flatdark": Kind.FLATDARK,
    "darkflat": Kind.FLATDARK,
    "snapshot": Kind.SNAPSHOT,
    "platesolve": Kind.SNAPSHOT,
    "platesolving": Kind.SNAPSHOT,
    "autofocus": Kind.SNAPSHOT,
    "autocenter": Kind.SNAPSHOT,
    "focus": Kind.SNAPSHOT,
}
_LIBRARIES = {
    "_bias library": Kind.MASTER_BIAS,
    "_dark library": Kind.MASTER_DARK,
    "_flat stash": Kind.MASTER_FLAT,
    "_flats stash": Kind.MASTER_FLAT,
    "master bias": Kind.MASTER_BIAS,
    "master dark": Kind.MASTER_DARK,
    "master flat": Kind.MASTER_FLAT,
}
_GLUE = re.compile(r"[\s_-]+|frames?$")
_MASTER_NAME = re.compile(
    r"master[\s_-]?(light|flat[\s_-]?dark|dark[\s_-]?flat|flat|dark|bias)(?![a-z])", re.IGNORECASE
)
_STACKED_NAME = re.compile(
    r"(?:pp_)?(flat[\s_-]?dark|dark[\s_-]?flat|flat|dark|bias|offset)e?s?[_-](?:stacked|master)(?![a-z])",
    re.IGNORECASE,
)
"""As Siril's own scripts call what they stack: `dark_stacked`, `pp_flat_stacked`, `dark_master`."""
_OLD = re.compile(r"(LIGHT|FLAT)_(?P<filter>[A-Za-z][A-Za-z0-9+-]{0,11})", re.ASCII)
_SEARCHED = re.compile(r"plate[\s_-]?solv|auto[\s_-]?focus|auto[\s_-]?center", re.IGNORECASE)


@lru_cache(maxsize=4096)
def kind_of_folder(part: str) -> Kind | None:
    """The kind a folder is named for; None for any other name."""
    if len(part) > 40:
        return None
    if part == Kind.STACK:
        return Kind.STACK  # in our store; other folders of that name hold anything
    if _SEARCHED.search(part):
        return Kind.SNAPSHOT
    word = _GLUE.sub("", part.casefold()).strip()
    master = word.startswith("master") and len(word) > len("masters")
    word = word.removeprefix("master") if master else word
    kind = _WORDS.get(word) or _WORDS.get(word.removesuffix("s"))
    return kind.master if kind is not None and master and kind is not Kind.SNAPSHOT else kind


def kind_of_name(stem: str) -> Kind | None:
    """The kind of master a file is named for: `masterDark_..`, `MasterFlat_Stack20_..`, `dark_stacked`."""
    found = _MASTER_NAME.match(stem) or _STACKED_NAME.match(stem)
    return _WORDS[_GLUE.sub("", found[1].casefold())].master if found else None


def library_kind(part: str) -> Kind | None:
    """The kind of masters a library folder holds; `Master Bias` in other letters is a kind, not a library."""
    return _LIBRARIES.get(part.casefold()) if part.startswith("_") or part.isupper() else None


def split_old_folder(part: str) -> tuple[Kind, str] | None:
    """`LIGHT_Ha` is a kind and a filter."""
    found = _OLD.fullmatch(part)
    return (Kind(found[1]), found["filter"]) if found else None
