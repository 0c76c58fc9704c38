"""The page of a rig's or camera's night: what happened, what it teaches, frame by frame.

frames, sets of the night ─session_analysis─▶ sentence, findings ─┐
                          ─report_timeline──▶ timeline ───────────┼─▶ NightPage
                          ─report_night_sets▶ sets, frames ───────┘
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from math import fsum

from pipeline.model.catalog import FrameRow, OwnerTables, SetRow
from pipeline.model.frames import Kind
from pipeline.model.reports import Ground, Link, Page
from pipeline.rules.plots import Timeline
from pipeline.rules.report_night_basis import NightBasis, night_bases
from pipeline.rules.report_night_frames import FrameTable, LostRow, lost_rows
from pipeline.rules.report_night_sets import (
    NightSet,
    night_sets,
    set_columns,
    table_rows,
)
from pipeline.rules.report_sums import EYES, by, lights, shot_words, sum_of
from pipeline.rules.report_timeline import Night, clock_words, timeline_of
from pipeline.rules.report_verdicts import LEGEND, sign_of
from pipeline.rules.report_words import (
    Column,
    evening,
    frames_word,
    hours,
    night_link,
    night_page,
    rig_link,
    short_rig,
)
from pipeline.rules.session_analysis import Analysis, Finding, analyse, clock
from pipeline.rules.session_course import course_findings
from pipeline.rules.session_signs import SetSeen, is_lost, usual_of
from pipeline.rules.spoken import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPage:
    """A night."""

    title: str
    as_of: str
    crumbs: tuple[Link, ...]
    around: tuple[Link, ...]
    """The nights before and after."""
    lead: str
    times: str
    findings: tuple[Finding, ...]
    timeline: Timeline | None
    legend: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    table: tuple[tuple[Link, ...], ...]
    lost: tuple[LostRow, ...]
    sets: tuple[NightSet, ...]
    problems: tuple[str, ...]


def night_pages(tables: OwnerTables, ground: Ground) -> list[Page]:
    """One for each night of the owner."""
    return [
        Page(
            path=night_page(basis.owner, basis.night),
            template="report/night.html.j2",
            made_from=basis.told,
            build=partial(build_night, basis),
        )
        for basis in night_bases(tables, ground)
    ]


def build_night(basis: NightBasis) -> NightPage:
    """The page's value."""
    frames = sorted(basis.frames, key=clock)
    of_sets = _of_sets(frames)
    rows = sorted(
        basis.sets,
        key=lambda row: (row["kind"] != Kind.LIGHT, row["kind"], row.get("first_utc", ""), row["id"]),
    )
    anchors = {one["stored"]: f"f{number}" for number, one in enumerate(frames, 1)}
    anchors |= {row["id"]: f"s{number}" for number, row in enumerate(rows, 1)}
    seen = [
        SetSeen(row=row, frames=found, usual=usual_of(found, basis.earlier.get(row["id"], {})))
        for row in lights(rows)
        if (found := of_sets.get(row["id"]))
    ]
    analysis = analyse(seen)
    sky = [one for one in frames if one["kind"] == Kind.LIGHT]
    night = Night(
        frames=sky or frames,
        sets={row["id"]: row for row in rows},
        anchors=anchors,
        limits=basis.limits,
        zone=_zone(basis.site, frames),
    )
    shown = {sign_of(one) for one in frames}
    tables = FrameTable(anchors=anchors, limits=basis.limits)
    return NightPage(
        title=f"{evening(basis.night)}, {short_rig(basis.owner)}",
        as_of="",
        crumbs=(Link(text="Overview", path="_Reports/index.html"), rig_link(basis.owner)),
        around=_around(basis),
        lead=": ".join(filter(None, [basis.name, _lead(rows, frames, analysis)])),
        times=f"Times are local: {night.zone}." if frames else "",
        findings=(*analysis.findings, *course_findings(seen, basis.is_cooled)),
        timeline=timeline_of(night),
        legend=tuple(one for one in LEGEND if one[0] in shown),
        columns=set_columns(rows),
        table=tuple(table_rows(rows, of_sets, anchors)),
        lost=tuple(lost_rows(analysis.losses, night.sets, anchors)),
        sets=tuple(night_sets(rows, of_sets, basis.calibrations, basis.pictures, tables)),
        problems=tuple(_problems(frames)),
    )


def _of_sets(frames: Iterable[FrameRow]) -> dict[str, list[FrameRow]]:
    found: dict[str, list[FrameRow]] = {}
    for one in frames:
        found.setdefault(one.get("set", ""), []).append(one)
    return found


def _zone(site: tuple[str, str], frames: Sequence[FrameRow]) -> str:
    """`Europe/Madrid (Demo ridge)`; without a site that names its zone how far its clock is from UTC."""
    name, zone = site
    told = zone or next(
        (word for one in frames if (word := clock_words(one))), "as the capture program wrote them"
    )
    return f"{told} ({name})" if name else told


def _around(basis: NightBasis) -> tuple[Link, ...]:
    before, after = basis.around
    found = [night_link(basis.owner, before, f"← {before}")] if before else []
    found += [night_link(basis.owner, after, f"{after} →")] if after else []
    return tuple(found)


def _lead(rows: Sequence[SetRow], frames: Sequence[FrameRow], analysis: Analysis) -> str:
    sky = lights(rows)
    if not rows:
        return (
            f"{frames_word(len(frames))}, none in a set."
            if frames
            else "Nothing is stored of this night any more."
        )
    others = [row for row in rows if row["kind"] != Kind.LIGHT]
    also = ", ".join(
        f"{counted(sum_of(found).frames, _CALLED.get(kind, kind.lower()))}"
        for kind, found in by(others, lambda row: row["kind"]).items()
    )
    if not sky:
        return f"{also}; {_levels_words(frames)}." if _levels_words(frames) else f"{also}."
    told = [one for one in frames if one["kind"] == Kind.LIGHT and not is_lost(one)]
    kept_s = fsum(one.get("exposure_s", 0.0) for one in told)
    parts = [analysis.sentence, f" {shot_words(sky)}: {hours(kept_s)} kept" if told else ""]
    waits = sum(one["state"] in EYES for one in told)
    parts.append(f", {frames_word(waits)} {'waits' if waits == 1 else 'wait'} for your eyes" if waits else "")
    return "".join(parts) + ("." if told else "") + (f" Also {also}." if also else "")


_CALLED = {
    "FLAT": "flat",
    "DARK": "dark",
    "BIAS": "bias frame",
    "FLATDARK": "flat-dark",
    "SNAPSHOT": "snapshot",
}


def _levels_words(frames: Sequence[FrameRow]) -> str:
    lost = sum(is_lost(one) for one in frames)
    return f"{counted(lost, 'frame')} of them taken away" if lost else "none taken away"


def _problems(frames: Iterable[FrameRow]) -> Iterable[str]:
    told: dict[str, list[str]] = defaultdict(list)
    for one in frames:
        for code in one.get("problems", ()):
            told[code].append(one["stored"])
    for code, found in sorted(told.items()):
        yield f'{frames_word(len(found))}: {code}; `doit why "{found[0]}"` says more'
