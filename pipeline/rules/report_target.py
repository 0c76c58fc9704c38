"""The page of one target: hours against the plan, its mosaic, nights, pictures, masters, and where it lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from pipeline.model.catalog import SetRow
from pipeline.model.reports import Link, Page, Picture
from pipeline.model.verdicts import State
from pipeline.rules.report_mosaic import Mosaic, amount_words, amounts, mosaic_of, panel_names
from pipeline.rules.report_progress import FilterProgress, Target, best_set, by_filter, next_thing, stands
from pipeline.rules.report_sums import EYES, fate_words, hfr_words, kept_of, sum_of
from pipeline.rules.report_target_tables import MASTERS, PLACES, calibrated_words, master_rows, place_rows
from pipeline.rules.report_words import (
    Column,
    as_of,
    exposure,
    filter_order,
    filter_word,
    frames_word,
    hours,
    night_link,
    percent,
    rig_link,
    short_rig,
    target_page,
)
from pipeline.rules.spoken import counted

_ABOVE = (
    Link(text="Overview", path="_Reports/index.html"),
    Link(text="Targets", path="_Reports/targets.html"),
)
_ASIDE = (State.CULLED, State.REJECTED)
"""What lies in _Reject."""
_SEEN_BY_BROWSERS = (".jpg", ".jpeg", ".png", ".webp")
_NIGHTS = (
    Column(name="Night"),
    Column(name="Rig"),
    Column(name="Filter"),
    Column(name="Exposures", is_number=True),
    Column(name="Kept", is_number=True),
    Column(name="Hours kept", is_number=True),
    Column(name="HFR", is_number=True),
    Column(name="Stands"),
    Column(name="Calibrated"),
    Column(name="Lies in"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumb:
    """A set's picture, and what it is."""

    picture: Picture
    says: str
    night: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPage:
    """A target."""

    title: str
    as_of: str
    crumbs: tuple[Link, ...]
    what: str
    """`M31, Andromeda Galaxy: galaxy`, where its name says so."""
    stands: str
    next: str
    lead: str
    hero: Picture | None
    filters: tuple[FilterProgress, ...]
    mosaic: Mosaic | None
    panel_columns: tuple[Column, ...]
    panels: tuple[tuple[Link, ...], ...]
    thumbs: tuple[Thumb, ...]
    columns: tuple[Column, ...]
    nights: tuple[tuple[Link, ...], ...]
    places_columns: tuple[Column, ...]
    places: tuple[tuple[Link, ...], ...]
    calibrated: str
    masters_columns: tuple[Column, ...]
    masters: tuple[tuple[Link, ...], ...]
    lacks: tuple[str, ...]


def target_page_of(target: Target) -> Page:
    """Its page."""
    return Page(
        path=target_page(target.name),
        template="report/target.html.j2",
        made_from=target.made_from,
        build=partial(build_target, target),
    )


def build_target(target: Target) -> TargetPage:
    """Its page's value."""
    shots = sorted(
        target.sets,
        key=lambda row: (row["night"], row["rig"], filter_order(row.get("filter", "")), row["id"]),
        reverse=True,
    )
    names = panel_names(target)
    return TargetPage(
        title=target.name,
        as_of=as_of(row["night"] for row in shots),
        crumbs=_ABOVE,
        what=_what(target),
        stands=stands(target),
        next=next_thing(target),
        lead=_lead(target),
        hero=hero_of(target),
        filters=by_filter(target),
        mosaic=mosaic_of(target),
        panel_columns=_panel_columns(target) if names else (),
        panels=tuple(_panel(target, name) for name in names),
        thumbs=tuple(
            _thumb(row, target.pictures[row["id"]]) for row in shots if row["id"] in target.pictures
        ),
        columns=_NIGHTS,
        nights=tuple(_shot(target, row) for row in shots),
        places_columns=PLACES,
        places=tuple(place_rows(target.projects)),
        calibrated=calibrated_words(target),
        masters_columns=MASTERS,
        masters=tuple(master_rows(shots)),
        lacks=tuple(sorted({lack for row in shots for lack in row.get("lacks", ())})),
    )


def hero_of(target: Target) -> Picture | None:
    """The best picture there is: a finished one, else the best set's."""
    for project in sorted(target.projects, key=lambda one: one["stage"], reverse=True):
        for place in project.get("places", ()):
            for path in _pictures_in(place):
                return Picture(path=path, says=f"{target.name}: {path.rpartition('/')[2]}")
    best = best_set(target)
    if best is None:
        return None
    return Picture(
        path=target.pictures[best["id"]],
        says=f"{target.name}, one frame of {best['label']}, night of {best['night']}",
        leads_to=target_page(target.name),
    )


