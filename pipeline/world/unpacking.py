"""An archive from an inbox, unpacked and taken: its frames and logs are stored like any others.

    night.zip ─unpack─▶ hidden folder on the store's disk ─look_into─▶ members ─▶ stored ─▶ folder cleared
                                                                          └─▶ what was not taken, and why

The folder is cleared whatever happens, and once more before the next try, so a kill in the middle leaves nothing
that counts. The archive itself is only ever read.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from pipeline.model.archives import ArchiveLimits
from pipeline.model.archives import Unpacked as Contents
from pipeline.model.errors import CutOff, PassingError
from pipeline.model.records import Unpacked
from pipeline.model.survey import Arrival, Fate, Found, Sort
from pipeline.rules.arrivals import is_settled
from pipeline.rules.gathering import nth_address
from pipeline.rules.packed import UNPACKED, Trouble, Waiter, hidden_name, member_path
from pipeline.rules.witnesses import due_places, kept_in, nights_around, places_of
from pipeline.world import ledger
from pipeline.world.archives import clear_unpacked, unpack
from pipeline.world.files import make_folder, sha256_of
from pipeline.world.library import OpenLibrary
from pipeline.world.members import look_into
from pipeline.world.space import GB, room_for
from pipeline.world.storing import Item, store_frames, store_witnesses
from pipeline.world.survey import see

_GROWING_S = 120.0
"""An archive cut off that changed within the last minutes is being written, not broken."""
_WAITS = "no frames of its night have come yet"
_UNTAKEN = {
    Fate.ARCHIVE: "an archive in an archive is not unpacked; unpack it by hand",
    Fate.UNSETTLED: "an upload that was not finished",
}

Looked = Sequence[tuple[Path, Arrival]]
Tell = Callable[[int, int], None]


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of an archive's members."""

    members: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """What was done in this run: `stored`, `duplicates`, `witnesses` ..."""
    troubles: list[Trouble] = field(default_factory=list)
    waiting: list[Waiter] = field(default_factory=list)
    """Logs among the troubles, whose frames may come."""


def take_archive(library: OpenLibrary, found: Found, tell: Tell) -> Taken | None:
    """Unpack an archive and store what is in it; the ledger is told when all of it is taken.

    Returns:
        What became of its members; None when it is still being written.

    Raises:
        FrameError: It cannot be unpacked, or not safely: nothing of it was taken.
        PassingError: The disk is full or in the way; what was stored stays stored.
    """
    source = _source(library, found)
    if not _is_unchanged(source, found):
        return None
    into = library.root / UNPACKED / hidden_name(found)
    make_folder(into.parent)
    try:
        taken = _take(library, found, unpack(source, into, _limits(library)), tell)
        if not taken.troubles:
            _record(library, source, found, taken)
    except CutOff:
        if not is_settled(found, time.time_ns(), _GROWING_S):
            return None
        raise
    finally:
        clear_unpacked(source, into)
        _drop_empty(library.root)
    return taken


def sweep(root: Path, names: Iterable[str]) -> int:
    """Clear such folders; returns how many went."""
    gone = 0
    for name in names:
        folder = root / UNPACKED / Path(name).name
        if folder.name.startswith(".") and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
            gone += 1
    _drop_empty(root)
    return gone


def _take(library: OpenLibrary, archive: Found, contents: Contents, tell: Tell) -> Taken:
    taken = Taken(members=len(contents.members) + len(contents.refused))
    taken.troubles += [Trouble(member.name, member.reason) for member in contents.refused]
    looked = look_into(library, archive, contents, ledger.read(library.root))
    _store_frames(library.root, looked, taken, tell)
    _store_witnesses(library, archive, looked, taken)
    for _, arrival in looked:
        _note(arrival, archive, taken)
    return taken


