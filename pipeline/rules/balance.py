"""The balance: received = stored + duplicates + quarantined + left (DESIGN §2.9).

Both sides are counted apart: the left from what lies in the inboxes and what the ledger says went from them, the
right from what became of each. A difference is an error, never rounded away.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Set
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.model.records import Stays
from pipeline.model.survey import Fate, Sort, Survey
from pipeline.rules.layout import WITNESS
from pipeline.rules.ledger import Ledger, Origin
from pipeline.rules.spoken import counted

Key = TypeVar("Key", bound=Hashable)
_LEFT = (Fate.STORE, Fate.UNSETTLED, Fate.UNKNOWN_RIG, Fate.LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What came, and what became of it."""

    received: int
    stored: int
    duplicates: int
    quarantined: int
    left: int
    witnesses: int = 0
    """Logs and session files stored beside their nights: told apart, since frames are what is counted."""
    adopted: int = 0
    """Frames registered where they lie: they came through no inbox, so the sum is not about them."""
    waiting: int = 0
    """Such files left in an inbox: still written, or no frames of their night have come."""

    @property
    def difference(self) -> int:
        """Zero, or frames nobody can account for."""
        return self.received - self.stored - self.duplicates - self.quarantined - self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered(Generic[Key]):
    """What the ledger knows of inbox names, by the names themselves or by something that stands for them."""

    stored: Set[Key]
    duplicates: Set[Key]
    given_up: Set[Key]
    witnesses: int
    adopted: int = 0


def remembered(ledger: Ledger) -> Remembered[Origin]:
    """Frames apart from the logs beside them."""
    facts = ledger.stored.values()
    return Remembered(
        stored={(f.inbox, f.original) for f in facts if f.stays != Stays.WITNESS and f.origin == "received"},
        duplicates={origin for origin, of in ledger.duplicates.items() if not _is_witness(of)},
        given_up={
            origin
            for origin, stored_as in ledger.given_up.items()
            if origin[0] and not _is_witness(stored_as)  # what was adopted came from no inbox
        },
        witnesses=len({(f.inbox, f.original) for f in facts if f.stays == Stays.WITNESS}),
        adopted=len(ledger.adopted),
    )


def balance(survey: Survey, ledger: Ledger) -> Sums:
    """Count both sides."""
    return weigh(survey, remembered(ledger), lambda origin: origin)


def weigh(survey: Survey, known: Remembered[Key], key_of: Callable[[Origin], Key]) -> Sums:
    """The same, from what is remembered."""
    frames = [a for a in survey.arrivals if a.found.sort is Sort.FRAME or a.fate is Fate.UNSETTLED]
    here = {key_of(a.found.origin) for a in frames}
    duplicates = known.duplicates - known.stored
    ever = known.stored | duplicates | known.given_up
    anew = {key_of(a.found.origin) for a in frames if a.fate is not Fate.KNOWN} & ever
    return Sums(
        received=len(here | ever) + len(anew),
        stored=len(known.stored | (known.given_up - duplicates)),
        duplicates=len(duplicates),
        quarantined=sum(a.fate is Fate.QUARANTINE for a in frames),
        left=sum(a.fate in _LEFT for a in frames),
        witnesses=known.witnesses,
        adopted=known.adopted,
        waiting=sum(a.fate is Fate.WITNESS for a in survey.arrivals),
    )


def _is_witness(stored: str) -> bool:
    return f"/{WITNESS}/" in stored


def balance_line(sums: Sums) -> str:
    """`412 received = 408 stored + 3 duplicates + 1 in quarantine`; what is zero is not said."""
    parts = [f"{sums.stored} stored"]
    if sums.duplicates:
        parts.append(f"{sums.duplicates} duplicates" if sums.duplicates > 1 else "1 duplicate")
    parts += [f"{sums.quarantined} in quarantine"] if sums.quarantined else []
    parts += [f"{sums.left} left in the inbox"] if sums.left else []
    return f"Balance      {sums.received} received = {' + '.join(parts)}{_beside(sums)}"


def _beside(sums: Sums) -> str:
    """What lies beside the frames, which the sum is not about."""
    adopted = f"; {sums.adopted:,} adopted where they lie" if sums.adopted else ""
    if not sums.witnesses and not sums.waiting:
        return adopted
    left = f", {sums.waiting} left in the inbox" if sums.waiting else ""
    return f"{adopted}; {counted(sums.witnesses, 'log or session file', 'logs and session files')}{left}"


def states_line(frames: int, states: Mapping[str, int]) -> str:
    """`408 stored = 320 offered + 60 accepted + 20 culled + 8 blinked away`; empty where nothing is stored.

    Args:
        frames: How many are stored, counted apart.
        states: The state of its life to the number of frames in it.
    """
    parts = state_parts(states)
    return f"States       {frames:,} stored = {' + '.join(parts)}" if frames and parts else ""


def state_parts(states: Mapping[str, int]) -> list[str]:
    """`320 offered`, `60 accepted`: each state that frames are in."""
    return [f"{number:,} {_STATE_WORDS.get(state, state)}" for state, number in states.items() if number]


def states_difference(frames: int, states: Mapping[str, int]) -> str:
    """The sentence where frames are in no state, or in two; empty where each is in one."""
    difference = frames - sum(states.values())
    if not difference:
        return ""
    return f"The states are off by {difference}: this is a bug in Nightbuild. Run `doit verify`."


_STATE_WORDS = {
    "stored": "not yet judged",
    "held": "held (asks you)",
    "aside": "put aside (snapshots, masters)",
}
