"""Equipment and sites, as rig files describe them and frames used them: rows of the library's own catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.model.catalog import EquipmentRow, SetRow, SiteRow
from pipeline.rules.equipment import equipment, sites
from pipeline.world.library import OpenLibrary


def equipment_of(library: OpenLibrary, sets: Sequence[SetRow]) -> list[EquipmentRow]:
    """Rigs, optics, cameras and filters, with first and last use."""
    return equipment(library.configuration, sets)


def sites_of(library: OpenLibrary, sets: Sequence[SetRow]) -> list[SiteRow]:
    """The sites, those nobody defined too."""
    return sites(library.configuration, sets)
