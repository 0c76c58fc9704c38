"""The page of all masters: by camera and kind what there is, how old, who uses it, and what is to be shot.

Age is told as of the library's last night, and never of today: the same rows make the same page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from pipeline.model.calibration import Matching
from pipeline.model.catalog import Catalog, MasterRow, SetRow
from pipeline.model.frames import Kind
from pipeline.model.reports import Ground, Link, Page
from pipeline.rules.record_places import report_page
from pipeline.rules.report_asked import Asked
from pipeline.rules.report_coverage import Coverage, coverage_of
from pipeline.rules.report_requests import Request, request_of
from pipeline.rules.report_sums import by, lights, sum_of
from pipeline.rules.report_words import Column, as_of, frames_word, hours, night_link
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.spoken import counted, sized

_COLUMNS = (
    Column(name="Master"),
    Column(name="Shot"),
    Column(name="Age", is_number=True),
    Column(name="Frames", is_number=True),
    Column(name="Sets it serves", is_number=True),
    Column(name="Stands"),
)
_LACKING = (
    Column(name="To be shot"),
    Column(name="Rig"),
    Column(name="Sets", is_number=True),
    Column(name="Accepted lights", is_number=True),
    Column(name="Exposure", is_number=True),
    Column(name="Latest night"),
)
_KINDS = ("MASTER BIAS", "MASTER DARK", "MASTER FLATDARK", "MASTER FLAT")
_HAS_AGE = frozenset({"MASTER BIAS", "MASTER DARK", "MASTER FLATDARK"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraMasters:
    """The masters of one camera."""

    camera: str
    anchor: str
    says: str
    coverage: Coverage | None
    rows: tuple[tuple[Link, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MastersPage:
    """All of them."""

    title: str
    as_of: str
    crumbs: tuple[Link, ...]
    lead: str
    missing: tuple[Request, ...]
    lacking_columns: tuple[Column, ...]
    lacking: tuple[tuple[Link, ...], ...]
    columns: tuple[Column, ...]
    cameras: tuple[CameraMasters, ...]


_Ages = Mapping[tuple[str, str], float]
"""Kind and camera to the days its rigs allow."""


def masters_page(catalog: Catalog, asked: Asked, ground: Ground) -> Page:
    """The page of all masters."""
    cameras = sorted({row.get("camera", "") for row in catalog.masters})
    ages = {(kind, camera): _allowed(kind, camera, ground) for kind in _HAS_AGE for camera in cameras}
    return Page(
        path=report_page("masters"),
        template="report/masters.html.j2",
        made_from=[
            catalog.masters,
            catalog.sets,
            asked.missing,
            sorted([*key, days] for key, days in ages.items()),
        ],
        build=partial(_build, catalog, asked, ages),
    )


def _build(catalog: Catalog, asked: Asked, ages: _Ages) -> MastersPage:
    sets = catalog.sets
    last = max((row["night"] for row in sets), default="")
    cameras = tuple(_cameras(catalog, last, ages))
    lacking = tuple(_lacking(sets))
    return MastersPage(
        title="Masters",
        as_of=as_of([last] if last else []),
        crumbs=(Link(text="Overview", path=report_page("index")),),
        lead=_lead(catalog.masters, sets, len(lacking)),
        missing=tuple(map(request_of, asked.missing)),
        lacking_columns=_LACKING,
        lacking=lacking,
        columns=_COLUMNS,
        cameras=cameras,
    )


def _lead(masters: Sequence[MasterRow], sets: Sequence[SetRow], lacking: int) -> str:
    if not masters:
        return "No masters yet: shoot darks, bias and flats, and look through them (`doit blink`)."
    aside = sum(row["state"] != "good" for row in masters)
    served = sum(bool(row.get("masters")) for row in lights(sets))
    parts = [
        f"{counted(len(masters), 'master')} of {counted(len({row.get('camera') for row in masters}), 'camera')}"
    ]
    parts.append(f"they serve {counted(served, 'set')} of lights")
    parts += [f"{aside} held, superseded or otherwise set aside"] if aside else []
    parts += [f"{counted(lacking, 'kind')} to be shot"] if lacking else []
    return "; ".join(parts) + "."


def _lacking(sets: Sequence[SetRow]) -> Iterable[tuple[Link, ...]]:
    """What is to be shot, the most wanted first."""
    found: dict[tuple[str, str], list[SetRow]] = {}
    for row in sets:
        for lack in row.get("lacks", ()):
            found.setdefault((lack, row["rig"]), []).append(row)
    for (lack, rig), rows in sorted(found.items(), key=lambda one: (-sum_of(one[1]).accepted_s, one[0])):
        told, latest = sum_of(rows), max(rows, key=lambda row: row["night"])
        yield (
            Link(text=lack),
            Link(text=rig),
            Link(text=f"{len(rows):,}"),
            Link(text=f"{told.accepted:,}"),
            Link(text=hours(told.accepted_s)),
            night_link(latest["owner"], latest["night"]),
        )


def _cameras(catalog: Catalog, last: str, ages: _Ages) -> Iterable[CameraMasters]:
    """Each camera that has masters, or lights that will want some."""
    masters: dict[str, list[MasterRow]] = {}
    shots: dict[str, list[SetRow]] = {}
    spelled: dict[str, str] = {}
    for row in catalog.masters:
        spelled.setdefault(str(rig_key(row.get("camera", ""))), row.get("camera", ""))
        masters.setdefault(str(rig_key(row.get("camera", ""))), []).append(row)
    for one in lights(catalog.sets):
        spelled.setdefault(str(rig_key(one.get("camera", ""))), one.get("camera", ""))
        shots.setdefault(str(rig_key(one.get("camera", ""))), []).append(one)
    by_id = {row["id"]: row for row in catalog.sets}
    for number, key in enumerate(sorted(spelled, key=lambda key: spelled[key].casefold())):
        mine, sky = masters.get(key, []), shots.get(key, [])
        stored = f", {sized(sum(row.get('size', 0) for row in mine))}" if mine else ""
        yield CameraMasters(
            camera=spelled[key] or "Camera not known",
            anchor=f"c{number}",
            says=f"{counted(len(mine), 'master')}{stored}; {counted(len(sky), 'set')} of lights.",
            coverage=coverage_of(mine, sky),
            rows=tuple(_rows(mine, by_id, last, ages)),
        )


def _rows(
    masters: Sequence[MasterRow], by_id: Mapping[str, SetRow], last: str, ages: _Ages
) -> Iterable[tuple[Link, ...]]:
    for row in sorted(masters, key=_order):
        days = _days(row.get("night", ""), last)
        used = [by_id[one] for one in row.get("sets", ()) if one in by_id]
        yield (
            Link(
                text=row.get("label", "") or row["path"].rpartition("/")[2],
                path=row["path"],
                title=_made(row),
            ),
            Link(text=row.get("night", "") or "unknown"),
            Link(text="" if days is None else counted(days, "day") if days >= 0 else "newer"),
            Link(text=f"{row['frames']:,}" if row.get("frames") else ""),
            _use(used),
            Link(text=_stands(row, days, ages)),
        )


def _order(row: MasterRow) -> tuple[int, bool, str, float, float, str]:
    """By kind, those in use first, then by filter, exposure, temperature."""
    kind = _KINDS.index(row["kind"]) if row["kind"] in _KINDS else len(_KINDS)
    return (
        kind,
        "superseded" in row["state"],
        row.get("filter", "").casefold(),
        row.get("exposure_s", 0.0),
        row.get("set_temp_c", 0.0),
        row["path"],
    )


def _made(row: MasterRow) -> str:
    parts = [f"gain {row['gain']:g}" if "gain" in row else "", row.get("readout_mode", "")]
    parts.append(f"made by {row['by']}" if row.get("by") else "")
    return ", ".join(filter(None, parts))


def _use(sets: Sequence[SetRow]) -> Link:
    """How many sets it was chosen for; a click leads to the latest."""
    if not sets:
        return Link(text="none yet")
    latest = max(sets, key=lambda row: (row["night"], row["id"]))
    nights = by(sets, lambda row: row["night"])
    title = f"{frames_word(sum_of(sets).accepted)} of {counted(len(nights), 'night')}, the latest {latest['night']}"
    return Link(text=f"{len(sets):,}", path=night_link(latest["owner"], latest["night"]).path, title=title)


def _stands(row: MasterRow, days: int | None, ages: _Ages) -> str:
    allowed = ages.get((row["kind"], row.get("camera", "")))
    old = days is not None and allowed is not None and days > allowed
    said = [
        row["state"] if row["state"] != "good" else "",
        f"older than its rigs allow ({allowed:g} days)" if old else "",
    ]
    return "; ".join(filter(None, said)) or "good"


def _days(night: str, last: str) -> int | None:
    """Days from a master's night to the library's last."""
    try:
        return (date.fromisoformat(last) - date.fromisoformat(night)).days
    except ValueError:
        return None


def _allowed(kind: str, camera: str, ground: Ground) -> float:
    rigs = ground.configuration.rigs
    rules = [one.matching for one in rigs if rig_key(one.camera.name) == rig_key(camera)] or [Matching()]
    return max((one.bias_max_age if kind == Kind.MASTER_BIAS else one.dark_max_age).days for one in rules)
