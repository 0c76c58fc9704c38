"""From which night on a rig is not what it was: said by a person, or told by what its frames say of it.

    `doit changed RIG NIGHT`  ┐
    focal length, camera body,├─▶ Change(rig, night, why)      no flat serves across one
    rotator of night by night ┘

A mark divides the nights: those before it, and its own and those after. The latest mark up to a night is where that
night's flats may come from; an earlier mark never moves it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeVar

from pipeline.model.frames import Frame
from pipeline.model.masters import Change
from pipeline.rules.master_keys import ROTATION_TOLERANCE_DEG, plain, rotation_gap
from pipeline.rules.recognise import near
from pipeline.rules.targets import target_key

_Value = TypeVar("_Value", str, float)


def cutoff(night: date, marks: Iterable[date]) -> date | None:
    """The first night whose flats may serve this one: the latest mark that is not later; None: there is none."""
    return max((mark for mark in marks if mark <= night), default=None)


def change_between(one: date, other: date, changes: Iterable[Change]) -> Change | None:
    """The latest change that parts two nights; None: the rig was the same on both."""
    first, last = min(one, other), max(one, other)
    parting = [change for change in changes if first < change.night <= last]
    return max(parting, key=lambda change: (change.night, change.by_hand), default=None)


def find_changes(rig: str, nights: Mapping[date, Sequence[Frame]]) -> tuple[Change, ...]:
    """The nights on which focal length, camera body or rotator jumped from what they were on the night before.

    A value the night before says nothing of is compared with the last night that says it. Two nights that have one
    value in common are no jump; a rotator counts where it stood still on both, since one that turns from target to
    target is no rig that changed.

    Args:
        rig: Whose nights these are.
        nights: Its frames by night, any kind that says something of the optical train.
    """
    found = [
        *_jumps(nights, lambda frame: frame.focal_length_mm, near, "focal length {} mm, before {} mm"),
        *_jumps(nights, lambda frame: frame.camera_id, _same, "camera body {}, before {}"),
        *_jumps(
            nights, lambda frame: frame.rotator_deg, _as_turned, "rotator at {}°, before {}°", still=True
        ),
    ]
    by_night: dict[date, list[str]] = {}
    for night, why in found:
        by_night.setdefault(night, []).append(why)
    return tuple(
        Change(rig=rig, night=night, why="; ".join(why), by_hand=False)
        for night, why in sorted(by_night.items())
    )


def _jumps(
    nights: Mapping[date, Sequence[Frame]],
    value: Callable[[Frame], _Value | None],
    alike: Callable[[_Value, _Value], bool],
    why: str,
    *,
    still: bool = False,
) -> Iterator[tuple[date, str]]:
    """Nights none of whose values is like one of the nearest night before that has any."""
    before: list[_Value] = []
    for night in sorted(nights):
        now = _distinct((each for frame in nights[night] if (each := value(frame)) is not None), alike)
        told = not still or (len(now) == 1 == len(before))
        if now and before and told and not any(alike(one, other) for one in now for other in before):
            yield night, why.format(_written(now[0]), _written(before[0]))
        before = now or before


def _distinct(values: Iterable[_Value], alike: Callable[[_Value, _Value], bool]) -> list[_Value]:
    found: list[_Value] = []
    for each in values:
        if not any(alike(each, other) for other in found):
            found.append(each)
    return found


def _same(one: str, other: str) -> bool:
    return target_key(one) == target_key(other)


def _as_turned(one: float, other: float) -> bool:
    return rotation_gap(one, other) <= ROTATION_TOLERANCE_DEG


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else plain(value)
