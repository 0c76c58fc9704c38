"""Programs on a computer at the telescope: NINA, SharpCap, MaxIm DL, SGP, APT, Ekos.

They say TELESCOP for the optic, as its owner called it, and differ in little else.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from pipeline.model.frames import Kind
from pipeline.rules.cards import Cards

_WINDOWS = re.compile(
    r"\s*(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})\s+(\d{1,2}):(\d\d):(\d\d)(?:[.,]\d*)?\s*(?P<half>[AaPp][Mm])?",
    re.ASCII,
)
_FURTHEST_ZONE = timedelta(hours=14, minutes=10)


def is_nina(cards: Cards) -> bool:
    """N.I.N.A. signs SWCREATE."""
    return cards.word("SWCREATE").startswith("n.i.n.a")


def is_sharpcap(cards: Cards) -> bool:
    """SharpCap signs SWCREATE."""
    return cards.word("SWCREATE").startswith("sharpcap")


def read_sharpcap(cards: Cards, values: dict[str, Any]) -> dict[str, Any]:
    """SharpCap names the target only when told, and stacks by itself (live stacks carry a count)."""
    stacked = (values["stack_count"] or 0) > 1 or cards.has("SUBCNT")
    return values | {"kind": Kind.STACK} if stacked and values["kind"] in {Kind.LIGHT, None} else values


def is_maxim(cards: Cards) -> bool:
    """MaxIm DL signs SWCREATE."""
    return cards.word("SWCREATE").startswith("maxim")


def read_maxim(cards: Cards, values: dict[str, Any]) -> dict[str, Any]:
    """MaxIm DL may name the optic in OPTIC, and writes LOCALTIM as this computer's Windows shows it."""
    optic = cards.text("optic", "TELESCOP") or cards.text("optic", "OPTIC") or None
    local = values["local"] or windows_time(cards.text("local", "LOCALTIM") or "", values["utc"])
    return values | {"optic": optic, "local": local}


def windows_time(words: str, utc: datetime | None) -> datetime | None:
    """`1/15/2026 12:12:33.123 AM STANDARD`: which number is the month, the UTC beside it tells."""
    found = _WINDOWS.match(words)
    if found is None or utc is None:
        return None
    *days, hour, minute, second = (int(part) for part in found.groups()[:6])
    if found["half"]:
        hour = hour % 12 + 12 * (found["half"].upper() == "PM")
    for year, month, day in ((2, 0, 1), (2, 1, 0), (0, 1, 2)):
        try:
            local = datetime(days[year], days[month], days[day], hour, minute, second)  # noqa: DTZ001 - a clock's
        except ValueError:
            continue
        if abs(local - utc.replace(tzinfo=None)) <= _FURTHEST_ZONE:
            return local
    return None


def is_sgp(cards: Cards) -> bool:
    """Sequence Generator Pro signs CREATOR (or SWCREATE)."""
    return any(cards.word(key).startswith("sequence generator") for key in ("CREATOR", "SWCREATE"))


def is_apt(cards: Cards) -> bool:
    """Astro Photography Tool signs SWCREATE."""
    return cards.word("SWCREATE").startswith("astro photography tool")


def read_plainly(_cards: Cards, values: dict[str, Any]) -> dict[str, Any]:
    """Nothing to mend."""
    return values


def is_ekos(cards: Cards) -> bool:
    """Ekos (INDI) writes FRAME where the others write IMAGETYP; newer ones write both."""
    signed = ("kstars", "ekos", "indi")
    return cards.has("FRAME") or any(
        cards.word(key).startswith(signed) for key in ("SWCREATE", "CREATOR", "PROGRAM")
    )
