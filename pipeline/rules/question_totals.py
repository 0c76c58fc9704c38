"""What an answer comes to, in a sentence below its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.model.catalog import Catalog
from pipeline.model.frames import Kind
from pipeline.rules.question_answers import sets_meant
from pipeline.rules.questions import Question
from pipeline.rules.report_words import hours
from pipeline.rules.spoken import counted, sized
from pipeline.rules.targets import target_key


def frames_total(number: int, exposure_s: float) -> str:
    """How many, and how long they took: `412 frames, 34 h 20 min of exposure`."""
    return f"{counted(number, 'frame')}, {hours(exposure_s)} of exposure."


def closing_of(subject: str, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """How many rows there are, and what they come to where that can be added up."""
    if subject not in _NOUNS:
        return ()
    said = counted(len(rows), *_NOUNS[subject])
    if subject in {"sets", "sessions", "targets"} and rows:
        frames = sum(row.get("frames", 0) for row in rows)
        seconds = sum(row.get("accepted_s", 0.0) for row in rows)
        said += f", {counted(frames, 'frame')}, {hours(seconds)} accepted"
    return (f"{said}.",) if rows else ()


_NOUNS = {
    "sets": ("set", "sets"),
    "sessions": ("session", "sessions"),
    "targets": ("target", "targets"),
    "masters": ("master", "masters"),
    "equipment": ("instrument", "instruments"),
    "sites": ("site", "sites"),
    "projects": ("project", "projects"),
}


def totals_lines(total: Mapping[str, Any], catalog: Catalog, question: Question) -> tuple[str, ...]:
    """The whole collection in some lines."""
    sets = sets_meant(question, catalog)
    kinds: Counter[str] = Counter()
    for row in sets:
        kinds[row["kind"]] += row["frames"]
    lights = [row for row in sets if row["kind"] == Kind.LIGHT]
    targets = {target_key(row["target"]) for row in lights if row.get("target")}
    filters = {row["filter"] for row in lights if row.get("filter")}
    names = {
        "Frames": f"{total['frames']:,}  "
        + ", ".join(f"{number:,} {kind.lower()}" for kind, number in kinds.most_common()),
        "Accepted": f"{counted(total['accepted'], 'frame')}, {hours(total['accepted_s'])}",
        "Targets": f"{len(targets):,} in {counted(len(filters), 'filter')}",
        "Nights": f"{total['nights']:,}  {total['first_night']} to {total['last_night']}" if sets else "0",
        "Sessions": f"{len({row['session'] for row in sets if row.get('session')}):,}",
        "Rigs": f"{len({row['rig'] for row in lights}):,}",
        "Masters": f"{len(masters_of(question, catalog)):,}",
        "Room": sized(total["bytes"]),
    }
    return tuple(f"{name:<12} {words}".rstrip() for name, words in names.items())


def masters_of(question: Question, catalog: Catalog) -> set[str]:
    """All there are; of a question, those that its sets were given."""
    if replace(question, aliases=()) == Question():
        return {row["path"] for row in catalog.masters}
    chosen = (one for row in sets_meant(question, catalog) for one in row.get("masters", {}).values())
    return {path for one in chosen if (path := one.get("path"))}
