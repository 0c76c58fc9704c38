"""What a path says of a frame, without a look at the disk: the name's half of every identity.

    the rig's own pattern ──────────────────────┐
    folders ─▶ rig, stage, target, kind, keys ──┼─▶ Evidence
    name ─▶ a device's, NINA's, or keys ────────┘

A parent folder's word beats the file name's: a person sorted frames into folders, a program only named them.
What the two disagree on is kept as a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pipeline.model.frames import Evidence, Kind
from pipeline.rules import devices, dwarf, values
from pipeline.rules.claims import Claim, Claims
from pipeline.rules.folders import read_folders
from pipeline.rules.keyvalue import join_texts, read_claims
from pipeline.rules.kinds import kind_of_name
from pipeline.rules.layout import FRAMES
from pipeline.rules.paths import is_camera_raw, split_path
from pipeline.rules.patterns import compile_pattern, read_common

_TWIN = re.compile(r"\(\d{1,4}\)$", re.ASCII)
_SIZE = re.compile(r"(?:^|_)(\d{3,6})x(\d{3,6})(?=_|$)", re.ASCII)
_WBPP_ENDS = frozenset({"mono", "CFA", "drizzle", "integration", "autocrop"})
"""Words behind a text in WBPP's names that are no part of it."""
_LONGEST = 1000
"""Names beyond this are no file system's; they are read as far as this."""


def read_path(path: str, pattern: str | None = None) -> Evidence:
    r"""Everything a path says.

    Args:
        path: Either slash, absolute or not; it need not exist. Without the suffix of an image it is a folder.
        pattern: NINA's image file pattern that made the name, where the rig has one.
    """
    folders, stem, suffix = split_path(path)
    placed = _placed(folders)
    if stem is None:
        return placed.evidence()
    claims = _read_file(stem[:_LONGEST], folders, placed, pattern)
    if is_camera_raw(suffix):
        claims.hear([Claim("kind", Kind.LIGHT, "default camera RAW")])
    return claims.evidence()


def _read_file(stem: str, folders: tuple[str, ...], placed: Claims, pattern: str | None) -> Claims:
    """Folders and name together; a rig's own pattern, where it fits, reads the whole name and comes first."""
    found = None if pattern is None else compile_pattern(pattern).read(folders, stem)
    if found is None:
        named = _read_stem(stem, folders)
        _prefer_made(placed, named)
        placed.hear(named)
        return placed
    claims = Claims()
    if placed.values.get("kind") is Kind.SNAPSHOT:
        claims.hear([Claim("kind", Kind.SNAPSHOT, placed.places["kind"])])
    claims.hear([Claim("dialect", "nina", "pattern"), *found])
    claims.join(placed)
    return claims


def _placed(folders: tuple[str, ...]) -> Claims:
    """What the folders say, as a sheet to write on."""
    known = _read_placed(folders)
    return Claims(dict(known.values), dict(known.places), list(known.problems))


@lru_cache(maxsize=16384)  # a library has thousands of files to a folder
def _read_placed(folders: tuple[str, ...]) -> Claims:
    claims = Claims()
    claims.hear(read_folders(tuple(part[:_LONGEST] for part in folders)))
    for folder in folders[-3:]:
        claims.hear(devices.read_sub_folder(folder))
        claims.hear(dwarf.read_dwarf_folder(folder[:_LONGEST]))
    if any(place.startswith("folder ") and place.endswith("_") for place in claims.places.values()):
        raw = claims.places.get("optic") == "folder rig" and {"stage", "focal_ratio"}.isdisjoint(
            claims.values
        )
        claims.hear([Claim("dialect", "nina" if raw else "library", "default folder")])
    return claims


def _prefer_made(claims: Claims, named: list[Claim]) -> None:
    """A master among its raws, a stack among its subs: the name knows better than the folder."""
    for name, kind, place in named:
        made = name == "kind" and isinstance(kind, Kind) and (kind.is_master or kind is Kind.STACK)
        if made and claims.values.get("kind") is not Kind.SNAPSHOT:
            claims.values["kind"] = kind
            claims.places["kind"] = place


def _read_stem(stem: str, folders: tuple[str, ...]) -> list[Claim]:
    """A file name: a device's, one by NINA's default, or keys and a time in whatever order."""
    plain = _TWIN.sub("", stem)
    found = dwarf.read_dwarf_name(plain) or devices.read_device_name(plain)
    if found is not None:
        return found
    found = read_common(plain)
    return list(_read_keyed(plain, folders)) if found is None else [Claim("dialect", "nina", "name"), *found]


def _read_keyed(stem: str, folders: tuple[str, ...]) -> Iterator[Claim]:
    kind = kind_of_name(stem)
    if kind is not None:
        yield Claim("kind", kind, "name")
    size = _SIZE.search(stem) if kind is not None else None
    keyed = list(_read_wbpp(stem) if size else read_claims(stem, "name"))
    if size and keyed:
        yield Claim("dialect", "wbpp", "name")
        yield Claim("width_px", int(size[1]), "name size")
        yield Claim("height_px", int(size[2]), "name size")
    if keyed:
        yield Claim("dialect", "library", "default name")
    yield from keyed
    began = values.moment(stem)
    if began is not None:
        # Peers' libraries write UTC, or worse, into names they moved: a header knows better.
        moved = _read_placed(folders).values.get("stage", FRAMES) != FRAMES
        yield Claim("local", began, "default name time" if moved else "name time")


def _read_wbpp(stem: str) -> Iterator[Claim]:
    """The keys of a master by WBPP: it spells texts its own way (`Ha_3nm` for `Ha 3nm`), so a header knows better."""
    for claim in read_claims(join_texts(stem, _WBPP_ENDS), "name"):
        if not isinstance(claim.value, str):
            yield claim
        elif claim.value.casefold() == "nofilter":
            yield Claim(claim.field, "", f"default {claim.place}")
        else:
            yield Claim(claim.field, claim.value.replace("_", " "), f"default {claim.place}")
