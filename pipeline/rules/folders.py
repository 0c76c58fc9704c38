r"""What folders say: the rig, the stage, the target, the kind of frame, and the keys in their names.

    <rig>\<stage>\<target>\accept\DATE_2024-05-01\FILTER_L_EXP_300.00        a library as people keep it
    LIGHT\C8E+ZWO ASI2600MM Pro\M31 Panel 2\DATE_2026-01-15\FILTER_L..       what NINA was told to write
    <rig>\00_Frames\DATE_2026-01-14\LIGHT\M31\FILTER_L_EXP_300.00            our store
    _Flat Stash\<camera>\<optic>\DATE_2026-01-14                             masters

Folders are read by their place among each other: which is a rig, a stage, a kind of frame, a key; what is
left over in the right spot is the target. A whole library has few folders and many files, so an answer is
kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipeline.model.frames import Kind
from pipeline.rules import values
from pipeline.rules.catalogues import normal_form
from pipeline.rules.claims import Claim, plain_text
from pipeline.rules.escape import is_shortened
from pipeline.rules.keyvalue import cut_keys, key_at, read_claims
from pipeline.rules.kinds import kind_of_folder, library_kind, split_old_folder
from pipeline.rules.layout import CALIBRATION, FRAMES, REJECT

_RIG = re.compile(
    r"(?P<optic>[^@]+)@[fF](?P<ratio>\d{1,4}(?:\.\d{1,4})?)(?:\+(?P<camera>.+))?", re.ASCII | re.DOTALL
)
_PAIR = re.compile(r"(?P<optic>[^@+]+)\+(?P<camera>[^@+]+)")
_CAMERA = re.compile(
    r"\+.*(zwo|asi\d|qhy|canon|nikon|sony|fuji|toup|atr\d|ap\d|player ?one|atik|sbig|qsi|svbony|simulator)",
    re.IGNORECASE,
)
_STAGE = re.compile(r"(?:[0-7]0|99)_[A-Za-z].*", re.DOTALL)
_DATE = re.compile(r"\d{4}-\d\d-\d\d|20\d{6}", re.ASCII)
_STRUCTURE_NAMES = (
    "accept accepted reject rejected raw raw_images processing calibrated registered"
    " master masters superseded"
)
_STRUCTURE = frozenset(_STRUCTURE_NAMES.split())
_NIGHT_STAYS = frozenset({Kind.LIGHT, Kind.SNAPSHOT, Kind.STACK})
"""Kinds whose folder is followed by a target's; behind FLAT or DARK lies none."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which folder is what, by position; -1 where there is none."""

    rig: int = -1
    stage: int = -1
    target: int = -1
    library: int = -1
    """A folder of masters, or of frames that belong to a camera: the camera's follows."""
    target_is_sure: bool = True

    @property
    def base(self) -> int:
        """The first folder that speaks: what lies above a rig is somebody's disk."""
        known = [at for at in (self.rig, self.library) if at >= 0] or [max(self.stage, 0)]
        return min(known)


def read_folders(folders: tuple[str, ...]) -> Iterator[Claim]:
    """The claims of a path's folders, from the root down."""
    layout = survey(folders)
    yield from _read_kind(folders, layout)
    yield from _read_rig(folders, layout)
    yield from _read_library(folders, layout)
    yield from _read_stage(folders, layout)
    for at in range(layout.base, len(folders)):
        if at == layout.target:
            yield from _read_target(folders, layout)
        elif at not in {layout.rig, layout.stage}:
            yield from _read_keys(folders[at])
            yield from _read_bare_date(folders, at)


def survey(folders: tuple[str, ...]) -> Layout:
    """Find the rig, the stage, the target and the library among the folders."""
    rig = _find_rig(folders)
    library = next((at for at in range(rig + 1, len(folders)) if _is_library(folders, at)), -1)
    stage = next((at for at in range(rig + 1, len(folders)) if _STAGE.fullmatch(folders[at])), -1)
    target = _find_target(folders, rig, stage, library)
    if target >= 0:
        return Layout(rig, stage, target, library)
    target = _guess_target(folders, max(rig, stage)) if library < 0 else -1
    return Layout(rig, stage, target, library, target_is_sure=False)


