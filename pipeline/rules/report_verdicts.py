"""What became of a frame, as a page shows it: a sign, a word, and the reasons of limits and persons."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.model.catalog import FrameRow
from pipeline.model.verdicts import State
from pipeline.rules.session_signs import is_asked

_SIGNS: Mapping[str, str] = {
    State.CULLED: "c",
    State.REJECTED: "r",
    State.GIVEN_UP: "r",
    State.TAKEN_OUT: "r",
    State.GONE: "s",
    State.STORED: "w",
    State.ASIDE: "w",
    State.OFFERED: "o",
    State.HELD: "o",
    State.LATE: "o",
}
MARKS = {"k": "●", "o": "○", "c": "✕", "r": "□", "s": "▲", "w": "·"}
"""The signs as letters of a table."""
LEGEND = (
    ("k", "kept"),
    ("o", "kept, waits for your eyes"),
    ("c", "culled by a limit"),
    ("r", "taken away by eye"),
    ("s", "asks you"),
    ("w", "not judged"),
)
_WORDS: Mapping[str, str] = {State.OFFERED: "waits", State.HELD: "waits", State.LATE: "came late, waits"}


def sign_of(frame: FrameRow) -> str:
    """The letter of a frame's sign; another shape each, so that no colour is needed."""
    return "s" if is_asked(frame) else _SIGNS.get(frame["state"], "k")


def state_words(frame: FrameRow) -> str:
    """`culled`, `accepted`, `asks you`."""
    if is_asked(frame):
        return "asks you"
    return _WORDS.get(frame["state"], frame["state"])


def why_words(frame: FrameRow) -> str:
    """What limits and persons say of it: `HFR 5.10 px (NINA) > 4.60; moved into bad/`."""
    return "; ".join(filter(None, (", ".join(frame.get("reasons", ())), frame.get("why", ""))))


def verdict_words(frame: FrameRow) -> str:
    """`culled: HFR 5.10 px (NINA) > 4.60`; of a good one the state alone."""
    why = "" if sign_of(frame) in "kow" else why_words(frame)
    return f"{state_words(frame)}: {why}" if why else state_words(frame)
