"""What `doit status --all` says: what waits for me, what is stuck, what is due, how the library stands; or as data.

In this order, since the reader has just woken up. A section with nothing in it is not printed; a long one is
cut and says where the rest is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.rules.balance import Sums, balance_line, states_difference, states_line
from pipeline.rules.calibrated_standing import SetCalibrated, calibrated_data, calibrated_lines
from pipeline.rules.running import Progress
from pipeline.rules.spoken import counted, sized
from pipeline.rules.standing import Standing
from pipeline.rules.waiting import NEXT_RUN, Waiting

_HEADING = 13
_SHOWN = 12
"""Lines of one section; a terminal has few, and what matters must not scroll away."""
_DUE = {
    "unpacked": ("archive to unpack", "archives to unpack"),
    "witnessed": ("log or session file to store", "logs and session files to store"),
    "renamed": ("frame to store", "frames to store"),
    "blinked": ("thing you did to take up", "things you did to take up"),
    "measured": ("frame to measure", "frames to measure"),
    "culled": ("set to judge", "sets to judge"),
    "offered": ("frame to offer, reject or withdraw", "frames to offer, reject or withdraw"),
    "accepted": ("frame to accept", "frames to accept"),
    "masters": ("master to make", "masters to make"),
    "distributed": ("set to choose masters for", "sets to choose masters for"),
    "calibrated": ("set to calibrate", "sets to calibrate"),
    "recorded": ("SHA-256 to record", "SHA-256 to record"),
    "quarantined": ("sentence to write into _Quarantine", "sentences to write into _Quarantine"),
    "retired": ("name to leave the inbox", "names to leave the inbox"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """The run that holds the library now."""

    who: str
    """`doit` (process 4711 on nas, since 21:03)."""
    says: str
    """How far it is, in words."""
    pid: int
    host: str
    since: str
    progress: Progress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Room on the disks, in bytes; None: not known."""

    free_bytes: int | None = None
    occupied_bytes: int | None = None
    """The whole library, every file once."""
    trash_bytes: int = 0
    purge_bytes: int = 0
    measured: str = ""
    """When, in words; empty: just now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything there is to say."""

    library: str
    inboxes: Sequence[str]
    standing: Standing
    states: Mapping[str, int]
    life: Mapping[str, int] = field(default_factory=dict)
    """Of the stored frames, the state of their life to their number."""
    sums: Sums
    due: Mapping[str, int]
    waiting: Sequence[Waiting]
    quarantined: Sequence[Waiting]
    stuck: Sequence[Waiting] = ()
    link_mode: Mapping[str, str] = field(default_factory=dict)
    room: Room = field(default_factory=Room)
    running: AtWork | None = None
    advice: Sequence[str] = ()
    """What a person may want to look at; nothing waits for it."""
    missing: Sequence[Waiting] = ()
    """Masters that lights lack, each with what to shoot or to choose."""
    masters: Mapping[str, Any] = field(default_factory=dict)
    """The same, and what would be better, for programs."""
    calibrated: Sequence[SetCalibrated] = ()
    last_run: str = ""
    """When the latest run was, and what it did, in words; empty: none is remembered."""
    programs: Sequence[tuple[str, str]] = ()
    """Each program but ours that makes masters, with its version; and that in words."""
    backup: str = ""
    """What only the library has, in words; empty: nothing, or nothing is backed up at all."""


def nothing_here(seen: Overview) -> str:
    """What to do first, where there is nothing; empty where there is something."""
    if seen.states or seen.waiting or seen.stuck or seen.running:
        return ""
    into = " or ".join(seen.inboxes)
    return f"Nothing here yet. Put raw frames into {into}, then type `doit plan` or `doit`."


def overview_lines(seen: Overview) -> Iterator[str]:
    """As a person reads it, whole."""
    if seen.running is not None:
        yield from section("Running", [seen.running.says, seen.running.who])
    yield from waiting_lines(seen)
    yield from section("Due", [due_words(seen.due)] if seen.due else [])
    yield from section("Library", list(_library(seen)))
    yield from backup_lines(seen)
    yield from section("Look at", seen.advice)
    yield balance_line(seen.sums)
    yield from filter(None, [states_line(seen.standing.frames, seen.life)])
    if seen.sums.difference:
        yield f"The balance is off by {seen.sums.difference}: this is a bug in Nightbuild. Run `doit verify`."
    yield from filter(
        None, [states_difference(seen.standing.frames, seen.life) if seen.running is None else ""]
    )


