"""Which nights a log or a session file tells of, and beside which of them it is still to be stored.

    a table (Session Metadata, shotsInfo)       the nights of the frames that lie with it, or nearest above
    a log with its start in its name (PHD2)     that night, of every rig with frames there, or nearest above

Nothing is guessed: while no frames of its night have come, it waits in the inbox. A file that grew is stored
anew under a name of its own, since what is stored never changes; what was touched and says the same is not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from pipeline.model.records import Stays, StoredFact
from pipeline.model.survey import Arrival, Fate, Found, Sort
from pipeline.rules.addresses import read_address
from pipeline.rules.layout import CALIBRATION, WITNESS, night_home
from pipeline.rules.ledger import Ledger, Origin
from pipeline.rules.nights import night_of

_UNFILED = (Fate.UNSETTLED, Fate.UNKNOWN_RIG, Fate.LATER)
_LOGS = (".txt", ".log")
_STARTED = re.compile(
    r"(?<!\d)(\d{4})-?(\d\d)-?(\d\d)[-_](\d\d)[-:]?(\d\d)[-:]?(\d\d)(?!\d)"
)  # _2026-01-14_201333, and NINA's 20260114-201333-
_NIGHT_FOLDER = re.compile(r"(?:DATE_)?(\d{4}-\d\d-\d\d)")
_SURELY_OVER = timedelta(days=2, hours=2)
"""From the evening's date until it is noon after that night at every longitude, and its writer is done."""


class Place(NamedTuple):
    """A rig's night, beside which witnesses lie."""

    owner: str
    night: date
    home: str
    """`<rig>/00_Frames/DATE_<night>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What lies in which folder of which inbox, or below it."""

    nights: Mapping[Origin, set[Place]] = field(default_factory=dict)
    """The nights of the frames."""
    unsure: frozenset[Origin] = frozenset()
    """Folders of frames that are not filed yet: a witness beside them waits, and looks no further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The witnesses the ledger knows of."""

    content: dict[tuple[Origin, int, int], str] = field(default_factory=dict)
    """Inbox name, size and time to the SHA-256 of what it held; empty: it was given up, and is not wanted."""
    held: dict[str, set[str]] = field(default_factory=dict)
    """A night's folder to the SHA-256 of each witness there."""
    latest_ns: dict[tuple[str, Origin], int] = field(default_factory=dict)
    """A night's folder and an inbox name to the time of its newest stored version."""


def lying_of(stored: Iterable[StoredFact]) -> set[tuple[str, str, str]]:
    """Where frames lay: inbox, folder in it, and their night's folder in the store."""
    return {
        (fact.inbox, _folder(fact.original), night_home(fact.stored))
        for fact in stored
        if fact.stays == Stays.FRAME and fact.origin == "received"
    }


def nights_around(stored: Iterable[StoredFact], arrivals: Collection[Arrival] = ()) -> Around:
    """Where the frames of which nights lie, or lay: those in the store, and those about to be stored."""
    return around_of(lying_of(stored), arrivals)


def around_of(lying: Iterable[tuple[str, str, str]], arrivals: Collection[Arrival] = ()) -> Around:
    """The same, from where the stored ones lay (`lying_of`)."""
    lying = set(lying)
    lying |= {
        (a.found.inbox, _folder(a.found.original), night_home(a.stored))
        for a in arrivals
        if a.fate is Fate.STORE
    }
    nights: defaultdict[Origin, set[Place]] = defaultdict(set)
    for inbox, folder, home in lying:
        place = _place(home)
        for above in _upwards(folder) if place is not None else ():
            nights[inbox, above].add(place)  # type: ignore[arg-type]  # the line above has seen to it
    unsure = {
        (a.found.inbox, _folder(a.found.original))
        for a in arrivals
        if a.fate in _UNFILED and a.found.sort is Sort.FRAME
    }
    return Around(nights=nights, unsure=frozenset((inbox, up) for inbox, at in unsure for up in _upwards(at)))


def places_of(found: Found, around: Around) -> tuple[Place, ...]:
    """The nights this witness tells of; none while their frames have not come."""
    own, _, name = found.original.rpartition("/")
    started = started_on(name)
    for folder in _upwards(own):
        here = around.nights.get((found.inbox, folder), set())
        if started is not None:
            here = {place for place in here if place.night == started}
        elif folder != own:
            here = _of_one_night(here, found)
        if here:
            return tuple(sorted(here))
        if (found.inbox, folder) in around.unsure:
            break
    return ()


