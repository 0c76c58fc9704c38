"""Which rig a frame was taken with, from the parts its witnesses name.

An optic, a ratio and a camera as programs write them are held against every rig's names and dated aliases. A camera
alone never names a rig: the same camera may ride on three telescopes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.model.frames import Kind
from pipeline.model.rigs import Alias, Filter, Rig
from pipeline.rules.layout import rig_folder
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.targets import target_key

RATIO_TOLERANCE = 0.02
"""Focal ratios and focal lengths within 2 % are the same optic; programs round them."""


RIVALS = "several rigs fit"
"""How the sentence begins that names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the witnesses say of a frame's train, already weighed."""

    optic: str | None = None
    focal_ratio: float | None = None
    camera: str | None = None
    camera_id: str | None = None
    focal_length_mm: float | None = None
    night: date | None = None

    @property
    def name(self) -> str | None:
        """The folder name these parts would have."""
        return rig_folder(self.optic, self.focal_ratio, self.camera)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The rig, or why there is none."""

    rig: Rig | None = None
    rivals: tuple[str, ...] = ()
    """Names of the rigs the parts fit equally well."""
    strangers: tuple[str, ...] = ()
    """Names of the rigs that would fit, were it not another body of their camera's model."""


def recognise(parts: Parts, rigs: Sequence[Rig], inbox_rig: str | None = None) -> Recognised:
    """The one rig all parts agree with; the inbox's own rig where they do not contradict it."""
    fitting = [rig for rig in rigs if _fits(rig, parts)]
    expected = next((rig for rig in fitting if inbox_rig is not None and same_rig(rig.name, inbox_rig)), None)
    if expected is not None:
        return Recognised(rig=expected)
    if not _tells(parts):
        return Recognised()
    named = _narrowed(fitting, parts)
    if len(named) == 1:
        return Recognised(rig=named[0])
    return Recognised(
        rivals=tuple(rig.name for rig in named), strangers=() if named else _strangers(parts, rigs)
    )


def _strangers(parts: Parts, rigs: Sequence[Rig]) -> tuple[str, ...]:
    if parts.camera_id is None:
        return ()
    anybody = replace(parts, camera_id=None)
    return tuple(rig.name for rig in _narrowed([rig for rig in rigs if _fits(rig, anybody)], anybody))


def camera_of(name: str | None, camera_id: str | None, rigs: Sequence[Rig], on: date | None) -> str | None:
    """The one spelling of a camera, also where the rig stays unknown (darks belong to a camera)."""
    if name is None:
        return None
    spellings = {rig.camera.name for rig in rigs if _is_camera(rig, name, camera_id, on)}
    return spellings.pop() if len(spellings) == 1 else name


def same_rig(one: str, other: str) -> bool:
    """Rig names are equal when their words are and their ratios are as numbers."""
    return rig_key(one) == rig_key(other)


def filter_of(name: str | None, rig: Rig, on: date | None) -> Filter | None:
    """The rig's filter that goes by this name on that night; for no name the one that stands for none."""
    key = target_key(name or "")
    for candidate in rig.filters:
        if candidate.holds(on) and key in map(target_key, (candidate.name, *candidate.aliases)):
            return candidate
    return None


def needs_optic(kind: Kind | None) -> bool:
    """Darks and bias belong to a camera; everything else to a whole train."""
    return kind is None or kind.raw not in {Kind.DARK, Kind.BIAS}


def _fits(rig: Rig, parts: Parts) -> bool:
    if parts.camera is not None and not _is_camera(rig, parts.camera, parts.camera_id, parts.night):
        return False
    if parts.optic is not None and not _goes_by(parts.optic, rig.optic, rig.optic_aliases, parts.night):
        return False
    return parts.focal_ratio is None or near(parts.focal_ratio, rig.focal_ratio)


def _tells(parts: Parts) -> bool:
    """Enough to name a rig: a camera and something of the optic."""
    of_optic = parts.optic or parts.focal_ratio or parts.focal_length_mm
    return parts.camera is not None and of_optic is not None


def _narrowed(fitting: list[Rig], parts: Parts) -> list[Rig]:
    """Where only the focal length tells the optic it must agree; among several rigs it may decide."""
    length = parts.focal_length_mm
    if parts.optic is None and parts.focal_ratio is None:
        return [r for r in fitting if length and r.focal_length_mm and near(length, r.focal_length_mm)]
    if len(fitting) > 1 and length:
        nearest = [r for r in fitting if r.focal_length_mm and near(length, r.focal_length_mm)]
        fitting = nearest or fitting
    if len(fitting) > 1 and parts.camera_id:
        owning = [r for r in fitting if _owns(r, parts.camera_id)]
        fitting = owning or fitting
    return fitting


def near(one: float, other: float) -> bool:
    """Equal within 2 %."""
    return abs(one - other) <= RATIO_TOLERANCE * max(abs(one), abs(other))


def _is_camera(rig: Rig, name: str, camera_id: str | None, on: date | None) -> bool:
    if rig.camera.ids and camera_id is not None and not _owns(rig, camera_id):
        return False  # another body of the same model
    return _goes_by(name, rig.camera.name, rig.camera_aliases, on)


def _owns(rig: Rig, camera_id: str) -> bool:
    return target_key(camera_id) in map(target_key, rig.camera.ids)


def is_one_thing(name: str, words: tuple[str, str], rig: Rig, on: date | None) -> bool:
    """True when both words are this rig's names for its optic, its camera, or one of its filters."""
    if name == "filter":
        one, other = (filter_of(word, rig, on) for word in words)
        return one is not None and one is other
    own = {"optic": (rig.optic, rig.optic_aliases), "camera": (rig.camera.name, rig.camera_aliases)}.get(name)
    return own is not None and all(_goes_by(word, *own, on) for word in words)


def _goes_by(name: str, own: str, aliases: Sequence[Alias], on: date | None) -> bool:
    key = target_key(name)
    return key == target_key(own) or any(key == target_key(a.name) and a.holds(on) for a in aliases)