def _find_rig(folders: tuple[str, ...]) -> int:
    """The last `optic@fN+camera`; else `optic+camera` or `optic@fN` where its neighbours say so."""
    for at in reversed(range(len(folders))):
        if "@" in folders[at] and (found := _RIG.fullmatch(folders[at])) and found["camera"]:
            return at
    return next((at for at in reversed(range(len(folders))) if _is_partial_rig(folders, at)), -1)


def _is_partial_rig(folders: tuple[str, ...], at: int) -> bool:
    if not (_PAIR.fullmatch(folders[at]) or _RIG.fullmatch(folders[at])):
        return False
    below = folders[at + 1] if at + 1 < len(folders) else ""
    above = kind_of_folder(folders[at - 1]) if at else None
    if above is None:
        return _STAGE.fullmatch(below) is not None
    # A rig has the target between itself and the date; `LIGHT\Whirlpool M51+170d\DATE_..` is a target.
    return above is not Kind.LIGHT or _is_plain(below) or _CAMERA.search(folders[at]) is not None


def _is_library(folders: tuple[str, ...], at: int) -> bool:
    if folders[at] == CALIBRATION:
        return True
    followed = at + 1 < len(folders) and _is_plain(folders[at + 1])
    return library_kind(folders[at]) is not None and (folders[at].startswith("_") or followed)


def _find_target(folders: tuple[str, ...], rig: int, stage: int, library: int) -> int:
    above = max(rig, stage)
    if "accept" in folders[above + 1 :]:
        at = folders.index("accept", above + 1) - 1
        while at > above and not _is_plain(folders[at]):
            at -= 1
        return at if at > above else -1
    if stage >= 0 and library < 0:
        return _behind_stage(folders, stage)
    return _above_date(folders, above) if library < 0 else -1


def _behind_stage(folders: tuple[str, ...], stage: int) -> int:
    """The folder behind the stage, or behind its night and kind (`00_Frames/DATE_../LIGHT/<target>`)."""
    kind: Kind | None = Kind.LIGHT
    for at in range(stage + 1, len(folders)):
        if _is_plain(folders[at]):
            return at if kind in _NIGHT_STAYS else -1
        kind = kind_of_folder(folders[at]) or kind
        if folders[stage] != FRAMES and at > stage + 1:
            return -1
    return -1


def _above_date(folders: tuple[str, ...], rig: int) -> int:
    """The folder above DATE_ in a tree that begins with a rig or a kind of frame."""
    dated = (at for at, part in enumerate(folders) if at > rig and part.startswith(("DATE_", "DATE-")))
    at = next(dated, 0) - 1
    kinds = [k for k in range(max(at, 0)) if kind_of_folder(folders[k]) in _NIGHT_STAYS]
    root = max([rig, *kinds])
    return at if 0 <= root < at and _is_plain(folders[at]) else -1


def _guess_target(folders: tuple[str, ...], above: int) -> int:
    """A folder that may be a target: behind a rig or `Light`, or with a catalogue's name, over a date."""
    for at in range(len(folders) - 1, above, -1):
        if not _is_plain(folders[at]):
            continue
        behind_rig = at - 1 == above >= 0 and not _STAGE.fullmatch(folders[above])
        behind_kind = at > 0 and kind_of_folder(folders[at - 1]) in _NIGHT_STAYS
        over_date = at + 1 < len(folders) and _DATE.fullmatch(folders[at + 1]) and normal_form(folders[at])
        if behind_rig or behind_kind or over_date:
            return at
    return -1


@lru_cache(maxsize=8192)
def _is_plain(part: str) -> bool:
    """True for a folder that is no key, kind, date, stage or piece of structure: a name somebody gave."""
    return not (
        not part
        or part[0] in "_."
        or key_at(part.split("_", 1)[0]) is not None
        or kind_of_folder(part) is not None
        or split_old_folder(part) is not None
        or part.casefold() in _STRUCTURE
        or _DATE.fullmatch(part)
        or _STAGE.fullmatch(part)
    )


