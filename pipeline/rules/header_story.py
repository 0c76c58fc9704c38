"""What a master of ours tells in its header of how it was made: its frames, what was left out, what was taken off.

header cards, HISTORY lines ─read_story─▶ Story ─story_lines─▶ `doit why`, `doit master NAME`

Masters of other programs mostly say nothing of this: what is not said is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.model.frames import Value

_STARTS = re.compile(r"frame \d+: |sha256[ :]|left out: |Nightbuild: ")
"""How our entries begin: what does not is the rest of a long one."""
_FRAME = re.compile(r"frame \d+: (?P<name>.+)")
_TAKEN_OFF = ("FDARKMST", "DARKMAST", "BIASMAST")
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """How a master came about."""

    method: str = ""
    """`mean, winsorised 4.0/3.0 sigma`"""
    rejected_low: int | None = None
    """Values left out as too low, over all frames."""
    rejected_high: int | None = None
    frames: tuple[str, ...] = ()
    """The names of the raw frames, in the order they were taken."""
    hashes: tuple[str, ...] = ()
    """Their SHA-256, in the same order."""
    left_out: tuple[str, ...] = ()
    """Frames that were not used, each with the reason."""
    less: str = ""
    """The name of the master that was taken off."""


def read_story(cards: Mapping[str, Value], history: Iterable[str]) -> Story:
    """What a header tells.

    Args:
        cards: Its keywords.
        history: The text of its HISTORY lines, unstripped: long entries go on in the next line.
    """
    said = list(_entries(history))
    return Story(
        method=_text(cards, "NBMETHOD"),
        rejected_low=_count(cards, "NBREJLOW"),
        rejected_high=_count(cards, "NBREJHI"),
        frames=tuple(found["name"] for one in said if (found := _FRAME.fullmatch(one))),
        hashes=tuple(one.removeprefix("sha256 ") for one in said if one.startswith("sha256 ")),
        left_out=tuple(one.removeprefix("left out: ") for one in said if one.startswith("left out: ")),
        less=next((name for key in _TAKEN_OFF if (name := _text(cards, key))), ""),
    )


def _entries(history: Iterable[str]) -> Iterator[str]:
    entry = ""
    for text in history:
        if _STARTS.match(text):
            yield from filter(None, [entry.rstrip()])
            entry = text
        elif entry:
            entry += text
    yield from filter(None, [entry.rstrip()])


def story_lines(told: Story) -> Iterator[str]:
    """How it was made, for people."""
    if told.method:
        yield f"{told.method}{_rejected(told)}"
    if told.less:
        yield f"less {told.less}"
    if told.frames:
        more = len(told.frames) - 2 * _SHOWN
        ends = (*told.frames[:_SHOWN], f"... {more:,} more: --json", *told.frames[-_SHOWN:])
        yield from ends if more > 1 else told.frames
    yield from (f"left out: {one}" for one in told.left_out[:_SHOWN])
    if len(told.left_out) > _SHOWN:
        yield f"left out: {len(told.left_out) - _SHOWN:,} more: --json"


def story_data(told: Story) -> dict[str, Any]:
    """The same for programs."""
    return {
        "method": told.method,
        "rejected": {"low": told.rejected_low, "high": told.rejected_high},
        "frames": [
            {"name": name, "sha256": told.hashes[number] if number < len(told.hashes) else ""}
            for number, name in enumerate(told.frames)
        ],
        "left_out": list(told.left_out),
        "less": told.less,
    }


def _rejected(told: Story) -> str:
    counts = ((told.rejected_low, "low"), (told.rejected_high, "high"))
    parts = [f"{count:,} as too {word}" for count, word in counts if count is not None]
    return f"; values left out: {', '.join(parts)}" if parts else ""


def _text(cards: Mapping[str, Value], key: str) -> str:
    value = cards.get(key)
    return value.strip()[:200] if isinstance(value, str) else ""


def _count(cards: Mapping[str, Value], key: str) -> int | None:
    value = cards.get(key)
    return value if type(value) is int else None
