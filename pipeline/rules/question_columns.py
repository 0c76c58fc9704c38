"""The columns of an answer: which there are, which are shown unasked, and how a value is said.

A table for people shows what its rows have, sums in hours and sizes in megabytes; CSV and JSON carry the plain values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_type_hints

from pipeline.model.answers import Figure
from pipeline.model.catalog import (
    EquipmentRow,
    FrameRow,
    MasterRow,
    ProjectRow,
    SessionRow,
    SetRow,
    SiteRow,
)
from pipeline.model.measures import QUANTITIES
from pipeline.rules.conditions import LEVELS, number_of
from pipeline.rules.frame_lines import LEVEL, OF_SETS
from pipeline.rules.question_names import named
from pipeline.rules.report_words import hours, short_rig
from pipeline.rules.spoken import sized

ROWS: Mapping[str, type] = {
    "frames": FrameRow,
    "sets": SetRow,
    "sessions": SessionRow,
    "masters": MasterRow,
    "equipment": EquipmentRow,
    "sites": SiteRow,
    "projects": ProjectRow,
}
_SUMMED = (
    "sets",
    "nights",
    "frames",
    "lights",
    "accepted",
    "accepted_s",
    "bytes",
    "first_night",
    "last_night",
)
_MORE = {
    "frames": ("name", "owner", *OF_SETS),
    "sessions": ("bytes", "accepted"),
    "targets": (
        "target", "object", "type", "rigs", "panels", "stages", "filters", "wanted_s", "needed_s", *_SUMMED,
    ),
    "stats": ("object", "target", "rig", "optic", "camera", "filter", "site", "kind", "exposure_s", "year", "month",
              "night", *_SUMMED),
}  # fmt: skip
_USUAL = {
    "frames": ("night", "local", "kind", "target", "panel", "filter", "exposure_s", "state", "hfr", "hfr_measured",
               "stars", "stars_measured", "rms_arcsec", "rig", "reasons", "name"),
    "sets": ("night", "rig", "kind", "target", "panel", "filter", "exposure_s", "frames", "accepted", "accepted_s",
             "hfr", "hfr_measured", "calibration", "states"),
    "sessions": ("night", "name", "targets", "filters", "accepted_s", "frames", "accepted", "rig", "site", "id"),
    "targets": ("target", "accepted_s", "wanted_s", "needed_s", "filters", "stages", "nights", "frames", "accepted",
                "last_night", "panels", "object", "type"),
    "masters": ("kind", "filter", "exposure_s", "set_temp_c", "gain", "binning", "night", "frames", "sets", "state",
                "camera", "optic", "last_chosen", "backed_up", "path"),
    "equipment": ("what", "name", "rig", "frames", "accepted_s", "first_night", "last_night", "defined"),
    "sites": ("name", "defined", "latitude_deg", "longitude_deg", "frames", "first_night", "last_night", "rigs"),
    "projects": ("target", "rig", "stage", "status", "files", "panels", "object", "type"),
    "stats": ("accepted_s", "accepted", "frames", "nights", "sets", "bytes", "first_night", "last_night"),
}  # fmt: skip
"""Shown unasked, what matters most first: a narrow terminal leaves the last ones out."""
NAMING = {"frames": ("name",), "sessions": ("id",), "masters": ("path",)}
"""What tells a row from all others, and is typed to name it: never cut and never left out."""
SORTED = {
    "frames": "-night,-local,stored",
    "sets": "-night,rig,target,panel,filter",
    "sessions": "-night,rig",
    "targets": "target",
    "masters": "kind,camera,optic,filter,-night",
    "equipment": "what,name",
    "sites": "name",
    "projects": "target,rig",
    "stats": "",
}
"""How each answer is sorted unasked: the latest first, else by name."""
_LASTING = {"accepted_s", "wanted_s", "needed_s"}
_BYTES = {"bytes", "size"}
_MEASURED = frozenset((*QUANTITIES, *LEVELS))
_OF_FRAMES = {"name", "rig"}
_COUNTED = {"sets", "places"}
"""Lists of addresses: how many says more to a person."""
_INNER = {"values", "medians", "levels"}
"""Each of their quantities has a column."""
_NESTED = _INNER | {"parted"}


def columns_of(subject: str) -> list[str]:
    """Every column a subject may be asked for, shown and sorted by."""
    row = ROWS.get(subject)
    own = [name for name in get_type_hints(row) if name not in _NESTED] if row else []
    measured = list(QUANTITIES) if subject in {"frames", "sets", "sessions"} else []
    levels = LEVELS if subject == "frames" else ()
    return list(dict.fromkeys([*own, *_MORE.get(subject, ()), *measured, *levels]))


def chosen_columns(subject: str, typed: str) -> tuple[str, ...]:
    """The columns a person named, by comma."""
    there = columns_of(subject)
    return tuple(named("--columns", word, there) for word in typed.split(",") if word.strip())


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its quantities beside its other values, called as columns are."""
    measured = row.get("values") or row.get("medians") or {}
    levels = {f"{LEVEL}{name}": value for name, value in (row.get("levels") or {}).items()}
    return {name: value for name, value in row.items() if name not in _INNER} | measured | levels


