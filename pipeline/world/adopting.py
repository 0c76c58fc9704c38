"""A library that existed before us, read by headers and paths and put into the ledger; its files are not touched.

    folder ─walk─▶ files ─index (headers, remembered)─▶ judged ─▶ Reading ─register─▶ _Ledger/<rig>/DATE_<night>.jsonl

Stopped at any moment, it goes on when it is asked again: headers that were read are in the index, frames that were
registered are in the ledger. A second reading of the same folder finds nothing to add.
"""

from __future__ import annotations

import os
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path

from pipeline.model.adopting import Archive, Candidate, Reading, Unclear
from pipeline.model.errors import UserError
from pipeline.model.records import LedgerEntry, Released
from pipeline.model.survey import Found, Sort
from pipeline.rules.adopted_states import adopted_night
from pipeline.rules.adopting import OURS, entry_of, hear, part_copies, part_stored, why_left
from pipeline.rules.arrivals import Rules, is_settled
from pipeline.rules.identity import Clues
from pipeline.rules.layout import CALIBRATION
from pipeline.rules.ledger import Ledger
from pipeline.rules.library_names import libraries_in
from pipeline.rules.names import read_path
from pipeline.rules.positions import lies_at
from pipeline.rules.sorting import sort_of
from pipeline.world import ledger as ledgers
from pipeline.world.adopting_walk import walk
from pipeline.world.index import index_of
from pipeline.world.library import OpenLibrary
from pipeline.world.listings import Folders
from pipeline.world.seeking import Seeker
from pipeline.world.stored import STORE
from pipeline.world.zips import NONSENSE

_AT_ONCE = 512
"""Headers between two looks at the clock, and what a stop loses at most."""
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is adopted, and from where its paths are told."""

    library: OpenLibrary
    base: Path
    """What paths are relative to: the library, where the folder lies in it."""
    below: str
    """The folder, relative to `base`; empty: all of it."""
    rig: str = ""
    """Whose the frames are that do not say it themselves."""

    @property
    def is_inside(self) -> bool:
        """True for a folder of the library itself."""
        return self.base == self.library.root

    @property
    def inbox(self) -> str:
        """What frames that are linked are said to have come from."""
        return "." if self.is_inside else self.base.as_posix()

    @property
    def shelf(self) -> str:
        """Where the index keeps their headers; of the library's own, where every later reader looks."""
        return STORE if self.is_inside else f"adopted:{self.base.as_posix()}"


def ground_of(library: OpenLibrary, typed: str, standing: Path, rig: str = "") -> Ground:
    """The folder a person means.

    Raises:
        UserError: it is no folder, or one that holds our own.
    """
    tried = [Path(os.path.abspath(base / typed)) for base in (standing, library.root)]  # noqa: PTH100
    folder = next((path for path in tried if path.is_dir()), None)
    if folder is None:
        raise UserError(f"{typed}: there is no such folder.")
    root = Path(os.path.abspath(library.root))  # noqa: PTH100 - a link shall not be followed
    for one, other in ((folder, root), (folder.resolve(), root.resolve())):
        if one.is_relative_to(other):
            below = one.relative_to(other).as_posix()
            below = "" if below == "." else below
            _require_theirs(library, below)
            return Ground(library=library, base=library.root, below=below, rig=rig)
        if other.is_relative_to(one):
            raise UserError(f"{typed} holds the library itself; name {library.root}, or a folder beside it.")
    base = _base_of(folder)
    return Ground(library=library, base=base, below=folder.relative_to(base).as_posix(), rig=rig)


def _require_theirs(library: OpenLibrary, below: str) -> None:
    seeker, parts = Seeker(library, Folders(library.root)), below.split("/")
    heads = ["/".join(parts[: number + 1]) for number in range(len(parts))] if below else []
    if any(_is_ours(seeker, head) for head in heads):
        raise UserError(f"{below} holds what is ours already: there is nothing to adopt.")


def _base_of(folder: Path) -> Path:
    """What paths are told from: above the rig's folder, where the folder lies in one."""
    chain = (folder, *folder.parents)
    named = (one.parent for one in reversed(chain) if read_path(f"{one.name}/20_Data/x/x.fits").camera)
    return next(named, folder.parent)


def _is_ours(seeker: Seeker, path: str) -> bool:
    first = path.partition("/")[0]
    return seeker.is_aside(path) or first == CALIBRATION or bool(libraries_in([first]))


