"""Stored addresses read back: whose frame it is and of which night, from the folders alone.

Only the address is read here, for filing and finding; what a frame *is* never comes from it (DESIGN §2.2).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from pipeline.rules.escape import unescape
from pipeline.rules.layout import CALIBRATION, FRAMES


class Address(NamedTuple):
    """Where a stored frame is filed."""

    owner: str
    """The rig, or for darks and bias the camera."""
    night: date | None
    kind: str
    """`LIGHT`, `DARK`, ..., or `_witness`."""


def read_address(stored: str) -> Address | None:
    """The filing of a stored path; None for what lies elsewhere (adopted, promoted)."""
    parts = stored.split("/")
    if len(parts) < 5:
        return None
    if parts[0] == CALIBRATION:
        return _address(parts[1], parts[2], parts[3])
    if parts[1] == FRAMES:
        return _address(parts[0], parts[2], parts[3])
    return None


@lru_cache(maxsize=4096)
def _address(owner: str, night: str, kind: str) -> Address:
    """Hundreds of frames share theirs."""
    return Address(unescape(owner), _night(night), kind)


def _night(part: str) -> date | None:
    try:
        return date.fromisoformat(part.removeprefix("DATE_"))
    except ValueError:
        return None
