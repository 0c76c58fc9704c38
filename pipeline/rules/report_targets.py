"""The targets: one page each, and the table of all.

sets of all rigs ─┐
plans ────────────┼─by target (aliases joined)─▶ Target ─▶ TargetPage, TargetsPage, the overview's cards
projects ─────────┘
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pipeline.model.catalog import CalibrationRow, Catalog, ProjectRow, SetRow
from pipeline.model.library import Configuration
from pipeline.model.plans import Plans, Progress
from pipeline.model.reports import Ground, Link, Page
from pipeline.rules.record_places import report_page
from pipeline.rules.report_progress import Target, next_thing, stands
from pipeline.rules.report_sums import filters_of, lights
from pipeline.rules.report_target import target_page_of
from pipeline.rules.report_words import (
    Column,
    as_of,
    filter_word,
    night_link,
    short_rig,
    some_hours,
    target_link,
)
from pipeline.rules.spellings import joined_name
from pipeline.rules.targets import target_key
from pipeline.rules.totals import progress_of

_COLUMNS = (
    Column(name="Target"),
    Column(name="Filters"),
    Column(name="Kept", is_number=True),
    Column(name="Accepted", is_number=True),
    Column(name="Wanted", is_number=True),
    Column(name="Nights", is_number=True),
    Column(name="Last night", is_number=True),
    Column(name="Stands"),
    Column(name="Next"),
    Column(name="Rigs"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsPage:
    """The table of all targets."""

    title: str
    as_of: str
    crumbs: tuple[Link, ...]
    lead: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Link, ...], ...]


@dataclass(slots=True)
class _Parts:
    sets: list[SetRow] = field(default_factory=list)
    projects: list[ProjectRow] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)


def targets_of(catalog: Catalog, plans: Plans, ground: Ground) -> list[Target]:
    """Every target that was shot, planned or worked on, by name."""
    aliases = ground.configuration.targets
    name, found = joined_name(aliases), defaultdict[str, _Parts](_Parts)
    shots = [row for row in lights(catalog.sets) if row.get("target")]
    for row in shots:
        found[target_key(name(row["target"]))].sets.append(row)
    for project in catalog.projects:
        found[target_key(name(project["target"]))].projects.append(project)
    for one in progress_of(shots, plans.wishes, aliases):
        found[target_key(name(one.target))].progress.append(one)
    calibrations = {row["set"]: row for tables in catalog.owners.values() for row in tables.calibrations}
    fields = fields_deg(ground.configuration)
    ready = ground.configuration.library.summaries.ready_percent
    return [
        _target(name, parts, calibrations, ground.pictures, fields, ready)
        for _, parts in sorted(found.items())
    ]


def target_pages(targets: Sequence[Target]) -> list[Page]:
    """The table of all targets, and a page for each."""
    table = Page(
        path=report_page("targets"),
        template="report/targets.html.j2",
        made_from=[one.made_from for one in targets],
        build=partial(_build, targets),
    )
    return [table, *map(target_page_of, targets)]


def fields_deg(configuration: Configuration) -> dict[str, tuple[float, float]]:
    """Rig to the width and height of what it sees, where its file says enough."""
    found = {}
    for rig in configuration.rigs:
        camera, focal = rig.camera, rig.focal_length_mm
        if camera.pixel_um and camera.width_px and camera.height_px and focal:
            scale = 206.265 * camera.pixel_um / focal / 3600
            found[rig.name] = (round(camera.width_px * scale, 4), round(camera.height_px * scale, 4))
    return found


def _target(
    name: Callable[[str], str],
    parts: _Parts,
    calibrations: Mapping[str, CalibrationRow],
    pictures: Mapping[str, str],
    fields: Mapping[str, tuple[float, float]],
    ready_percent: float,
) -> Target:
    spelled = [
        *(row["target"] for row in parts.sets),
        *(one["target"] for one in parts.projects),
        *(one.target for one in parts.progress),
    ]
    names, rigs = [row["id"] for row in parts.sets], {row["rig"] for row in parts.sets}
    return Target(
        name=name(spelled[0]),
        sets=parts.sets,
        projects=parts.projects,
        progress=parts.progress,
        calibrations={one: calibrations[one] for one in names if one in calibrations},
        pictures={one: pictures[one] for one in names if one in pictures},
        fields_deg={rig: fields[rig] for rig in sorted(rigs) if rig in fields},
        ready_percent=ready_percent,
    )


def _build(targets: Sequence[Target]) -> TargetsPage:
    ordered = sorted(targets, key=lambda one: target_key(one.name))
    ordered.sort(key=lambda one: one.last_night, reverse=True)
    return TargetsPage(
        title="Targets",
        as_of=as_of(one.last_night for one in targets),
        crumbs=(Link(text="Overview", path="_Reports/index.html"),),
        lead="Every target that was shot or is planned, the latest first. Hours are exposure.",
        columns=_COLUMNS,
        rows=tuple(map(_row, ordered)),
    )


def _row(one: Target) -> tuple[Link, ...]:
    told, nights = one.total, {row["night"] for row in one.sets}
    last = max(one.sets, key=lambda row: row["night"], default=None)
    return (
        target_link(one.name),
        Link(text=", ".join(map(filter_word, filters_of(one.sets)))),
        Link(text=some_hours(told.kept_s)),
        Link(text=some_hours(told.accepted_s)),
        Link(text=some_hours(one.wanted_s)),
        Link(text=f"{len(nights):,}"),
        night_link(last["owner"], last["night"]) if last else Link(text=""),
        Link(text=stands(one)),
        Link(text=next_thing(one)),
        Link(text=", ".join(short_rig(rig) for rig in sorted({row["rig"] for row in one.sets}))),
    )
