"""Sets summed up: by target, by filter, by month. Seconds are added unrounded; whoever says them rounds.

    sets ─by(target)──▶ hours, nights, frames of each target
         ─by(month)───▶ of each month

A night counts once, however many rigs and targets were at it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pipeline.model.catalog import ProjectRow, SessionRow
from pipeline.model.frames import Kind
from pipeline.model.library import TargetAlias
from pipeline.model.plans import Progress
from pipeline.rules.catalogues import normal_form
from pipeline.rules.question_words import known
from pipeline.rules.questions import Row
from pipeline.rules.stage_places import SHOWN_STAGES, stages_of_set
from pipeline.rules.targets import target_key

BY = (
    "object",
    "target",
    "filter",
    "camera",
    "optic",
    "rig",
    "site",
    "kind",
    "exposure",
    "year",
    "month",
    "night",
)
"""What `--by` may name."""
_OF_CAMERAS = {kind for kind in Kind if kind.raw in {Kind.DARK, Kind.BIAS, Kind.FLATDARK}}
_WITHOUT_LIGHT = {"filter", "optic"}
"""Through which no light came to darks: they are no part of a sum by them."""


def summed(sets: Iterable[Row]) -> dict[str, Any]:
    """What sets come to together."""
    rows = list(sets)
    nights = sorted({str(row["night"]) for row in rows})
    return {
        "sets": len(rows),
        "nights": len(nights),
        "frames": sum(row["frames"] for row in rows),
        "lights": sum(row["frames"] for row in rows if row["kind"] == Kind.LIGHT),
        "accepted": sum(row.get("accepted", 0) for row in rows),
        "accepted_s": sum(row.get("accepted_s", 0.0) for row in rows),
        "bytes": sum(row.get("bytes", 0) for row in rows),
        "first_night": nights[0] if nights else "",
        "last_night": nights[-1] if nights else "",
    }


def keys_of(typed: str) -> tuple[str, ...]:
    """What `--by` asks for, by comma; `objects` is `object`.

    Raises:
        UserError: That is nothing to sum by.
    """
    return tuple(
        known("--by", word.strip().removesuffix("s"), BY) for word in typed.split(",") if word.strip()
    )


def sums_by(sets: Iterable[Row], keys: Sequence[str], joined: Callable[[str], str]) -> list[dict[str, Any]]:
    """One row for each value of the keys together; the most hours first, but nights, months and years in order."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in sets:
        if ("object" in keys or "target" in keys) and not row.get("target"):
            continue
        if not _WITHOUT_LIGHT.isdisjoint(keys) and row["kind"] in _OF_CAMERAS:
            continue
        groups[tuple(_part(row, key, joined) for key in keys)].append(row)
    names = tuple("exposure_s" if key == "exposure" else key for key in keys)
    rows = [dict(zip(names, parts, strict=True)) | summed(group) for parts, group in groups.items()]
    in_time = any(key in {"year", "month", "night"} for key in keys)
    order: Callable[[dict[str, Any]], Any] = (
        (lambda row: tuple(str(row[name]) for name in names))
        if in_time
        else (lambda row: (-row["accepted_s"], -row["frames"], *(str(row[name]) for name in names)))
    )
    return sorted(rows, key=order)


def _part(row: Row, key: str, joined: Callable[[str], str]) -> object:
    if key == "object":
        return row.get("object") or normal_form(str(row["target"])) or joined(str(row["target"]))
    if key == "target":
        return joined(str(row["target"]))
    if key == "exposure":
        return row.get("exposure_s")
    lengths = {"year": 4, "month": 7}
    return str(row["night"])[: lengths[key]] if key in lengths else row.get(key, "")


def joiner(sets: Iterable[Row], aliases: Iterable[TargetAlias]) -> Callable[[str], str]:
    """One spelling for each target: the person's alias, else the first by name of those that differ by letter case."""
    named = {target_key(name): one.name for one in aliases for name in (one.name, *one.aliases)}
    for spelling in sorted({str(row["target"]) for row in sets if row.get("target")}):
        named.setdefault(target_key(spelling), spelling)
    return lambda target: named.get(target_key(target), target)


def stage_by_set(projects: Iterable[ProjectRow]) -> dict[str, str]:
    """Where each set's project has come to."""
    return {one: row["stage"] for row in projects for one in row.get("sets", ())}


def targets(
    sets: Sequence[Row],
    projects: Sequence[ProjectRow],
    progress: Iterable[Progress],
    joined: Callable[[str], str],
    *,
    with_unshot: bool,
) -> list[dict[str, Any]]:
    """One row for each target: its hours by filter, nights, stages, and what is wanted and still needed.

    Args:
        sets: Those that were asked for.
        projects: All of them.
        progress: What is wanted, of the same targets and filters.
        joined: The one spelling of a target's names.
        with_unshot: Whether a target that is wanted and was never shot has a row, too.
    """
    told = list(progress)
    stages, wanted = stage_by_set(projects), _wanted(told, joined)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sets:
        if row.get("target"):
            groups[joined(str(row["target"]))].append(row)
    if with_unshot:
        for one in told:
            if one.wanted_s is not None:
                groups.setdefault(joined(one.target), [])
    types = {joined(row["target"]): row["type"] for row in projects if row.get("type")}
    return [
        _target(name, rows, stages)
        | ({"type": types[name]} if name in types else {})
        | wanted.get(target_key(name), {})
        for name, rows in groups.items()
    ]


def _target(name: str, rows: Sequence[Row], stages: Mapping[str, str]) -> dict[str, Any]:
    reached = {stage for row in rows for stage in stages_of_set(row, stages)}
    by_filter: Counter[str] = Counter()
    for row in rows:
        by_filter[str(row.get("filter", ""))] += row.get("accepted_s", 0.0)
    form = next((str(row["object"]) for row in rows if row.get("object")), normal_form(name))
    return {
        "target": name,
        **({"object": form} if form else {}),
        "rigs": sorted({str(row["rig"]) for row in rows}),
        "panels": sorted({str(row["panel"]) for row in rows if row.get("panel")}),
        "stages": [stage for stage in SHOWN_STAGES if stage in reached],
        "filters": {word: seconds for word, seconds in sorted(by_filter.items()) if seconds},
        **summed(rows),
    }


def _wanted(progress: Iterable[Progress], joined: Callable[[str], str]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for one in progress:
        if one.wanted_s is not None:
            row = found.setdefault(target_key(joined(one.target)), {"wanted_s": 0.0, "needed_s": 0.0})
            row["wanted_s"] += one.wanted_s
            row["needed_s"] += one.needed_s or 0.0
    return found


def sessions(rows: Iterable[SessionRow], sets: Iterable[Row]) -> list[dict[str, Any]]:
    """The sessions these sets were taken in; the numbers are those of these sets."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sets:
        groups[str(row.get("session", ""))].append(row)
    found = []
    for session in rows:
        if taken := groups.get(session["id"]):
            sums = summed(taken)
            names = {
                "targets": sorted({str(row["target"]) for row in taken if row.get("target")}),
                "filters": sorted({str(row["filter"]) for row in taken if row.get("filter")}),
            }
            found.append({**session, **names, **{key: sums[key] for key in _OF_SESSION}})
    return found


_OF_SESSION = ("frames", "lights", "accepted", "accepted_s", "bytes")
