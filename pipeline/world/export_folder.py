"""The catalogue as a folder with a file for each table: CSV for spreadsheets, Parquet for data frames.

The folder's own list, `nightbuild-export.json`, holds what we wrote, with each file's digest. A file it does not name,
or that was changed since, is a person's, and is not written over unless they say so.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.model.errors import UserError
from pipeline.rules.csv_text import cell
from pipeline.rules.export_tables import TABLES, Source, Table
from pipeline.world.files import make_folder, part_of, replace_if_different, sha256_of, sync_folder
from pipeline.world.passing import retry

LIST = "nightbuild-export.json"
NO_PYARROW = (
    "Parquet needs pyarrow, which is not installed here. Type: pip install 'nightbuild[parquet]' "
    "(in a checkout: pip install '.[parquet]'), or use --csv or --sqlite, which need nothing more."
)
_CHUNK = 10_000
"""Rows held at once."""
Write = Callable[[Path, Table, Source], int]
"""Writes a table to a file that is not there yet; how many rows."""


def export_folder(folder: Path, source: Source, suffix: str, *, force: bool) -> dict[str, int]:
    """Write a file for each table; how many rows each got.

    Raises:
        UserError: A file there is not ours, and `force` was not said; or Parquet is asked of a Python without pyarrow.
    """
    write = {"csv": write_csv, "parquet": write_parquet}[suffix]
    written = _listed(folder)
    names = {table: f"{table.name}.{suffix}" for table in TABLES}
    if not force:
        _require_ours(folder, names.values(), written)
    make_folder(folder)
    counts = {}
    for table, name in names.items():
        part = part_of(folder / name)
        try:
            counts[table.name] = write(part, table, source)
            written[name] = _placed(part, folder / name)
        finally:
            part.unlink(missing_ok=True)
        _list(folder, written)
    return counts


def _placed(part: Path, path: Path) -> str:
    """Put a finished file in its place, unless the same bytes lie there; its digest."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not path.is_file() or sha256_of(path) != digest:
        retry(lambda: part.replace(path), path)
        sync_folder(path.parent)
    return digest


def write_csv(part: Path, table: Table, source: Source) -> int:
    """A table as CSV; UTF-8 with the mark by which spreadsheets know it."""
    number = 0
    with part.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(column.name for column in table.columns)
        for values in table.values(source):
            writer.writerow(map(cell, values))
            number += 1
    return number


def write_parquet(part: Path, table: Table, source: Source) -> int:
    """A table as Parquet."""
    arrow, parquet = _pyarrow()
    types = {"text": arrow.string(), "real": arrow.float64(), "integer": arrow.int64()}
    schema = arrow.schema([(column.name, types[column.type]) for column in table.columns])
    rows, number = table.values(source), 0
    with parquet.ParquetWriter(part, schema, compression="zstd") as writer:
        while chunk := list(islice(rows, _CHUNK)):
            columns = zip(*chunk, strict=True)
            arrays = [
                arrow.array(list(map(_sound, one)), field.type)
                for one, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            number += len(chunk)
    return number


def _sound(value: object) -> object:
    """A value; a name in no alphabet is written so that UTF-8 holds it."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode()


def require_pyarrow() -> None:
    """Say at once that Parquet cannot be written here."""
    _pyarrow()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UserError(NO_PYARROW) from error
    return pyarrow, pyarrow.parquet


def _require_ours(folder: Path, names: Iterable[str], written: Mapping[str, str]) -> None:
    for name in names:
        path = folder / name
        if path.exists() and (not path.is_file() or written.get(name) != sha256_of(path)):
            raise UserError(
                f"{path} was not written by an export, or was changed since: it is left as it is. "
                "Choose another folder, or add --force to write over it."
            )


def _listed(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / LIST).read_bytes())
        files = found["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _list(folder: Path, written: Mapping[str, str]) -> None:
    text = json.dumps({"written_by": "doit export", "files": dict(sorted(written.items()))}, indent=2)
    replace_if_different(folder / LIST, text.encode() + b"\n")
