"""What the next `doit` would do with each file, and why: what `doit plan` shows before anything is touched.

The same judgement that plans the night, told file by file. One thing is guessed here that the run will know: a
frame of one second and size with another is expected to be its duplicate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from pipeline.model.frames import Frame
from pipeline.model.survey import Arrival, Fate, Survey
from pipeline.rules.addresses import read_address
from pipeline.rules.gathering import nth_address
from pipeline.rules.layout import witness_path
from pipeline.rules.ledger import Ledger, Origin
from pipeline.rules.targets import target_key
from pipeline.rules.waiting import place_of
from pipeline.rules.witnesses import Around, Place, due_witnesses, places_of

_SECOND = len("2026-01-15_00-12-33")
_SAID = ("kind", "rig", "target", "night", "filter", "exposure_s")
"""What an address is made of, and so what `why` gives the sources of."""


class Does(StrEnum):
    """What would happen to a file."""

    STORE = "store"
    DUPLICATE = "duplicate"
    RECORD = "record"
    WITNESS = "witness"
    UNPACK = "unpack"
    RETIRE = "retire"
    QUARANTINE = "quarantine"
    ASK = "ask"
    WAIT = "wait"
    LATER = "later"
    LEAVE = "leave"
    TAKE_UP = "take up"
    MEASURE = "measure"
    JUDGE = "judge"
    OFFER = "offer"
    ACCEPT = "accept"
    GATHER = "gather"
    INTEGRATE = "integrate"
    DISTRIBUTE = "distribute"
    CALIBRATE = "calibrate"


_OF_FATE = {
    Fate.STORE: Does.STORE,
    Fate.UNSETTLED: Does.WAIT,
    Fate.QUARANTINE: Does.QUARANTINE,
    Fate.UNKNOWN_RIG: Does.ASK,
    Fate.LATER: Does.LATER,
    Fate.ARCHIVE: Does.UNPACK,
    Fate.OTHER: Does.LEAVE,
}
_WHY = {
    Does.WITNESS: "a log or session file: stored beside its night",
    Does.UNPACK: "an archive: unpacked, then its frames are looked at",
    Does.LEAVE: "not ours",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One file and what would become of it."""

    file: str
    does: Does
    to: str = ""
    """Its stored address; of a duplicate, the frame it has the bytes of."""
    why: str = ""
    command: str = ""
    """What to type where it waits for a person."""
    rig: str = ""
    night: str = ""
    kind: str = ""
    target: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """What was asked about; an empty value asks about all."""

    rig: str = ""
    night: str = ""
    target: str = ""

    def holds(self, step: Step) -> bool:
        """True when a step concerns it; capitals do not matter."""
        return (
            (not self.rig or self.rig.casefold() == step.rig.casefold())
            and (not self.night or self.night == step.night)
            and (not self.target or target_key(self.target) == target_key(step.target))
        )


def forecast(
    survey: Survey,
    ledger: Ledger,
    leaving: Collection[Origin] = (),
    beside: Mapping[Origin, Sequence[Place]] = MappingProxyType({}),
) -> Iterator[Step]:
    """Every file that something would happen to, or that waits, in the order of the inboxes.

    Args:
        survey: What lies there.
        ledger: What is stored.
        leaving: Inbox names that are due to go.
        beside: Logs and session files to the nights they are still to be stored beside.
    """
    addresses = _Addresses(survey, ledger)
    for arrival in survey.arrivals:
        if arrival.fate is Fate.KNOWN:
            if arrival.found.origin in leaving:
                yield _leaving(arrival, ledger)
        elif arrival.fate is Fate.STORE:
            yield addresses.place(arrival)
        elif arrival.fate is Fate.WITNESS:
            yield from _witness(arrival, beside.get(arrival.found.origin))
        else:
            yield _step(arrival, _OF_FATE[arrival.fate])
    yield from _unhashed(ledger)


def places_beside(survey: Survey, near: Ledger, around: Around) -> dict[Origin, list[Place]]:
    """Each log and session file whose night is known, to the nights it is still to be stored beside."""
    logs = [arrival.found for arrival in survey.arrivals if arrival.fate is Fate.WITNESS]
    beside: dict[Origin, list[Place]] = {found.origin: [] for found in logs if places_of(found, around)}
    for place, witnesses in due_witnesses(survey.arrivals, near, around).items():
        for found in witnesses:
            beside.setdefault(found.origin, []).append(place)
    return beside


