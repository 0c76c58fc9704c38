"""Stored addresses read back: whose frame it is and of which night, from the folders alone.

Only the address is read here, for filing and finding; what a frame *is* never comes from it (DESIGN §2.2).
"""

from __future__ import annotations

from datetime import date
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
        return Address(unescape(parts[1]), _night(parts[2]), parts[3])
    if parts[1] == FRAMES:
        return Address(unescape(parts[0]), _night(parts[2]), parts[3])
    return None


def _night(part: str) -> date | None:
    try:
        return date.fromisoformat(part.removeprefix("DATE_"))
    except ValueError:
        return None
