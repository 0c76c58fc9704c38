"""How a library stands: frames by kind and by state, nights, rigs, what the next `doit` would do.

    a journal's lines ─tally_of─▶ JournalTally, small enough to be kept ─standing─▶ the whole library, counted

A frame's kind and night are told from the folder it is filed in, since eighty thousand headers are not read
for a count; what a person corrected is counted as corrected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from pipeline.model.records import Stays
from pipeline.model.survey import Fate, Survey
from pipeline.rules.addresses import Address, read_address
from pipeline.rules.balance import Sums
from pipeline.rules.corrected import heed
from pipeline.rules.corrections import CORRECT
from pipeline.rules.decisions import Decisions
from pipeline.rules.layout import CALIBRATION
from pipeline.rules.ledger import Ledger, Record, fold
from pipeline.rules.names import read_path

VERSION = 2
"""Raised when the same lines would be counted otherwise: what was kept is then counted anew."""
UNKNOWN = "unknown"
_STATES = {
    Fate.STORE: "inbox",
    Fate.UNSETTLED: "unsettled",
    Fate.UNKNOWN_RIG: "unknown rig",
    Fate.LATER: "later",
    Fate.OTHER: "not ours",
}


class Unhashed(NamedTuple):
    """A stored frame whose SHA-256 is still to be taken."""

    stored: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalTally:
    """What one journal of the ledger comes down to for a count."""

    folders: Mapping[str, int] = field(default_factory=dict)
    """Store folder to the number of frames in it."""
    stored_bytes: int = 0
    """Each stored file once, whatever names it has beside."""
    witnesses: int = 0
    purged: int = 0
    lines: int = 0
    """How many lines it has: another number, and something happened."""
    unhashed: tuple[Unhashed, ...] = ()
    last: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Inbox to when a frame was last received from it, and by which means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is stored, counted."""

    kinds: Mapping[str, int]
    """Frames by kind, the most first."""
    nights: int
    rigs: tuple[str, ...]
    """Rigs that frames are filed under, by name; of darks and bias only the camera is known."""
    frames: int
    stored_bytes: int
    witnesses: int = 0
    purged: int = 0
    lines: int = 0
    unhashed: tuple[Unhashed, ...] = ()
    last: Mapping[str, str] = field(default_factory=dict)
    """Inbox to the means by which its last frame was stored."""


def tally_of(records: Sequence[Record]) -> JournalTally:
    """Count one journal."""
    ledger = fold(records)
    folders: Counter[str] = Counter()
    last: dict[str, tuple[str, str]] = {}
    for fact in ledger.stored.values():
        if fact.stays != Stays.WITNESS:
            folders[fact.stored.rpartition("/")[0]] += 1
    for record in records:
        if record.get("event") == "received" and record.get("stays", Stays.FRAME) == Stays.FRAME:
            inbox, came = str(record.get("inbox")), (str(record.get("when")), str(record.get("how", "")))
            last[inbox] = max(came, last.get(inbox, came))
    return JournalTally(
        folders=dict(folders),
        stored_bytes=sum(fact.size for fact in ledger.stored.values()),
        witnesses=ledger.count(Stays.WITNESS),
        purged=len(ledger.tombstones),
        lines=len(records),
        unhashed=tuple(
            Unhashed(fact.stored, fact.size, fact.mtime_ns)
            for fact in ledger.stored.values()
            if fact.sha256 is None and not fact.is_adopted
        ),
        last=last,
    )


