"""The reports brought up to date: rows read, pages composed, and only those written that tell something new.

    _Catalog/<rig>.json ─▶ _Reports/rigs/<rig>.html, nights/<rig>/…, pictures/<rig>/…         one job a rig or camera
    _Catalog/*.json without frames, plans, what waits ─▶ index, targets, masters, problems …   one job

What a job was last made from is kept as a mark; whether that is still so is asked in `world/record_marks`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.catalog import LIBRARY_TABLES, RIG_TABLES, Catalog, OwnerTables
from pipeline.model.reports import Ground, Page
from pipeline.rules.record_places import report_page
from pipeline.rules.report_asked import Asked, waits_mark
from pipeline.rules.report_backup import backup_link
from pipeline.rules.report_shelf import library_pages, owner_pages
from pipeline.world.catalog import read_catalog
from pipeline.world.guards import views_away
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.marks import keep_mark
from pipeline.world.record_marks import LIBRARY_PAGES, keep_owner_shown, library_mark, owner_mark, pages_name
from pipeline.world.report_pages import Written, write_pages
from pipeline.world.report_pictures import known_pictures, make_pictures

if TYPE_CHECKING:
    from pipeline.world.survey import Seen

_SMALL = frozenset({*RIG_TABLES, *LIBRARY_TABLES}) - {"frames"}
Progress = Callable[[int, int], None]


def tell_owner(root: Path, owner: str, progress: Progress) -> Written:
    """Bring the pages of a rig or camera up to date."""
    library = open_library(root)
    mark = owner_mark(library, owner)
    tables = read_catalog(library, tables=RIG_TABLES, owners=(owner,)).owners.get(owner, OwnerTables(owner))
    make_pictures(library, tables)
    written = write_pages(library, owner, _owner_pages(library, tables), progress)
    keep_owner_shown(library, owner, mark)
    return written


def tell_library(root: Path, progress: Progress) -> Written:
    """Bring the library's own pages up to date, with what waits now: this very run may have unpacked or stored it."""
    from pipeline.world.survey import see  # a rig's pages need none of it

    library = open_library(root)
    seen = see(library)
    away = (*seen.guard.waits, *views_away(library, seen.outline, seen.guard).waits)
    rigs = [rig.name for rig in library.configuration.rigs]
    mark = library_mark(library, waits_mark(seen.survey, rigs, away))
    written = write_pages(library, LIBRARY_PAGES, _library_pages(seen), progress)
    keep_mark(library, pages_name(LIBRARY_PAGES), mark)
    return written


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPages:
    """Every page and picture there should be: what of ours is none of them, `prune` may take."""

    paths: tuple[str, ...]
    troubles: tuple[str, ...]
    """Why that is not known for certain."""


def expected_pages(library: OpenLibrary) -> ExpectedPages:
    """As the catalogue has it; no page is made for it."""
    from pipeline.world.plans import read_plans

    catalog = read_catalog(library, tables=_SMALL)
    pages = [page for tables in catalog.owners.values() for page in _owner_pages(library, tables)]
    ground = Ground(configuration=library.configuration, pictures=_all_pictures(library, catalog))
    pages += library_pages(catalog, read_plans(library), Asked(), ground)
    link = backup_link(ground)
    paths = (*(page.path for page in pages), *ground.pictures.values(), *([link.path] if link else ()))
    shows = (library.root / report_page("index")).exists()
    return ExpectedPages(paths=paths, troubles=tuple(catalog.troubles) if shows else ())


def _owner_pages(library: OpenLibrary, tables: OwnerTables) -> list[Page]:
    pictures = known_pictures(library.root, tables.owner, tables.sets)
    return owner_pages(tables, Ground(configuration=library.configuration, pictures=pictures))


def _library_pages(seen: Seen) -> list[Page]:
    from pipeline.world.asked import asked_of
    from pipeline.world.plans import read_plans

    library = seen.library
    catalog = read_catalog(library, tables=_SMALL)
    ground = Ground(configuration=library.configuration, pictures=_all_pictures(library, catalog))
    return library_pages(catalog, read_plans(library), asked_of(seen), ground)


def _all_pictures(library: OpenLibrary, catalog: Catalog) -> dict[str, str]:
    found: dict[str, str] = {}
    for tables in catalog.owners.values():
        found |= known_pictures(library.root, tables.owner, tables.sets)
    return found
