"""The person's folders looked into: which delivered frames are where, which markers and verdict files lie there.

    NightBooks of one rig ─observe─▶ Observation          opens no frame, writes nothing

At rest that is a listing of each folder, nothing more. What is missing is searched for in the folders of its rig, then
in the whole library; and where a stage folder is away as a whole, nothing is missing: its disk is (DESIGN §2.6).
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from pathlib import Path

from pipeline.model.records import LinkFact, StoredFact
from pipeline.model.survey import Sort
from pipeline.model.watching import SEEN, Look, Marker, Observation, Sight
from pipeline.rules.absences import is_unanswered
from pipeline.rules.layout import ACCEPT
from pipeline.rules.markers import MarkerKey, absorbed_markers, is_marker, marker_folders
from pipeline.rules.places import view_home
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.rules.sorting import sort_of
from pipeline.world.library import OpenLibrary
from pipeline.world.listings import Folders
from pipeline.world.nightbook import NightBook
from pipeline.world.seeking import Seeker, homes_of
from pipeline.world.verdict_inbox import verdicts_on

WATCHED = frozenset({"delivered", "absent", "moved_on"})
"""What became of a link whose place is looked at."""
_RANKS = {Place.DATA: 1, Place.BLINK: 2, Place.NOWHERE: 3, Place.REJECT: 4}
_TEXT_BYTES, _TEXT_CHARS = 4096, 200


def observe(library: OpenLibrary, books: Sequence[NightBook], beside: Collection[str] = ()) -> Observation:
    """Look into the folders of these nights, all of one rig or camera.

    Args:
        library: Where they are.
        books: The nights.
        beside: Further folders whose markers are to be seen.

    Raises:
        PassingError: a disk is in the way just now.
    """
    folders = Folders(library.root)
    looks = _looks(library, books, folders)
    sets = [one for book in books for one in book.sets]
    decisions = books[0].decisions
    places = {place for one in sets for place in marker_folders(one.blink)}
    for look in looks:
        if look.at and stage_of(look.at) is Place.BLINK:
            places.update(marker_folders(look.at.rpartition("/")[0]))
    places = {place for place in (*places, *beside) if may_hold_marker(place)}
    return Observation(
        owner=books[0].owner,
        looks=tuple(looks),
        markers=tuple(_markers(folders, sorted(places), absorbed_markers(decisions).first)),
        folders=frozenset(place for place in places if folders.at(place) is not None),
        verdicts=tuple(verdicts_on(library, sets, folders, decisions)),
        away=_away(looks, folders),
        unread=tuple(folders.unread.values()),
    )


def may_hold_marker(folder: str) -> bool:
    """True for what lies below 10_Blink."""
    return stage_of(f"{folder}/x") is Place.BLINK and folder != view_home(folder)


def leaf_folders(book: NightBook) -> list[str]:
    """The folders whose times tell whether a person may have done something about this night's sets."""
    found = {place for one in book.sets for place in marker_folders(one.blink)}
    for link in book.ledger.links.values():
        if lies_at(link):
            found.add(lies_at(link).rpartition("/")[0])
    return sorted(found)


def _looks(library: OpenLibrary, books: Iterable[NightBook], folders: Folders) -> list[Look]:
    """What became of every place that was given."""
    seeker, settle_s = Seeker(library, folders), library.configuration.library.settle_seconds
    looks: list[Look] = []
    missing: list[tuple[LinkFact, bool]] = []
    facts: dict[str, StoredFact] = {}
    for book in books:
        for link in book.ledger.links.values():
            fact = book.ledger.stored.get(link.stored)
            if fact is None or link.state not in WATCHED:
                continue
            sight, at = in_place(seeker, link, fact)
            if sight is not None:
                looks.append(Look(link=link, sight=sight, at=at))
                continue
            facts[link.link] = fact
            missing.append((link, is_sought(link, book)))
    claimed = {look.at for look in looks if look.sight in SEEN}
    leftover = _written_off(books) if missing else frozenset()
    found = _find(seeker, [link for link, sought in missing if sought], missing, facts, claimed, leftover)
    for link, sought in missing:
        if link.link in found or sought:
            looks.append(_missed(link, facts[link.link], found.get(link.link, ""), seeker, folders, settle_s))
    return looks


def in_place(seeker: Seeker, link: LinkFact, fact: StoredFact) -> tuple[Sight | None, str]:
    """What lies where the ledger has the link, or had it first; None: nothing of ours."""
    at = lies_at(link)
    if at and seeker.is_frame(at, fact):
        return Sight.THERE, at
    if at != link.link and seeker.is_frame(link.link, fact):
        return Sight.BACK, link.link
    return None, ""


def is_sought(link: LinkFact, book: NightBook) -> bool:
    """True where it matters what became of it; what was moved on to 30_Master and beyond is its person's affair."""
    if link.is_own:
        return link.state != "absent"
    if link.state == "absent":
        return is_unanswered(link, book.links.get(link.stored, ()), book.decisions)
    return link.state == "delivered" or stage_of(link.to) is not Place.NOWHERE


