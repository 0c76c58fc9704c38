"""The header a master of ours bears: what it is, what it was made of and how. Nothing about it is kept anywhere else.

Every value follows from the frames and the settings; no clock is asked, so that the same frames make the same file.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model.frames import Frame, Kind, Value
from pipeline.model.master_groups import Group, Refused
from pipeline.model.masters import ADUSCALE, Master, Stacked
from pipeline.model.sets import Member
from pipeline.rules import master_headers as keys

SCALE_ADU = 65535.0
Card = tuple[str, Value, str]
"""Keyword, value, comment."""

_TYPES = {
    Kind.BIAS: "Master Bias",
    Kind.DARK: "Master Dark",
    Kind.FLAT: "Master Flat",
    Kind.FLATDARK: "Master Flat Dark",
}
_LESS = {Kind.FLATDARK: "FDARKMST", Kind.DARK: "DARKMAST", Kind.BIAS: "BIASMAST"}
_KEPT_KEYS = (
    "CAMERAID FWHEEL EGAIN XPIXSZ YPIXSZ BAYERPAT XBAYROFF YBAYROFF ROWORDER SITELAT SITELONG SITEELEV ROTATOR"
    " ROTATANG"
)
_KEPT = tuple(_KEPT_KEYS.split())
"""Taken over from the first frame as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that went into one master."""

    group: Group
    members: Sequence[Member]
    """What was integrated, in the order it was taken."""
    refused: Sequence[Refused]
    stacked: Stacked
    inputs: str
    frames: str
    how: str
    pixels: str
    less: Master | None = None
    less_mark: str = ""
    """What tells that master from others: its own inputs, else its hash."""
    doubts: Sequence[str] = ()
    software: str = "Nightbuild"
    header: Mapping[str, Value] = field(default_factory=dict)
    """Of the first frame."""


def master_cards(made: Recipe) -> list[Card]:
    """The cards, in the order a person reads them."""
    own = [*_identity(made), *_of_frames(made), *_making(made)]
    said = {key for key, _, _ in own}
    kept = [(key, made.header[key], "") for key in _KEPT if key in made.header and key not in said]
    return [*own, *kept, *_history(made)]


def _identity(made: Recipe) -> Iterator[Card]:
    frame = made.members[0].frame
    yield "IMAGETYP", _TYPES[made.group.kind], "what it is"
    values: tuple[tuple[str, Value | None, str], ...] = (
        ("INSTRUME", frame.camera, "camera"),
        ("TELESCOP", frame.optic if made.group.kind is Kind.FLAT else None, "optic"),
        ("FILTER", frame.filter if made.group.kind is Kind.FLAT else None, ""),
        ("FOCALLEN", frame.focal_length_mm if made.group.kind is Kind.FLAT else None, "mm"),
        ("FOCRATIO", frame.focal_ratio if made.group.kind is Kind.FLAT else None, ""),
        ("GAIN", _plain(frame.gain), ""),
        ("OFFSET", _plain(frame.offset), ""),
        ("XBINNING", frame.binning, ""),
        ("YBINNING", frame.binning, ""),
        ("READOUTM", frame.readout_mode, ""),
        ("SET-TEMP", frame.set_temp_c, "degrees C"),
    )
    yield from ((key, value, comment) for key, value, comment in values if value is not None and value != "")


def _of_frames(made: Recipe) -> Iterator[Card]:
    frames = [member.frame for member in made.members]
    exposures = [one.exposure_s for one in frames if one.exposure_s is not None]
    if exposures:
        yield "EXPTIME", statistics.median(exposures), "seconds"
        yield "EXPOSURE", statistics.median(exposures), "seconds"
    warm = [one.sensor_temp_c for one in frames if one.sensor_temp_c is not None]
    if warm:
        yield "CCD-TEMP", round(statistics.median(warm), 3), "degrees C, in the middle"
    yield from _times(frames)
    yield "NCOMBINE", len(frames), "frames integrated"


def _times(frames: Sequence[Frame]) -> Iterator[Card]:
    first = frames[0]
    if first.utc is not None:
        yield "DATE-OBS", f"{first.utc:%Y-%m-%dT%H:%M:%S.%f}"[:-3], "first frame, UTC"
    if first.local is not None:
        yield "DATE-LOC", f"{first.local:%Y-%m-%dT%H:%M:%S.%f}"[:-3], "first frame, local"


def _making(made: Recipe) -> Iterator[Card]:
    first, last = made.group.nights
    yield ADUSCALE, SCALE_ADU, "what 1.0 stands for, in the camera's numbers"
    yield keys.BY, _software(made), "who made it"
    yield "NBMETHOD", made.stacked.method, "how"
    for key, count in (("NBREJLOW", made.stacked.rejected_low), ("NBREJHI", made.stacked.rejected_high)):
        if count is not None:
            yield key, count, "values left out over all frames"
    yield keys.FIRST, first.isoformat(), "night of the first frame"
    yield keys.LAST, last.isoformat(), "night of the last frame"
    yield keys.INPUTS, made.inputs, ""
    yield keys.FRAMES, made.frames, ""
    yield keys.HOW, made.how, ""
    yield keys.PIXELS, made.pixels, ""
    if made.less is not None:
        yield _LESS[(made.less.frame.kind or Kind.BIAS).raw], made.less.path.rpartition("/")[2], "taken off"
        yield keys.LESS, made.less_mark, ""
    if made.doubts:
        yield keys.HELD, "; ".join(made.doubts)[:200], "why it waits"


def _software(made: Recipe) -> str:
    return (
        made.software
        if made.stacked.backend.startswith("Nightbuild")
        else f"{made.software} / {made.stacked.backend}"
    )


def _history(made: Recipe) -> Iterator[Card]:
    for number, member in enumerate(made.members, 1):
        yield "HISTORY", f"frame {number}: {member.name}", ""
        yield "HISTORY", f"sha256 {member.sha256}", ""
    for one in made.refused:
        yield "HISTORY", f"left out: {one.stored.rpartition('/')[2]}: {one.why}", ""


def _plain(number: float | None) -> float | int | None:
    """A gain of 100.0 is written 100, as capture programs do."""
    return int(number) if number is not None and number == int(number) else number
