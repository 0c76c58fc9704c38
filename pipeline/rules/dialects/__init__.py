"""The tongues of the capture programs: which one a header is written in, and how each is read.

The first that recognises its own signature reads; a header nobody signed is read in the common tongue. A file that
Siril or PixInsight made from others is read twice: as theirs (a master), and in the tongue of the program that wrote
the words they copied.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.rules.cards import Cards
from pipeline.rules.dialects import capture, devices, processing


@dataclass(frozen=True, slots=True)
class Dialect:
    """One program's way of writing headers."""

    name: str
    speaks: Callable[[Cards], bool]
    """True when the header bears this program's signature."""
    mend: Callable[[Cards, dict[str, Any]], dict[str, Any]]
    """From the common reading to what this program meant."""


PROCESSED: tuple[Dialect, ...] = (
    Dialect("siril", processing.is_siril, processing.read_siril),
    Dialect("pixinsight", processing.is_pixinsight, processing.read_stacked),
)
"""Programs that make files from files: what the capture program wrote is still there, and still to be mended."""

CAPTURED: tuple[Dialect, ...] = (
    Dialect("seestar", devices.is_seestar, devices.read_seestar),
    Dialect("dwarf", devices.is_dwarf, devices.read_dwarf),
    Dialect("asiair", devices.is_asiair, devices.read_asiair),
    Dialect("nina", capture.is_nina, capture.read_plainly),
    Dialect("sharpcap", capture.is_sharpcap, capture.read_sharpcap),
    Dialect("maxim", capture.is_maxim, capture.read_maxim),
    Dialect("sgp", capture.is_sgp, capture.read_plainly),
    Dialect("apt", capture.is_apt, capture.read_plainly),
    Dialect("ekos", capture.is_ekos, capture.read_plainly),
)
COMMON = Dialect("fits", lambda _cards: True, processing.read_stacked)
