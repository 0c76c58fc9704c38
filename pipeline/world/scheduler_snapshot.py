"""What a scheduler wanted when it could last be read: `_Catalog/_plans/<source>.json`, which outlives its computer.

As old as the database's file, not as the moment of writing: the same database makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from pipeline.model.scheduler import SchedulerRows
from pipeline.rules.record_places import plans_file
from pipeline.rules.records import moment
from pipeline.rules.scheduler_wishes import Line, lines_of
from pipeline.world.files import make_folder, replace_if_different, require_inside
from pipeline.world.library import OpenLibrary
from pipeline.world.scheduler_db import Look

KIND = "target scheduler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot, read."""

    as_of: datetime | None = None
    """When the database's file was last written; None: it was never read."""
    lines: tuple[Line, ...] = ()


def write_snapshot(library: OpenLibrary, name: str, rows: SchedulerRows, look: Look) -> None:
    """Keep what the database wants now."""
    path = library.root / plans_file(name)
    as_of = datetime.fromtimestamp(look[1] // 10**9, UTC).isoformat().replace("+00:00", "Z")
    told = {"name": name, "kind": KIND, "as_of": as_of, "level": rows.level, "lines": lines_of(rows)}
    require_inside(library.root, path)
    make_folder(path.parent)
    replace_if_different(path, orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")


def read_snapshot(library: OpenLibrary, name: str) -> Snapshot:
    """What was kept last; an empty one where there is none, or it cannot be read."""
    with suppress(OSError, ValueError):
        told = orjson.loads((library.root / plans_file(name)).read_bytes())
        if isinstance(told, Mapping):
            return Snapshot(as_of=moment(str(told.get("as_of"))), lines=_lines(told.get("lines")))
    return Snapshot()


def _lines(found: Any) -> tuple[Line, ...]:  # noqa: ANN401 - whatever the file holds
    return tuple(one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else ()
