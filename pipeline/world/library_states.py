"""How every stored frame of a library stands, counted; and the sets of the nights in which something waits, looked at.

    outline: states by night ───────────────┐
    open nights ─NightBook, stand()─▶ SetNow ┴─▶ LibraryStates        one function for status, balance and catalogue

Sealed nights cost nothing: what the ledger says of them lies in their summaries. Of open nights the newest are looked
into set by set; where there are very many, the older ones are counted by the ledger alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate

from pipeline.model.frames import Kind
from pipeline.model.records import Stays
from pipeline.model.summaries import NightSummary
from pipeline.model.verdicts import State
from pipeline.rules import states as counting
from pipeline.rules.balance import states_difference, states_line
from pipeline.rules.decisions import Decisions
from pipeline.rules.grouping import is_shown
from pipeline.rules.ledger import ledger_file
from pipeline.rules.outline import Outline
from pipeline.rules.records import moment_text
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.standing import standing
from pipeline.world.library import OpenLibrary
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.nightbook import NightBook, open_book, read_book
from pipeline.world.survey import Seen
from pipeline.world.tallies import read_tallies

Night = tuple[str, date]
MOST_FRAMES = 3_000
"""Open nights are looked into set by set, the newest first, while they hold no more than this together: about a
second's work. The latest is always looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryStates:
    """All stored frames, each in one state."""

    states: Mapping[str, int] = field(default_factory=dict)
    """State to the number of frames, in the order of a frame's life."""
    sets: tuple[SetNow, ...] = ()
    """The sets of the nights in which something waits, the newest night first."""
    books: tuple[NightBook, ...] = ()
    """These nights."""
    unlooked: tuple[Night, ...] = ()
    """Further nights in which something waits, counted by the ledger alone."""

    @property
    def frames(self) -> int:
        """How many frames were counted."""
        return sum(self.states.values())


def states_of(
    library: OpenLibrary, outline: Outline, decisions: Decisions, *, remember: bool = True
) -> LibraryStates:
    """Every stored frame, counted. `remember` False: not even the cache of headers is written."""
    looked_into, unlooked = _within_reach(open_nights_of(library, outline, decisions), outline)
    books = [
        open_book(library.root, *night) if remember else read_book(library, *night, decisions, remember=False)
        for night in looked_into
    ]
    looked = {(book.owner, book.night): [look_at_set(book, one) for one in book.sets] for book in books}
    by_journal = {
        ledger_file(*night): _states(book, looked[night])
        for night, book in zip(looked_into, books, strict=True)
    }
    words, asked_for = counting.words_by_night(decisions), _asked_for(library)
    counted = [
        by_journal[journal] if journal in by_journal else _settled(summary, words, asked_for)
        for journal, summary in outline.journals.items()
    ]
    return LibraryStates(
        states=counting.in_life_order(counting.added(counted)),
        sets=tuple(now for found in looked.values() for now in found),
        books=tuple(books),
        unlooked=tuple(unlooked),
    )


def open_nights_of(library: OpenLibrary, outline: Outline, decisions: Decisions) -> list[Night]:
    """The nights in which frames wait, or of which a person spoke since the last thing that was done about them."""
    said: dict[Night, str] = {}
    for one in decisions.said:
        if one.owner is not None and one.night is not None:
            key = (one.owner, one.night)
            said[key] = max(said.get(key, ""), moment_text(one.when))
    asked_for = _asked_for(library)
    return [
        night
        for night in outline.nights
        if (summary := outline.journals.get(ledger_file(*night))) is not None
        if counting.is_open(summary, asked_for(night[0])) or said.get(night, "") > summary.latest
    ]


def _within_reach(nights: Sequence[Night], outline: Outline) -> tuple[list[Night], list[Night]]:
    """The nights that are looked into, the newest first; and the rest."""
    ordered = sorted(nights, key=lambda one: (one[1], one[0]), reverse=True)
    sizes = (sum(outline.journals[ledger_file(*night)].states.values()) for night in ordered)
    number = max(1, sum(total <= MOST_FRAMES for total in accumulate(sizes)))
    return ordered[:number], ordered[number:]


def _settled(
    summary: NightSummary,
    words: Mapping[Night, Counter[str]],
    asked_for: Callable[[str], Callable[[Kind], bool]],
) -> Counter[str]:
    nights = [(one.owner, date.fromisoformat(one.night)) for one in summary.nights]
    spoken = counting.added(words[night] for night in nights if night in words)
    return counting.settled_states(summary, spoken, asked_for(nights[0][0] if nights else ""))


def _states(book: NightBook, sets: Sequence[SetNow]) -> Counter[str]:
    return Counter[str](states_in(book, sets).values())


def states_in(book: NightBook, sets: Sequence[SetNow]) -> dict[str, State]:
    """Each frame of a night: by its set; without a verdict, as the ledger has it; in no set, aside."""
    by_ledger = counting.ledger_states(book.ledger)
    standings = {stored: told.state for now in sets for stored, told in now.standings.items()}
    found: dict[str, State] = {}
    for stored, fact in book.ledger.stored.items():
        if fact.stays != Stays.WITNESS:
            state = standings.get(stored, State.ASIDE)
            found[stored] = by_ledger[stored] if state is State.STORED else state
    return found


def _asked_for(library: OpenLibrary) -> Callable[[str], Callable[[Kind], bool]]:
    """Whether any rig that frames of an owner may be of shows a kind to eyes; asked once an owner."""
    settings = library.configuration
    keys = [(frozenset({rig_key(rig.name), rig_key(rig.camera.name)}), rig.blink) for rig in settings.rigs]
    known: dict[str, Callable[[Kind], bool]] = {}

    def of(owner: str) -> Callable[[Kind], bool]:
        if owner not in known:
            blinks = [blink for names, blink in keys if rig_key(owner) in names] or [settings.stranger.blink]
            known[owner] = lambda kind: any(is_shown(kind, blink) for blink in blinks)
        return known[owner]

    return of


def states_said(seen: Seen) -> tuple[str, str]:
    """The balance's second line, and a sentence where frames are in no state or in two; empty: nothing to say."""
    library = seen.library
    counted = states_of(library, seen.outline, seen.decisions)
    frames = standing(read_tallies(library.root, library.state)).frames
    return states_line(frames, counted.states), states_difference(frames, counted.states)
