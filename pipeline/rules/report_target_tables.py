"""The tables at the end of a target's page: where it lies, which masters it was calibrated with, how far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.model.catalog import ProjectRow, SetRow
from pipeline.model.reports import Link
from pipeline.rules.report_progress import Target
from pipeline.rules.report_sums import by, filters_of
from pipeline.rules.report_words import Column, filter_word, percent, rig_link, short_rig
from pipeline.rules.spoken import counted, sized

PLACES = (
    Column(name="Folder"),
    Column(name="Rig"),
    Column(name="Files", is_number=True),
    Column(name="Size", is_number=True),
)
MASTERS = (Column(name="For"), Column(name="Kind"), Column(name="Master"))


def place_rows(projects: Sequence[ProjectRow]) -> Iterable[tuple[Link, ...]]:
    """A row for each folder or archive a target lies in."""
    for project in projects:
        for place in project.get("places", ()):
            path = str(place.get("path", ""))
            yield (
                Link(text=path.partition("/")[2] or path, path=path),
                rig_link(project["rig"], short_rig(project["rig"])),
                Link(text=f"{place['files']:,}" if place.get("files") else ""),
                Link(text=sized(place["bytes"]) if place.get("bytes") else ""),
            )


def calibrated_words(target: Target) -> str:
    """How many of its lights are calibrated, and why others are not."""
    rows = [target.calibrations[row["id"]] for row in target.sets if row["id"] in target.calibrations]
    if not rows:
        return ""
    done, of = sum(one.get("calibrated", 0) for one in rows), sum(one.get("lights", 0) for one in rows)
    whys = sorted({one["why"] for one in rows if one.get("why")})
    share = f" ({percent(done, of)})" if of else ""
    return ". ".join([f"{done:,} of {counted(of, 'light')} calibrated{share}", *whys[:4]]) + "."


def master_rows(shots: Sequence[SetRow]) -> Iterable[tuple[Link, ...]]:
    """Each master once, with the filters it serves."""
    used: dict[tuple[str, str, str], list[SetRow]] = {}
    for row in shots:
        for kind, master in row.get("masters", {}).items():
            used.setdefault((kind, master.get("path", ""), master.get("why", "")), []).append(row)
    best: dict[tuple[str, str], list[SetRow]] = {}
    for (kind, path, _), rows in used.items():
        best.setdefault((kind, path), []).extend(rows)
    for (kind, path), rows in sorted(best.items()):
        said = ", ".join(map(filter_word, filters_of(rows)))
        nights = by(rows, lambda row: row["night"])
        why = next(
            (row["masters"][kind].get("why", "") for row in rows if kind in row.get("masters", {})), ""
        )
        yield (
            Link(text=f"{said}, {counted(len(nights), 'night')}"),
            Link(text=kind.lower()),
            Link(text=path.rpartition("/")[2], path=path, title=why),
        )
