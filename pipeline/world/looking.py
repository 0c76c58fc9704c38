"""A set as it stands now: its frames, what the limits and the person said, where each frame is and ought to be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.model.records import LinkFact
from pipeline.model.rigs import Rig
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import SetVerdict, State
from pipeline.rules.adopted_states import adopted_standings
from pipeline.rules.deliveries import Moves, plan_moves
from pipeline.rules.standings import Standing, stand
from pipeline.rules.words import SetWords, words_of
from pipeline.world.manifests import read_verdict
from pipeline.world.nightbook import NightBook, open_book


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNow:
    """One set, looked at."""

    book: NightBook
    frames: FrameSet
    rig: Rig
    words: SetWords
    verdict: SetVerdict | None
    standings: dict[str, Standing]

    @property
    def links(self) -> dict[str, list[LinkFact]]:
        """Every place the night's frames were given."""
        return self.book.links

    def moves(self, states: Collection[State]) -> Moves:
        """What is to be delivered and withdrawn of the members in these states."""
        return plan_moves(self.frames, self.standings, self.book.links, self.words, states)

    def count(self, *states: State) -> int:
        """How many members are in one of these states."""
        return sum(told.state in states for told in self.standings.values())


def look_at_set(book: NightBook, frames: FrameSet, known: SetVerdict | None = None) -> SetNow:
    """The set as the ledger, the decisions and its manifest have it.

    Args:
        book: Its night.
        frames: The set.
        known: What the limits say, for who has read it already, or remembers it where the manifest is gone.
    """
    if frames.is_adopted:
        return SetNow(
            book=book,
            frames=frames,
            rig=book.rig_of(frames),
            words=words_of(frames, book.decisions),
            verdict=None,
            standings=adopted_standings(frames, book.ledger),
        )
    rig, words = book.rig_of(frames), words_of(frames, book.decisions)
    kept = read_verdict(book.library, frames.id) if known is None else None
    verdict = kept[1] if kept is not None else known
    standings = stand(frames, book.links, words, verdict, accept=rig.accept, blink=rig.blink)
    return SetNow(book=book, frames=frames, rig=rig, words=words, verdict=verdict, standings=standings)


def look_up_set(library: Path, owner: str, night: str, set_id: str) -> SetNow | None:
    """The set of this name; None where all its frames turned out to be duplicates."""
    book = open_book(library, owner, date.fromisoformat(night))
    frames = book.by_id.get(set_id)
    return None if frames is None else look_at_set(book, frames)
