"""What is had, wanted and needed, as tables: for programs, for people, and a line a set for spreadsheets.

Progress ─▶ totals (JSON) and a readable table      hours are rounded here, once, after everything was summed
SetRow   ─▶ a rig's rows
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from pipeline.model.catalog import SetRow
from pipeline.model.frames import Kind
from pipeline.model.plans import PlanSource, Progress
from pipeline.rules.targets import target_key
from pipeline.rules.totals import is_ready

RIG_COLUMNS = (
    *("night", "target", "panel", "filter", "exposure_s", "frames", "accepted", "hours", "culled"),
    *("gain", "offset", "set_temp_c", "binning", "readout_mode", "site", "hfr", "fwhm", "calibrated", "set"),
)
_CULLED = ("culled", "blinked away", "given up")
_HFR = ("hfr", "hfr_measured")
_FWHM = ("fwhm_arcsec", "fwhm_arcsec_measured")


def totals(
    progress: Sequence[Progress], sources: Iterable[PlanSource], ready_percent: float
) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "targets": [_target(target, rows, ready_percent) for target, rows in by_target(progress)],
        "had_hours": hours(sum(one.had_s for one in progress)),
        "wanted_hours": hours(sum(one.wanted_s or 0.0 for one in progress)),
        "needed_hours": hours(sum(one.needed_s or 0.0 for one in progress)),
        "ready_percent": ready_percent,
        "plans": [_source(one) for one in sources],
    }


def by_target(progress: Sequence[Progress]) -> list[tuple[str, list[Progress]]]:
    """The rows of each target, in the order of their first."""
    found: dict[str, tuple[str, list[Progress]]] = {}
    for one in progress:
        found.setdefault(target_key(one.target), (one.target, []))[1].append(one)
    return list(found.values())


def hours(seconds: float) -> float:
    """Two decimals: 36 seconds."""
    return round(seconds / 3600, 2)


def totals_lines(
    progress: Sequence[Progress], sources: Iterable[PlanSource], ready_percent: float
) -> list[str]:
    """The same for people: a target, and a line for each rig, panel and filter."""
    lines = [f"{'':34}{'had':>9}{'wanted':>10}{'needed':>10}"]
    for target, rows in by_target(progress):
        lines.append(f"{target}{'   ready for its master' if is_ready(rows, ready_percent) else ''}")
        for rig, each in groupby(rows, key=lambda one: one.rig):
            lines.append(f"  {rig or 'all rigs'}")
            lines += [_line(one) for one in each]
    had, wanted = sum(one.had_s for one in progress), sum(one.wanted_s or 0.0 for one in progress)
    lines.append(
        f"{'All targets':34}{_h(had):>9}{_h(wanted):>10}{_h(sum(one.needed_s or 0 for one in progress)):>10}"
    )
    return [*lines, *(said for one in sources if (said := _source_line(one)))]


def rig_rows(sets: Iterable[SetRow]) -> list[dict[str, Any]]:
    """A line for each set of lights, in the order of nights."""
    lights = [one for one in sets if one["kind"] == Kind.LIGHT]
    return [_rig_row(one) for one in sorted(lights, key=lambda one: (one["night"], one["id"]))]


def _target(target: str, rows: Sequence[Progress], ready_percent: float) -> dict[str, Any]:
    filters: dict[str, list[Progress]] = {}
    for one in rows:
        filters.setdefault(one.filter, []).append(one)
    return {
        "target": target,
        "ready": is_ready(rows, ready_percent),
        **_sums(rows),
        "filters": {name: _sums(each) for name, each in filters.items()},
        "parts": [{"rig": one.rig, "panel": one.panel, "filter": one.filter, **_sums([one])} for one in rows],
    }


def _sums(rows: Iterable[Progress]) -> dict[str, Any]:
    each = list(rows)
    wanted = [one.wanted_s for one in each if one.wanted_s is not None]
    return {
        "had_hours": hours(sum(one.had_s for one in each)),
        "had_frames": sum(one.had_frames for one in each),
        "wanted_hours": hours(sum(wanted)) if wanted else None,
        "needed_hours": hours(sum(one.needed_s or 0.0 for one in each)) if wanted else None,
    }


def _source(one: PlanSource) -> dict[str, Any]:
    as_of = one.as_of.isoformat() if one.as_of is not None else None
    return {"name": one.name, "kind": one.kind, "as_of": as_of, "reachable": one.reachable, "why": one.why}


def _source_line(one: PlanSource) -> str:
    if one.reachable:
        return ""
    age = (
        f"these are its wishes of {one.as_of:%Y-%m-%d %H:%M} UTC" if one.as_of is not None else "it never was"
    )
    return f"{one.name} could not be read{f' ({one.why})' if one.why else ''}: {age}"


def _line(one: Progress) -> str:
    name = f"    {one.filter or 'no filter'}{f', panel {one.panel}' if one.panel else ''}"
    wanted = _h(one.wanted_s) if one.wanted_s is not None else "-"
    needed = _h(one.needed_s) if one.needed_s is not None else "-"
    return f"{name:34}{_h(one.had_s):>9}{wanted:>10}{needed:>10}"


def _h(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h"


def _rig_row(one: SetRow) -> dict[str, Any]:
    medians = one.get("medians", {})
    return {
        **one,
        "set": one["id"],
        "accepted": one.get("accepted", 0),
        "hours": hours(one.get("accepted_s", 0.0)),
        "culled": sum(one["states"].get(state, 0) for state in _CULLED),
        "hfr": _first(medians, _HFR),
        "fwhm": _first(medians, _FWHM),
    }


def _first(medians: Mapping[str, float], quantities: Iterable[str]) -> float | None:
    return next((medians[one] for one in quantities if one in medians), None)
