"""What a scheduler wants: its plans as plain lines for a snapshot, and the lines as wishes of the rigs we know.

    rows ─lines_of─▶ _Catalog/_plans/<source>.json ─wishes_of─▶ Wish(target, panel, filter, rig, desired ...)

A snapshot holds what the database says, so that a rig named later, or a filter given another name, needs no new look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from pipeline.model.plans import Wish
from pipeline.model.rigs import Rig
from pipeline.model.scheduler import STATES, ExposurePlan, PlannedTarget, Project, SchedulerRows
from pipeline.rules.recognise import filter_of
from pipeline.rules.scheduler_rows import guid_key
from pipeline.rules.targets import split_panel, target_key

Line = Mapping[str, Any]
_NUMBERS = ("ra_deg", "dec_deg", "rotation_deg")


def lines_of(rows: SchedulerRows) -> list[dict[str, Any]]:
    """One line for each exposure plan that is wanted, in an order that does not depend on numbers given anew."""
    found = [_line(rows, plan) for plan in rows.plans.values() if plan.is_enabled]
    lines = [line for line in found if line]
    keys = ("profile", "project", "target", "filter", "exposure_s", "desired")
    return sorted(lines, key=lambda line: [str(line.get(key, "")) for key in keys])


def _line(rows: SchedulerRows, plan: ExposurePlan) -> dict[str, Any]:
    target = rows.targets.get(plan.target)
    project = rows.projects.get(target.project) if target is not None else None
    if target is None or project is None:
        return {}
    line = {
        "profile": project.profile,
        "project": project.name,
        "state": _state(project, target),
        "priority": project.priority if target.priority < 0 else target.priority,
        "is_mosaic": project.is_mosaic,
        "target": target.name,
        "filter": plan.filter,
        "exposure_s": plan.exposure_s,
        "desired": plan.desired,
        "acquired": plan.acquired,
        "accepted": plan.accepted,
    }
    return line | {key: value for key in _NUMBERS if (value := getattr(target, key)) is not None}


def _state(project: Project, target: PlannedTarget) -> str:
    if project.state == 1 and not target.is_active:
        return "inactive"
    return STATES.get(project.state, "")


def rigs_of_profiles(rigs: Iterable[Rig], only: Collection[str] = ()) -> dict[str, list[str]]:
    """NINA profile to the names of the rigs it drives; `only`: no others."""
    allowed = {guid_key(one) for one in only}
    found: dict[str, list[str]] = {}
    for rig in rigs:
        for profile in map(guid_key, rig.profile_ids):
            if not allowed or profile in allowed:
                found.setdefault(profile, []).append(rig.name)
    return found


def wishes_of(
    lines: Iterable[Line], rigs: Sequence[Rig], source: str, only: Collection[str] = ()
) -> Iterator[Wish]:
    """The wishes of a snapshot; what of it cannot be understood is passed over."""
    drives, by_name = rigs_of_profiles(rigs, only), {rig.name: rig for rig in rigs}
    allowed = {guid_key(one) for one in only}
    for line in lines:
        profile = guid_key(line.get("profile"))
        if allowed and profile not in allowed:
            continue
        names = drives.get(profile, [])
        rig = by_name[names[0]] if len(names) == 1 else None
        with suppress(KeyError, TypeError, ValueError):
            yield _wish(line, rig, source)


def _wish(line: Line, rig: Rig | None, source: str) -> Wish:
    target, panel = split_panel(str(line["target"]))
    return Wish(
        target=target,
        panel=panel,
        filter=spelled(str(line["filter"]), rig),
        rig=rig.name if rig is not None else "",
        exposure_s=float(line["exposure_s"]),
        desired=int(line["desired"]),
        accepted=int(line["accepted"]),
        acquired=int(line["acquired"]),
        project=str(line["project"]),
        state=str(line["state"]),
        priority=int(line["priority"]),
        is_mosaic=bool(line["is_mosaic"]) or bool(panel),
        source=source,
        ra_deg=_number(line, "ra_deg"),
        dec_deg=_number(line, "dec_deg"),
        rotation_deg=_number(line, "rotation_deg"),
    )


def _number(line: Line, key: str) -> float | None:
    return float(line[key]) if key in line else None


def spelled(name: str, rig: Rig | None) -> str:
    """A filter as the rig's file spells it now."""
    found = filter_of(name, rig, None) if rig is not None else None
    return found.name if found is not None else name


def is_one_filter(rig: Rig | None, theirs: str, ours: str) -> bool:
    """True when the scheduler's filter is the library's; where one is silent, nothing speaks against it."""
    return not theirs or not ours or target_key(spelled(theirs, rig)) == target_key(spelled(ours, rig))