def _pictures_in(place: dict[str, object]) -> Iterable[str]:
    found = place.get("pictures")
    if place.get("archive") or not isinstance(found, list):
        return
    home = str(place.get("path", ""))
    for name in found:
        if isinstance(name, str) and name.lower().endswith(_SEEN_BY_BROWSERS):
            yield name if name.startswith(f"{home}/") else f"{home}/{name}"


def _what(target: Target) -> str:
    for one in target.projects:
        name = one.get("name", "")
        known = [one.get("object", ""), name if name != one.get("object") else "", one.get("type", "")]
        if any(known):
            return ", ".join(dict.fromkeys(word for word in known if word and word != target.name))
    return next((row["object"] for row in target.sets if row.get("object", target.name) != target.name), "")


def _lead(target: Target) -> str:
    if not target.sets:
        return "Not shot yet." if target.is_wanted else "Nothing of it is stored here."
    told, nights = target.total, {row["night"] for row in target.sets}
    parts = [
        f"{counted(len(nights), 'night')}, {min(nights)}" + (f" to {max(nights)}" if len(nights) > 1 else ""),
        fate_words(told),
        f"{hours(told.accepted_s)} accepted" if told.accepted else "",
    ]
    if target.wanted_s:
        parts.append(f"{percent(target.met_s, target.wanted_s)} of the {hours(target.wanted_s)} wanted")
    return "; ".join(filter(None, parts)) + "."


def _panel_columns(target: Target) -> tuple[Column, ...]:
    names = sorted({one.filter for one in target.progress}, key=filter_order)
    told = (Column(name=filter_word(name), is_number=True) for name in names)
    return (Column(name="Panel"), *told, Column(name="All", is_number=True))


def _panel(target: Target, panel: str) -> tuple[Link, ...]:
    names = sorted({one.filter for one in target.progress}, key=filter_order)
    cells = [amounts(target, panel, name) for name in names]
    return tuple(
        Link(text=text) for text in (panel, *(amount_words(*one) for one in (*cells, amounts(target, panel))))
    )


def _thumb(row: SetRow, path: str) -> Thumb:
    where = f", panel {row['panel']}" if row.get("panel") else ""
    says = f"{filter_word(row.get('filter', ''))} {exposure(row.get('exposure_s', 0.0))}{where}"
    picture = Picture(path=path, says=f"One frame of {row['label']}, night of {row['night']}")
    return Thumb(
        picture=picture,
        says=f"{says}, {frames_word(row['frames'])}",
        night=night_link(row["owner"], row["night"]),
    )


def _shot(target: Target, row: SetRow) -> tuple[Link, ...]:
    told, panel = sum_of([row]), f" panel {row['panel']}" if row.get("panel") else ""
    where = _folder_of(row)
    return (
        night_link(row["owner"], row["night"]),
        rig_link(row["owner"], short_rig(row["rig"])),
        Link(text=filter_word(row.get("filter", "")) + panel),
        Link(text=f"{row['frames']:,} × {exposure(row.get('exposure_s', 0.0))}"),
        Link(text=f"{kept_of(row):,}"),
        Link(text=hours(told.kept_s)),
        Link(text=hfr_words([row])),
        Link(text=_stands(row), title=fate_words(told)),
        Link(text=_calibration(target, row)),
        Link(text=where.partition("/")[2].partition("/")[0] if where else "", path=where),
    )


def _stands(row: SetRow) -> str:
    told = sum_of([row])
    if told.count(State.GONE, State.HELD):
        return "asks you"
    if waits := told.count(*EYES):
        return f"{waits:,} for your eyes"
    if told.count(State.STORED):
        return "night not over"
    return f"{told.accepted:,} accepted" if told.accepted else "none accepted"


def _calibration(target: Target, row: SetRow) -> str:
    told = target.calibrations.get(row["id"])
    if told is None:
        return ""
    return f"{told.get('calibrated', 0):,} of {told.get('lights', 0):,}"


def _folder_of(row: SetRow) -> str:
    """Where its frames are seen: accepted, else waiting for eyes, else put aside; of the store nothing is shown."""
    states = row.get("states", {})
    if row.get("accepted"):
        return row.get("data", "")
    if any(states.get(state) for state in EYES):
        return row.get("blink", "")
    return row.get("reject", "") if any(states.get(state) for state in _ASIDE) else ""
