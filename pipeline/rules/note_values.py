"""What the notes tell, as values: one for each session with lights, one for each target.

Catalog + Progress ─▶ NoteValues ─templates/notes/*.md.j2─▶ Imaging_Sessions/2026/20260114_C8E_M31.md, Targets/M31.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.model.catalog import COUNTING, Catalog, ProjectRow, SessionRow, SetRow
from pipeline.model.frames import Kind
from pipeline.model.plans import Progress
from pipeline.rules.escape import escape, shorten
from pipeline.rules.report_words import filter_order, hours, quantity, short_rig
from pipeline.rules.targets import target_key

SESSION, TARGET = "session", "target"
_T = TypeVar("_T")
_MOST_TARGETS = 3
_QUALITY = {
    "hfr": "HFR {}",
    "hfr_measured": "HFR measured {}",
    "stars": "{} stars",
    "rms_arcsec": "RMS {}",
    "eccentricity": "eccentricity {}",
}
"""What is told of lights, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteValues:
    """One note."""

    id: str
    """By which it is known: `session 2026-01-14/C8E@...`, `target m31`."""
    path: str
    """Where it is written first, relative to the folder of notes."""
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


def notes_of(catalog: Catalog, progress: Sequence[Progress]) -> list[NoteValues]:
    """All notes there ought to be, sessions first."""
    sets = {one["id"]: one for one in catalog.sets}
    sessions = [one for one in catalog.sessions if one.get("lights")]
    sessions.sort(key=lambda one: (one["night"], one["id"]))
    told = [_session(one, [sets[name] for name in one["sets"] if name in sets]) for one in sessions]
    lights = [one for one in catalog.sets if one["kind"] == Kind.LIGHT and one.get("target")]
    shot = _by_key((one["target"], one) for one in lights)
    projects = _by_key((one["target"], one) for one in catalog.projects)
    rows = _by_key((one.target, one) for one in progress)
    when = _by_key((name, one) for one in sessions for name in one.get("targets", ()))
    return told + [
        _target(key, found, projects.get(key, ()), rows.get(key, ()), when.get(key, ()))
        for key, found in sorted(shot.items())
    ]


def _by_key(named: Iterable[tuple[str, _T]]) -> dict[str, list[_T]]:
    """What belongs to each target, however that is spelled."""
    found: dict[str, list[_T]] = {}
    for name, one in named:
        found.setdefault(target_key(name), []).append(one)
    return found


def session_path(one: SessionRow) -> str:
    """`Imaging_Sessions/2026/20260114_C8E_M31.md`."""
    targets = one.get("targets", [])
    names = [*targets[:_MOST_TARGETS], *(["and more"] if len(targets) > _MOST_TARGETS else [])]
    part = "" if "~" not in one["id"] else "~" + one["id"].rpartition("~")[2]
    name = "_".join((one["night"].replace("-", ""), short_rig(one["rig"]) + part, *names))
    return f"Imaging_Sessions/{one['night'][:4]}/{file_name(name)}.md"


def target_path(target: str) -> str:
    """`Targets/M31.md`."""
    return f"Targets/{file_name(target)}.md"


def file_name(name: str) -> str:
    """A name that a file and a `[[link]]` can both bear."""
    return shorten(escape(name, also="[]#^|"), 100)


def _session(one: SessionRow, sets: Sequence[SetRow]) -> NoteValues:
    lights = sorted((row for row in sets if row["kind"] == Kind.LIGHT), key=_by_target)
    states = one.get("states", {})
    return NoteValues(
        id=f"{SESSION} {one['id']}",
        path=session_path(one),
        template="notes/session.md.j2",
        values={
            "session": one,
            "title": one.get("name") or f"{', '.join(one.get('targets', []))} with {short_rig(one['rig'])}",
            "targets": [(name, target_path(name)) for name in one.get("targets", [])],
            "hours": hours(one.get("accepted_s", 0.0)),
            "kept": f"{sum(states.get(state, 0) for state in COUNTING)} of {one.get('lights', 0)}",
            "sets": [_set(_part(row, one)) for row in lights],
            "quality": _qualities(one.get("medians", {})),
            "states": dict(states),
        },
    )


