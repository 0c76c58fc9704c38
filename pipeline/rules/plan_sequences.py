"""NINA's Advanced Sequencer files: what its nested containers will shoot of each target.

Loops multiply: an exposure in a container that runs 10 times, in one that runs 3 times, is shot 30 times. A loop
without a number (until dawn) leaves the count open. Json.NET names objects (`$id`) and refers to them (`$ref`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.model.errors import UserError
from pipeline.model.plans import Wish
from pipeline.rules.plan_places import Place, place_of, placed
from pipeline.rules.targets import split_panel

_DEEPEST = 60
_MOST_NODES = 200_000
_MOST_EXPOSURES = 1_000_000
_TARGET, _LOOP = "DeepSkyObjectContainer", "LoopCondition"
_EXPOSURES = frozenset({"TakeExposure", "TakeSubframeExposure"})
Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Walk:
    """What is known on the way down."""

    target: Node | None = None
    times: int | None = 1
    """How often what stands here is done; None: nobody knows."""


@dataclass(slots=True)
class _State:
    """What an instruction leaves behind for the next."""

    named: dict[str, Any]
    filter: str = ""
    nodes: int = 0


def wishes_in_sequence(text: str, file: str) -> list[Wish]:
    """The exposures a sequence asks for, those that are alike together.

    Raises:
        UserError: it is no JSON, or no sequence with a target in it.
    """
    try:
        root = json.loads(text)
        state = _State(named={})
        _name(root, state.named, 0)
        wishes = list(_walk(root, _Walk(), state, 0))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file}: is no whole JSON that a sequencer wrote ({error})") from error
    if not wishes:
        raise UserError(f"{file}: no target with exposures of it: no sequence of NINA's Advanced Sequencer")
    return _together(wishes)


def _walk(node: object, way: _Walk, state: _State, depth: int) -> Iterator[Wish]:
    state.nodes += 1
    if not isinstance(node, dict) or depth > _DEEPEST or state.nodes > _MOST_NODES:
        return
    kind = _kind(node)
    if kind in _EXPOSURES:
        yield from _exposure(node, way, state)
    elif kind == "SwitchFilter":
        state.filter = _filter_name(node, state) or state.filter
    if kind == _TARGET:
        found = node.get("Target")
        way = replace(way, target=found if isinstance(found, dict) else None)
        state.filter = ""
    inner = replace(way, times=_times(way.times, _loop(node)))
    for child in _values(node.get("Items")):
        yield from _walk(child, inner, state, depth + 1)


def _exposure(node: Node, way: _Walk, state: _State) -> Iterator[Wish]:
    name = str((way.target or {}).get("TargetName") or "").strip()
    target, panel = split_panel(name)
    seconds = _number(node.get("ExposureTime"))
    if not target or seconds is None or str(node.get("ImageType") or "LIGHT").upper() != "LIGHT":
        return
    wish = Wish(
        target=target,
        panel=panel,
        is_mosaic=bool(panel),
        filter=state.filter,
        exposure_s=seconds,
        desired=way.times,
    )
    yield placed(wish, _place(way.target or {}))


def _loop(node: Node) -> int | None:
    """How often a container runs: once where nothing says otherwise; None where only time or sky end it."""
    conditions = [one for one in _values(node.get("Conditions")) if isinstance(one, dict)]
    counts = [_number(one.get("Iterations")) for one in conditions if _kind(one) == _LOOP]
    known = [int(count) for count in counts if count is not None and 0 <= count <= _MOST_EXPOSURES]
    return min(known) if known else None if conditions else 1


def _times(outer: int | None, inner: int | None) -> int | None:
    return None if outer is None or inner is None else min(outer * inner, _MOST_EXPOSURES)


def _together(wishes: list[Wish]) -> list[Wish]:
    """Exposures of one target, filter and length added up."""
    found: dict[tuple[object, ...], Wish] = {}
    for one in wishes:
        key = one.target, one.panel, one.filter, one.exposure_s
        before = found.get(key)
        if before is None:
            found[key] = one
        elif before.desired is not None and one.desired is not None:
            found[key] = replace(before, desired=before.desired + one.desired)
        else:
            found[key] = replace(before, desired=None)
    return list(found.values())


def _place(target: Node) -> Place:
    found = target.get("InputCoordinates")
    at: Node = found if isinstance(found, dict) else {}
    angle = _number(target.get("PositionAngle", target.get("Rotation")))
    return place_of(lambda name: _number(at.get(name)), angle, is_south=at.get("NegativeDec") is True)


def _filter_name(node: Node, state: _State) -> str:
    found = node.get("Filter")
    if isinstance(found, dict) and "$ref" in found:
        found = state.named.get(str(found["$ref"]))
    if not isinstance(found, dict):
        return ""
    return str(next((found[key] for key in ("_name", "Name", "name") if found.get(key)), "")).strip()


def _name(node: object, named: dict[str, Any], depth: int) -> None:
    """Every object by its `$id`."""
    if depth > 4 * _DEEPEST:
        return
    children: list[Any] = []
    if isinstance(node, dict):
        if "$id" in node:
            named[str(node["$id"])] = node
        children = list(node.values())
    elif isinstance(node, list):
        children = node
    for child in children:
        _name(child, named, depth + 1)


def _values(node: object) -> list[Any]:
    found = node.get("$values") if isinstance(node, dict) else node
    return found if isinstance(found, list) else []


def _kind(node: Node) -> str:
    """`TakeExposure` of `NINA.Sequencer.SequenceItem.Imaging.TakeExposure, NINA.Sequencer`."""
    return str(node.get("$type", "")).split(",")[0].rpartition(".")[2]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) < 1e9 else None
