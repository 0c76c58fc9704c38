"""Equipment and sites, as rig files describe them and frames used them: rows of the library's own catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.model.catalog import EquipmentRow, SetRow, SiteRow
from pipeline.rules.equipment import equipment, sites
from pipeline.rules.escape import escape
from pipeline.world.configuration import shipped_folder
from pipeline.world.library import OpenLibrary


def equipment_of(library: OpenLibrary, sets: Sequence[SetRow]) -> list[EquipmentRow]:
    """Rigs, optics, cameras and filters, with first and last use."""
    return equipment(library.configuration, sets, tuple(_examples(library)))


def _examples(library: OpenLibrary) -> Iterator[str]:
    """The rigs whose files are those that came with Nightbuild, byte for byte."""
    shipped = shipped_folder()
    files = {Path(file).name: Path(file) for file in library.configuration.files}
    for rig in library.configuration.rigs:
        name = f"{escape(rig.name)}.toml"
        if name in files and _bytes(files[name]) == _bytes(shipped / name):
            yield rig.name


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def sites_of(library: OpenLibrary, sets: Sequence[SetRow]) -> list[SiteRow]:
    """The sites, those nobody defined too."""
    return sites(library.configuration, sets)