def usual_columns(
    subject: str, rows: Sequence[Mapping[str, Any]], keys: Sequence[str] = ()
) -> tuple[str, ...]:
    """The columns that are shown unasked: those in which some row has something."""
    usual = dict.fromkeys((*keys, *_USUAL[subject]))
    filled = [name for name in usual if any(value_of(row, name) not in (None, "", [], {}) for row in rows)]
    hidden = {"hfr_measured"} if "hfr" in filled else set()
    hidden |= {"stars_measured"} if "stars" in filled else set()
    if subject in {"frames", "sets"} and {str(value_of(row, "kind")) for row in rows} == {"LIGHT"}:
        hidden.add("kind")
    return tuple(name for name in filled if name not in hidden)


def plain_columns(subject: str, keys: Sequence[str] = ()) -> tuple[str, ...]:
    """The columns of a CSV file: always the same, whatever was found, the usual ones first."""
    every = dict.fromkeys((*keys, *_USUAL[subject], *columns_of(subject)))
    if subject == "stats":
        every = dict.fromkeys((*keys, *_SUMMED))
    return tuple(every)


def plain(value: object) -> object:
    """A value as one cell of a CSV file: lists by semicolon, what has names of its own as JSON."""
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "; ".join(
            one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in value
        )
    return value


def value_of(row: Mapping[str, Any], name: str) -> object:
    """A column's value, as programs get it."""
    if name in _MEASURED:
        return number_of(row, name)
    if name in _OF_FRAMES and "stored" in row:
        return str(row["stored"]).rpartition("/")[2] if name == "name" else row.get(name) or row.get("owner")
    return row.get(name)


def cell(name: str, value: object) -> object:
    """A value as a table for people says it."""
    if value is None or value == "":
        return ""
    if isinstance(value, Mapping):
        return ", ".join(_part(name, word, number) for word, number in value.items())
    if isinstance(value, list):
        return Figure(len(value)) if name in _COUNTED else ", ".join(map(str, value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Figure(_number(name, value))
    if name == "local":
        return _clock(str(value))
    return short_rig(str(value)) if name in {"rig", "owner"} else value


def _clock(local: str) -> str:
    """`22:04:31 +01:00`: the night stands beside it, and nobody looks for parts of a second."""
    return f"{local[11:19]} {local[19:].lstrip('.0123456789')}".rstrip()


def _part(name: str, word: object, number: object) -> str:
    if name == "filters" and isinstance(number, int | float):
        return f"{word or 'none'} {hours(number)}"
    return f"{number} {word}"


def _number(name: str, value: float) -> str:
    if name in _LASTING:
        return hours(value)
    if name in _BYTES:
        return sized(value)
    if name == "exposure_s":
        return f"{value:g} s"
    if name.endswith("_temp_c"):
        return f"{value:.1f} °C".replace("-", "−")
    if name in QUANTITIES:
        unit = QUANTITIES[name].unit
        return f"{value:.{QUANTITIES[name].digits}f}{' ' if unit.isalpha() else ''}{unit}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}".rstrip("0").rstrip(".")


def sorter(subject: str, typed: str) -> Callable[[list[Mapping[str, Any]]], list[Mapping[str, Any]]]:
    """Sorts rows by `KEY,-KEY`; a row without the value comes last, either way.

    Raises:
        UserError: A key is no column.
    """
    there = columns_of(subject)
    asked = [word.strip() for word in (typed or SORTED[subject]).split(",") if word.strip()]
    keys = [(named("--sort", word.lstrip("-"), there), word.startswith("-")) for word in asked]

    def sort(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        for name, is_falling in reversed(keys):
            rows = _sorted(rows, name, is_falling=is_falling)
        return rows

    return sort


def unsorted(subject: str, typed: str, first: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """A sentence where the first of the sorted rows lacks what they were sorted by: then all of them do."""
    asked = typed.partition(",")[0].strip().lstrip("-")
    if not asked or not first:
        return ()
    name = named("--sort", asked, columns_of(subject))
    return (
        () if value_of(first[0], name) not in (None, "") else (f"None of them has {name} to be sorted by.",)
    )


def _sorted(rows: Sequence[Mapping[str, Any]], name: str, *, is_falling: bool) -> list[Mapping[str, Any]]:
    """Each row is asked for its value once: there may be eighty thousand."""
    values = [value_of(row, name) for row in rows]
    there = [at for at, value in enumerate(values) if value is not None and value != ""]
    orders: list[Any] = values if _are_numbers(values) else [_order(value) for value in values]
    there.sort(key=orders.__getitem__, reverse=is_falling)
    if len(there) < len(values):
        there += [at for at, value in enumerate(values) if value is None or value == ""]
    return [rows[at] for at in there]


def _are_numbers(values: Iterable[object]) -> bool:
    return {type(value) for value in values} <= {int, float, type(None)}


def _order(value: object) -> tuple[int, float, str]:
    """Numbers before words, words by letter."""
    if isinstance(value, int | float):
        return (0, value, "")
    if isinstance(value, Mapping):
        return (0, len(value), "")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return (1, 0, text.casefold())