def _read_kind(folders: tuple[str, ...], layout: Layout) -> Iterator[Claim]:
    """A focus or plate-solve folder anywhere; else the kind nearest to the file."""
    start = max(layout.base - 1, 0)  # `LIGHT\<rig>`
    kinds = [kind_of_folder(part) for at, part in enumerate(folders) if at >= start and at != layout.target]
    told = [kind for kind in kinds if kind is not None]
    if told:
        yield Claim("kind", Kind.SNAPSHOT if Kind.SNAPSHOT in told else told[-1], "folder")
    elif layout.stage >= 0 and folders[-1].upper().startswith("FILTER_"):
        yield Claim("kind", Kind.LIGHT, "default folder FILTER_")  # what a person blinks and keeps are lights


def _read_rig(folders: tuple[str, ...], layout: Layout) -> Iterator[Claim]:
    if layout.rig < 0:
        return
    part = plain_text(folders[layout.rig])
    found = _RIG.fullmatch(part) or _PAIR.fullmatch(part)
    for field, written in (found.groupdict() if found else {}).items():
        value = values.positive(written or "") if field == "ratio" else (written or "").strip()
        if value:
            yield Claim("focal_ratio" if field == "ratio" else field, value, "folder rig")


def _read_library(folders: tuple[str, ...], layout: Layout) -> Iterator[Claim]:
    """`_Dark Library/<camera>`, `_Flat Stash/<camera>/<optic>`, `_Calibration/<camera>`."""
    if layout.library < 0:
        return
    kind = library_kind(folders[layout.library])
    if kind is not None:
        yield Claim("kind", kind, f"folder {folders[layout.library]}")
    behind = folders[layout.library + 1 :]
    if behind and _is_plain(behind[0]):
        yield Claim("camera", plain_text(behind[0]), f"folder {folders[layout.library]}")
        if kind is Kind.MASTER_FLAT and len(behind) > 1 and _is_plain(behind[1]):
            yield Claim("optic", plain_text(behind[1]), f"folder {folders[layout.library]}")


def _read_stage(folders: tuple[str, ...], layout: Layout) -> Iterator[Claim]:
    if layout.stage >= 0:
        yield Claim("stage", folders[layout.stage], "folder")
    elif layout.rig > 0 and folders[layout.rig - 1] == REJECT:
        yield Claim("stage", REJECT, "folder")


def _read_target(folders: tuple[str, ...], layout: Layout) -> Iterator[Claim]:
    part = folders[layout.target]
    stored = layout.stage >= 0 and folders[layout.stage] == FRAMES
    name, keys = (part, "") if stored else cut_keys(part)
    sure = layout.target_is_sure and not is_shortened(name)
    if not (stored and name == "unnamed"):  # our store's word for a frame without a target
        yield Claim("target", plain_text(name), "folder" if sure else "default folder")
    yield from read_claims(keys, "folder")


@lru_cache(maxsize=8192)  # of a library's folders most bear the same few hundred names
def _read_keys(part: str) -> tuple[Claim, ...]:
    """Keys; and `LIGHT_Ha`, kind and filter in one folder, as libraries of 2021 have it."""
    claims = tuple(read_claims(part, "folder"))
    found = split_old_folder(part)
    if found is None:
        return claims
    place = f"folder {found[0].value}_"
    return (*claims, Claim("kind", found[0], place), Claim("filter", found[1], place))


def _read_bare_date(folders: tuple[str, ...], at: int) -> Iterator[Claim]:
    """A date nobody explained: an evening or a morning, and under `master` the day it was made."""
    made = at and folders[at - 1].casefold() in _STRUCTURE
    day = None if made or not _DATE.fullmatch(folders[at]) else values.day(folders[at])
    if day is not None:
        yield Claim("night", day, "default folder date")