def backup_lines(seen: Overview) -> Iterator[str]:
    """What would be lost tonight; nothing where nothing would, or nothing is backed up at all."""
    yield from section("Backup", [f"{seen.backup}; doit backup-status"] if seen.backup else [])


def waiting_lines(seen: Overview) -> Iterator[str]:
    """What waits and what is stuck, with every folder and command."""
    yield from section("Waits", _items(seen.waiting))
    yield from section("Stuck", _items(seen.stuck))
    yield from section("Masters", _items(seen.missing))
    yield from section("Calibrated", _items(calibrated_lines(seen.calibrated)))


def overview_data(seen: Overview) -> dict[str, Any]:
    """The fixed interface other programs read."""
    sums = seen.sums
    return {
        "library": seen.library,
        "link_mode": dict(seen.link_mode),
        "frames": dict(seen.standing.kinds),
        "states": dict(seen.states),
        "due": dict(seen.due),
        "waiting": [_plain(one) for one in (*seen.waiting, *seen.stuck)],
        "quarantined": [_plain(one) for one in seen.quarantined],
        "balance": {
            "received": sums.received,
            "stored": sums.stored,
            "duplicates": sums.duplicates,
            "quarantined": sums.quarantined,
            "left": sums.left,
            "difference": sums.difference,
        },
        "running": _running_data(seen.running),
        "advice": list(seen.advice),
        "masters": dict(seen.masters),
        "calibrated": calibrated_data(seen.calibrated),
        "programs": [name for name, _ in seen.programs],
        **({"backup": seen.backup} if seen.backup else {}),
    }


def section(heading: str, lines: Sequence[str]) -> Iterator[str]:
    """A heading and what stands under it, aligned; nothing where there is nothing."""
    for number, line in enumerate(lines):
        yield f"{heading if not number else '':{_HEADING}}{line}"


def _items(waiting: Sequence[Waiting]) -> list[str]:
    lines = []
    for one in waiting[:_SHOWN]:
        lines.append(one.what)
        if one.where and one.where not in one.what:
            lines.append(f"  {one.where}")
        if one.command != NEXT_RUN:
            lines.append(f"  {one.command}")
        lines += [f"  or {one.or_else}"] if one.or_else else []
    rest = len(waiting) - _SHOWN
    return [*lines, f"and {rest:,} more: doit status --json"] if rest > 0 else lines


def due_words(due: Mapping[str, int]) -> str:
    """What the next run would do, and what to type."""
    said = [counted(count, *_DUE.get(stage, (stage, stage))) for stage, count in due.items()]
    return f"{', '.join(said)}: doit"


def _library(seen: Overview) -> Iterator[str]:
    stands = seen.standing
    yield f"{seen.library}"
    if stands.frames:
        where = f"{counted(stands.nights, 'night')}, {counted(len(stands.rigs), 'rig')}"
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in stands.kinds.items())
        yield f"{counted(stands.frames, 'frame')}, {where}: {kinds}"
    yield _room_words(stands, seen.room)
    if seen.link_mode:
        yield "Names by " + ", ".join(f"{mode} ({place})" for place, mode in seen.link_mode.items())
    yield from (words for _, words in seen.programs)


def _room_words(stands: Standing, room: Room) -> str:
    parts = [f"{sized(stands.stored_bytes)} stored"]
    if room.occupied_bytes is not None:
        when = f", {room.measured}" if room.measured else ""
        parts.append(f"{sized(room.occupied_bytes)} taken in all, each file once{when}")
    parts += [f"{sized(room.free_bytes)} free"] if room.free_bytes is not None else []
    parts += [f"doit purge would free {sized(room.purge_bytes)}"] if room.purge_bytes else []
    parts += [f"doit trash --empty would free {sized(room.trash_bytes)}"] if room.trash_bytes else []
    return "; ".join(parts)


def _plain(one: Waiting) -> dict[str, str]:
    what = f"{one.what}; or: {one.or_else}" if one.or_else else one.what
    return {"what": what, "where": one.where, "command": one.command}


def _running_data(running: AtWork | None) -> dict[str, Any] | None:
    if running is None:
        return None
    progress = running.progress
    return {
        "stage": progress.stage if progress else None,
        "done": progress.done if progress else None,
        "of": progress.of if progress else None,
        "rate": progress.rate if progress else None,
        "seconds_left": progress.seconds_left if progress else None,
        "pid": running.pid,
        "host": running.host,
        "since": running.since,
    }
