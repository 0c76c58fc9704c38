"""A rig's catalogue brought up to date: only nights that were made from something else are written down anew.

    look (world/catalog_marks) ─▶ which nights ─make_night─▶ rows ─▶ _Catalog/<rig>.json, replaced if its bytes differ

From nothing, or night by night over years: the same bytes. A night that cannot be read keeps its rows, and is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pipeline.model.catalog import NightRow
from pipeline.model.errors import NightbuildError, PassingError, UserError
from pipeline.rules import catalog_basis as basis
from pipeline.rules.decisions import Decisions
from pipeline.rules.record_places import catalog_file
from pipeline.rules.sessions import sessions_of
from pipeline.world import catalog_marks as marks
from pipeline.world.catalog_check import with_settings
from pipeline.world.catalog_files import (
    FRAMES,
    VERSION,
    CatalogFile,
    Damaged,
    Tables,
    dump,
    load_any,
    read_whole,
)
from pipeline.world.catalog_marks import Marks
from pipeline.world.catalog_night import NightRows, make_night
from pipeline.world.collector import collector_resting
from pipeline.world.files import make_folder, replace_if_different, require_inside
from pipeline.world.library import OpenLibrary
from pipeline.world.said import home_of, read_said
from pipeline.world.summaries import read_outline

_ODD = (NightbuildError, OSError, ValueError, TypeError, LookupError, ArithmeticError)
"""What a damaged night may come to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of it."""

    frames: int = 0
    """Frames of the nights whose rows changed."""
    sets: int = 0
    nights: int = 0
    trouble: NightbuildError | None = None
    """Of the first night that could not be written down."""
    remarks: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Task:
    """One rig's catalogue, while it is made."""

    library: OpenLibrary
    owner: str
    before: CatalogFile
    """What lies there; of another version it only remembers."""
    kept: Marks
    """The last look, where it was the one that file was made from."""
    now: Marks
    decisions: Decisions
    manifests: dict[str, marks.SetLook] = field(default_factory=dict)
    """Of each set, looked at before they were read."""
    rows: dict[str, NightRows] = field(default_factory=dict)
    troubles: list[tuple[str, Exception]] = field(default_factory=list)


def make_catalog(library: OpenLibrary, owner: str, tell: Callable[[int, int], None]) -> Made:
    """Bring a rig's or camera's catalogue up to date; `tell` is told the nights done, of how many."""
    before, remarks = _read(library, owner)
    kept = marks.read_marks(library, owner)
    if kept is None or kept.catalog != before.digest:
        kept = Marks()
    now = marks.look(library, owner, kept, (row["id"] for row in before.rows("sets")))
    now = with_settings(library, owner, now)
    said = read_said(library.root, library.state if library.state.is_dir() else None)
    task = _Task(library=library, owner=owner, before=before, kept=kept, now=now, decisions=said.all)
    with collector_resting():
        made_from, old = _made_from(task), _by_night(before)
        done = _make_nights(task, made_from, old, tell)
        tables = _tables(task, made_from)
    return replace(_write(task, tables, done), remarks=remarks)


def _read(library: OpenLibrary, owner: str) -> tuple[CatalogFile, tuple[str, ...]]:
    path = catalog_file(owner)
    try:
        found = load_any(read_whole(library.root / path))
    except (FileNotFoundError, NotADirectoryError):
        return CatalogFile(owner=owner), ()
    except OSError as error:
        raise UserError(
            f"{library.root / path}: {error.strerror or error}; move it away and run `doit` again"
        ) from error
    except Damaged:
        return CatalogFile(owner=owner), (f"{path} was damaged, and is made anew",)
    return found, ()


def _made_from(task: _Task) -> dict[str, str]:
    """Each night with a digest of all its rows are made from, manifests apart."""
    settings = basis.settings_basis(task.library.configuration, task.owner)
    corrections = basis.spoken_of(task.decisions)
    lying, folders = _lying(task) if corrections else ({}, {})
    found = {}
    for night, journal in task.now.nights(task.owner).items():
        said = task.now.within(home_of(task.owner, night))
        heard = basis.heard_in(corrections, task.owner, night, lying.get(journal, ()), folders)
        found[night.isoformat()] = basis.digest(settings, task.now.files[journal][2], *said, heard)
    return found


def _lying(task: _Task) -> tuple[dict[str, Sequence[tuple[str, str, str]]], dict[str, str]]:
    outline = read_outline(task.library.root, task.library.state, remember=False)
    return {path: one.lying for path, one in outline.journals.items()}, outline.target_folders()


def _by_night(before: CatalogFile) -> dict[str, NightRows]:
    """The rows there are, night by night."""
    nights: dict[str, tuple[list[Any], list[Any], list[Any]]] = {}
    of_set: dict[str, str] = {}
    for row in before.rows("sets"):
        of_set[row["id"]] = row["night"]
        nights.setdefault(row["night"], ([], [], []))[1].append(row)
    for row in before.rows(FRAMES):
        nights.setdefault(row["night"], ([], [], []))[0].append(row)
    for row in before.rows("calibrations"):
        if row["set"] in of_set:
            nights[of_set[row["set"]]][2].append(row)
    return {
        night: NightRows(frames=frames, sets=sets, calibrations=told)
        for night, (frames, sets, told) in nights.items()
    }


