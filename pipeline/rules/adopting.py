"""What of a library that existed before us is a frame to be registered, and which of two copies counts. Pure.

20_Data/M31/accept/…/x.fits         a light                 calibrated/…, x_c.fits, master/…     processed: left
40_Process/M31/accept/…/x.fits      a light that moved on   40_Process/M31/drizzle/x.fits        its person's: left
M31.zip                             listed, not unpacked    masterDark_…xisf                     left to its library
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from pipeline.model.adopting import Candidate, LikeNames, Reading, Unclear
from pipeline.model.frames import Kind
from pipeline.model.records import Adopted
from pipeline.model.survey import Arrival, Fate, Found, Sighting, Sort
from pipeline.model.verdicts import State
from pipeline.rules.addresses import read_address
from pipeline.rules.adopted_states import stage_in, state_of_folders
from pipeline.rules.arrivals import Rules, judge_frame
from pipeline.rules.catalogues import normal_form
from pipeline.rules.layout import ACCEPT, STAGES, base_name
from pipeline.rules.ledger import Ledger
from pipeline.rules.targets import target_key

PROCESSED = "processed pictures"
MASTERS = "masters"
OTHERS = "other files"
OURS = "places of ours"
_MADE_IN = frozenset(
    {
        *("calibrated", "cosmetized", "debayered", "registered", "fastintegration", "master"),
        *(
            "masters",
            "process",
            "processed",
            "integration",
            "drizzle",
            "logs",
            "weights",
            "ldd_lps",
            "stacks",
        ),
        *("output", "quarantine", "final", "intermediate", "superseded", "_calibration", "wbpp"),
    }
)
"""Folders in which programs put what they made of frames."""
_MADE_NAME = re.compile(
    r"_(c(_cc)?(_lps)?(_d)?(_r)?(_n)?|cc|d(_r)?|r|a|cal|calibrated|registered|drz)$", re.IGNORECASE
)
_RANKS = (State.MOVED_ON, State.ACCEPTED, State.OFFERED, State.STORED, State.REJECTED)
"""Of copies of one exposure that counts which comes first."""
_DATED = ("DATE_", "DATE-")
_NOISE = re.compile(r"[\W_]+")


def why_left(found: Found) -> str:
    """What a file is that is none of ours to register, by its path alone; empty: it is to be read."""
    if found.sort is not Sort.FRAME:
        return OTHERS
    *folders, name = found.original.split("/")
    plain = [folder.casefold() for folder in folders]
    if not _MADE_IN.isdisjoint(plain) or _MADE_NAME.search(base_name(name)[0]):
        return PROCESSED
    if stage_in(found.original) not in STAGES[3:]:
        return ""
    is_raw = ACCEPT in plain or any(folder.startswith(_DATED) for folder in folders)
    return "" if is_raw else PROCESSED


def hear(sighting: Sighting, rules: Rules, reading: Reading) -> None:
    """Take one file that was read into the reading."""
    found = sighting.found
    if sighting.frame is not None and sighting.frame.kind is not None and sighting.frame.kind.is_master:
        reading.left[MASTERS] += 1
        return
    arrival = judge_frame(sighting, rules)
    candidate = _candidate(arrival)
    if candidate is not None:
        reading.candidates.append(candidate)
    else:
        reading.unclear.append(Unclear(path=found.original, why=arrival.why or "could not be understood"))


def _candidate(arrival: Arrival) -> Candidate | None:
    frame, night = arrival.frame, arrival.night
    if arrival.fate is not Fate.STORE or frame is None or night is None or not arrival.owner:
        return None
    path = arrival.found.original
    return Candidate(
        found=arrival.found,
        frame=frame,
        owner=arrival.owner,
        night=night,
        address=arrival.stored,
        state=state_of_folders(path) if frame.kind is Kind.LIGHT else State.ASIDE,
    )


def part_copies(reading: Reading, known: Collection[str]) -> None:
    """Let each exposure count once: the file that is registered already, else the one that went furthest.

    Args:
        reading: What was read; its copies are parted from its candidates.
        known: Paths that are registered.
    """
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    for one in reading.candidates:
        groups.setdefault(_exposure_of(one), []).append(one)
    kept: list[Candidate] = []
    for alike in groups.values():
        first, *copies = sorted(alike, key=lambda one: (one.path not in known, _rank(one), one.path))
        kept.append(first)
        kept += [one for one in copies if one.path in known]
        reading.copies += [(one, first.path) for one in copies if one.path not in known]
    reading.candidates = sorted(kept, key=lambda one: one.path)


def part_stored(reading: Reading, ledger: Ledger) -> None:
    """Leave out what is a copy of a frame in the store: of the same second, size, night and rig."""
    second = len("2026-01-15_00-12-33")
    stored = {
        (address.owner, address.night, fact.stored.rpartition("/")[2][:second], fact.size): fact.stored
        for fact in ledger.stored.values()
        if not fact.is_adopted and (address := read_address(fact.stored)) is not None
    }
    if not stored:
        return
    kept = []
    for one in reading.candidates:
        clock = f"{one.frame.local:%Y-%m-%d_%H-%M-%S}" if one.frame.local is not None else ""
        twin = stored.get((one.owner, one.night, clock, one.found.size))
        if twin is None:
            kept.append(one)
        else:
            reading.copies.append((one, twin))
    reading.candidates = kept


def _exposure_of(one: Candidate) -> tuple[object, ...]:
    """What two files of one exposure have in common.

    A moment to the fraction of a second is enough; where clocks tell seconds alone also the target is asked, and for
    the shortest exposures, or without a clock, the name.
    """
    frame = one.frame
    began = frame.utc or frame.local
    name = target = ""
    if began is None or not began.microsecond:
        is_short = began is None or frame.exposure_s is None or frame.exposure_s < 1
        target, name = target_key(frame.target or ""), one.path.rpartition("/")[2] if is_short else ""
    return one.owner, frame.kind, began, one.found.size, frame.exposure_s, frame.filter, target, name


def _rank(one: Candidate) -> int:
    return _RANKS.index(one.state) if one.state in _RANKS else len(_RANKS)


def entry_of(one: Candidate, when: datetime, *, rig: str, accepted: bool) -> Adopted:
    """What the ledger is told of a frame that is registered where it lies."""
    return Adopted(
        when=when,
        stored=one.path,
        size=one.found.size,
        mtime_ns=one.found.mtime_ns,
        owner=one.owner,
        night=one.night,
        kind=str(one.frame.kind or ""),
        rig=rig,
        accepted=accepted and one.state is State.STORED and one.frame.kind is Kind.LIGHT,
    )


def like_names(candidates: Iterable[Candidate]) -> list[LikeNames]:
    """Spellings of targets, filters and rigs that may mean one thing."""
    counts: dict[str, Counter[str]] = {"target": Counter(), "filter": Counter(), "rig": Counter()}
    for one in candidates:
        for what, name in (
            ("target", one.frame.target),
            ("filter", one.frame.filter),
            ("rig", one.frame.rig),
        ):
            if name:
                counts[what][name] += 1
    return [
        LikeNames(what=what, names=names, frames=[counted[name] for name in names])
        for what, counted in counts.items()
        for names in _alike(counted, by_catalogue=what == "target")
    ]


def _alike(names: Iterable[str], *, by_catalogue: bool) -> list[Sequence[str]]:
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        key = (normal_form(name) if by_catalogue else None) or _NOISE.sub("", name)
        groups.setdefault(_NOISE.sub("", key).casefold(), []).append(name)
    return [group for group in groups.values() if len(group) > 1]
