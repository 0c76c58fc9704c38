"""How far the run at work is, from the word it leaves: stage, n of m, how fast, how long still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.rules.spoken import lasting


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The work in hand; of several things side by side the one with the most to do."""

    stage: str
    done: int
    of: int
    rate: float | None
    """Pieces a second; None before the first is done."""

    @property
    def seconds_left(self) -> float | None:
        """At this pace; of what is in hand, not of the whole night."""
        return round((self.of - self.done) / self.rate, 1) if self.rate else None


def progress_of(state: Mapping[str, Any] | None, pid: int) -> Progress | None:
    """What a run says of itself; None when it left no word, or the word is an earlier run's."""
    if state is None or state.get("pid") != pid:
        return None
    working = [task for task in _listed(state.get("working")) if isinstance(task, Mapping)]
    if not working:
        return None
    task = max(working, key=lambda one: _number(one.get("of")))
    done, of, seconds = (_number(task.get(key)) for key in ("done", "of", "seconds"))
    rate = done / seconds if done > 0 and seconds > 0 else None
    return Progress(stage=str(task.get("stage", "")), done=int(done), of=int(of), rate=rate)


def progress_words(progress: Progress | None, headings: Mapping[str, str]) -> str:
    """`Stored  214 of 408, 7.1 a second, about 28 s left`."""
    if progress is None:
        return "looking at what is due"
    stage = headings.get(progress.stage, progress.stage)
    if not progress.of:
        return f"{stage}: at work"
    words = f"{stage}: {progress.done:,} of {progress.of:,}"
    if progress.rate:
        pace = f"{progress.rate:.2g} a second" if progress.rate >= 1 else f"{1 / progress.rate:.2g} s each"
        words += f", {pace}"
    left = progress.seconds_left
    return words if left is None else f"{words}, about {lasting(left)} left"


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _number(value: object) -> float:
    return value if isinstance(value, (int, float)) else 0
