"""A catalogue file as a TinyDB database, for whoever asks it from Python.

    with open_catalog(library / "_Catalog/C8E@f10.0+ZWO ASI2600MM Pro.json") as db:
        db.table("sets").search(where("target") == "M31")

Read quickly, and never written: rows are made from frames, ledger and decisions, and changed there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinydb import Storage, TinyDB

from pipeline.model.errors import UserError
from pipeline.world.catalog_files import load_json


class CatalogStorage(Storage):
    """What TinyDB reads a catalogue by."""

    def __init__(self, path: str | Path) -> None:
        """`path`: the file."""
        self._path = Path(path)

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The tables; None where there is no file."""
        try:
            said: dict[str, dict[str, Any]] = load_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        return said

    def write(self, data: dict[str, dict[str, Any]]) -> None:  # noqa: ARG002 - TinyDB's
        """Refused.

        Raises:
            UserError: always.
        """
        raise UserError(
            f"{self._path} is made by `doit`, which would make it again: nothing was written. What a frame is, "
            "is told by `doit correct`."
        )


def open_catalog(path: Path) -> TinyDB:
    """The database in a catalogue file."""
    return TinyDB(path, storage=CatalogStorage)
