"""The catalogue as flat tables with typed columns: what a database, a spreadsheet or a data frame can hold.

    rows ─▶ frames(stored TEXT, exposure_s REAL, hfr REAL, ...)    each quantity a column
            set_masters, session_sets, project_places ...           what a row has several of, a line each

Columns are those the rows are declared with, in that order, so that a key the catalogue learns is exported too. A value
that is not of its column's type (a file somebody edited) is left out rather than misread.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pipeline.model.catalog import (
    CalibrationRow,
    Catalog,
    EquipmentRow,
    FrameRow,
    MasterRow,
    ProjectRow,
    SessionRow,
    SetRow,
    SiteRow,
)
from pipeline.model.measures import QUANTITIES, LevelMeasures

Type = Literal["text", "real", "integer"]
Row = Mapping[str, Any]
Value = str | float | int | None
Take = Callable[[Row], Value]


@dataclass(frozen=True, slots=True)
class Column:
    """One column, and how its value is taken from a row."""

    name: str
    type: Type
    take: Take


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported."""

    catalog: Catalog
    """All tables but the frames'."""
    frames: Callable[[], Iterable[Row]]
    """The frames, each with its owner; asked once a table, read one by one."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table; its rows come one by one."""

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[Source], Iterable[Row]]
    key: tuple[str, ...] = ()
    """What tells its rows apart."""
    indexed: tuple[str, ...] = ()

    def values(self, source: Source) -> Iterator[tuple[Value, ...]]:
        """Its rows as tuples, in the columns' order."""
        takes = [column.take for column in self.columns]
        for row in self.rows(source):
            yield tuple(take(row) for take in takes)


def _columns(row: type, *, leave: Sequence[str] = ()) -> tuple[Column, ...]:
    """The plain columns of a declared row; lists by semicolon, what is nested deeper as JSON."""
    hints = get_type_hints(row)
    return tuple(_column(name, _type_of(hint)) for name, hint in hints.items() if name not in leave)


def _type_of(hint: object) -> Type:
    if isinstance(hint, types.UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is not None:
        return "text"
    return {float: "real", int: "integer", bool: "integer"}.get(hint, "text")  # type: ignore[call-overload, no-any-return]


def _column(name: str, kind: Type) -> Column:
    as_type = _AS[kind]
    return Column(name, kind, lambda row: as_type(row.get(name)))


def _nested(prefix: str, key: str, names: Iterable[str]) -> tuple[Column, ...]:
    """A column for each name in a row's inner mapping."""
    return tuple(Column(prefix + name, "real", _inner(key, name)) for name in names)


def _inner(key: str, name: str) -> Take:
    return lambda row: _real((row.get(key) or {}).get(name))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _real(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _integer(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and value == value // 1 else None


_AS: Mapping[Type, Callable[[object], Value]] = {"text": _text, "real": _real, "integer": _integer}
_OWNER = _column("owner", "text")
_LEVELS = tuple(one.name for one in fields(LevelMeasures))


def _calibrations(source: Source) -> Iterator[Row]:
    for owner, tables in source.catalog.owners.items():
        for row in tables.calibrations:
            yield {**row, "owner": owner}


def _set_masters(source: Source) -> Iterator[Row]:
    for row in source.catalog.sets:
        for kind, chosen in row.get("masters", {}).items():
            yield {**chosen, "set": row["id"], "kind": kind}


def _places(source: Source) -> Iterator[Row]:
    for row in source.catalog.projects:
        for place in row.get("places", ()):
            yield {**place, "rig": row["rig"], "target": row["target"]}


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(_column(name, "text") for name in names)


def _integers(*names: str) -> tuple[Column, ...]:
    return tuple(_column(name, "integer") for name in names)


TABLES = (
    Table(
        "frames",
        (
            _OWNER,
            *_columns(FrameRow, leave=("values", "levels", "owner")),
            *_nested("", "values", QUANTITIES),
            *_nested("level_", "levels", _LEVELS),
        ),
        lambda source: source.frames(),
        ("stored",),
        ("set", "session", "target", "night", "state", "sha256"),
    ),
    Table(
        "sets",
        (*_columns(SetRow, leave=("medians", "masters")), *_nested("median_", "medians", QUANTITIES)),
        lambda source: source.catalog.sets,
        ("id",),
        ("session", "target", "object", "night", "rig"),
    ),
    Table("set_masters", _texts("set", "kind", "path", "sha256", "why"), _set_masters, (), ("set", "path")),
    Table(
        "sessions",
        (
            *_columns(SessionRow, leave=("medians", "sets", "parted")),
            *_nested("median_", "medians", QUANTITIES),
        ),
        lambda source: source.catalog.sessions,
        ("id",),
        ("night", "rig"),
    ),
    Table("calibrations", (_OWNER, *_columns(CalibrationRow)), _calibrations, ("set",)),
    Table(
        "projects",
        _columns(ProjectRow, leave=("places", "sets")),
        lambda source: source.catalog.projects,
        (),
        ("target", "stage"),
    ),
    Table(
        "project_places",
        (
            *_texts("rig", "target", "stage", "path"),
            *_integers("archive", "files", "bytes"),
            *_texts("pictures"),
        ),
        _places,
        (),
        ("target",),
    ),
    Table(
        "masters",
        _columns(MasterRow, leave=("sets",)),
        lambda source: source.catalog.masters,
        ("path",),
        ("kind",),
    ),
    Table("equipment", _columns(EquipmentRow), lambda source: source.catalog.equipment),
    Table("sites", _columns(SiteRow), lambda source: source.catalog.sites),
)
"""Every table of an export, in the order they are written."""
