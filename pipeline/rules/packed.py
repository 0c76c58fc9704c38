"""Archives in an inbox: what a member is called, which archives are dealt with, what is said of the others.

A member's original path is `<archive>!/<its name there>`: it says where a frame came from, and the names inside are
read like any others. An archive is dealt with when the ledger says so, which it does when every frame and log
in it is taken. Until then it is tried again whenever something changed that could change the answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pipeline.model.survey import Arrival, Fate, Found, Sort
from pipeline.rules.ledger import Ledger, Origin
from pipeline.rules.spoken import counted
from pipeline.rules.witnesses import around_of, places_of

_MEMBER = re.compile(r"^.*?\.(?:zip|tar|tar\.(?:gz|xz|bz2)|tgz|txz|tbz2?)!/", re.IGNORECASE | re.DOTALL)
UNPACKED = ".nightbuild/unpacked"
"""Where archives are unpacked, wherever the caches are: on the store's disk a frame is stored by a link."""
OUT_OF_ARCHIVES = "out of archives"
"""Counted so that a run can say whose measuring is planned by the next."""
_NAMED = 3
_REASONS = 6


class Trouble(NamedTuple):
    """Why a member was not taken."""

    member: str
    why: str
    """Half a sentence."""
    cure: str = ""


class Waiter(NamedTuple):
    """A log or session file in an archive whose frames have not come."""

    member: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An archive that was tried, and of which something could not be taken."""

    size: int
    mtime_ns: int
    mark: str
    """Everything the answer depended on besides the archive."""
    why: str
    cure: str = ""
    later: bool = False
    """True: passing trouble (no room on the disk), so that it is tried in every run."""
    waiting: tuple[Waiter, ...] = ()


def member_path(archive: str, member: str) -> str:
    """The original path of a member; either slash parts its name."""
    return f"{archive}!/{member.replace(chr(92), '/')}"


def hidden_name(found: Found) -> str:
    """The folder an archive is unpacked into: hidden, short, its own."""
    name = "\0".join(found.origin).encode("utf-8", "surrogatepass")
    return f".{hashlib.sha256(name).hexdigest()[:16]}"


def is_member(original: str) -> bool:
    """True for an original path inside an archive."""
    return "!/" in original and _MEMBER.match(original) is not None


def members_taken(inbox: str, original: str, ledger: Ledger) -> int:
    """How many members are stored, duplicates or given up: an archive may go when that is all of them."""
    head = member_path(original, "")
    stored = {(fact.inbox, fact.original) for fact in ledger.stored.values()}
    taken = stored | set(ledger.duplicates) | set(ledger.given_up)
    return sum(1 for at, path in taken if at == inbox and path.startswith(head))


def judge_archives(
    arrivals: Sequence[Arrival],
    ledger: Ledger,
    attempt_of: Callable[[Found], Attempt | None],
    mark_of: Callable[[], str],
    lying: Callable[[], Iterable[tuple[str, str, str]]],
    *,
    unpack: bool,
) -> list[Arrival]:
    """The arrivals, each archive with its fate: to be unpacked, dealt with, or not understood.

    Args:
        arrivals: What lies in the inboxes.
        ledger: Which archives are dealt with.
        attempt_of: What an earlier run made of an archive that is not.
        mark_of: What every answer depends on now.
        lying: Where stored frames lay (`rules/witnesses`).
        unpack: False: archives are files like any other.
    """
    archives = [arrival for arrival in arrivals if arrival.fate is Fate.ARCHIVE]
    if not archives:
        return list(arrivals)
    if not unpack:
        return [replace(a, fate=Fate.OTHER) if a.fate is Fate.ARCHIVE else a for a in arrivals]
    tried = {a.found.origin: attempt for a in archives if (attempt := attempt_of(a.found)) is not None}
    come, mark = _come(tried, arrivals, lying), mark_of()
    return [
        _judge(a, ledger, tried.get(a.found.origin), mark, come) if a.fate is Fate.ARCHIVE else a
        for a in arrivals
    ]


def _judge(
    arrival: Arrival,
    ledger: Ledger,
    tried: Attempt | None,
    mark: str,
    come: frozenset[Origin],
) -> Arrival:
    found = arrival.found
    if is_unpacked(found, ledger):
        return replace(arrival, fate=Fate.KNOWN)
    if tried is None or tried.later or found.origin in come:
        return arrival
    if (tried.size, tried.mtime_ns, tried.mark) != (found.size, found.mtime_ns, mark):
        return arrival
    return refused(found, tried)


def refused(found: Found, tried: Attempt) -> Arrival:
    """An archive of which something could not be taken, as any file nobody understands."""
    return Arrival(found=found, fate=Fate.QUARANTINE, why=tried.why, cure=tried.cure)


def is_unpacked(found: Found, ledger: Ledger) -> bool:
    """True when this very archive was unpacked and all of it was taken."""
    record = ledger.unpacked.get(found.origin)
    return record is not None and (record.get("size"), record.get("mtime_ns")) == (found.size, found.mtime_ns)


def _come(
    tried: Mapping[Origin, Attempt],
    arrivals: Sequence[Arrival],
    lying: Callable[[], Iterable[tuple[str, str, str]]],
) -> frozenset[Origin]:
    """Archives with a log in them whose frames have come by now."""
    waiting = [
        (origin, Found(origin[0], member_path(origin[1], one.member), one.size, one.mtime_ns, Sort.WITNESS))
        for origin, attempt in tried.items()
        for one in attempt.waiting
    ]
    if not waiting:
        return frozenset()
    around = around_of(lying(), arrivals)
    return frozenset(origin for origin, found in waiting if places_of(found, around))


def why_not_all(troubles: Iterable[Trouble], members: int) -> tuple[str, str]:
    """One sentence on all members that were not taken, alike ones together, and what to type."""
    groups: dict[str, list[Trouble]] = {}
    for trouble in troubles:
        groups.setdefault(trouble.why, []).append(trouble)
    count = sum(map(len, groups.values()))
    said = [f"{_named([one.member for one in group])}: {why}" for why, group in groups.items()]
    if len(said) > _REASONS:
        said[_REASONS:] = [f"and {len(said) - _REASONS} further reasons"]
    cures = dict.fromkeys(group[0].cure for group in groups.values() if group[0].cure)
    of = f"{count} of its {counted(members, 'file')} {'was' if count == 1 else 'were'}"
    return f"{of} not taken ({'; '.join(said)})", "; ".join(cures)


def _named(members: Sequence[str]) -> str:
    shown = ", ".join(_legible(member) for member in members[:_NAMED])
    return f"{shown} and {len(members) - _NAMED} more" if len(members) > _NAMED else shown


def _legible(name: str) -> str:
    """A member's name as one line, whatever its writer put into it."""
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
    return plain if len(plain) <= 120 else f"{plain[:60]}...{plain[-50:]}"
