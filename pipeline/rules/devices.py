"""File names of telescopes that are their own computer: ZWO's ASIAIR and Seestar.

    Light_M 8_300.0s_Bin1_2600MC_gain100_20260828-221500_-10.0C_0001.fit      ASIAIR
    MasterFlat_Stack20_50.0ms_Bin1_2600MC_filter-NoFilter_gain100_20250221_1.6C
    Light_NGC 281_10.0s_LP_20250929-010116.fit                                Seestar, one exposure
    Stacked_187_NGC 6027A_10.0s_IRCUT_20250513-234835.fit                     Seestar, its own stack

Which fields there are, and in which order, is a setting: so a name is read piece by piece, each by its looks.
The target is what stands between the kind and the exposure, underscores and all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pipeline.model.frames import Kind
from pipeline.rules import values
from pipeline.rules.claims import Claim

_KINDS = {
    "light": Kind.LIGHT,
    "flat": Kind.FLAT,
    "dark": Kind.DARK,
    "bias": Kind.BIAS,
    "preview": Kind.SNAPSHOT,
    "masterflat": Kind.MASTER_FLAT,
    "masterdark": Kind.MASTER_DARK,
    "masterbias": Kind.MASTER_BIAS,
    "stacked": Kind.STACK,
}
_EXPOSURE = re.compile(r"\d{1,6}(?:\.\d{1,6})?(?:ms|us|s)", re.ASCII)
_TIME = re.compile(r"20\d{6}-\d{6}", re.ASCII)
_DAY = re.compile(r"20\d{6}", re.ASCII)
_CLOCK = re.compile(r"\d{6}", re.ASCII)
_TEMPERATURE = re.compile(r"-?\d{1,3}(?:\.\d{1,3})?[CF]", re.ASCII)
_CAMERA = re.compile(r"(?:ASI)?\d{2,4}(?:MC|MM)[A-Za-z]{0,8}(?: ?(?:Pro|Duo|Air|Mini))?", re.ASCII)
_SETTING = re.compile(r"(?P<key>Bin|gain|Stack|filter-)(?P<value>.{0,60})", re.ASCII | re.DOTALL)
_ANGLE = re.compile(r"-?\d{1,3}(?:\.\d{1,3})?deg", re.ASCII)
_COUNTER = re.compile(r"\d{3,5}", re.ASCII)
_MOSAIC = re.compile(r"^mosaic_|_mosaic$", re.IGNORECASE)
_SUB = re.compile(r"(?P<target>.+?)(?:_mosaic)?_sub", re.ASCII | re.DOTALL)
_NO_FILTER = frozenset({"none", "nofilter"})


def read_device_name(stem: str) -> list[Claim] | None:
    """The claims of an ASIAIR's or a Seestar's file name; None for any other name."""
    pieces = stem.split("_")
    start = 1 if pieces[0] == "DSO" else 0
    kind = _KINDS.get(pieces[start].casefold()) if start < len(pieces) else None
    if kind is None:
        return None
    at = next((at for at, piece in enumerate(pieces) if at > start and _EXPOSURE.fullmatch(piece)), 0)
    if not at or at + 1 >= len(pieces):
        return None
    settings = list(_read_settings(pieces[at + 1 :]))
    if not any(claim.field in {"local", "night", "gain"} for claim in settings):
        return None
    air = any(claim.field in {"binning", "gain"} for claim in settings)
    claims = [
        Claim("dialect", "asiair" if air else "seestar", "name"),
        Claim("kind", kind, f"name {pieces[start]}_"),
        Claim("exposure_s", values.exposure(pieces[at]), "name"),
    ]
    return claims + list(_read_subject(pieces[start + 1 : at], kind)) + settings


def read_sub_folder(folder: str) -> Iterator[Claim]:
    """`M 101_sub`: where a Seestar keeps the exposures of M 101."""
    found = _SUB.fullmatch(folder)
    if found:
        yield Claim("target", found["target"], "folder _sub")


def _read_subject(pieces: list[str], kind: Kind) -> Iterator[Claim]:
    """Between kind and exposure: how many were stacked, and the target."""
    if pieces and kind in {Kind.STACK} and pieces[0].isdecimal():
        yield Claim("stack_count", values.count(pieces.pop(0)), "name Stacked_")
    if pieces and (found := _SETTING.fullmatch(pieces[0])) and found["key"] == "Stack":
        yield Claim("stack_count", values.count(found["value"]), "name Stack")
        pieces.pop(0)
    target = _MOSAIC.sub("", "_".join(pieces)).strip()
    if target and kind in {Kind.LIGHT, Kind.STACK, Kind.SNAPSHOT}:
        yield Claim("target", target, "name")


def _read_settings(pieces: list[str]) -> Iterator[Claim]:
    """Behind the exposure: each piece by its looks, and what no look explains is the filter."""
    rest: list[str] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        behind = pieces[at + 1] if at + 1 < len(pieces) else ""
        at += 1
        if _DAY.fullmatch(piece) and _CLOCK.fullmatch(behind):
            piece = f"{piece}-{behind}"
            at += 1
        claim = _read_piece(piece)
        if claim is not None:
            yield claim
        elif not _COUNTER.fullmatch(piece):
            rest.append(piece)
    if rest and rest[0]:
        yield Claim("filter", "" if rest[0].casefold() in _NO_FILTER else rest[0], "name")


@lru_cache(maxsize=4096)  # all but the time and the counter are the same all night
def _read_piece(piece: str) -> Claim | None:
    if _TIME.fullmatch(piece):
        return Claim("local", values.moment(piece), "name")
    if _DAY.fullmatch(piece):
        return Claim("night", values.day(piece), "default name date")
    if _TEMPERATURE.fullmatch(piece):
        return Claim("sensor_temp_c", values.temperature(piece), f"name {piece[-1]}")
    if _CAMERA.fullmatch(piece):
        return Claim("camera", piece, "default name")  # short for a name the header has in full
    if _ANGLE.fullmatch(piece):
        return Claim("rotator_deg", values.number(piece.removesuffix("deg")), "name deg")
    setting = _SETTING.fullmatch(piece)
    return _read_setting(setting["key"], setting["value"]) if setting else None


def _read_setting(key: str, value: str) -> Claim | None:
    if key == "filter-":
        return Claim("filter", "" if value.casefold() in _NO_FILTER else value, "name filter-")
    if not value.isdecimal():
        return None
    if key == "Bin":
        return Claim("binning", values.binning(value), "name Bin")
    return Claim("gain" if key == "gain" else "stack_count", values.count(value), f"name {key}")
