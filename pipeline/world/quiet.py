"""Nights in which nobody did anything: told by the ledger and a listing of their folders, without opening a frame.

    NightBooks ─▶ stirred     those that are to be understood, with their sets, and heard (world/watching)
                  the rest    settled; every frame in its place, every marker and verdict file heard before

After `.nightbuild` was deleted every night is looked into once more: in this way it costs no headers. In doubt a night
is stirred, which costs time and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from pipeline.model.frames import Kind
from pipeline.model.records import About, Decision, LinkFact
from pipeline.model.watching import Sight
from pipeline.rules.corrected import heed
from pipeline.rules.corrections import CORRECT
from pipeline.rules.decisions import Decisions
from pipeline.rules.layout import accepted_folder, rejected_folder
from pipeline.rules.markers import MarkerKey, absorbed_markers, is_marker, marker_folders, marker_of, went_on
from pipeline.rules.places import offered_in, set_of_leaf, waiting_frames
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.rules.verdict_words import FileKey, absorbed_verdicts
from pipeline.world.library import OpenLibrary
from pipeline.world.listings import Folders
from pipeline.world.nightbook import NightBook
from pipeline.world.open_nights import is_asked_for
from pipeline.world.seeking import Seeker
from pipeline.world.verdict_inbox import is_spoken_anew
from pipeline.world.watching import WATCHED, in_place, is_sought, may_hold_marker

Night = tuple[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One look at the folders, and all that was heard before."""

    library: OpenLibrary
    folders: Folders
    seeker: Seeker
    markers: Mapping[MarkerKey, object]
    looks: Mapping[Night, Sequence[Decision]]
    """What holds and came from markers."""
    verdicts: frozenset[FileKey]
    is_corrected: bool
    """True when a person said of any frame what it is."""


def stirred(library: OpenLibrary, books: Sequence[NightBook]) -> list[NightBook]:
    """The nights in whose folders something may have been done since it was last written down.

    Args:
        library: Where they are.
        books: Nights of one rig or camera.
    """
    if not books:
        return []
    look = _begin(library, books[0].decisions)
    if is_spoken_anew(library, look.folders, (), look.verdicts):
        return list(books)
    found = [book for book in books if not _is_quiet(look, book)]
    return list(books) if look.folders.unread else found


def stirred_sets(library: OpenLibrary, book: NightBook) -> frozenset[str]:
    """The names of the sets whose frames were moved; where something else was done in a stirred night, of all."""
    if not stirred(library, [book]):
        return frozenset()
    loose = {offered_in(link) for link in _loose(_begin(library, book.decisions), book)}
    return frozenset(map(set_of_leaf, loose or _homes(book))) - {""}


def marker_places(books: Iterable[NightBook]) -> set[str]:
    """The folders in which a marker may speak of what was offered in these nights."""
    return {
        place
        for book in books
        for home in _offered(book)
        for place in marker_folders(home)
        if may_hold_marker(place)
    }


def _begin(library: OpenLibrary, decisions: Decisions) -> _Look:
    folders = Folders(library.root)
    looks: dict[Night, list[Decision]] = {}
    for (about, _), found in decisions.holding.items():
        for one in found if about is About.SET else ():
            if one.owner is not None and one.night is not None and marker_of(one) is not None:
                looks.setdefault((one.owner, one.night), []).append(one)
    return _Look(
        library=library,
        folders=folders,
        seeker=Seeker(library, folders),
        markers=absorbed_markers(decisions).first,
        looks=looks,
        verdicts=absorbed_verdicts(decisions).files,
        is_corrected=next(decisions.of_kind(CORRECT), None) is not None,
    )


def _is_quiet(look: _Look, book: NightBook) -> bool:
    return (
        _is_settled(look.library, book)
        and not (look.is_corrected and _is_corrected(book))
        and next(_loose(look, book), None) is None
        and _are_markers_heard(look, book)
        and not is_spoken_anew(look.library, look.folders, _homes(book), look.verdicts)
    )


def _is_settled(library: OpenLibrary, book: NightBook) -> bool:
    """True when nothing waits: then the ledger's links name every folder of the night's sets."""
    waiting = set(waiting_frames(book.ledger))
    return not any(offered or is_asked_for(library, Kind(kind), book.owner) for kind, offered in waiting)


def _is_corrected(book: NightBook) -> bool:
    """True when a person spoke of what these frames are: their sets may be called otherwise by now."""
    said = heed(book.decisions, book.ledger)
    nights = {subject.partition("/")[0] for subject in said.said.get(About.NIGHT, ())}
    return book.night.isoformat() in nights or any(
        said.of_stored(fact) is not None for fact in book.ledger.stored.values()
    )


def _loose(look: _Look, book: NightBook) -> Iterator[LinkFact]:
    """The links whose frames do not lie where the ledger has them, and of which somebody asks."""
    for link in book.ledger.links.values():
        fact = book.ledger.stored.get(link.stored)
        if fact is not None and link.state in WATCHED:
            sight, _ = in_place(look.seeker, link, fact)
            if sight is not Sight.THERE and (sight is not None or is_sought(link, book)):
                yield link


def _are_markers_heard(look: _Look, book: NightBook) -> bool:
    """True when each marker there was heard and speaks for nothing more, and none is gone that speaks still."""
    there = list(_markers(look.folders, marker_places([book])))
    if there and (_is_shown(book) or any(key not in look.markers for key in there)):
        return False
    paths = {path for path, _ in there}
    return all(
        (marker_of(one) or ("", 0))[0] in paths or went_on(one, book.links)
        for one in look.looks.get((book.owner, book.night), ())
    )


def _markers(folders: Folders, places: Iterable[str]) -> Iterator[MarkerKey]:
    for place in places:
        listing = folders.at(place)
        for name, entry in listing.entries.items() if listing is not None else ():
            with suppress(FileNotFoundError):
                if is_marker(name) and entry.is_file(follow_symlinks=False):
                    yield f"{place}/{entry.name}", entry.stat(follow_symlinks=False).st_mtime_ns


def _is_shown(book: NightBook) -> bool:
    """True when a frame that was offered can still be looked at: a marker would speak for it."""
    return any(
        stage_of(link.link) is Place.BLINK and stage_of(lies_at(link)) in {Place.BLINK, Place.DATA}
        for link in book.ledger.links.values()
        if lies_at(link) and not link.is_own
    )


def _offered(book: NightBook) -> set[str]:
    """The folders the night's frames were offered in."""
    links = (link for link in book.ledger.links.values() if not link.is_own)
    of_folder = {link.link.rpartition("/")[0]: link for link in links}
    found = {offered_in(link) for link in of_folder.values()}
    return {folder for folder in found if stage_of(f"{folder}/x") is Place.BLINK}


def _homes(book: NightBook) -> list[str]:
    """All folders of the night's sets."""
    homes = {link.link.rpartition("/")[0] for link in book.ledger.links.values()}
    for folder in _offered(book):
        homes.update({folder, rejected_folder(folder), accepted_folder(folder)} - {""})
    return sorted(homes)