def read(ground: Ground, ledger: Ledger, tell: Tell, *, remember: bool = True) -> Reading:
    """Everything below the folder, understood as far as it goes.

    Args:
        ground: What is read.
        ledger: All of it.
        tell: Told how many headers were read, of how many.
        remember: False: not even the cache of headers is written.
    """
    seeker, reading = Seeker(ground.library, Folders(ground.library.root)), Reading()

    def is_aside(path: str) -> bool:
        return ground.is_inside and _is_ours(seeker, path)

    walked = walk(ground.base, ground.below, ground.shelf, is_aside)
    reading.problems += walked.problems
    to_read = _sorted_out(ground, walked.files, ledger, reading)
    rules, index = _rules(ground.library), index_of(ground.library, remember=remember)
    known, readers = ground.library.known, ground.library.configuration.library.limits.readers
    for start in range(0, len(to_read), _AT_ONCE):
        chunk = to_read[start : start + _AT_ONCE]
        for sighting in index.look(chunk, ground.base, known, lambda found: _clues(ground, found), readers):
            hear(sighting, rules, reading)
        tell(start + len(chunk), len(to_read))
    part_copies(reading, registered(ledger))
    part_stored(reading, ledger)
    return reading


def _clues(ground: Ground, found: Found) -> Clues:
    """All that is known beside the header: the same that later readers know, so that they need not read it again."""
    said = found.original if ground.rig else None
    return Clues(path=found.original, original=said, inbox_rig=ground.rig or None)


def _sorted_out(ground: Ground, files: Iterable[Found], ledger: Ledger, reading: Reading) -> list[Found]:
    """The files whose headers are to be read; the rest is counted, or said."""
    ours = _places(ledger) if ground.is_inside else set()
    settle_s, now_ns = ground.library.configuration.library.settle_seconds, time.time_ns()
    to_read = []
    for found in files:
        left = OURS if found.original in ours else why_left(found)
        if found.sort is Sort.ARCHIVE:
            reading.archives.append(look_into(ground.base, found.original))
        elif left:
            reading.left[left] += 1
        elif not is_settled(found, now_ns, settle_s):
            why = f"was written to within the last {settle_s:g} s: somebody may still be at it"
            reading.unclear.append(Unclear(path=found.original, why=why))
        else:
            to_read.append(found)
    return to_read


def _places(ledger: Ledger) -> set[str]:
    """Where names lie that we gave, and masters we laid beside lights."""
    given = {lies_at(link) for link in ledger.links.values() if not link.is_own}
    return given | ledger.masters.keys() | ledger.carried.keys()


def look_into(base: Path, path: str) -> Archive:
    """How many frames a zip or a plain tar lists; of what must be unpacked to be listed, nothing."""
    try:
        if path.casefold().endswith(".tar"):
            with tarfile.open(base / path, "r:") as told:
                names = [one.name for one in told if one.isfile()]
        else:
            with zipfile.ZipFile(base / path) as opened:
                names = opened.namelist()
    except (OSError, tarfile.TarError, *NONSENSE):
        return Archive(path=path)
    return Archive(path=path, frames=sum(sort_of(name) is Sort.FRAME for name in names))


def _rules(library: OpenLibrary) -> Rules:
    """What is judged by; of a rig no file describes yet headers and folders say enough."""
    return Rules(
        now_ns=time.time_ns(),
        settle_s=library.configuration.library.settle_seconds,
        accept_unknown=True,
        rig_names=[rig.name for rig in library.configuration.rigs],
    )


def register(
    ground: Ground, candidates: Sequence[Candidate], ledger: Ledger, tell: Tell, *, accepted: bool
) -> int:
    """Write the frames nobody registered yet into the ledger, night by night; how many."""
    known = registered(ledger)
    fresh = sorted((one for one in candidates if one.path not in known), key=_night_of)
    done = 0
    for (owner, night), group in groupby(fresh, key=_night_of):
        entries: list[LedgerEntry] = [
            entry_of(one, datetime.now(UTC), rig=ground.rig, accepted=accepted) for one in group
        ]
        ledgers.write(ground.library.root, owner, night, entries)
        done += len(entries)
        tell(done, len(fresh))
    return done


def registered(ledger: Ledger) -> set[str]:
    """Where adopted frames lie now."""
    return {
        fact.at for fact in ledger.stored.values() if fact.is_adopted and lies_at(ledger.links[fact.stored])
    }


def _night_of(one: Candidate) -> tuple[str, date]:
    return one.owner, one.night


def releasable(ground: Ground, ledger: Ledger) -> list[str]:
    """The adopted frames that lie, or were adopted, below the folder."""
    head = f"{ground.below}/" if ground.below else ""
    facts = ((stored, ledger.stored.get(stored)) for stored in ledger.adopted)
    return [
        stored
        for stored, fact in facts
        if fact is not None and (fact.at.startswith(head) or stored.startswith(head))
    ]


def release(ground: Ground, ledger: Ledger) -> int:
    """Take the adoption of everything below the folder back; nothing on the disk changes. How many."""
    nights: dict[tuple[str, date | None], list[LedgerEntry]] = {}
    for stored in releasable(ground, ledger):
        record = ledger.adopted[stored]
        home = str(record.get("owner", "")), adopted_night(record)
        nights.setdefault(home, []).append(Released(when=datetime.now(UTC), stored=stored))
    for (owner, night), entries in sorted(nights.items(), key=str):
        ledgers.write(ground.library.root, owner, night, entries)
    return sum(map(len, nights.values()))