def standing(tallies: Iterable[JournalTally]) -> Standing:
    """Count the whole library."""
    tallies = list(tallies)
    folders: Counter[str] = Counter()
    last: dict[str, tuple[str, str]] = {}
    for tally in tallies:
        folders.update(tally.folders)
        for inbox, came in tally.last.items():
            last[inbox] = max(came, last.get(inbox, came))
    filed = {folder: _filed(folder) for folder in folders}
    kinds: Counter[str] = Counter()
    for folder, count in folders.items():
        kinds[filed[folder].kind] += count
    return Standing(
        kinds=dict(kinds.most_common()),
        nights=len({address.night for address in filed.values() if address.night is not None}),
        rigs=tuple(sorted({filed[folder].owner for folder in folders if not folder.startswith(CALIBRATION)})),
        frames=folders.total(),
        stored_bytes=sum(tally.stored_bytes for tally in tallies),
        witnesses=sum(tally.witnesses for tally in tallies),
        purged=sum(tally.purged for tally in tallies),
        lines=sum(tally.lines for tally in tallies),
        unhashed=tuple(one for tally in tallies for one in tally.unhashed),
        last={inbox: how for inbox, (_, how) in last.items()},
    )


def kind_subjects(decisions: Decisions) -> tuple[str, ...]:
    """What a person called another kind: where there is nothing, nothing need be looked up."""
    return tuple(dict.fromkeys(one.subject for one in decisions.of_kind(CORRECT) if "kind" in one.values))


def corrected_kinds(kinds: Mapping[str, int], ledger: Ledger, decisions: Decisions) -> dict[str, int]:
    """The sums with each frame under the kind a person gave it."""
    subjects = kind_subjects(decisions)
    folders = tuple(f"{subject}/" for subject in subjects)
    corrections, sums = heed(decisions, ledger), Counter(kinds)
    for fact in ledger.stored.values():
        if fact.stays == Stays.WITNESS or not (fact.stored in subjects or fact.stored.startswith(folders)):
            continue
        said = corrections.of_stored(fact)
        if said is not None and said.kind is not None:
            sums[_filed(fact.stored.rpartition("/")[0]).kind] -= 1
            sums[said.kind.value] += 1
    return {kind: count for kind, count in sums.most_common() if count}


def states(survey: Survey, stands: Standing, sums: Sums, life: Mapping[str, int]) -> dict[str, int]:
    """How many frames are in each state; none is in two, what is empty is left out.

    Args:
        survey: What lies in the inboxes.
        stands: What is stored.
        sums: What came, and what became of it.
        life: Of the stored frames, the state of their life to their number.
    """
    counted = {
        **life,
        "duplicate": sums.duplicates,
        "quarantined": sums.quarantined,
        "purged": stands.purged,
        **{name: survey.counts.get(fate, 0) for fate, name in _STATES.items()},
    }
    return {name: count for name, count in counted.items() if count}


_OF_SETS = ("culled", "offered", "accepted", "masters", "distributed", "calibrated")


def due(
    survey: Survey,
    *,
    unhashed: int,
    notes: int,
    leaving: int,
    witnesses: int,
    in_sets: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, int]:
    """What the next `doit` would do, by stage in the order of the night: numbers of files.

    Args:
        survey: What lies in the inboxes.
        unhashed: Stored frames whose SHA-256 is still to be taken.
        notes: Sentences in _Quarantine to be written.
        leaving: Names that are due to leave an inbox.
        witnesses: Logs and session files to be stored beside their nights.
        in_sets: Of the sets of open nights, stage to the number of frames, sets or words.
    """
    arriving = survey.counts.get(Fate.STORE, 0)
    counted = {
        "unpacked": survey.counts.get(Fate.ARCHIVE, 0),
        "renamed": arriving,
        "witnessed": witnesses,
        "blinked": in_sets.get("blinked", 0),
        "measured": in_sets.get("measured", 0),
        "recorded": unhashed + arriving,
        **{stage: in_sets.get(stage, 0) for stage in _OF_SETS},
        "quarantined": notes,
        "retired": leaving,
    }
    return {stage: count for stage, count in counted.items() if count}


def _filed(folder: str) -> Address:
    """Where the frames of a folder are filed; adopted ones say it by their own folders."""
    address = read_address(f"{folder}/x.fits")
    if address is not None:
        return address
    said = read_path(folder)
    return Address(folder.partition("/")[0], said.night, said.kind.value if said.kind else UNKNOWN)
