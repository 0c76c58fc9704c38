"""Summaries written down: totals for people and programs, a table a rig, a list for AstroBin a target.

catalogue + plans ─▶ _Reports/summaries/{totals.json, totals.txt, <rig>.csv, astrobin/<target>.csv}
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import orjson

from pipeline.model.catalog import LIBRARY_TABLES, RIG_TABLES, Catalog, SetRow
from pipeline.model.frames import Kind
from pipeline.model.library import Configuration
from pipeline.model.plans import Progress
from pipeline.rules.astrobin import Known, Sky, astrobin_rows, astrobin_text, filters_without_number
from pipeline.rules.csv_text import csv_text
from pipeline.rules.phrases import listed
from pipeline.rules.record_places import SUMMARIES, catalog_file, summary_path
from pipeline.rules.summary_tables import RIG_COLUMNS, rig_rows, totals, totals_lines
from pipeline.rules.targets import target_key
from pipeline.rules.totals import is_ready, progress_of
from pipeline.world.catalog import read_catalog
from pipeline.world.catalog_files import read_whole
from pipeline.world.files import make_folder, replace_if_different, require_inside
from pipeline.world.library import OpenLibrary
from pipeline.world.plans import read_plans

_RAW = re.compile(rb'\.(?:cr2|cr3|nef|arw|dng)"')
"""How the name of a file ends that a camera wrote that counts in ISO."""
_SMALL = frozenset({*RIG_TABLES, *LIBRARY_TABLES}) - {"frames"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """What came of it."""

    written: int = 0
    """Files that are other than before."""
    targets: int = 0
    had_s: float = 0.0
    ready: tuple[str, ...] = ()
    """Targets with enough in every filter somebody wishes for, that were not yet taken on to their masters."""
    unnumbered: tuple[tuple[str, str], ...] = ()
    """Rig and filter without AstroBin's number."""


def write_summaries(library: OpenLibrary) -> Summed:
    """Bring all of them up to date; a file that says the same already is left alone."""
    catalog, plans = read_catalog(library, tables=_SMALL), read_plans(library)
    settings = library.configuration
    progress = progress_of(catalog.sets, plans.wishes, settings.targets)
    known, percent = _known(library, catalog), settings.library.summaries.ready_percent
    texts = {
        f"{SUMMARIES}/totals.json": orjson.dumps(
            totals(progress, plans.sources, percent), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        ),
        f"{SUMMARIES}/totals.txt": _lines(totals_lines(progress, plans.sources, percent)),
        **dict(_rigs(catalog)),
        **dict(_targets(catalog.sets, known)),
    }
    written = sum(_write(library, path, data) for path, data in texts.items())
    return Summed(
        written=written,
        targets=len({target_key(one.target) for one in progress}),
        had_s=sum(one.had_s for one in progress),
        ready=tuple(sorted(_ready(progress, catalog, percent))),
        unnumbered=tuple(filters_without_number(catalog.sets, known)),
    )


def _known(library: OpenLibrary, catalog: Catalog) -> Known:
    settings = library.configuration
    return Known(
        filter_id=lambda rig, name, night: _filter_id(settings, rig, name, night),
        skies={site.name: Sky(bortle=site.bortle, sqm=site.sqm) for site in settings.library.sites},
        master_frames={one["path"]: one["frames"] for one in catalog.masters if "frames" in one},
        by_iso=frozenset(_by_iso(library, catalog.owners)),
    )


def filters_to_number(library: OpenLibrary) -> list[str]:
    """What lists for AstroBin lack, a sentence a rig: its page knows filters by number alone.

    The rigs' tables tell it, which are small beside the catalogue.
    """
    rigs = {
        rig.name: sorted(
            {
                name
                for name, night in _shot(library, rig.name)
                if _filter_id(library.configuration, rig.name, name, night) is None
            }
        )
        for rig in library.configuration.rigs
    }
    return [
        f'AstroBin\'s number of {listed(names)} is not in "{rig}.toml" (astrobin_id, below the filter): the lists for '
        "AstroBin leave that column empty"
        for rig, names in rigs.items()
        if names
    ]


def _shot(library: OpenLibrary, rig: str) -> set[tuple[str, str]]:
    """Filter and night of each set with accepted lights, as the rig's table has them."""
    try:
        text = (library.root / summary_path(f"{rig}.csv")).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return set()
    rows = csv.DictReader(io.StringIO(text))
    return {
        (row["filter"], row["night"])
        for row in rows
        if row.get("filter") and row.get("accepted") not in {"", "0", None}
    }


def _by_iso(library: OpenLibrary, owners: Iterable[str]) -> Iterator[str]:
    """Sets of cameras that count in ISO; only of a rig that has such files are the frames read."""
    some = [owner for owner in owners if _RAW.search(read_whole(library.root / catalog_file(owner)))]
    for tables in read_catalog(library, tables={"frames"}, owners=some).owners.values():
        for frame in tables.frames:
            if "set" in frame and _RAW.search(f'{frame["stored"]}"'.encode("utf-8", "surrogatepass")):
                yield frame["set"]


def _filter_id(settings: Configuration, rig: str, name: str, night: str) -> int | None:
    """AstroBin's number of the filter that was in the wheel on that night."""
    from datetime import date

    described = settings.rig(rig)
    evening = date.fromisoformat(night)
    filters = described.filters if described is not None else ()
    return next(
        (one.astrobin_id for one in filters if one.name.casefold() == name.casefold() and one.holds(evening)),
        None,
    )


def _rigs(catalog: Catalog) -> Iterator[tuple[str, bytes]]:
    for owner, tables in catalog.owners.items():
        if rows := rig_rows(tables.sets):
            yield summary_path(f"{owner}.csv"), csv_text(RIG_COLUMNS, rows).encode()


def _targets(sets: Iterable[SetRow], known: Known) -> Iterator[tuple[str, bytes]]:
    """A list for each target; where several rigs shot it, one for each of these too."""
    shot: dict[str, list[SetRow]] = defaultdict(list)
    for one in sets:
        if one["kind"] == Kind.LIGHT and one.get("accepted") and one.get("target"):
            shot[target_key(one["target"])].append(one)
    for each in shot.values():
        target = each[0]["target"]
        yield summary_path(f"{target}.csv", "astrobin"), astrobin_text(astrobin_rows(each, known)).encode()
        rigs = _by_rig(each)
        for rig, own in rigs.items() if len(rigs) > 1 else ():
            name = f"{target} {rig}.csv"
            yield summary_path(name, "astrobin"), astrobin_text(astrobin_rows(own, known)).encode()


def _by_rig(sets: Iterable[SetRow]) -> Mapping[str, list[SetRow]]:
    found: dict[str, list[SetRow]] = defaultdict(list)
    for one in sets:
        found[one["rig"]].append(one)
    return found


def _ready(progress: Iterable[Progress], catalog: Catalog, percent: float) -> set[str]:
    """Of the targets still collected for (10_Blink, 20_Data): what has been taken on needs no telling."""
    collecting = {
        target_key(one["target"]) for one in catalog.projects if one["stage"] in {"10_Blink", "20_Data"}
    }
    rows: dict[str, list[Progress]] = defaultdict(list)
    for one in progress:
        rows[target_key(one.target)].append(one)
    return {each[0].target for key, each in rows.items() if key in collecting and is_ready(each, percent)}


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def _write(library: OpenLibrary, path: str, data: bytes) -> bool:
    place = library.root / path
    require_inside(library.root, place)
    make_folder(place.parent)
    return replace_if_different(place, data)