def _store_frames(root: Path, looked: Looked, taken: Taken, tell: Tell) -> None:
    nights: dict[tuple[str, date], list[Item]] = {}
    for path, arrival in looked:
        if arrival.fate is Fate.STORE and arrival.night is not None:
            item = Item(path, arrival.found, partial(nth_address, arrival.stored))
            nights.setdefault((arrival.owner, arrival.night), []).append(item)
    done, of = 0, sum(map(len, nights.values()))
    for (owner, night), items in sorted(nights.items()):
        taken.counts += store_frames(root, owner, night, items, hashed=True)
        done += len(items)
        tell(done, of)
    if taken.counts["left"]:
        raise PassingError(
            f"{taken.counts['left']} unpacked frames changed under our hands; run `doit` again"
        )


def _store_witnesses(library: OpenLibrary, archive: Found, looked: Looked, taken: Taken) -> None:
    """Beside the nights of the frames from this archive, or from its inbox: stored, or about to be tonight."""
    witnesses = [(path, a.found) for path, a in looked if a.found.sort is Sort.WITNESS]
    if not witnesses:
        return
    known = ledger.read(library.root)
    around, kept = nights_around(known.stored.values()), kept_in(known)
    if not all(places_of(found, around) for _, found in witnesses):
        around = nights_around(known.stored.values(), see(library, remember=False).survey.arrivals)
    for path, found in witnesses:
        places = places_of(found, around)
        for place in due_places(found, places, kept):
            taken.counts += store_witnesses(library.root, place, [(path, found)])
        if not places:
            member = _name_of(found, archive)
            taken.waiting.append(Waiter(member, found.size, found.mtime_ns))
            taken.troubles.append(Trouble(member, _WAITS))


def _note(arrival: Arrival, archive: Found, taken: Taken) -> None:
    """What keeps a member from being taken, if anything does; pictures and notes are the person's own."""
    member = _name_of(arrival.found, archive)
    if arrival.fate is Fate.LATER:
        raise PassingError(f"{archive.original}: {member} {arrival.why}; the next run tries again")
    if arrival.fate in {Fate.QUARANTINE, Fate.UNKNOWN_RIG}:
        taken.troubles.append(Trouble(member, arrival.why, arrival.cure))
    elif arrival.fate in _UNTAKEN:
        taken.troubles.append(Trouble(member, _UNTAKEN[arrival.fate]))


def _name_of(found: Found, archive: Found) -> str:
    return found.original.removeprefix(member_path(archive.original, ""))


def _record(library: OpenLibrary, source: Path, found: Found, taken: Taken) -> None:
    """It is dealt with: it need not be unpacked again."""
    sha256 = sha256_of(source)
    if not _is_unchanged(source, found):
        raise PassingError(f"{source.name} was written anew while it was unpacked; the next run tries again")
    entry = Unpacked(
        when=datetime.now(UTC),
        inbox=found.inbox,
        original=found.original,
        size=found.size,
        mtime_ns=found.mtime_ns,
        sha256=sha256,
        members=taken.members,
    )
    ledger.write(library.root, None, None, [entry])


def _source(library: OpenLibrary, found: Found) -> Path:
    return next(folder for inbox, folder in library.inboxes if inbox.path == found.inbox) / found.original


def _is_unchanged(source: Path, found: Found) -> bool:
    try:
        seen = source.lstat()
    except FileNotFoundError:
        return False
    return (seen.st_size, seen.st_mtime_ns) == (found.size, found.mtime_ns)


def _limits(library: OpenLibrary) -> ArchiveLimits:
    """What the person allows, in the words of the unpacker."""
    settings = library.configuration.library
    allowed, kept = settings.archives, settings.keep_free
    room = room_for(0, library.root, keep_percent=kept.percent, keep_gb=kept.gb)
    return ArchiveLimits(
        total_bytes=int(allowed.max_gb * GB),
        members=allowed.max_files,
        ratio=allowed.max_ratio,
        keep_free_bytes=room.kept_bytes,
    )


def _drop_empty(root: Path) -> None:
    """The folders above, where nothing else is in them."""
    for folder in ((root / UNPACKED), (root / UNPACKED).parent):
        with suppress(OSError):
            folder.rmdir()
