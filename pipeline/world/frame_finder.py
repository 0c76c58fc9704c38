"""Which frames a person means on a command line: a file name in a set, a stored path, or any place it was given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.model.errors import UserError
from pipeline.model.sets import FrameSet, Member
from pipeline.rules.adopted_states import not_acted_on
from pipeline.rules.ledger import Ledger
from pipeline.rules.phrases import listed
from pipeline.rules.positions import lies_at
from pipeline.rules.typed import as_typed
from pipeline.world import ledger as ledgers
from pipeline.world.library import OpenLibrary
from pipeline.world.naming import spellings
from pipeline.world.nightbook import NightBook, address_of, open_book
from pipeline.world.whereabouts import find_file

MeantFrame = tuple[NightBook, FrameSet, Member]


def find_frames(
    library: OpenLibrary,
    words: Sequence[str],
    standing: Path,
    among: Iterable[tuple[NightBook, FrameSet]] = (),
) -> list[MeantFrame]:
    """The frames that are meant, each once, in the order they were named.

    Args:
        library: Where to look.
        words: What was typed.
        standing: The folder the person stands in.
        among: The sets in which a bare file name is looked for first.

    Raises:
        UserError: A word means no frame of a set, or several.
    """
    sets, finder = list(among), _Finder(library, standing)
    found: dict[str, MeantFrame] = {}
    for word in words:
        one = _named_in(word, sets) or finder.find(word)
        found[one[2].stored] = one
    return list(found.values())


def _named_in(word: str, sets: Iterable[tuple[NightBook, FrameSet]]) -> MeantFrame | None:
    """The frame of this name in the sets; None where none has it."""
    folded = word.casefold()
    found = [
        (book, frames, member)
        for book, frames in sets
        for member in frames.members
        if folded in {member.name.casefold(), member.stored.rpartition("/")[2].casefold()}
    ]
    if len(found) > 1:
        named = listed((as_typed(member.stored) for _, _, member in found[:3]), last="or")
        raise UserError(f"{word}: {len(found)} frames of these sets are called so; type {named}.")
    return found[0] if found else None


class _Finder:
    """Looks for what is named by a path; reads the whole ledger, once, when it has to."""

    def __init__(self, library: OpenLibrary, standing: Path) -> None:
        self.library = library
        self.standing = standing
        self._ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        if self._ledger is None:
            self._ledger = ledgers.read(self.library.root)
        return self._ledger

    def find(self, word: str) -> MeantFrame:
        stored = self._moved(word) or find_file(self.library, self.ledger, word, self.standing).stored
        if stored in self.ledger.tombstones:
            raise UserError(
                f"{word} was purged. `doit trash --restore {as_typed(stored)}` brings it back from the trash."
            )
        fact = self.ledger.stored.get(stored)
        if fact is not None and fact.is_adopted:
            raise UserError(not_acted_on(word, fact.at.rpartition("/")[0]))
        where = address_of(stored)
        book = open_book(self.library.root, *where) if where is not None else None
        for frames in book.sets if book is not None else ():
            if book is not None and stored in frames.by_stored:
                return book, frames, frames.by_stored[stored]
        raise UserError(f"{word} is no frame of a set: only lights, flats, darks and bias are looked at.")

    def _moved(self, word: str) -> str:
        """The frame a person moved to this path."""
        paths = set(spellings(word, self.standing, self.library.root))
        links = self.ledger.links.values()
        return next(
            (link.stored for link in links if link.state == "moved_on" and lies_at(link) in paths), ""
        )
