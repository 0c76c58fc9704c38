"""In which state a file is, why, and what would change it: the answer of `doit why`, before it is dressed.

A file is one thing at a time (DESIGN §4). What the ledger says of it comes first, then what its inbox says.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model.records import StoredFact
from pipeline.model.survey import Arrival, Fate
from pipeline.rules.adopted_states import state_of_adopted
from pipeline.rules.ledger import Ledger
from pipeline.rules.typed import as_typed

_STATES = {
    Fate.STORE: ("inbox", "whole and settled: the next `doit` stores it", "doit"),
    Fate.UNSETTLED: ("unsettled", "", "doit"),
    Fate.QUARANTINE: ("quarantined", "", ""),
    Fate.UNKNOWN_RIG: ("unknown rig", "", ""),
    Fate.LATER: ("later", "", "doit"),
    Fate.WITNESS: (
        "witness",
        "a log or session file: stored beside its night, once frames of it have come",
        "doit",
    ),
    Fate.ARCHIVE: ("archive", "unpacked by the next `doit`, then its frames are looked at", "doit"),
    Fate.OTHER: ("not ours", "neither a frame nor a log of one: left where it is, and counted", ""),
}
STORED = "stored"
"""The state of what is stored as it was recorded: what its set says comes on top."""
_STRANGER = "nothing here knows it: it lies in no inbox, and no stored frame has this content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How it stands with a file."""

    state: str
    why: str = ""
    command: str = ""
    """What would change it; empty where nothing need be done."""


def of_arrival(arrival: Arrival | None, folder: str = "") -> Situation:
    """A file that is not in the ledger; `folder`: of the library, where an unknown one lies in it."""
    if arrival is None:
        command = f"doit adopt {as_typed(folder)} --dry-run" if folder else ""
        return Situation(state="unknown", why=_STRANGER, command=command)
    state, why, command = _STATES.get(arrival.fate, (arrival.fate.value, "", ""))
    return Situation(state=state, why=arrival.why or why, command=arrival.cure or command)


def of_moved(place: str) -> Situation:
    """An adopted frame that its person moved since the last run."""
    why = f"adopted, and moved by its person: it lies in {_folder(place)}; the next `doit` takes note of it"
    return Situation(state="moved", why=why, command="doit")


def of_stored(stored: str, ledger: Ledger, seen: tuple[int, int] | None, *, is_duplicate: bool) -> Situation:
    """A file the ledger knows.

    Args:
        stored: Its address.
        ledger: What is so.
        seen: Size and time of the stored file as it is now; None: it is not there.
        is_duplicate: True for an inbox name that has the bytes of a frame received under another.
    """
    stone = ledger.tombstones.get(stored)
    fact = ledger.stored.get(stored)
    if fact is None:
        why = f"given up: {stone.get('why', '')}" if stone is not None else "not in the ledger any more"
        return Situation(state="purged", why=why, command="doit trash --list")
    link = ledger.links.get(stored)
    if fact.is_adopted and (
        seen == (fact.size, fact.mtime_ns) or (link is not None and link.state == "absent")
    ):
        state = state_of_adopted(ledger.adopted.get(stored, {}), fact, link)
        why = (
            f"adopted: registered where it lies, in {_folder(fact.at)}; it is its person's own file, and nothing "
            "of ours acts on it"
        )
        return Situation(state=state.value, why=why, command=f"doit correct {as_typed(stored)} KEY=VALUE")
    if is_duplicate:
        why = f"it has the bytes of {stored}, which is stored; its name leaves the inbox in a later run"
        return Situation(state="duplicate", why=why)
    if seen is None and fact.is_adopted:
        gone = f"adopted, and no longer in {_folder(fact.at)}"
        why = f"{gone}: moved or deleted by its person; the next `doit` looks for it"
        return Situation(state="missing", why=why, command="doit")
    if seen is None:
        return Situation(state="missing", why="the ledger has it, the disk has not", command="doit verify")
    if seen != (fact.size, fact.mtime_ns):
        return Situation(state="changed in place", why=_difference(fact, seen), command="doit verify")
    why = "its SHA-256 is recorded" if fact.sha256 else "its SHA-256 is taken by the next `doit`"
    return Situation(state=STORED, why=why, command=f"doit correct {as_typed(stored)} KEY=VALUE")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _difference(fact: StoredFact, seen: tuple[int, int]) -> str:
    if fact.size != seen[0]:
        return f"{seen[0]:,} bytes now, {fact.size:,} when it was stored"
    return "written to since it was stored; its size is the same"
