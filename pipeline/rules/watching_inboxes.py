"""When the night is run, told from when something was noticed in the inboxes; looks at no disk and at no clock.

    noticed ─▶ Waiting ─due─▶ SETTLED   nothing has come for a while
                              LONG      frames keep coming, and the first has waited long enough
                              AGAIN     nothing new, but time has passed: the night may be over, a marker may lie there

Each run begins its own waiting: however fast frames come, there is one run in `longest_minutes`, and never none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.model.record_policies import Watch
from pipeline.model.survey import Found, Sort

Entry = tuple[str, str, int, int]
"""Inbox, path in it, size, time: what has changed is another file."""

_TAKEN = frozenset({Sort.FRAME, Sort.WITNESS, Sort.ARCHIVE})
"""What a night takes out of an inbox."""


class Due(StrEnum):
    """Why the night is run now."""

    NO = ""
    SETTLED = "settled"
    LONG = "long"
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What was noticed since the last run, and when; seconds of one clock."""

    first_s: float | None = None
    """When the first thing was noticed that no run has seen. None: nothing was."""
    last_s: float = 0.0
    """When the latest was."""
    ran_s: float = 0.0
    """When the last run ended; before the first one: when watching began."""
    not_before_s: float = 0.0
    """A run that could not be is not tried again before."""


def notice(waiting: Waiting, now_s: float, *, since_s: float | None = None) -> Waiting:
    """Something has come; `since_s`: it has lain there since then."""
    since_s = now_s if since_s is None else since_s
    first_s = since_s if waiting.first_s is None else min(waiting.first_s, since_s)
    return replace(waiting, first_s=first_s, last_s=now_s)


def calm(waiting: Waiting) -> Waiting:
    """What was noticed is nothing a night takes."""
    return replace(waiting, first_s=None)


def ran(now_s: float) -> Waiting:
    """The night was run: what has come until it began is done with."""
    return Waiting(ran_s=now_s)


def failed(waiting: Waiting, now_s: float, policy: Watch) -> Waiting:
    """The night could not be run at all: what waits still waits, for as long as a busy inbox would."""
    return replace(waiting, not_before_s=now_s + policy.longest_minutes * 60)


def due(waiting: Waiting, now_s: float, policy: Watch) -> Due:
    """Whether the night is run now, and why."""
    return next((why for why, at_s in _moments(waiting, policy) if at_s <= now_s), Due.NO)


def rest_s(waiting: Waiting, now_s: float, policy: Watch) -> float:
    """How long nothing will be due unless something new is noticed; infinite: until then."""
    return max(min((at_s for _, at_s in _moments(waiting, policy)), default=float("inf")) - now_s, 0.0)


def _moments(waiting: Waiting, policy: Watch) -> Iterable[tuple[Due, float]]:
    """When what would be due, if nothing more came."""
    if waiting.first_s is not None:
        yield Due.SETTLED, max(waiting.last_s + policy.quiet_minutes * 60, waiting.not_before_s)
        yield Due.LONG, max(waiting.first_s + policy.longest_minutes * 60, waiting.not_before_s)
    if policy.again_minutes:
        yield Due.AGAIN, max(waiting.ran_s + policy.again_minutes * 60, waiting.not_before_s)


def entries_of(files: Iterable[Found]) -> frozenset[Entry]:
    """Every file as it is now; what is still arriving under another name included."""
    return frozenset((one.inbox, one.original, one.size, one.mtime_ns) for one in files)


def taken_of(files: Iterable[Found]) -> frozenset[Entry]:
    """The files a night would take."""
    return entries_of(one for one in files if one.sort in _TAKEN)


def moments_of(entries: Iterable[Entry]) -> tuple[float, float]:
    """The earliest and the latest time of some files, seconds since 1970."""
    times = [mtime_ns / 1e9 for _, _, _, mtime_ns in entries]
    return min(times), max(times)
