"""Write the catalogue for other programs: one SQLite file, or a folder of CSV or Parquet files, a table each.

  doit export --sqlite catalogue.sqlite     tables, indices, and views such as target_hours and frame_details
  doit export --csv exported                for spreadsheets: quoted, and no name is ever taken for a formula
  doit export --parquet exported            for pandas and polars; needs: pip install '.[parquet]'

Made beside the old one and put in its place when it is whole. What an export did not write itself, or what was changed
since, is not written over without --force. Equal catalogues give equal files. The library itself is only read.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from pipeline.model.answers import OK, WAITS, Answer, Context
from pipeline.model.catalog import LIBRARY_TABLES, RIG_TABLES
from pipeline.model.errors import UserError
from pipeline.rules.export_tables import Source
from pipeline.rules.question_frames import whole
from pipeline.rules.spoken import counted
from pipeline.world.catalog import read_catalog
from pipeline.world.frame_rows import frame_rows
from pipeline.world.kept_rows import bucket_of_rows, with_backup
from pipeline.world.library import OpenLibrary, open_library


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--sqlite", metavar="FILE", help="one SQLite database")
    form.add_argument("--csv", metavar="DIR", help="a folder of CSV files")
    form.add_argument("--parquet", metavar="DIR", help="a folder of Parquet files")
    parser.add_argument("--force", action="store_true", help="write over files that no export wrote")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Read all of it, write it out."""
    library = open_library(context.library, context.environment)
    typed = arguments.sqlite or arguments.csv or arguments.parquet
    if not typed:
        raise UserError("An export needs a name: doit export --sqlite catalogue.sqlite")
    target = context.folder / typed
    _require_outside(library, target)
    if arguments.parquet:
        from pipeline.world.export_folder import require_pyarrow

        require_pyarrow()
    catalog = read_catalog(
        library, tables=[name for name in (*RIG_TABLES, *LIBRARY_TABLES) if name != "frames"]
    )
    troubles, bucket = list(catalog.troubles), bucket_of_rows(library)
    catalog = with_backup(library, catalog, bucket) if bucket is not None else catalog
    source = Source(catalog, lambda: map(whole, frame_rows(library, catalog.owners, troubles, bucket)))
    try:
        counts = _write(arguments, target, source)
    except OSError as error:
        raise UserError(
            f"{error.filename or target} could not be written: {error.strerror or error}. Nothing half lies there; "
            "mend that or choose another place, and type it again."
        ) from error
    return Answer(
        sentences=(f"{target}: {counted(counts['frames'], 'frame')}, {counted(counts['sets'], 'set')}.",),
        rows=[{"table": name, "rows": number} for name, number in counts.items()],
        data={"path": str(target), "tables": counts, "troubles": troubles},
        closing=tuple(troubles),
        exit_code=WAITS if troubles else OK,
    )


def _write(arguments: argparse.Namespace, target: Path, source: Source) -> Mapping[str, int]:
    if arguments.sqlite:
        from pipeline.world.export_sqlite import export_sqlite

        return export_sqlite(target, source, force=arguments.force)
    from pipeline.world.export_folder import export_folder

    return export_folder(target, source, "csv" if arguments.csv else "parquet", force=arguments.force)


def _require_outside(library: OpenLibrary, target: Path) -> None:
    """Nothing is written into the library's own folders; directly in its root a file or folder of one's own may lie."""
    root, place = library.root.resolve(), target.resolve()
    if place == root or (place.is_relative_to(root) and _is_taken(place.relative_to(root))):
        raise UserError(
            f"{target} lies among the library's own folders: export to a place outside, or a new name in its root."
        )


def _is_taken(inside: Path) -> bool:
    first = inside.parts[0]
    return first.startswith(("_", ".")) or "@" in first
