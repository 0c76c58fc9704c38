"""The page of a rig, or of a camera's darks and biases: its nights, hours, usual seeing, equipment, calibration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from pipeline.model.catalog import CalibrationRow, OwnerTables, SetRow
from pipeline.model.measures import QUANTITIES
from pipeline.model.reports import Ground, Link, Page
from pipeline.model.rigs import Rig
from pipeline.model.verdicts import State
from pipeline.rules.report_charts import Chart, trend
from pipeline.rules.report_growth import growth
from pipeline.rules.report_sums import (
    EYES,
    by,
    fate_words,
    filters_of,
    hfr_name,
    hfr_words,
    lights,
    rms_words,
    session_names,
    shot_words,
    sum_of,
)
from pipeline.rules.report_words import (
    Bar,
    Column,
    as_of,
    bar_of,
    filter_sign,
    filter_word,
    frames_word,
    hours,
    night_link,
    quantity,
)
from pipeline.rules.report_words import (
    rig_page as page_path,
)
from pipeline.rules.spoken import counted, sized

_OVERVIEW = Link(text="Overview", path="_Reports/index.html")
_NIGHTS = (
    Column(name="Night"),
    Column(name="What"),
    Column(name="Frames", is_number=True),
    Column(name="Kept", is_number=True),
    Column(name="Hours kept", is_number=True),
    Column(name="HFR", is_number=True),
    Column(name="RMS", is_number=True),
    Column(name="Stands"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterHours:
    """What was taken through one filter."""

    name: str
    sign: str
    bar: Bar
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RigPage:
    """A rig, or a camera."""

    title: str
    as_of: str
    crumbs: tuple[Link, ...]
    lead: str
    filters: tuple[FilterHours, ...]
    months: Chart | None
    seeing: Chart | None
    columns: tuple[Column, ...]
    nights: tuple[tuple[Link, ...], ...]
    facts: tuple[tuple[str, str], ...]
    calibration: tuple[str, ...]
    lacks: tuple[str, ...]


def rig_page(tables: OwnerTables, ground: Ground) -> Page:
    """The page of an owner."""
    rig = ground.configuration.rig(tables.owner)
    facts = tuple(_facts(rig))
    return Page(
        path=page_path(tables.owner),
        template="report/rig.html.j2",
        made_from=[tables.owner, tables.nights, tables.sets, tables.sessions, tables.calibrations, facts],
        build=partial(_build, tables, facts),
    )


def _build(tables: OwnerTables, facts: tuple[tuple[str, str], ...]) -> RigPage:
    sky = lights(tables.sets)
    nights = by(tables.sets, lambda row: row["night"])
    return RigPage(
        title=tables.owner,
        as_of=as_of(nights),
        crumbs=(_OVERVIEW,),
        lead=_lead(tables.sets, sky, nights),
        filters=tuple(_by_filter(sky)),
        months=growth(sky),
        seeing=_seeing(tables.owner, sky),
        columns=_NIGHTS,
        nights=tuple(_nights(tables, nights)),
        facts=facts,
        calibration=tuple(_calibration(tables.calibrations)),
        lacks=tuple(sorted({lack for row in tables.sets for lack in row.get("lacks", ())})),
    )


def _lead(sets: Sequence[SetRow], sky: Sequence[SetRow], nights: Mapping[str, object]) -> str:
    if not nights:
        return "Nothing stored yet."
    first, last = min(nights), max(nights)
    span = f"the night of {first}" if first == last else f"{first} to {last}"
    told, parts = sum_of(sets), [f"{counted(len(nights), 'night')}, {span}"]
    if sky:
        seen = sum_of(sky)
        parts.append(f"{counted(seen.frames, 'light')}, {hours(seen.taken_s)}")
        parts += [f"accepted {frames_word(seen.accepted)}, {hours(seen.accepted_s)}"] if seen.accepted else []
    else:
        parts.append(frames_word(told.frames))
    parts.append(f"{sized(told.bytes)} stored")
    if waiting := sum_of(sky).waiting:
        parts.append(f"{frames_word(waiting)} {'waits' if waiting == 1 else 'wait'} for your eyes")
    return "; ".join(parts) + "."


def _by_filter(sky: Sequence[SetRow]) -> Iterable[FilterHours]:
    told = {name: sum_of(row for row in sky if row.get("filter", "") == name) for name in filters_of(sky)}
    most = max((one.kept_s for one in told.values()), default=0.0)
    for name, one in told.items():
        waits_s = max(one.kept_s - one.accepted_s, 0.0)
        said = f"{hours(one.kept_s)} kept, {hours(one.accepted_s) if one.accepted else 'none'} accepted"
        bar = bar_of(name, one.accepted_s, None, most, waits_s)
        yield FilterHours(name=filter_word(name), sign=filter_sign(name), bar=bar, says=said)


def _seeing(owner: str, sky: Sequence[SetRow]) -> Chart | None:
    name = hfr_name(sky)
    if not name:
        return None
    points = []
    for night, rows in by(sky, lambda row: row["night"]).items():
        known = [row["medians"][name] for row in rows if name in row.get("medians", {})]
        if known:
            value = median(known)
            said = f"{night}: HFR {quantity(name, value)}, {shot_words(rows)}"
            points.append((night, value, said, night_link(owner, night).path))
    says = f"Usual HFR ({QUANTITIES[name].witness}) of each night; low is sharp"
    return trend(points, says, lambda value: quantity(name, value))


def _nights(tables: OwnerTables, nights: Mapping[str, Sequence[SetRow]]) -> Iterable[tuple[Link, ...]]:
    names = session_names(tables.sessions)
    for night, rows in sorted(nights.items(), reverse=True):
        sky = lights(rows)
        told = sum_of(sky or rows)
        kinds = by(rows, lambda row: row["kind"])
        others = ", ".join(
            f"{sum_of(found).frames} {kind.lower()}" for kind, found in kinds.items() if kind != "LIGHT"
        )
        named = names.get(night, "")
        yield (
            night_link(tables.owner, night),
            Link(text="; ".join(filter(None, [named, shot_words(sky), others]))),
            Link(text=f"{told.frames:,}"),
            Link(text=f"{told.kept:,}"),
            Link(text=hours(told.kept_s) if sky else ""),
            Link(text=hfr_words(sky)),
            Link(text=rms_words(sky)),
            Link(text=_stands(rows), title=fate_words(told)),
        )


def _stands(rows: Sequence[SetRow]) -> str:
    told = sum_of(rows)
    if told.count(State.GONE) or told.count(State.HELD):
        return "asks you"
    if told.count(*EYES):
        return "waits for eyes"
    return "night not over" if told.count(State.STORED) else "done"


def _facts(rig: Rig | None) -> Iterable[tuple[str, str]]:
    """What the rig's file says of its glass and camera."""
    if rig is None:
        return
    yield "Optic", f"{rig.optic}, f/{rig.focal_ratio:g}"
    if rig.aperture_mm:
        yield "Aperture", f"{rig.aperture_mm:g} mm"
    if rig.focal_length_mm:
        yield "Focal length", f"{rig.focal_length_mm:g} mm"
    camera = rig.camera
    yield "Camera", f"{camera.name}{', colour' if camera.bayer else ', mono'}"
    if camera.pixel_um:
        pixels = (
            f", {camera.width_px:,} × {camera.height_px:,} pixels"
            if camera.width_px and camera.height_px
            else ""
        )
        yield "Sensor", f"{camera.pixel_um:g} µm{pixels}"
    if camera.pixel_um and rig.focal_length_mm:
        yield "Scale", f"{206.265 * camera.pixel_um / rig.focal_length_mm:.2f}″ a pixel"
    if rig.filters:
        yield "Filters", ", ".join(one.name for one in rig.filters)
    if rig.sites:
        yield "Sites", ", ".join(one.name for one in rig.sites)


def _calibration(rows: Sequence[CalibrationRow]) -> Iterable[str]:
    if not rows:
        return
    total, done = sum(row.get("lights", 0) for row in rows), sum(row.get("calibrated", 0) for row in rows)
    yield f"{done:,} of {counted(total, 'light')} calibrated, in {counted(len(rows), 'set')}."
    reasons = by_reason(rows)
    for why, number in reasons:
        yield f"{counted(number, 'set')}: {why}"


def by_reason(rows: Iterable[CalibrationRow]) -> list[tuple[str, int]]:
    """Why sets are not calibrated yet, the commonest first."""
    found: dict[str, int] = {}
    for row in rows:
        if row.get("why"):
            found[row["why"]] = found.get(row["why"], 0) + 1
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))[:8]
