"""What a blink page shows: the sets of one rig and night, each frame with its pictures, measures and verdict.

The caller decides what is worth a column and a curve, so that one page serves lights (HFR, background), flats (level,
clipping, gradient) and darks (level, light leak, banding) alike. All words come ready to be read; the page adds none.

    FrameSet + SetVerdict + Measured + previews ─▶ BlinkPage ─world/blink_page─▶ one HTML file
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The pictures made of one frame. Paths are relative to the library; empty where there is none."""

    preview: str = ""
    """What fills the window."""
    thumb: str = ""
    """For the contact sheet."""
    full: str = ""
    """The one with every pixel, to look at 1:1: the preview itself, or what the names of its tiles begin with."""
    tile_px: int = 0
    """Side of the square tiles the full picture is cut into; 0: it is not."""
    width: int = 0
    """Of the frame in pixels, as it is seen at 1:1."""
    height: int = 0
    trouble: str = ""
    """Why there is no picture, as a sentence: `no preview: ...`."""
    retry: bool = False
    """The trouble may pass: try again in the next run."""

    @property
    def files(self) -> tuple[str, ...]:
        """Every picture of it, row by row where it is in tiles."""
        return tuple(dict.fromkeys(one for one in (self.preview, self.thumb, *self._full()) if one))

    def _full(self) -> tuple[str, ...]:
        if not self.tile_px:
            return (self.full,)
        rows, columns = (-(-length // self.tile_px) for length in (self.height, self.width))
        return tuple(f"{self.full}{row}-{column}.jpg" for row in range(rows) for column in range(columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class BlinkFrame:
    """One frame as the page shows it."""

    stored: str
    """Its address: what a verdict speaks of it by."""
    name: str
    """Its file name in the set's folder."""
    sha256: str | None = None
    size: int = 0
    mtime_ns: int = 0
    preview: Preview = field(default_factory=Preview)
    time: str = ""
    """When it was taken, with the zone: `00:12:33 CET`."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Column to text with its unit: `HFR` to `2.31 px`."""
    over: tuple[str, ...] = ()
    """Columns that exceed a limit."""
    curve: tuple[float | None, ...] = ()
    """Its points on the curves of the strip, in their order."""
    suspect: str = ""
    """Why it may be bad: `HFR 5.10 px (measured) > 4.60`."""
    verdict: str = ""
    """What limits or a person said of it before: `kept`, `you restored it`."""
    rejected: bool = False
    """It stands rejected when the page opens."""
    badness: float | None = None
    """The higher, the worse: for sorting. Without it the first curve decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlinkCurve:
    """One curve of the strip along the bottom."""

    label: str
    """`HFR`."""
    unit: str = ""
    digits: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BlinkSet:
    """One set as the page shows it."""

    id: str
    label: str
    """`M31 L 300 s`."""
    folder: str
    """Where it is offered, relative to the library."""
    frames: tuple[BlinkFrame, ...] = ()
    """In the order they were taken."""
    columns: tuple[str, ...] = ()
    """Which values are shown, in this order."""
    curves: tuple[BlinkCurve, ...] = ()
    """Of the strip, at most two: HFR and background."""
    held: bool = False
    """The set waits for an answer: suspects come first."""
    notes: tuple[str, ...] = ()
    """Sentences above the set: `would lose 31 of 60 (52 %): asks you`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlinkPage:
    """All sets of one rig and night."""

    title: str
    rig: str
    """The rig, or for darks and bias the camera."""
    night: date
    library_id: str
    sets: tuple[BlinkSet, ...] = ()
    verdict_home: str = "_Verdicts"
    """Where verdict files may be dropped, relative to the library."""
