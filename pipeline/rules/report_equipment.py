"""The page of equipment and sites: what was used, since when, how much; and what no file describes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from pipeline.model.catalog import Catalog, EquipmentRow, SiteRow
from pipeline.model.reports import Link, Page
from pipeline.rules.record_places import report_page
from pipeline.rules.report_words import Column, as_of, hours, rig_link

_COLUMNS = (
    Column(name="Name"),
    Column(name="First used", is_number=True),
    Column(name="Last used", is_number=True),
    Column(name="Frames", is_number=True),
    Column(name="Accepted", is_number=True),
    Column(name="Remark"),
)
_SITES = (
    Column(name="Site"),
    Column(name="Latitude", is_number=True),
    Column(name="Longitude", is_number=True),
    Column(name="First used", is_number=True),
    Column(name="Last used", is_number=True),
    Column(name="Frames", is_number=True),
    Column(name="Rigs"),
    Column(name="Remark"),
)
_HEADINGS = (("rig", "Rigs"), ("optic", "Optics"), ("camera", "Cameras"), ("filter", "Filters"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One kind of thing."""

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Link, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentPage:
    """All of it."""

    title: str
    as_of: str
    crumbs: tuple[Link, ...]
    sections: tuple[Section, ...]


def equipment_page(catalog: Catalog) -> Page:
    """The page."""
    return Page(
        path=report_page("equipment"),
        template="report/equipment.html.j2",
        made_from=[catalog.equipment, catalog.sites, list(catalog.owners)],
        build=partial(_build, catalog),
    )


def _build(catalog: Catalog) -> EquipmentPage:
    owners = frozenset(catalog.owners)
    sections = [
        Section(
            heading=heading,
            columns=_COLUMNS,
            rows=tuple(_thing(row, owners) for row in _used(catalog, what)),
        )
        for what, heading in _HEADINGS
    ]
    sections.append(Section(heading="Sites", columns=_SITES, rows=tuple(map(_site, catalog.sites))))
    return EquipmentPage(
        title="Equipment",
        as_of=as_of(_nights(catalog)),
        crumbs=(Link(text="Overview", path="_Reports/index.html"),),
        sections=tuple(one for one in sections if one.rows),
    )


def _used(catalog: Catalog, what: str) -> list[EquipmentRow]:
    """What was used, the latest first; then what only a file describes."""
    rows = [row for row in catalog.equipment if row["what"] == what]
    return sorted(rows, key=lambda row: row.get("last_night", ""), reverse=True)


def _nights(catalog: Catalog) -> Iterable[str]:
    return [row["last_night"] for row in catalog.equipment if row.get("last_night")]


def _thing(row: EquipmentRow, owners: frozenset[str]) -> tuple[Link, ...]:
    whose = f" ({row['rig']})" if row.get("rig") else ""
    named = rig_link(row["name"]) if row["name"] in owners else Link(text=f"{row['name']}{whose}")
    seconds = row.get("accepted_s", 0.0)
    return (
        named,
        Link(text=row.get("first_night", "")),
        Link(text=row.get("last_night", "")),
        Link(text=f"{row['frames']:,}" if row.get("frames") else ""),
        Link(text=hours(seconds) if seconds else ""),
        Link(text=_remark(row)),
    )


def _remark(row: EquipmentRow) -> str:
    if not row["defined"]:
        return (
            f'no rig file describes it: doit rig --new "{row["name"]}"'
            if row["what"] == "rig"
            else "in no rig file"
        )
    return "" if row.get("frames") else "not used yet"


def _site(row: SiteRow) -> tuple[Link, ...]:
    return (
        Link(text=row["name"] or "not named"),
        Link(text=_degrees(row.get("latitude_deg"), "N", "S")),
        Link(text=_degrees(row.get("longitude_deg"), "E", "W")),
        Link(text=row.get("first_night", "")),
        Link(text=row.get("last_night", "")),
        Link(text=f"{row.get('frames', 0):,}"),
        Link(text=", ".join(row.get("rigs", ()))),
        Link(text="" if row["defined"] else "library.toml does not name it"),
    )


def _degrees(value: float | None, positive: str, negative: str) -> str:
    return "" if value is None else f"{abs(value):.2f}° {positive if value >= 0 else negative}"
