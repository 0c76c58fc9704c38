"""The whole ledger in outline: what its journals' summaries answer together, without reading a line.

    how many files were held, in the store and in an inbox     what the balance is made of
    what each night ever received                              which journals speak of these names

What they cannot answer is read, and of the journals only those that matter (`Outline.speaking_of`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from pipeline.model.records import Decision
from pipeline.model.summaries import Names, NightSummary, Told
from pipeline.rules.balance import Remembered
from pipeline.rules.ledger import Origin, ledger_file
from pipeline.rules.summaries import joined, key_of, unpack

_HERE = Told.HELD | Told.RETIRED
Night = tuple[str, date]
"""A rig or camera, and a night."""


@dataclass(frozen=True)
class Outline:
    """Summaries by journal, in the order the ledger is folded in."""

    journals: Mapping[str, NightSummary] = field(default_factory=dict)

    @cached_property
    def nights(self) -> dict[Night, Sequence[int]]:
        """What each night ever received, as marks in order, each once."""
        found: dict[Night, Sequence[int]] = {}
        for summary in self.journals.values():
            for said in summary.nights:
                night, marks = (said.owner, date.fromisoformat(said.night)), unpack(said.marks)
                found[night] = joined(found[night], marks) if night in found else marks
        return found

    def held_homes(self) -> Counter[str]:
        """How many files the ledger knows in each store folder."""
        held: Counter[str] = Counter()
        for summary in self.journals.values():
            held.update(summary.homes)
        return held

    def held_views(self) -> Counter[str]:
        """How many places ought to be in each folder that is there or away as a whole, such as `<rig>/10_Blink`."""
        held: Counter[str] = Counter()
        for summary in self.journals.values():
            held.update(summary.views)
        return held

    def owners_of_views(self) -> dict[str, frozenset[str]]:
        """The rigs and cameras whose frames were given places in each such folder."""
        owners: dict[str, frozenset[str]] = {}
        for summary in self.journals.values():
            told = frozenset(marks.owner for marks in summary.nights)
            for home in summary.views:
                owners[home] = owners.get(home, frozenset()) | told
        return owners

    def held_names(self, inbox: str) -> int:
        """How many files were received from an inbox and never taken out of it by us; members of archives apart."""
        tables = [table for summary in self.journals.values() if (table := summary.names.get(inbox))]
        here: dict[int, int] = {}
        for table in tables:
            if any(what & _HERE == Told.HELD for what in set(bytes.fromhex(table.told))):
                came = {key: since for key, what, since in _columns(table) if what & _HERE == Told.HELD}
                here |= {key: max(since, here.get(key, 0)) for key, since in came.items()}
        for table in tables if here else ():
            if _mentions(table, here.keys()):
                for key, what, since in _columns(table):
                    if what & Told.RETIRED and here.get(key, since) < since:
                        del here[key]
        return len(here)

    def target_folders(self) -> dict[str, str]:
        """The first spelling of each target is its folder's; one of ours before those of adopted folders."""
        folders: dict[str, str] = {}
        for summary in reversed(tuple(self.journals.values())):
            folders |= summary.their_targets
        for summary in reversed(tuple(self.journals.values())):
            folders |= summary.targets
        return folders

    def lying(self) -> list[tuple[str, str, str]]:
        """Where stored frames lay: inbox, folder in it, and their night's folder in the store."""
        return [where for summary in self.journals.values() for where in summary.lying]

    def remembered(self) -> Remembered[int]:
        """What the balance is made of, by `key_of`."""
        told: dict[int, int] = {}
        for summary in self.journals.values():
            for names in summary.names.values():
                for key, what, _ in _columns(names):
                    told[key] = told.get(key, 0) | what
        return Remembered(
            stored={key for key, what in told.items() if what & Told.STORED},
            duplicates={key for key, what in told.items() if what & Told.DUPLICATE},
            given_up={key for key, what in told.items() if what & Told.GIVEN_UP},
            witnesses=sum(1 for what in told.values() if what & Told.WITNESS),
            adopted=sum(summary.adopted for summary in self.journals.values()),
        )

    def speaking_of(self, names: Iterable[Origin], homes: Iterable[Night] = ()) -> list[str]:
        """The journals that mention one of these inbox names, and those of these nights."""
        wanted: dict[str, set[int]] = {}
        for inbox, original in names:
            wanted.setdefault(inbox, set()).add(key_of(inbox, original))
        nights = {ledger_file(owner, night) for owner, night in homes}
        return [
            journal
            for journal, summary in self.journals.items()
            if journal in nights or any(_mentions(summary.names.get(at), keys) for at, keys in wanted.items())
        ]


def names_in(decisions: Iterable[Decision]) -> list[Origin]:
    """The inbox names that decisions on files in an inbox may speak of: where the inbox's own path ends is not said."""
    subjects = {decision.subject for decision in decisions}
    return [
        (subject[:at], subject[at + 1 :])
        for subject in subjects
        for at, char in enumerate(subject)
        if char == "/"
    ]


def _columns(names: Names) -> Iterable[tuple[int, int, int]]:
    return zip(unpack(names.keys), bytes.fromhex(names.told), unpack(names.since), strict=True)


def _mentions(names: Names | None, keys: Set[int]) -> bool:
    return names is not None and not keys.isdisjoint(unpack(names.keys))