def _witness(arrival: Arrival, places: Sequence[Place] | None) -> Iterator[Step]:
    """A log goes beside each of its nights, waits for their frames, or is stored as it is already."""
    if places is None:
        yield _step(arrival, Does.WAIT, why="a log or session file: no frames of its night have come")
    name = arrival.found.original.rpartition("/")[2]
    for place in places or ():
        step = _step(arrival, Does.WITNESS, to=witness_path(place.home, name))
        yield replace(step, rig=place.owner, night=place.night.isoformat())


def _step(arrival: Arrival, does: Does, *, to: str = "", why: str = "") -> Step:
    frame = arrival.frame
    night = arrival.night or (frame.night if frame is not None else None)
    return Step(
        file=place_of(arrival),
        does=does,
        to=to,
        why=why or arrival.why or _WHY.get(does, ""),
        command=arrival.cure,
        rig=arrival.owner or (frame.rig or "" if frame is not None else ""),
        night=night.isoformat() if night is not None else "",
        kind=frame.kind.value if frame is not None and frame.kind is not None else "",
        target=frame.target or "" if frame is not None else "",
        size=arrival.found.size,
    )


def _leaving(arrival: Arrival, ledger: Ledger) -> Step:
    """A stored file's name in the inbox: it goes, once its twin is proven."""
    stored = ledger.of_origin(*arrival.found.origin) or ""
    return replace(
        _filed(stored),
        file=place_of(arrival),
        does=Does.RETIRE,
        to=stored,
        why="stored; its name goes when the stored frame, read again, is what was recorded",
        size=arrival.found.size,
    )


def _unhashed(ledger: Ledger) -> Iterator[Step]:
    why = "its SHA-256 is not in the ledger yet"
    for stored in ledger.unhashed():
        yield replace(_filed(stored), why=why, size=ledger.stored[stored].size)


def _filed(stored: str) -> Step:
    """A stored frame as a step, filled in with what its address says."""
    address = read_address(stored)
    if address is None:
        return Step(file=stored, does=Does.RECORD)
    return Step(
        file=stored, does=Does.RECORD, rig=address.owner, night=_iso(address.night), kind=address.kind
    )


class _Addresses:
    """Addresses as they are given away, one after the other."""

    def __init__(self, survey: Survey, ledger: Ledger) -> None:
        arriving = {
            (a.night, _second(a.stored), a.found.size) for a in survey.arrivals if a.fate is Fate.STORE
        }
        self._twins = dict(_same_seconds(ledger, {(second, size) for _, second, size in arriving}))
        self._taken = {stored.casefold() for stored in ledger.stored} if arriving else set()

    def place(self, arrival: Arrival) -> Step:
        """The next address of a frame, or the frame it is expected to be the duplicate of."""
        key = (arrival.owner, _iso(arrival.night), _second(arrival.stored), arrival.found.size)
        twin = self._twins.get(key)
        if twin is not None:
            why = "the same second, night and size: a duplicate if its bytes are equal, else stored beside it"
            return _step(arrival, Does.DUPLICATE, to=twin, why=why)
        stored = next(path for path in _numbered(arrival.stored) if path.casefold() not in self._taken)
        self._taken.add(stored.casefold())
        self._twins[key] = stored
        return _step(arrival, Does.STORE, to=stored, why=_reasons(arrival.frame))


def _same_seconds(
    ledger: Ledger, wanted: set[tuple[str, int]]
) -> Iterator[tuple[tuple[str, str, str, int], str]]:
    """Stored frames that arriving ones could be the duplicates of."""
    facts: Iterable[tuple[str, int]] = ((fact.stored, fact.size) for fact in ledger.stored.values())
    graves: Mapping[str, Mapping[str, object]] = ledger.tombstones
    given_up = (
        (stored, size) for stored, stone in graves.items() if isinstance(size := stone.get("size"), int)
    )
    for stored, size in (*facts, *given_up) if wanted else ():
        if (_second(stored), size) in wanted:
            address = read_address(stored)
            if address is not None:
                yield (address.owner, _iso(address.night), _second(stored), size), stored


def _second(stored: str) -> str:
    return stored.rpartition("/")[2][:_SECOND]


def _numbered(stored: str) -> Iterator[str]:
    return (nth_address(stored, number) for number in range(1, 10_000))


def _reasons(frame: Frame | None) -> str:
    """Where each part of the address came from, and what the witnesses disagree on."""
    if frame is None:
        return ""
    told = [f"{name.removesuffix('_s')} by {frame.sources[name]}" for name in _SAID if name in frame.sources]
    return "; ".join([", ".join(told), *(problem.text for problem in frame.problems)])


def _iso(night: date | None) -> str:
    return night.isoformat() if night is not None else ""
