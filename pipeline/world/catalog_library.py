"""What belongs to no rig written down: masters with those who use them, equipment and sites.

rows of all rigs, the libraries' masters, settings ─▶ _Catalog/_library.json
"""

from __future__ import annotations

from pipeline.rules.catalog_masters import master_rows
from pipeline.rules.record_places import LIBRARY_CATALOG
from pipeline.world.catalog import read_catalog
from pipeline.world.catalog_check import library_mark
from pipeline.world.catalog_files import Tables, dump
from pipeline.world.catalog_marks import LIBRARY_MARK
from pipeline.world.files import make_folder, replace_if_different, require_inside
from pipeline.world.instruments import equipment_of, sites_of
from pipeline.world.library import OpenLibrary
from pipeline.world.marks import keep_mark
from pipeline.world.master_shelf import look_at_shelf


def make_catalog(library: OpenLibrary) -> int | None:
    """Make the file; how many masters it tells of, None where it is as it was."""
    mark = library_mark(library, but=LIBRARY_CATALOG)
    tables = _tables(library)
    place = library.root / LIBRARY_CATALOG
    require_inside(library.root, place)
    make_folder(place.parent)
    is_new = replace_if_different(place, dump("", tables)[0])
    if mark == library_mark(library, but=LIBRARY_CATALOG):
        keep_mark(library, LIBRARY_MARK, library_mark(library))
    return len(tables["masters"]) if is_new else None


def library_digest(library: OpenLibrary) -> str:
    """The digest of the file as it ought to be."""
    return dump("", _tables(library))[1]


def _tables(library: OpenLibrary) -> Tables:
    sets = read_catalog(library, tables={"sets"}).sets
    shelf = look_at_shelf(library, remember=library.state.is_dir())
    return {
        "masters": master_rows([one.master for one in shelf], sets),
        "equipment": equipment_of(library, sets),
        "sites": sites_of(library, sets),
    }
