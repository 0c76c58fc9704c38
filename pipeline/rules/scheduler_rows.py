"""Rows of NINA's scheduler database understood: levels 17 to 28 and their like, by the columns that are there.

Levels move with nightly versions of the plugin, so columns are asked for, not numbers. What a single row lacks or
holds in a strange form (broken JSON, .NET ticks, text where a number belongs) is unknown, never an error.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pipeline.model.scheduler import AcquiredImage, ExposurePlan, PlannedTarget, Project, SchedulerRows

Row = Mapping[str, Any]
FIRST_LEVEL = 17
"""Before it, `gradingStatus` was another column with another meaning."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    "project": ("Id", "profileId", "name", "state", "priority", "enablegrader", "isMosaic"),
    "target": ("Id", "name", "active", "ra", "dec", "epochcode", "rotation", "projectid"),
    "exposuretemplate": ("Id", "filtername", "defaultexposure"),
    "exposureplan": (
        "Id", "exposure", "desired", "acquired", "accepted", "targetid", "exposureTemplateId",
    ),
    "acquiredimage": (
        "Id", "projectId", "targetId", "acquireddate", "filtername", "gradingStatus", "metadata",
        "rejectreason", "exposureId",
    ),
}  # fmt: skip
"""What must be there for anything to be read or written."""
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "target": ("priority",),
    "exposureplan": ("enabled",),
    "acquiredimage": ("profileId",),
}
"""What came later, or may be missing."""
_J2000 = 2
_TICKS_AT_1970, _TICKS_A_SECOND = 621_355_968_000_000_000, 10_000_000
_TOO_LARGE = 2**63
_LARGEST_UNIX_S = 253_402_300_799  # the year 9999


def missing_columns(columns: Mapping[str, Iterable[str]]) -> list[str]:
    """The tables and columns that are needed and not there, as `table.column`."""
    there = {table.casefold(): {name.casefold() for name in found} for table, found in columns.items()}
    return [
        f"{table}.{column}"
        for table, needed in NEEDED.items()
        for column in needed
        if column.casefold() not in there.get(table.casefold(), set())
    ]


def columns_to_read(table: str, there: Set[str]) -> list[str]:
    """The columns asked of a table."""
    later = [name for name in OPTIONAL.get(table, ()) if name.casefold() in there]
    return [*NEEDED[table], *later]


def understand(level: int, tables: Mapping[str, Sequence[Row]]) -> SchedulerRows:
    """The rows as values; `acquiredimage` may be left out."""
    templates = {_whole(row["Id"]): row for row in tables["exposuretemplate"]}
    return SchedulerRows(
        level=level,
        projects={one.id: one for one in map(_project, tables["project"])},
        targets={one.id: one for one in map(_target, tables["target"])},
        plans={one.id: one for one in (_plan(row, templates) for row in tables["exposureplan"])},
        images=tuple(sorted(map(_image, tables.get("acquiredimage", ())), key=lambda one: one.id)),
    )


def guid_key(guid: object) -> str:
    """What is equal for two spellings of one GUID: letter case and braces aside."""
    return str(guid or "").strip().strip("{}").casefold()


def unix_s(value: object) -> float | None:
    """A moment as the database writes it: unix seconds, .NET ticks in older rows; None where it is neither."""
    number = _number(value)
    if number is None or number <= 0:
        return None
    if number > _TICKS_AT_1970:
        number = (number - _TICKS_AT_1970) / _TICKS_A_SECOND
    return number if number <= _LARGEST_UNIX_S else None


def _project(row: Row) -> Project:
    priority = _number(row["priority"])
    return Project(
        id=_whole(row["Id"]),
        profile=guid_key(row["profileId"]),
        name=_text(row["name"]),
        state=_whole(row["state"]),
        priority=1 if priority is None else _clamped(priority),
        is_graded=row["enablegrader"] is None or bool(_whole(row["enablegrader"])),
        is_mosaic=bool(_whole(row["isMosaic"])),
    )


def _target(row: Row) -> PlannedTarget:
    hours, dec = _number(row["ra"]), _number(row["dec"])
    is_usual = _whole(row["epochcode"]) == _J2000 and hours is not None and dec is not None
    priority = _number(row.get("priority"))
    return PlannedTarget(
        id=_whole(row["Id"]),
        project=_whole(row["projectid"]),
        name=_text(row["name"]),
        is_active=bool(_whole(row["active"])),
        priority=-1 if priority is None or priority < 0 else _clamped(priority),
        ra_deg=round(hours * 15, 6) if is_usual and hours is not None else None,
        dec_deg=round(dec, 6) if is_usual and dec is not None else None,
        rotation_deg=_number(row["rotation"]),
    )


def _plan(row: Row, templates: Mapping[int, Row]) -> ExposurePlan:
    template = templates.get(_whole(row["exposureTemplateId"]), {})
    own, usual = _number(row["exposure"]), _number(template.get("defaultexposure"))
    enabled = row.get("enabled")
    return ExposurePlan(
        id=_whole(row["Id"]),
        target=_whole(row["targetid"]),
        filter=_text(template.get("filtername")),
        exposure_s=own if own is not None and own >= 0 else usual or 0.0,
        desired=_whole(row["desired"]),
        acquired=_whole(row["acquired"]),
        accepted=_whole(row["accepted"]),
        is_enabled=enabled is None or bool(_whole(enabled)),
    )


def _image(row: Row) -> AcquiredImage:
    told = _metadata(row["metadata"])
    exposure = _number(told.get("ExposureDuration"))
    return AcquiredImage(
        id=_whole(row["Id"]),
        project=_whole(row["projectId"]),
        target=_whole(row["targetId"]),
        plan=_whole(row["exposureId"]),
        filter=_text(row["filtername"]),
        grade=_whole(row["gradingStatus"]),
        reason=_text(row["rejectreason"]),
        profile=guid_key(row.get("profileId")),
        file=file_name(_text(told.get("FileName"))),
        taken_unix_s=unix_s(row["acquireddate"]) or _moment(told.get("ExposureStartTime")),
        exposure_s=exposure,
    )


def file_name(path: str) -> str:
    """The last part of a path written with either slash."""
    return re.split(r"[\\/]", path.strip())[-1]


def _metadata(text: object) -> Mapping[str, Any]:
    with suppress(ValueError, TypeError, RecursionError):
        found = json.loads(text) if isinstance(text, str | bytes) else None
        if isinstance(found, dict):
            return found
    return {}


def _moment(value: object) -> float | None:
    """`2026-01-15T05:12:33.1234567Z` as unix seconds; a time without a zone says nothing."""
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(str(value))
        return found.astimezone(UTC).timestamp() if found.tzinfo is not None else None
    return None


def _number(value: object) -> float | None:
    """A number, also where it was stored as text; NaN is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    with suppress(ValueError, OverflowError):
        found = float(value)
        return found if math.isfinite(found) else None
    return None


def _whole(value: object) -> int:
    """A whole number as it is stored; what no column can hold is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = _number(value)
    return 0 if number is None or abs(number) >= _TOO_LARGE else int(number)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _clamped(priority: float) -> int:
    return min(2, max(0, int(priority)))
