"""Targets as projects: how far a rig's folders of a target have come, and what that makes of it.

    folders and archives found in 10_Blink .. 70_Abandon ─┐
    sets of the rig ──────────────────────────────────────┴─projects─▶ ProjectRow(target, stage, status)

A target that lies in several stages is where most is still to be done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.model.catalog import ProjectRow, SetRow
from pipeline.model.frames import Kind
from pipeline.model.library import TargetAlias
from pipeline.rules.catalogues import normal_form
from pipeline.rules.escape import unescape
from pipeline.rules.layout import BLINK, DATA, STAGES
from pipeline.rules.object_types import object_type
from pipeline.rules.spellings import joined_spellings
from pipeline.rules.targets import panel_key, target_key

_STATUS = {BLINK: "active", DATA: "active", "60_Done": "closed", "70_Abandon": "closed"}
_NOWHERE = STAGES[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPlace:
    """A folder, or an archive, of a target in one stage."""

    stage: str
    path: str
    """Relative to the library."""
    name: str
    """As it is called there, an archive's ending apart."""
    is_archive: bool = False
    files: int | None = None
    """In an archive, where its list tells."""
    bytes: int | None = None
    """Of an archive."""
    pictures: tuple[str, ...] = ()
    """Finished pictures: paths relative to the library, or inside the archive."""
    holds: tuple[str, ...] = ()
    """Folders at the top of an archive: one of a target may be called after anything."""
    trouble: str = ""


def status_of(stage: str) -> str:
    """`active`, `inactive` or `closed`: what a target in this stage folder is."""
    return "active" if stage == _NOWHERE else _STATUS.get(stage, "inactive")


def most_active(stages: Iterable[str]) -> str:
    """Of several stages the one where most is still to be done; in none, its frames are only stored."""
    return min(stages, key=STAGES.index, default=_NOWHERE)


def projects(
    rig: str, sets: Sequence[SetRow], places: Iterable[TargetPlace], aliases: Sequence[TargetAlias] = ()
) -> list[ProjectRow]:
    """Every target of the rig that was shot or has a folder, in the order of their names."""
    names = _Names(aliases, [one for one in sets if one["kind"] == Kind.LIGHT and one.get("target")])
    found: dict[str, list[TargetPlace]] = {key: [] for key in names.sets}
    for place in places:
        found.setdefault(names.key_of(place), []).append(place)
    return [
        _project(rig, names.spelling(key, lying), names.sets.get(key, ()), lying)
        for key, lying in sorted(found.items())
    ]


@dataclass(frozen=True)
class _Names:
    """The targets that were shot, by what is equal for their spellings."""

    aliases: Sequence[TargetAlias]
    lights: Sequence[SetRow]
    joined: dict[str, str] = field(init=False)
    sets: dict[str, list[SetRow]] = field(init=False)

    def __post_init__(self) -> None:
        joined = joined_spellings(self.aliases)
        object.__setattr__(self, "joined", joined)
        sets: dict[str, list[SetRow]] = {}
        for one in self.lights:
            sets.setdefault(self._key(one["target"]), []).append(one)
        object.__setattr__(self, "sets", sets)

    def _key(self, name: str) -> str:
        return target_key(self.joined.get(target_key(name), name))

    def key_of(self, place: TargetPlace) -> str:
        """Whose place it is: by its name, else by the one folder an archive holds."""
        keys = [self._key(unescape(name)) for name in (place.name, *place.holds)]
        return next((key for key in keys if key in self.sets), keys[0])

    def spelling(self, key: str, places: Sequence[TargetPlace]) -> str:
        """As it was shot, or as its folder has it."""
        shot = self.sets.get(key)
        name = shot[0]["target"] if shot else unescape(places[0].name)
        return self.joined.get(target_key(name), name)


def _project(rig: str, target: str, sets: Sequence[SetRow], places: Sequence[TargetPlace]) -> ProjectRow:
    stage = most_active(place.stage for place in places)
    lying = sorted(places, key=lambda one: (STAGES.index(one.stage), one.path))
    row = ProjectRow(rig=rig, target=target, stage=stage, status=status_of(stage))
    if form := normal_form(target):
        row["object"] = form
        if kind := object_type(form):
            row["type"] = kind
    row["places"] = [_place(one) for one in lying]
    row["sets"] = sorted(one["id"] for one in sets)
    if any(one.is_archive for one in places):
        row["files"] = sum(one.files or 0 for one in places)
    if panels := sorted({one["panel"] for one in sets if one.get("panel")}, key=_panel_order):
        row["panels"] = panels
    for axis in ("ra_deg", "dec_deg"):
        if (value := next((one[axis] for one in sets if axis in one), None)) is not None:
            row[axis] = value
    return row


def _panel_order(panel: str) -> tuple[int, str]:
    key = panel_key(panel)
    return (int(key), "") if key.isdecimal() and len(key) < 10 else (10**9, key)


def _place(one: TargetPlace) -> dict[str, Any]:
    told: dict[str, Any] = {
        "stage": one.stage,
        "path": one.path,
        "archive": one.is_archive,
        "files": one.files,
    }
    if one.bytes is not None:
        told["bytes"] = one.bytes
    if one.pictures:
        told["pictures"] = list(one.pictures)
    if one.trouble:
        told["trouble"] = one.trouble
    return told
