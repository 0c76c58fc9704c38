"""`KEY_value` and `KEY-value`: how existing libraries and PixInsight's WBPP write into names what a file is.

    FILTER_Ha_3nm_EXP_300.00_SETTEMP_-10.00_PANEL_2
    masterFlat_BIN-1_6248x4176_FILTER-S_mono_DATE-2023-12-06_SETTEMP--10.00_GAIN-100

Only known keys speak, so an underscore in a target or filter name is no grammar. In the first form a text
runs on to the next key; in the second a value is one piece.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache

from pipeline.model.frames import Problem
from pipeline.rules import values
from pipeline.rules.claims import Claim

Reader = Callable[[str], object]

_NUMBERS: dict[str, tuple[str, Reader]] = {
    "exposure_s": ("EXP EXPOSURE EXPTIME EXPOSURETIME", values.exposure),
    "set_temp_c": ("SETTEMP SET-TEMP", values.temperature),
    "sensor_temp_c": ("TEMP CCD-TEMP CCDTEMP SENSORTEMP", values.temperature),
    "gain": ("GAIN ISO", values.not_negative),
    "offset": ("OFFSET", values.not_negative),
    "binning": ("BIN BINNING XBINNING", values.binning),
    "focal_ratio": ("FOCRATIO", values.positive),
    "focal_length_mm": ("FOCALLEN", values.positive),
    "hfr_px": ("HFR", values.positive),
    "stars": ("STARS STARCOUNT", values.count),
    "rms_arcsec": ("RMSAC RMSARCSEC", values.not_negative),
    "rms_guider_px": ("RMS", values.not_negative),
    "rotator_deg": ("ROTATOR ROTATORANGLE", values.number),
    "stack_count": ("STACKCNT", values.count),
    "night": ("DATE DATE-OBS DATE-LOC NIGHT", values.day),
    "panel": ("PANEL", values.panel),
}
_TEXTS: dict[str, tuple[str, Reader]] = {
    "filter": ("FILTER", values.text),
    "target": ("OBJECT TARGET TARGETNAME", values.name),
    "camera": ("INSTRUME CAMERA", values.name),
    "optic": ("TELESCOP OPTIC", values.name),
    "readout_mode": ("READOUTM READOUTMODE", values.name),
    "site": ("LOCATION SITENAME", values.name),
    "kind": ("TYPE IMAGETYP FRAMETYPE", values.kind),
}
_MUTE = "NOTE GROUP MERIDIAN SESSION FWHM ECCENTRICITY SQM AIRMASS FOCUSPOS FOCTEMP VERSION FRAMENR"
"""Keys that end a text and tell us nothing."""

KEYS: dict[str, tuple[str, Reader] | None] = {
    key: (field, reader)
    for table in (_NUMBERS, _TEXTS)
    for field, (keys, reader) in table.items()
    for key in keys.split()
} | dict.fromkeys(_MUTE.split())
"""Every key we know: which value it tells of, and how that is read."""

TEXT_KEYS = frozenset(key for keys, _ in _TEXTS.values() for key in keys.split()) | {"NOTE"}
_NAME_KEYS = frozenset({"OBJECT", "TARGET", "TARGETNAME"})
_EXPOSURE_KEYS = frozenset(_NUMBERS["exposure_s"][0].split())

_DAY = re.compile(r"\d{4}-\d\d-\d\d(?!\d)", re.ASCII)
_COUNTER = re.compile(r"\d{3,}|\d+(\.\d+)?m?s", re.ASCII)
"""A frame number or an exposure behind a filter is no part of its name."""
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s", re.ASCII)


def read_pairs(part: str, keys: Collection[str] = KEYS) -> dict[str, str]:
    """The values of known keys in one path part (a folder, or a file name without its suffix), as written.

    The first occurrence of a key wins. A key with nothing behind it has the value `""`.
    """
    found: dict[str, str] = {}
    for key, value in _pairs(part.split("_"), keys):
        found.setdefault(key, _without_unit(key, value))
    return found


def read_all_pairs(parts: Iterable[str], keys: Collection[str] = KEYS) -> dict[str, str]:
    """The same of a whole path, from its root down: a folder beats the names below it."""
    found: dict[str, str] = {}
    for part in parts:
        found = read_pairs(part, keys) | found
    return found


def key_at(piece: str, keys: Collection[str] = KEYS) -> str | None:
    """The key a piece is (`EXP`) or begins with (`EXP-300`), the longest that is known."""
    if piece in keys:
        return piece
    cut = piece.rfind("-")
    while cut > 0:
        if piece[:cut] in keys:
            return piece[:cut]
        cut = piece.rfind("-", 0, cut)
    return None


def cut_keys(part: str) -> tuple[str, str]:
    """A name and the keys behind it: `M31_LOCATION_Home` is `("M31", "LOCATION_Home")`, `T_A` has none."""
    pieces = part.split("_")
    for at in range(1, len(pieces)):
        key = key_at(pieces[at])
        if key is not None and (at + 1 < len(pieces) or key != pieces[at]):
            return "_".join(pieces[:at]), "_".join(pieces[at:])
    return part, ""


def join_texts(part: str, ends: Collection[str]) -> str:
    """`FILTER-Ha_3nm_mono` as `FILTER_Ha_3nm_mono` would be read, but for the words that end a text."""
    pieces: list[str] = []
    for piece in part.split("_"):
        key = key_at(piece)
        if key in TEXT_KEYS and key != piece:
            pieces += [key, piece[len(key) + 1 :]]
        else:
            pieces.append("NOTE" if piece in ends else piece)
    return "_".join(pieces)


def read_claims(part: str, where: str) -> Iterator[Claim]:
    """What the keys in one path part say of the frame; `where` is `folder` or `name`."""
    for key, written in read_pairs(part).items():
        claim = _read_claim(key, written, where)
        if claim is not None:
            yield claim


@lru_cache(maxsize=8192)
def _read_claim(key: str, written: str, where: str) -> Claim | None:
    known = KEYS[key]
    if known is None:
        return None
    field, read = known
    value = read(written)
    if value is not None:
        return Claim(field, value, f"{where} {key}_")
    if values.is_silent(written) or values.number(written) == 0:
        return None  # a measure of 0 is one nobody made
    unread = Problem("unreadable", f"the {where} says {key}_{written[:40]!r}, which cannot be read")
    return Claim("problem", unread, where)


def _pairs(pieces: list[str], keys: Collection[str]) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        key = key_at(piece, keys)
        at += 1
        if key is None:
            continue
        if key != piece:
            yield key, piece[len(key) + 1 :]
            continue
        end = _text_end(key, pieces, at, keys) if key in TEXT_KEYS else _value_end(pieces, at, keys)
        yield key, "_".join(pieces[at:end])
        at = end


def _value_end(pieces: list[str], at: int, keys: Collection[str]) -> int:
    return at + 1 if at < len(pieces) and key_at(pieces[at], keys) is None else at


def _text_end(key: str, pieces: list[str], start: int, keys: Collection[str]) -> int:
    for at in range(start, len(pieces)):
        counted = at > start and key not in _NAME_KEYS and _COUNTER.fullmatch(pieces[at])
        if counted or key_at(pieces[at], keys) is not None or _DAY.match(pieces[at]):
            return at
    return len(pieces)


def _without_unit(key: str, value: str) -> str:
    found = _SECONDS.fullmatch(value) if key in _EXPOSURE_KEYS else None
    return found[1] if found else value
