"""What the last look at a scheduler database came to, in `.nightbuild/scheduler`: a cache, so that few looks are due.

Without it the next run looks once more and finds the same.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson

from pipeline.model.errors import NightbuildError
from pipeline.model.record_policies import SchedulerDatabase
from pipeline.rules.escape import escape
from pipeline.rules.record_places import plans_file
from pipeline.world.catalog import catalog_files
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary
from pipeline.world.marks import mark_of_files
from pipeline.world.scheduler_db import Look, look_of

FOLDER = "scheduler"
_NEVER = (-1, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One look."""

    look: tuple[int, int] = _NEVER
    """Size and time of the database's file; that of none where it could not be read."""
    settings: str = ""
    catalog: str = ""
    """A mark of the catalogue it was held against; empty where nothing is to be written."""
    pending: int = 0
    """Changes that wait until the database may be written."""
    newest_image_unix_s: float | None = None
    snapshot: tuple[int, int] = _NEVER
    """Size and time of the snapshot that was taken."""


def note_now(library: OpenLibrary, database: SchedulerDatabase, look: Look) -> Note:
    """The note of a look at the database as it is now."""
    writes = library.configuration.library.scheduler.write
    seen = mark_of_files(library.root, catalog_files(library)) if writes else ""
    taken = look_of(library.root / plans_file(database.name)) or _NEVER
    return Note(look=look, settings=library.mark, catalog=seen, snapshot=taken)


def is_current(found: Note, now: Note) -> bool:
    """True when nothing has changed since."""
    kept = replace(now, pending=found.pending, newest_image_unix_s=found.newest_image_unix_s)
    return found == kept and now.snapshot != _NEVER


def read_note(library: OpenLibrary, database: SchedulerDatabase) -> Note:
    """The last look; an empty note where there was none."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        told = orjson.loads(_place(library, database).read_bytes())
        return Note(**{**told, "look": tuple(told["look"]), "snapshot": tuple(told["snapshot"])})
    return Note()


def keep_note(library: OpenLibrary, database: SchedulerDatabase, note: Note) -> None:
    """Keep it; a place that cannot be written costs time in the next run, nothing else."""
    place = _place(library, database)
    with suppress(OSError, NightbuildError):
        make_folder(place.parent)
        replace_if_different(place, orjson.dumps(asdict(note)))


def _place(library: OpenLibrary, database: SchedulerDatabase) -> Path:
    return library.state / FOLDER / f"{escape(database.name)}.json"