def started_on(name: str) -> date | None:
    """The night in which a log was begun, by the local time in its name."""
    said = _STARTED.search(name) if name.lower().endswith(_LOGS) else None
    if said is None:
        return None
    try:
        return night_of(datetime(*map(int, said.groups())))  # type: ignore[arg-type]  # noqa: DTZ001 - local
    except (ValueError, OverflowError):
        return None


def kept_in(ledger: Ledger) -> Kept:
    """What the ledger knows of witnesses, folded for the question what is new."""
    kept = Kept()
    for fact in ledger.stored.values():
        if fact.stays != Stays.WITNESS:
            continue
        origin, home, sha256 = (
            (fact.inbox, fact.original),
            night_home(fact.stored),
            fact.sha256 or fact.stored,
        )
        kept.held.setdefault(home, set()).add(sha256)
        kept.content[origin, fact.size, fact.mtime_ns] = sha256
        kept.latest_ns[home, origin] = max(fact.mtime_ns, kept.latest_ns.get((home, origin), 0))
    for origin, (size, mtime_ns) in ledger.looks.items():
        of = ledger.duplicates[origin]
        twin = ledger.stored.get(of)
        kept.content.setdefault((origin, size, mtime_ns), (twin.sha256 or of) if twin is not None else "")
    return kept


def due_places(found: Found, places: Iterable[Place], kept: Kept) -> list[Place]:
    """Beside which of its nights this witness is still to be stored, as it is now."""
    places = tuple(places)
    sha256 = kept.content.get((found.origin, found.size, found.mtime_ns))
    if sha256 == "" or not places:
        return []
    newest = max(place.night for place in places)
    return [
        place
        for place in places
        if sha256 not in kept.held.get(place.home, ())
        and not (place.night < newest and _has_the_whole_night(place, found.origin, kept))
    ]


def due_witnesses(
    arrivals: Collection[Arrival], ledger: Ledger, lying: Around | None = None
) -> dict[Place, list[Found]]:
    """What is to be stored beside which night, of all that lies in the inboxes.

    Args:
        arrivals: What lies in the inboxes.
        ledger: What is stored of the nights these tell of, if not all of it.
        lying: Where the frames of which nights lie, where `ledger` is not all of it.
    """
    due: dict[Place, list[Found]] = {}
    witnesses = [arrival.found for arrival in arrivals if arrival.found.sort is Sort.WITNESS]
    if not witnesses:
        return due
    lying, kept = lying or nights_around(ledger.stored.values(), arrivals), kept_in(ledger)
    for found in witnesses:
        for place in due_places(found, places_of(found, lying), kept):
            due.setdefault(place, []).append(found)
    return due


def _has_the_whole_night(place: Place, origin: Origin, kept: Kept) -> bool:
    """A table that grows for a season is not stored anew beside each night of it: only where it said less."""
    latest_ns = kept.latest_ns.get((place.home, origin))
    over = datetime(place.night.year, place.night.month, place.night.day, tzinfo=UTC) + _SURELY_OVER
    return latest_ns is not None and latest_ns / 1e9 >= over.timestamp()


def _of_one_night(places: set[Place], found: Found) -> set[Place]:
    """Of frames that lie elsewhere: the night the path names, else the last begun before it was written."""
    said = [night for part in found.original.split("/") if (night := _night_said(part)) is not None]
    if said:
        return {place for place in places if place.night == said[-1]}
    written = datetime.fromtimestamp(min(max(found.mtime_ns / 1e9, 0.0), 4e9), UTC).date()
    nights = {place.night for place in places if place.night <= written}
    return {place for place in places if place.night == max(nights)} if nights else set()


def _night_said(part: str) -> date | None:
    found = _NIGHT_FOLDER.fullmatch(part)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _place(home: str) -> Place | None:
    """The rig's night of this folder; darks and bias lie with their camera, where no witness lies."""
    address = read_address(f"{home}/{WITNESS}/x")
    if address is None or address.night is None or home.startswith(f"{CALIBRATION}/"):
        return None
    return Place(address.owner, address.night, home)


def _folder(original: str) -> str:
    return original.rpartition("/")[0]


def _upwards(folder: str) -> Iterator[str]:
    """A folder, the one above it, and so on to the inbox itself."""
    while folder:
        yield folder
        folder = _folder(folder)
    yield ""