def _make_nights(
    task: _Task, made_from: dict[str, str], old: Mapping[str, NightRows], tell: Callable[[int, int], None]
) -> Made:
    """Write down the nights that were made from something else; how many came out different."""
    known = {row["night"]: row["made_from"] for row in task.before.rows("nights")}
    is_ours = task.before.version == VERSION
    changed: list[NightRows] = []
    for number, night in enumerate(sorted(made_from), 1):
        before = old.get(night, NightRows())
        if is_ours and known.get(night) == made_from[night] and _has_same_manifests(task, before):
            task.rows[night] = before
            task.manifests |= {row["id"]: task.now.manifests[row["id"]] for row in before.sets}
            continue
        try:
            rows = _make(task, night, before)
        except _ODD as error:
            task.troubles.append((night, error))
            task.rows[night], made_from[night] = before, known.get(night, "")
            continue
        task.rows[night] = rows
        changed += [rows] if _differ(before, rows) else []
        tell(number, len(made_from))
    gone = [rows for night, rows in old.items() if night not in made_from]
    return Made(
        frames=sum(len(rows.frames) for rows in (*changed, *gone)),
        sets=sum(len(rows.sets) for rows in (*changed, *gone)),
        nights=len(changed) + len(gone),
    )


def _make(task: _Task, night: str, before: NightRows) -> NightRows:
    def look(name: str) -> None:
        task.manifests[name] = marks.look_at_manifests(task.library, name, task.now)

    return make_night(task.library, task.owner, date.fromisoformat(night), task.decisions, before, look)


def _has_same_manifests(task: _Task, rows: NightRows) -> bool:
    """True when none of its sets has other manifests than it was made from; those that are gone take nothing along."""
    looks = ((row["id"], task.now.manifests.get(row["id"], marks.ABSENT)[1]) for row in rows.sets)
    return all(not look or look == task.kept.manifests.get(name, marks.ABSENT)[1] for name, look in looks)


def _differ(before: NightRows, rows: NightRows) -> bool:
    """True when the rows are not those that were there, sessions apart: these are given later."""
    return (
        [_bare(row) for row in before.frames] != [_bare(row) for row in rows.frames]
        or [_bare(row) for row in before.sets] != [_bare(row) for row in rows.sets]
        or list(before.calibrations) != list(rows.calibrations)
    )


def _bare(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "session"}


def _tables(task: _Task, made_from: Mapping[str, str]) -> Tables:
    from pipeline.world.projects import projects_of

    nights = [task.rows[night] for night in sorted(task.rows)]
    sets = [row for rows in nights for row in rows.sets]
    frames = [row for rows in nights for row in rows.frames]
    policy = task.library.configuration.library.sessions
    told = sessions_of(task.owner, sets, frames, policy, task.decisions)
    _give(sets, "id", told.of_set)
    _give(frames, "stored", told.of_frame)
    return {
        "nights": [NightRow(night=night, made_from=made_from[night]) for night in sorted(task.rows)],
        "sets": sets,
        "sessions": told.rows,
        "calibrations": [row for rows in nights for row in rows.calibrations],
        "projects": projects_of(task.library, task.owner, sets),
        FRAMES: frames,
    }


def _give(rows: Iterable[Any], key: str, sessions: Mapping[str, str]) -> None:
    """Tell each row its session; last, so that a row made anew has it in the same place."""
    for row in rows:
        row.pop("session", None)
        if (session := sessions.get(row[key])) is not None:
            row["session"] = session


def _write(task: _Task, tables: Tables, made: Made) -> Made:
    """Put the file in its place, and keep what it was made from; not where a night is to be tried again."""
    place = task.library.root / catalog_file(task.owner)
    require_inside(task.library.root, place)
    make_folder(place.parent)
    data, digest = dump(task.owner, tables)
    replace_if_different(place, data)
    if task.troubles:
        return replace(made, trouble=_as_told(task.owner, *task.troubles[0]))
    names = [str(row["id"]) for row in tables["sets"]]
    manifests = {name: task.manifests.get(name, marks.ABSENT) for name in names}
    marks.keep_marks(
        task.library,
        task.owner,
        replace(task.now, manifests=manifests, catalog=digest, at=marks.look_of(place)),
    )
    return made


def _as_told(owner: str, night: str, error: Exception) -> NightbuildError:
    """What is said of a night that could not be written down; the others were."""
    kind = PassingError if isinstance(error, PassingError) else UserError
    said = f"{error.strerror or error}: {error.filename}" if isinstance(error, OSError) else str(error)
    return kind(
        f"{owner}, night of {night}: its rows in the catalogue stay as they were; {said or type(error).__name__}"
    )
