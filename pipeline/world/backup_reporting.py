"""The page of the backup brought up to date, behind the backup of the same run; and whether it is so already.

    _Ledger, _Backup, _Catalog/_library.json, prices, settings ─▶ a mark     equal: the page tells what is so

It is a job of its own: the other pages are made before the backup, and would be stale by what the run sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from pipeline.model.backup import Kept
from pipeline.model.errors import UserError
from pipeline.model.prices import PriceTable
from pipeline.rules.backup_held import PackSum
from pipeline.rules.backup_keys import receipt_file
from pipeline.rules.record_places import LIBRARY_CATALOG
from pipeline.rules.report_backup import PAGE, Backed, backup_page
from pipeline.world.backup_seen import VERIFIED, verified_at
from pipeline.world.configuration import shipped_folder
from pipeline.world.ledger import journal_files
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.marks import is_made, keep_mark, mark_of_files
from pipeline.world.prices import FOLDER, read_prices
from pipeline.world.receipts import homes
from pipeline.world.record_marks import pages_name
from pipeline.world.report_digests import look_of_pages
from pipeline.world.report_pages import Written, write_pages

GROUP = "_backup"
_AMAZON = "us-east-1"


def is_backup_told(root: Path) -> bool:
    """True when the page tells what ledger, receipts and prices say."""
    library = open_library(root)
    return is_made(library, pages_name(GROUP), backup_mark(library)) and (root / PAGE).is_file()


def tell_backup(root: Path, progress: Callable[[int, int], None]) -> Written:
    """Bring the page up to date."""
    library = open_library(root)
    mark = backup_mark(library)
    written = write_pages(library, GROUP, [backup_page(backed_of(library))], progress)
    keep_mark(library, pages_name(GROUP), mark)
    return written


def backup_mark(library: OpenLibrary) -> str:
    """What the page depends on: sizes and times, no file is opened."""
    journals = [path.relative_to(library.root).as_posix() for path in journal_files(library.root / "_Ledger")]
    receipts = [receipt_file(home) for home in homes(library.root)]
    files = [*journals, *receipts, VERIFIED, LIBRARY_CATALOG]
    prices = [f"{one} {one.stat().st_mtime_ns}" for one in _price_files(library)]
    return mark_of_files(library.root, files, library.mark, look_of_pages(), *prices)


def backed_of(library: OpenLibrary) -> Backed:
    """Everything the page tells of."""
    from pipeline.world.backup_coverage import coverage_of, masters_kept, shelf_packs
    from pipeline.world.summaries import read_outline

    nights = coverage_of(library, read_outline(library.root, library.state, remember=False).nights)
    shelves, broken = shelf_packs(library)
    packs = [*(pack for one in nights for pack in one.packs), *shelves]
    table = read_prices(None, library.configuration.folder or None)
    months = _months(library, packs, table)
    return Backed(
        place=_place(library),
        nights=nights,
        masters=masters_kept(library),
        shelves=shelves,
        broken=broken,
        verified=verified_at(library),
        months=months,
        prices=f"{table.provider}'s list of {table.as_of.isoformat()}" if months else "",
        currency=table.currency if months else "",
    )


def _place(library: OpenLibrary) -> str:
    settings = library.configuration.library.backup
    told = [f"the bucket {one.bucket}" for one in settings.places]
    at = [f" at {one.endpoint_url}" if one.endpoint_url else "" for one in settings.places]
    return " and ".join(dict.fromkeys(map("".join, zip(told, at, strict=True))))


def _months(library: OpenLibrary, packs: Iterable[PackSum], table: PriceTable) -> dict[str, float]:
    """Storage class to what its packs cost a month; of a service without a price list nothing is known."""
    from pipeline.rules.backup_costs import Load, bill, class_of, region_of

    settings, found = library.configuration.library.backup, dict[str, float]()
    for pack in packs:
        place = settings.place(Kept(pack.kind))
        if not place.endpoint_url:
            with suppress(UserError):  # of a region or class the list lacks nothing is known
                region = region_of(table, place.region or _AMAZON)
                load = Load(size_bytes=pack.packed, objects=1)
                cost = bill(region, class_of(region, pack.storage_class), load).month
                found[pack.storage_class] = found.get(pack.storage_class, 0.0) + cost
    return {name: round(cost, 4) for name, cost in sorted(found.items())}


def _price_files(library: OpenLibrary) -> list[Path]:
    folders = {Path(library.configuration.folder or shipped_folder()), shipped_folder()}
    return sorted(file for folder in folders for file in (folder / FOLDER).glob("*.toml"))
