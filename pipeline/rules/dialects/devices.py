"""Telescopes that are their own computer: ZWO's ASIAIR and Seestar, DWARFLAB's DWARF.

The optic of a Seestar or a DWARF is built in, so the device is optic and camera in one. An ASIAIR knows no optic: its
TELESCOP is the mount, and believing it would give every mount a rig of its own.
"""

from __future__ import annotations

import re
from typing import Any

from pipeline.model.frames import Kind
from pipeline.rules.cards import Cards

_DWARF_RATIO = {"dwarfii": 4.2, "dwarfiii": 4.3, "dwarf3": 4.3}
_DWARF_NAME = {"dwarf3": "DWARFIII", "dwarfiii": "DWARFIII", "dwarf2": "DWARFII", "dwarfii": "DWARFII"}


def is_seestar(cards: Cards) -> bool:
    """A Seestar signs CREATOR and names itself as the camera."""
    return "seestar" in cards.word("CREATOR") or cards.word("INSTRUME").startswith("seestar")


def read_seestar(cards: Cards, values: dict[str, Any]) -> dict[str, Any]:
    """TELESCOP is a serial number, APERTURE the focal ratio, three planes a stack."""
    stacked = (values["planes"] or 1) > 1 or (values["stack_count"] or 0) > 1
    cards.spoken |= {"optic": "INSTRUME", "focal_ratio": "APERTURE", "camera_id": "TELESCOP"}
    return values | {
        "kind": Kind.STACK if stacked and values["kind"] in {Kind.LIGHT, None} else values["kind"],
        "optic": values["camera"],
        "focal_ratio": cards.number("focal_ratio", "APERTURE"),
        "camera_id": cards.text("camera_id", "TELESCOP") or None,
    }


def is_asiair(cards: Cards) -> bool:
    """ASIAIR and ASIStudio sign CREATOR."""
    return cards.word("CREATOR").startswith("zwo asi")


def read_asiair(cards: Cards, values: dict[str, Any]) -> dict[str, Any]:
    """TELESCOP is the mount; FILTER 'None' means no wheel; a stack carries its count."""
    cards.spoken.pop("optic", None)
    master = (values["stack_count"] or 0) > 1 and values["kind"] in {
        Kind.BIAS,
        Kind.DARK,
        Kind.FLAT,
        Kind.FLATDARK,
    }
    stacked = (values["stack_count"] or 0) > 1 and values["kind"] is Kind.LIGHT
    kind = values["kind"].master if master else Kind.STACK if stacked else values["kind"]
    unfiltered = cards.word("FILTER") in {"none", "nofilter", "no filter"}
    return values | {"optic": None, "kind": kind, "filter": "" if unfiltered else values["filter"]}


def is_dwarf(cards: Cards) -> bool:
    """A DWARF names DWARFLAB as its origin, or itself as the instrument."""
    return cards.word("ORIGIN") == "dwarflab" or cards.word("INSTRUME").startswith("dwarf")


def read_dwarf(cards: Cards, values: dict[str, Any]) -> dict[str, Any]:
    """No IMAGETYP: three planes are a stack, a frame of nothing at nowhere a dark; the DWARF II points in hours.

    DATE-OBS is the device's own clock, the one its file names show (`IC 434` of a header stands high at that hour of
    local time, and below the horizon at that hour of UTC), unless a zone is written behind it.
    """
    written = values["camera"] or values["optic"] or ""
    code = re.sub(r"[^a-z0-9]", "", written.casefold())
    name = _DWARF_NAME.get(code, written) or None
    wide = cards.word("CAMERA") == "wide"
    cards.spoken |= {"optic": "INSTRUME", "kind": _kind_place(cards, values), "focal_ratio": "dialect"}
    mended = {
        "optic": f"{name} wide" if wide and name else name,
        "camera": f"{name} wide" if wide and name else name,
        "camera_id": cards.text("camera_id", "MACADDR") or None,
        "focal_ratio": None if wide else _DWARF_RATIO.get(code),
        "kind": values["kind"] or _dwarf_kind(cards, values),
    }
    if values["utc"] is not None and values["local"] is None and cards.spoken.get("utc") == "DATE-OBS":
        mended |= {"utc": None, "local": values["utc"].replace(tzinfo=None)}
        cards.spoken["local"] = "DATE-OBS"
    if mended["kind"] is Kind.STACK:
        mended["exposure_s"] = None  # EXPTIME of a device's stack is the sum of its subs
    if code == "dwarfii" and values["ra_deg"] is not None and cards.spoken.get("ra_deg") == "RA":
        mended["ra_deg"] = values["ra_deg"] * 15
    return values | mended


def _dwarf_kind(cards: Cards, values: dict[str, Any]) -> Kind | None:
    if (values["planes"] or 1) > 1 or (values["stack_count"] or 0) > 1:
        return Kind.STACK
    if cards.has("OBJECT") and not values["target"] and values["ra_deg"] == 0.0 and values["dec_deg"] == 0.0:
        return Kind.DARK
    return Kind.LIGHT


def _kind_place(cards: Cards, values: dict[str, Any]) -> str:
    """A kind DWARF did not write is our reading: weaker than any name that says it."""
    return cards.spoken.get("kind", "IMAGETYP") if values["kind"] else "default dialect"
