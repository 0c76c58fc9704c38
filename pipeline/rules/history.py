"""The ledger's lines and a person's decisions as sentences: what happened to a frame, in the order it did."""

from __future__ import annotations

from dataclasses import dataclass, fields

from pipeline.model.records import (
    About,
    Accepted,
    Adopted,
    Calibration,
    Carried,
    Decision,
    Delivered,
    Duplicate,
    Hashed,
    Judged,
    LedgerEntry,
    MasterGiven,
    MasterTaken,
    Matched,
    MovedOn,
    Promoted,
    Purged,
    Received,
    Released,
    Restored,
    Retired,
    SeenAbsent,
    SeenAgain,
    Stays,
    Unpacked,
    Withdrawn,
)
from pipeline.rules.calibration_due import calibration_words
from pipeline.rules.corrections import CORRECT, corrections_text
from pipeline.rules.decisions import UNDO, Decisions
from pipeline.rules.serving_words import served_words
from pipeline.rules.spoken import counted, sized

_BY = {"hardlink": "hard link", "reflink": "clone", "copy": "verified copy", "symlink": "symbolic link"}
_FOR_PROGRAMS = frozenset({"mtime_ns", "size", "digest"})
"""What tells one marker or verdict file from another, and nothing to a person."""
_PATHS = ("stored", "link", "of", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Every name a frame goes by."""

    stored: str = ""
    origin: tuple[str, str] = ("", "")
    links: frozenset[str] = frozenset()
    nights: frozenset[str] = frozenset()
    """How decisions name its night, and that of its rig and camera."""
    rig: str = ""

    @property
    def paths(self) -> frozenset[str]:
        """All of them, to sift lines by."""
        return frozenset({self.stored, self.origin[1], *self.links} - {""})

    def concerns(self, decision: Decision) -> bool:
        """True when a person spoke of this frame, its set, its night or its rig."""
        if decision.values.get("frames") == []:
            return False  # a marker that was seen and spoke for nothing
        if decision.about is About.NIGHT:
            return decision.subject in self.nights
        if decision.about is About.RIG:
            return bool(self.rig) and decision.subject == self.rig
        if decision.about not in {About.FRAME, About.SET, About.INBOX}:
            return False
        named = decision.values.get("frames")
        if isinstance(named, list) and self.stored in named:
            return True
        name = "/".join(self.origin) if decision.about is About.INBOX else self.stored
        return name == decision.subject or name.startswith(f"{decision.subject}/")

    def speaks(self, entry: LedgerEntry) -> bool:
        """True when an entry tells of this frame."""
        inbox, original = getattr(entry, "inbox", ""), getattr(entry, "original", "")
        if original and (inbox, original) == self.origin:
            return True
        named = {getattr(entry, field.name) for field in fields(entry) if field.name in _PATHS}
        return bool(named & {self.stored, *self.links} - {""})


def entry_words(entry: LedgerEntry) -> str:
    """What happened, in one sentence without its time."""
    match entry:
        case Received() | Adopted() | Released() | Promoted() | Hashed():
            return _stored_words(entry)
        case Delivered() | Withdrawn() | SeenAbsent() | SeenAgain() | MovedOn() | Accepted():
            return _link_words(entry)
        case Carried():
            return f"{entry.source}, a file of yours, given a place beside the accepted lights: {entry.to}"
        case Judged():
            return f"{entry.set} judged for the first time: {entry.kept} of {entry.of} kept"
        case Matched() | MasterGiven() | MasterTaken():
            return served_words(entry)
        case Calibration():
            return f"{entry.set}: {calibration_words(entry)}"
        case Duplicate():
            return f"{_of_inbox(entry)} has the bytes of {entry.of}: a duplicate"
        case Retired():
            return f"{_of_inbox(entry)} left the inbox; its frame is {entry.stored}"
        case Purged():
            return f"{entry.stored} given up ({sized(entry.size)}): {entry.why}"
        case Restored():
            return f"{entry.stored} taken back out of the trash: not given up any more"
        case Unpacked():
            return f"{_of_inbox(entry)} unpacked: {counted(entry.members, 'file')}"


def decision_words(decision: Decision, decisions: Decisions) -> str:
    """What a person said, and whether it holds."""
    if decision.kind == UNDO:
        said = f"took back {decision.undoes}"
    else:
        said = f"{decision.kind} {_values_words(decision)}".strip()
    by = f" by {decision.who}" if decision.who else ""
    why = f" ({decision.why})" if decision.why else ""
    lapsed = decision.kind != UNDO and not decisions.holds(decision.id)
    return f"{said}{by}{why}{' — taken back since' if lapsed else ''}"


def _values_words(decision: Decision) -> str:
    """What was decided; what only an undo needs is left out."""
    if decision.kind == CORRECT:
        return corrections_text(decision.values)
    plain = {
        key: value
        for key, value in decision.values.items()
        if not isinstance(value, dict | list) and key not in _FOR_PROGRAMS
    }
    return ", ".join(f"{key}={value}" for key, value in plain.items())


def _of_inbox(entry: Received | Duplicate | Retired | Unpacked) -> str:
    return f"{entry.inbox}/{entry.original}"


def _stored_words(entry: Received | Adopted | Released | Promoted | Hashed) -> str:
    """How a frame came into the store."""
    match entry:
        case Received():
            how = f", by {_BY[entry.how]}" if entry.how in _BY else ""
            what = "a log or session file" if entry.stays is Stays.WITNESS else sized(entry.size)
            return f"received from {_of_inbox(entry)} ({what}), stored as {entry.stored}{how}"
        case Adopted():
            return (
                f"adopted as it lay: {entry.stored}{f', formerly {entry.original}' if entry.original else ''}"
            )
        case Released():
            return f"{entry.stored} released: its adoption was taken back, the file lies as it lay"
        case Promoted():
            return f"promoted to a stored frame: {entry.stored}"
        case Hashed():
            return f"SHA-256 of {entry.stored} recorded: {entry.sha256}"


def _link_words(entry: Delivered | Withdrawn | SeenAbsent | SeenAgain | MovedOn | Accepted) -> str:
    """What became of one of its places."""
    match entry:
        case Delivered():
            how = f", by {_BY[entry.how]}" if entry.how in _BY else ""
            return f"{entry.stored} given the place {entry.link}{how}"
        case Withdrawn():
            return f"{entry.link} taken away by us{f': {entry.why}' if entry.why else ''}"
        case SeenAbsent():
            return f"{entry.link} was not there any more"
        case SeenAgain():
            return f"{entry.link} was there again"
        case MovedOn():
            return f"{entry.link} was moved on to {entry.to}"
        case Accepted():
            where = f"accepted; it lies in {entry.to}" if entry.to else "passed the blink"
            return f"{entry.stored} {where}; its place {entry.link} was taken away by us"
