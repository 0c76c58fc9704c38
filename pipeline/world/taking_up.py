"""Before a command speaks of sets, what the person did in their folders is taken up: a word builds on those before it.

doit blink, doit restore ─take_up─▶ the folders' own words are written first, then the typed one
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.model.errors import NotReachable
from pipeline.model.sets import FrameSet
from pipeline.model.watching import Gone
from pipeline.rules.absorb_words import diary_line
from pipeline.world.absorbing import absorption_of, next_moment, write_down
from pipeline.world.nightbook import NightBook, open_book

Found = tuple[NightBook, FrameSet]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp:
    """The sets as they stand once their folders were looked into."""

    sets: tuple[Found, ...]
    gone: tuple[Gone, ...]
    said: tuple[str, ...]
    """What was found in the folders, a line a rig."""

    def moment(self) -> datetime:
        """The moment that what is said now shall bear: later than everything that was said of these sets."""
        books = [book for book, _ in self.sets]
        return max(next_moment([book]) for book in books)

    def gone_of(self, frames: FrameSet) -> tuple[str, ...]:
        """Frames of a set that vanished, and of which nobody has said what that means."""
        return next((one.stored for one in self.gone if one.set_id == frames.id), ())


def take_up(found: Iterable[Found]) -> TakenUp:
    """Write down what the folders of these sets say.

    Raises:
        NotReachable: a folder that held frames is away as a whole.
    """
    wanted = list(found)
    nights: dict[str, dict[object, NightBook]] = {}
    for book, _ in wanted:
        nights.setdefault(book.owner, {})[book.night] = book
    gone: list[Gone] = []
    said: list[str] = []
    for owner, books in nights.items():
        absorption = absorption_of(list(books.values()))
        away = [problem.text for problem in absorption.problems if problem.code == "away"]
        if away:
            raise NotReachable(away[0])
        gone += absorption.gone
        if not absorption.is_empty:
            write_down(next(iter(books.values())).library.root, owner, absorption)
            said.append(diary_line(owner, absorption))
    return TakenUp(sets=tuple(_anew(wanted)), gone=tuple(gone), said=tuple(filter(None, said)))


def _anew(found: Sequence[Found]) -> Iterable[Found]:
    """The sets, read again."""
    for book, frames in found:
        now = open_book(book.library.root, book.owner, book.night)
        yield now, now.by_id.get(frames.id, frames)