def _find(
    seeker: Seeker,
    sought: Sequence[LinkFact],
    missing: Iterable[tuple[LinkFact, bool]],
    facts: Mapping[str, StoredFact],
    claimed: set[str],
    leftover: Set[str],
) -> dict[str, str]:
    """Where the frames of empty places lie now, by the link that is missing."""
    if not sought:
        return {}
    homes = sorted({home for link in sought for home in homes_of(link.link)})
    found = seeker.find(facts, homes)
    if not all(_best(found.get(link.stored, ()), claimed, leftover) for link in sought):
        rest = {
            link.link: facts[link.link]
            for link in sought
            if not _best(found.get(link.stored, ()), claimed, leftover)
        }
        found |= seeker.find(rest, seeker.top_folders(), skip=homes)
    places = {link.link: _best(found.get(link.stored, ()), claimed, leftover) for link, _ in missing}
    return {link: place for link, place in places.items() if place}


def _best(paths: Iterable[str], claimed: set[str], leftover: Set[str]) -> str:
    """Of several places of a frame the one that says most: accepted first, and last what a killed run has left."""
    free = (path for path in paths if path not in claimed)
    return min(free, key=lambda path: (path in leftover, _rank(path)), default="")


def _written_off(books: Iterable[NightBook]) -> frozenset[str]:
    """Where names lay that were said to go: they may be there still, and were not moved there by anybody."""
    links = (link for book in books for link in book.ledger.links.values())
    return frozenset(link.at or link.link for link in links if link.state in {"withdrawn", "accepted"})


def _rank(path: str) -> tuple[int, str]:
    is_accepted = any(part.casefold() == ACCEPT for part in path.split("/"))
    return (0 if is_accepted else _RANKS[stage_of(path)]), path


def _missed(
    link: LinkFact, fact: StoredFact, found: str, seeker: Seeker, folders: Folders, settle_s: float
) -> Look:
    """What is to be said of a link that is not where it was."""
    home = link.link.rpartition("/")[0]
    is_home = folders.at(home) is not None
    if found:
        return Look(link=link, sight=Sight.FOUND, at=found, home=is_home)
    if folders.unread or (folders.entry(fact.stored) is None and not link.is_own):
        return Look(link=link, sight=Sight.UNSURE, home=is_home)
    at = lies_at(link)
    if at and seeker.is_frame(at, fact) is False:
        return Look(link=link, sight=Sight.REPLACED, home=is_home)
    nearest = folders.nearest((at or link.link).rpartition("/")[0])
    quiet = nearest is None or abs(time.time() - nearest.mtime_s) >= settle_s
    return Look(link=link, sight=Sight.ABSENT, home=is_home, quiet=quiet)


def _away(looks: Iterable[Look], folders: Folders) -> dict[str, int]:
    """The stage folders that hold nothing at all, though frames were delivered there and are nowhere else."""
    seen: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for look in looks:
        if look.link.state == "delivered":
            (seen if look.sight in SEEN else lost)[view_home(look.link.link)] += 1
    return {
        home: number for home, number in sorted(lost.items()) if not seen[home] and _is_bare(folders, home)
    }


def _is_bare(folders: Folders, home: str) -> bool:
    listing = folders.at(home)
    if listing is None:
        return home not in folders.unread
    return all(sort_of(name) is Sort.LITTER for name in listing.entries)


def _markers(folders: Folders, places: Iterable[str], heard: Mapping[MarkerKey, object]) -> Iterator[Marker]:
    for place in places:
        listing = folders.at(place)
        for entry in listing.entries.values() if listing is not None else ():
            if is_marker(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    yield _marker(f"{place}/{entry.name}", entry, heard)


def _marker(path: str, entry: os.DirEntry[str], heard: Mapping[MarkerKey, object]) -> Marker:
    seen, file = entry.stat(follow_symlinks=False), Path(entry.path)
    put_ns = max(seen.st_mtime_ns, seen.st_ctime_ns)
    if (path, seen.st_mtime_ns) in heard:
        return Marker(path=path, mtime_ns=seen.st_mtime_ns, put_ns=put_ns)
    return Marker(
        path=path, mtime_ns=seen.st_mtime_ns, put_ns=put_ns, text=_text_of(file), who=_owner_of(file)
    )


def _text_of(path: Path) -> str:
    """What is written in a marker, on one line; an unreadable one says nothing."""
    try:
        with path.open("rb") as file:
            text = file.read(_TEXT_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        return ""
    words = " ".join(text.replace("\0", "").split())
    return "".join(char for char in words if char.isprintable())[:_TEXT_CHARS]


def _owner_of(path: Path) -> str:
    with suppress(KeyError, OSError, NotImplementedError):
        return path.owner()
    return ""