def gone_session(known: str, catalog: Catalog) -> NoteValues | None:
    """What the note of a session says that is no more; None for any other, or where nobody can tell.

    Args:
        known: The id of a note that is there, and that nothing is told of now.
        catalog: All there is.
    """
    night, _, rig = known.removeprefix(f"{SESSION} ").partition("/")
    owner = rig.partition("~")[0]
    if not known.startswith(f"{SESSION} ") or catalog.troubles or owner not in catalog.owners:
        return None
    return NoteValues(id=known, path="", template="notes/session_gone.md.j2", values={"night": night})


def _part(row: SetRow, session: SessionRow) -> SetRow:
    """The set as far as it is in the session; nothing is told of a part's sharpness."""
    part = session.get("parted", {}).get(row["id"])
    if part is None:
        return row
    accepted_s = part["accepted"] * row.get("exposure_s", 0.0)
    return {
        **row,
        "frames": part["frames"],
        "accepted": part["accepted"],
        "accepted_s": accepted_s,
        "medians": {},
    }


def _set(row: SetRow) -> dict[str, str]:
    return {
        "target": row.get("target", ""),
        "panel": row.get("panel", ""),
        "filter": row.get("filter", ""),
        "exposure": f"{row.get('exposure_s', 0.0):g} s",
        "kept": f"{row.get('accepted', 0)} of {row['frames']}",
        "hours": hours(row.get("accepted_s", 0.0)),
        "quality": ", ".join(text for _, text in _qualities(row.get("medians", {}))),
    }


def _qualities(medians: Mapping[str, float]) -> list[tuple[str, str]]:
    told = _QUALITY.items()
    return [(name, said.format(quantity(name, medians[name]))) for name, said in told if name in medians]


def _by_target(row: SetRow) -> tuple[str, str, tuple[int, str]]:
    return row.get("target", ""), row.get("panel", ""), filter_order(row.get("filter", ""))


def _target(
    key: str,
    sets: Sequence[SetRow],
    projects: Sequence[ProjectRow],
    progress: Sequence[Progress],
    sessions: Iterable[SessionRow],
) -> NoteValues:
    target = sets[0]["target"]
    kind = next((one["type"] for one in projects if "type" in one), "")
    accepted_s = sum(one.get("accepted_s", 0.0) for one in sets)
    return NoteValues(
        id=f"{TARGET} {key}",
        path=target_path(target),
        template="notes/target.md.j2",
        values={
            "target": target,
            "object": sets[0].get("object", ""),
            "type": kind,
            "hours": hours(accepted_s),
            "accepted_s": accepted_s,
            "progress": [
                _progress(one)
                for one in sorted(progress, key=lambda p: (p.rig, p.panel, filter_order(p.filter)))
            ],
            "stages": [(short_rig(one["rig"]), one["stage"]) for one in projects],
            "sessions": [
                {
                    "id": f"{SESSION} {one['id']}",
                    "night": one["night"],
                    "path": session_path(one),
                    "rig": short_rig(one["rig"]),
                }
                for one in sessions
            ],
        },
    )


def _by_filter(one: Progress) -> tuple[str, str, tuple[int, str]]:
    return one.rig, one.panel, filter_order(one.filter)


def _progress(one: Progress) -> dict[str, str]:
    return {
        "rig": short_rig(one.rig) if one.rig else "all rigs",
        "panel": one.panel,
        "filter": one.filter,
        "had": hours(one.had_s),
        "wanted": hours(one.wanted_s) if one.wanted_s is not None else "",
        "needed": hours(one.needed_s) if one.needed_s is not None else "",
    }
