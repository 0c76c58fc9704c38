"""Price tables found and read: those a person put into `_Rigs/prices`, else the shipped ones; the latest holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.model.errors import ConfigError
from pipeline.model.prices import PriceTable
from pipeline.rules.tables import read_table
from pipeline.world.configuration import find_folder, shipped_folder
from pipeline.world.toml import read_toml

FOLDER = "prices"


def read_prices(library: Path | None = None, rigs: str | None = None) -> PriceTable:
    """The latest price table.

    Args:
        library: Its root; None: the shipped tables.
        rigs: What NIGHTBUILD_RIGS says, if it is set.
    """
    own = find_folder(library, rigs) / FOLDER
    shipped = shipped_folder() / FOLDER
    files = _tables_in(own) or _tables_in(shipped)
    if not files:
        raise ConfigError(str(own), "", "no price table lies here; it has to be a .toml file")
    return max(map(_read, files), key=lambda table: table.as_of)


def _tables_in(folder: Path) -> list[Path]:
    """The TOML files of a folder; hidden ones are litter."""
    found = folder.glob("*.toml") if folder.is_dir() else ()
    return sorted(path for path in found if not path.name.startswith("."))


def _read(path: Path) -> PriceTable:
    table, flaws = read_table(PriceTable, read_toml(path))
    if table is None:
        first, *others = [ConfigError(str(path), flaw.key, flaw.expected) for flaw in flaws]
        raise ConfigError(first.file, first.key, first.expected, tuple(others))
    return replace(table, file=str(path))
