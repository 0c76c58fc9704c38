"""One line at the foot of a terminal: how far the work is, and how long it may still take."""

from __future__ import annotations

import shutil
from typing import TextIO

WIDTH = 20
_QUICK_S = 0.1
"""What takes less is told by how many there are in a second."""


class Bar:
    """A progress bar that is drawn over itself, and gone before anything else is said."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._length = 0
        self._full, self._empty = ("█", "·") if _can_say(stream, "█·") else ("#", ".")

    def draw(self, heading: str, done: int, of: int, seconds: float, at_work: int) -> None:
        """Shows a task that is `done` of `of` after some seconds, among `at_work` running side by side."""
        parts = (
            [self._blocks(done, of), f"{done:,} of {of:,}", _pace(done, of, seconds)] if of else ["at work"]
        )
        if at_work > 1:
            parts.append(f"and {at_work - 1} more side by side")
        line = f"{heading}{'  '.join(filter(None, parts))}"[: shutil.get_terminal_size().columns - 1]
        self._stream.write("\r" + line.ljust(self._length))
        self._stream.flush()
        self._length = len(line)

    def clear(self) -> None:
        """Takes the bar off the screen."""
        if self._length:
            self._stream.write("\r" + " " * self._length + "\r")
            self._length = 0

    def _blocks(self, done: int, of: int) -> str:
        full = min(WIDTH, WIDTH * done // of)
        return self._full * full + self._empty * (WIDTH - full)


def _pace(done: int, of: int, seconds: float) -> str:
    if not done or seconds < 1:
        return ""
    pace = f"{seconds / done:.2g} s each" if seconds / done > _QUICK_S else f"{done / seconds:,.0f} a second"
    return f"{pace}  about {spoken_duration((of - done) * seconds / done)} left"


def spoken_duration(seconds: float) -> str:
    """As one would say it: `0.4 s`, `52 s`, `1 min 52 s`, `4 h 25 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _can_say(stream: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
