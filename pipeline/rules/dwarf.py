"""File and folder names of DWARFLAB's telescopes: DWARF II, DWARF 3, DWARF mini.

`DWARF_RAW_TELE_M 33_EXP_30_GAIN_60_2025-10-21-22-18-55-284/` is a session; in it `M
33_30s60_Astro_20251021-221929504_24C.fits` says target, seconds `s` gain, filter, local time, °C; `failed_`
in front means that the telescope left it out of its own stack, `stacked-16_` that it is that stack. Darks are
`raw_30s_60_0000_20251021-003814624_22C.fits`. What the factory sent has a stripped header and says all in its
name: `CALI_FRAME/dark/cam_0/dark_exp_30.000000_gain_60_bin_1_22C_stack_10.fits`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.model.frames import Kind
from pipeline.rules import nights, values
from pipeline.rules.claims import Claim

_LOOKS = re.compile(r"\ds\d{1,4}_|^raw_|_gain_", re.ASCII)
_SHOT = re.compile(
    r"(?:(?P<failed>failed)_|stacked-(?P<count>\d{1,5})_)?(?P<target>.{0,120})_"
    r"(?P<exposure>\d{1,5}(?:\.\d{1,6})?)s(?P<gain>\d{1,4})_(?P<filter>[^_]{0,40})_"
    r"(?P<local>20\d{6}-\d{6,9})(?:_(?P<temp>-?\d{1,3})C)?",
    re.ASCII | re.DOTALL,
)
_DARK = re.compile(
    r"raw_(?P<exposure>\d{1,5}(?:\.\d{1,6})?)s_(?P<gain>\d{1,4})_\d{1,6}_(?P<local>20\d{6}-\d{6,9})(?:_(?P<temp>-?\d{1,3})C)?",
    re.ASCII,
)
_FACTORY = re.compile(
    r"(?P<kind>dark|flat|bias)(?:_exp_(?P<exposure>\d{1,5}(?:\.\d{1,9})?))?_gain_(?P<gain>\d{1,4})_bin_(?P<binning>\d)"
    r"(?:_ir_(?P<ir>\d))?(?:_(?P<temp>-?\d{1,3})C)?(?:_stack_(?P<count>\d{1,5}))?",
    re.ASCII,
)
_SESSION = re.compile(
    r"(?P<again>RESTACKED_)?(?:MOSAIC_|STARTRAILS_)?DWARF_RAW_(?:MOSAIC_)?(?:(?:TELE|WIDE)_)?(?:MOSAIC_)?"
    r"(?:(?P<target>.{1,120}?)_)??(?:EXP_(?P<exposure>\d{1,5}(?:\.\d{1,6})?)_)?(?:GAIN_(?P<gain>\d{1,4})_)?"
    r"(?P<day>20\d\d-\d\d-\d\d)(?:-(?P<clock>\d\d-\d\d-\d\d)(?:-\d{1,3})?)?",
    re.ASCII | re.DOTALL,
)
_DARK_SESSION = re.compile(
    r"(?:tele|wide)_exp_(?P<exposure>\d{1,5}(?:\.\d{1,6})?)_gain_(?P<gain>\d{1,4})_bin_(?P<binning>\d)(?:_.{1,40})?",
    re.ASCII,
)
_IR = {"0": "VIS", "1": "Astro", "2": "Duo-Band"}
_READERS: dict[str, tuple[str, Any]] = {
    "target": ("target", values.name),
    "exposure": ("exposure_s", values.exposure),
    "gain": ("gain", values.not_negative),
    "binning": ("binning", values.binning),
    "filter": ("filter", values.text),
    "local": ("local", values.moment),
    "temp": ("sensor_temp_c", values.temperature),
    "count": ("stack_count", values.count),
    "ir": ("filter", _IR.get),
}


def read_dwarf_name(stem: str) -> list[Claim] | None:
    """The claims of a DWARF's file name; None for any other name."""
    if not _LOOKS.search(stem):
        return None
    for form, read in ((_DARK, _read_dark), (_SHOT, _read_shot), (_FACTORY, _read_factory)):
        found = form.fullmatch(stem)
        if found:
            return [Claim("dialect", "dwarf", "name"), *read(found)]
    return None


def read_dwarf_folder(folder: str) -> list[Claim]:
    """The claims of a session's folder. The time in it is when the session began: of the same night."""
    found = _SESSION.fullmatch(folder)
    if found is None:
        darks = _DARK_SESSION.fullmatch(folder)
        return [Claim("dialect", "dwarf", "folder"), *_fields(darks, "folder")] if darks else []
    claims = [Claim("dialect", "dwarf", "folder"), *_fields(found, "folder")]
    if found["again"]:
        claims.append(Claim("kind", Kind.STACK, "folder RESTACKED_"))
    begun = values.moment(f"{found['day']}_{found['clock']}") if found["clock"] else None
    if begun is not None:
        return [
            *claims,
            Claim("local", begun, "default session"),
            Claim("night", nights.night_of(begun), "default session"),
        ]
    return [*claims, Claim("night", values.day(found["day"]), "default session")]


def _read_shot(found: re.Match[str]) -> Iterator[Claim]:
    yield Claim("kind", Kind.LIGHT if found["count"] is None else Kind.STACK, "name")
    yield from _fields(found, "name")


def _read_dark(found: re.Match[str]) -> Iterator[Claim]:
    yield Claim("kind", Kind.DARK, "name raw_")
    yield from _fields(found, "name")


def _read_factory(found: re.Match[str]) -> Iterator[Claim]:
    """Masters from the factory; the gain of flats and biases is a step of their table, not the camera's."""
    kind = Kind(found["kind"].upper())
    yield Claim("kind", kind.master, "name")
    yield from (c for c in _fields(found, "name") if c.field != "gain" or kind is Kind.DARK)


def _fields(found: re.Match[str], where: str) -> Iterator[Claim]:
    for group, written in found.groupdict().items():
        if written is not None and group in _READERS:
            field, read = _READERS[group]
            yield Claim(field, read(written), where)
