"""Which session each frame belongs to: a rig's night, parted by long pauses, and as a person parted and joined it.

    2026-01-14/C8E@...      the night, or its first part
    2026-01-14/C8E@...~2    what came after a pause longer than [sessions] gap_hours, or after a moment a person named

A session keeps its name when others come and go. One that was joined to another keeps its frames there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pipeline.model.catalog import FrameRow
from pipeline.model.frames import Kind
from pipeline.model.record_policies import Sessions
from pipeline.model.records import About
from pipeline.rules.decisions import Decisions

NAME, JOIN, SPLIT = "session-name", "session-join", "session-split"
"""Decisions on a session: what it is called, into which it goes, at which moments it is parted."""


class _Part(NamedTuple):
    """A session so far: its frames in the order they were taken."""

    name: str
    frames: list[tuple[str, str]]
    """Moment (empty where none is known) and stored path."""


def session_id(rig: str, night: str, number: int = 1) -> str:
    """`2026-01-14/C8E@f10.0+ZWO ASI2600MM Pro`; its second part ends in `~2`."""
    return f"{night}/{rig}" + (f"~{number}" if number > 1 else "")


def sessions_of_frames(
    rig: str, frames: Iterable[FrameRow], policy: Sessions, decisions: Decisions
) -> dict[str, str]:
    """Each frame's session, by stored path; snapshots and stacks go with their night."""
    nights: dict[str, list[FrameRow]] = {}
    for row in frames:
        nights.setdefault(row["night"], []).append(row)
    said = _Said(decisions)
    return {
        stored: said.joined(part.name)
        for night, rows in nights.items()
        for part in _parted(rig, night, rows, policy, said)
        for _, stored in part.frames
    }


class _Said:
    """What a person said of sessions, by their names."""

    def __init__(self, decisions: Decisions) -> None:
        self._into: Mapping[str, str] = {
            one.subject: str(one.values.get("into", "")) for one in decisions.of_kind(JOIN)
        }
        self._at: dict[str, list[str]] = {}
        for one in decisions.of_kind(SPLIT):
            self._at.setdefault(one.subject, []).append(str(one.values.get("at", "")))

    def moments(self, session: str) -> list[str]:
        """When it is parted."""
        return sorted(filter(None, self._at.get(session, ())))

    def joined(self, session: str) -> str:
        """The session it went into, through however many; a ring of them ends where it began."""
        seen = {session}
        while (into := self._into.get(session, "")) and into not in seen:
            seen.add(into)
            session = into
        return session


def _parted(rig: str, night: str, rows: Sequence[FrameRow], policy: Sessions, said: _Said) -> list[_Part]:
    timed = sorted((row.get("utc", ""), row["stored"]) for row in rows)
    lights = {row["stored"] for row in rows if row["kind"] == Kind.LIGHT}
    whole = session_id(rig, night)
    moments = [*_after_pauses(timed, lights, policy.gap_hours), *said.moments(whole)]
    parts = [_Part(whole, [])]
    ahead = sorted(set(moments))
    for moment, stored in timed:
        while ahead and moment and moment >= ahead[0]:
            ahead.pop(0)
            parts += [_Part(session_id(rig, night, len(parts) + 1), [])] if parts[-1].frames else []
        parts[-1].frames.append((moment, stored))
    return parts


def _after_pauses(timed: Iterable[tuple[str, str]], lights: set[str], gap_hours: float) -> list[str]:
    """The first moment after each long pause between lights; flats at dawn part nothing."""
    if gap_hours <= 0:
        return []
    found, before = [], None
    for moment, stored in timed:
        if not moment or stored not in lights:
            continue
        now = datetime.fromisoformat(moment)
        if before is not None and now - before > timedelta(hours=gap_hours):
            found.append(moment)
        before = now
    return found


def names_of(decisions: Decisions) -> dict[str, str]:
    """What a person called each session; the latest word holds."""
    return {
        one.subject: str(one.values.get("name", ""))
        for one in decisions.of_kind(NAME)
        if one.about is About.SESSION
    }
