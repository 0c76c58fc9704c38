"""The catalogue, read: everything the library knows as rows, asked by questions, summaries, pages and notes.

    read_catalog(library, tables={"sets"}) ─▶ Catalog     nothing is written, nothing is made: what is amiss is said

The files are TinyDB documents (`tinydb.TinyDB("_Catalog/<rig>.json").table("frames")`); here they are read without it,
since eighty thousand rows are to be there in less than a second.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pipeline.model.catalog import LIBRARY_TABLES, RIG_TABLES, Catalog, OwnerTables
from pipeline.rules.record_places import CATALOG, LIBRARY_CATALOG, catalog_file
from pipeline.world.catalog_files import FRAMES, CatalogFile, Damaged, Older, load, read_head, read_whole
from pipeline.world.library import OpenLibrary

_NONE_YET = "There is no catalogue yet. Type: doit"


def read_catalog(
    library: OpenLibrary,
    *,
    tables: Collection[str] | None = None,
    owners: Collection[str] | None = None,
) -> Catalog:
    """The catalogue, or what is asked of it.

    Args:
        library: Whose it is.
        tables: Names out of `RIG_TABLES` and `LIBRARY_TABLES`; None: all. Without `frames` it takes a blink.
        owners: Rigs and cameras; None: all.
    """
    asked = frozenset((*RIG_TABLES, *LIBRARY_TABLES) if tables is None else tables)
    troubles: list[str] = []
    files = _files(library, owners)
    found = [_read(library, path, asked, troubles) for path in files if path != LIBRARY_CATALOG]
    mine = [
        _read(library, path, asked, troubles)
        for path in files
        if path == LIBRARY_CATALOG and not asked.isdisjoint(LIBRARY_TABLES)
    ]
    if not files:
        troubles.append(_NONE_YET)
    one = next((file for file in mine if file is not None), CatalogFile())
    kept = {file.owner: _of_owner(file, asked) for file in found if file is not None}
    return Catalog(
        owners=dict(sorted(kept.items())),
        troubles=troubles,
        **{name: one.rows(name) for name in LIBRARY_TABLES if name in asked},
    )


def catalog_files(library: OpenLibrary) -> list[str]:
    """The files there are, relative to the library and in order: what tells that something in it may be new."""
    try:
        names = sorted(entry.name for entry in (library.root / CATALOG).iterdir())
    except OSError:
        return []
    return [f"{CATALOG}/{name}" for name in names if name.endswith(".json") and name[0] != "."]


def damaged_words(library: OpenLibrary, path: str) -> str:
    """What is said of a file that cannot be read; it is remembered, since it may look as it was left."""
    from pipeline.world.catalog_marks import LIBRARY_MARK, forget  # only where something is amiss
    from pipeline.world.marks import forget_mark

    if path == LIBRARY_CATALOG:
        forget_mark(library, LIBRARY_MARK)
    else:
        forget(library, path)
    return f"{path} is damaged, so it is left out. The next `doit` makes it again."


def _files(library: OpenLibrary, owners: Collection[str] | None) -> list[str]:
    wanted = None if owners is None else {LIBRARY_CATALOG, *map(catalog_file, owners)}
    return [path for path in catalog_files(library) if wanted is None or path in wanted]


def _read(library: OpenLibrary, path: str, asked: Collection[str], troubles: list[str]) -> CatalogFile | None:
    place, frames = library.root / path, FRAMES in asked
    try:
        return load(_bytes(place, frames=frames), frames=frames)
    except Damaged:
        troubles.append(damaged_words(library, path))
    except Older:
        troubles.append(
            f"{path} was written by another version of Nightbuild. The next `doit` makes it again."
        )
    except OSError as error:
        troubles.append(f"{path} could not be read: {error.strerror or error}")
    return None


def _bytes(place: Path, *, frames: bool) -> bytes:
    return read_whole(place) if frames else read_head(place)


def _of_owner(file: CatalogFile, asked: Collection[str]) -> OwnerTables:
    return OwnerTables(owner=file.owner, **{name: file.rows(name) for name in RIG_TABLES if name in asked})
