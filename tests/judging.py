"""Sets, rows and words for tests of the cull: only what a test is about is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipeline.model.frames import Frame, Kind
from pipeline.model.measures import Measured
from pipeline.model.records import LinkFact
from pipeline.model.sets import FrameSet, Member
from pipeline.rules.records import moment_text
from pipeline.rules.words import FrameWord, SetWords
from tests.factories import FRAME

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
FOLDER = "M31/DATE_2026-01-14/FILTER_L_EXP_300.00"


def at(hours: float) -> datetime:
    """So many hours after the noon behind the night."""
    return NOON + timedelta(hours=hours)


def name(number: int) -> str:
    return f"2026-01-15_00-{number:02}-33.fits"


def stored(number: int) -> str:
    return f"{RIG}/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L_EXP_300.00/{name(number)}"


def frame_set(number: int, kind: Kind = Kind.LIGHT, **changes: Any) -> FrameSet:
    """A set of so many frames."""
    frame = Frame(**FRAME | {"kind": kind})
    members = tuple(
        Member(stored=stored(n), name=name(n), size=1, mtime_ns=n, sha256=None, frame=frame)
        for n in range(number)
    )
    told: dict[str, Any] = {
        "id": f"{RIG}/{FOLDER}",
        "owner": RIG,
        "night": date(2026, 1, 14),
        "rig": RIG,
        "kind": kind,
        "label": "M31 L 300 s",
        "target": "M31",
        "blink": f"{RIG}/10_Blink/{FOLDER}",
        "reject": f"_Reject/{RIG}/10_Blink/{FOLDER}",
        "data": f"{RIG}/20_Data/M31/accept/DATE_2026-01-14/FILTER_L_EXP_300.00",
        "members": members,
    }
    return FrameSet(**told | changes)


def rows(*values: Mapping[str, Any] | None) -> dict[str, Measured]:
    """A row a frame; None: it has none."""
    return {
        stored(n): Measured(stored=stored(n), size=1, mtime_ns=n, values=found)
        for n, found in enumerate(values)
        if found is not None
    }


def hfr(*values: float) -> dict[str, Measured]:
    """Frames of which NINA gave the HFR."""
    return rows(*({"hfr": value} for value in values))


def said(**frames: str) -> dict[str, FrameWord]:
    """`said(_3="restore")`: a word on frame 3, at noon."""
    return {stored(int(key[1:])): FrameWord(says=says, when=NOON) for key, says in frames.items()}


def seen(numbers: Iterable[int], hours: float = 0) -> dict[str, datetime]:
    """Somebody looked at these frames."""
    return {stored(n): at(hours) for n in numbers}


def words(**told: Any) -> SetWords:
    return SetWords(**told)


def link(number: int, place: str, state: str = "delivered", hours: float = -1) -> LinkFact:
    """A place frame `number` was given: `blink`, `reject` or `data`."""
    folder = getattr(frame_set(1), place)
    when = moment_text(at(hours))
    return LinkFact(f"{folder}/{name(number)}", stored(number), state, when, when)
