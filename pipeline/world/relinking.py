"""Equal copies in place of links become links again: the same bytes, held once.

    both read: the recorded SHA-256 ─▶ a link to the stored frame under a part-name ─▶ renamed over the copy

The one place where a name is replaced, and only by the same bytes with the same time. The stored frame itself is
never touched.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.model.errors import FrameError, PassingError
from pipeline.model.records import Stays, StoredFact
from pipeline.model.survey import Fate
from pipeline.rules.escape import escape, shorten
from pipeline.rules.layout import REJECT
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.world.files import part_of, sha256_of, sync_folder
from pipeline.world.passing import retry
from pipeline.world.survey import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A copy, and the stored frame it could be a link to."""

    copy: Path
    stored: Path
    sha256: str
    wins: int
    """Bytes that come free: none when the copy has further names."""


def find_copies(seen: Seen) -> list[Twin]:
    """Names in inboxes and delivered places that look like copies of stored frames on the same disk."""
    found = (_twin(copy, seen.library.root / fact.stored, fact) for copy, fact in _places(seen))
    return [one for one in found if one is not None]


def _places(seen: Seen) -> Iterator[tuple[Path, StoredFact]]:
    folders = {inbox.path: folder for inbox, folder in seen.library.inboxes}
    for arrival in seen.survey.arrivals:
        found = arrival.found
        fact = (
            seen.ledger.twin_of(found.origin, found.size, found.mtime_ns)
            if arrival.fate is Fate.KNOWN
            else None
        )
        if fact is not None:
            yield folders[found.inbox] / found.original, fact
    is_linked = _asks_for_links(seen)
    for link in seen.ledger.links.values():
        at, fact = lies_at(link), seen.ledger.stored.get(link.stored)
        if link.is_own or fact is None or not at or stage_of(at) is Place.NOWHERE:
            continue
        if is_linked(link.link):
            yield seen.library.root / at, fact


def _asks_for_links(seen: Seen) -> Callable[[str], bool]:
    """Whether links are what a place's rig asks for: copies that somebody wants stay copies."""
    settings = seen.library.configuration
    own = {shorten(escape(rig.name), 70): rig.views for rig in settings.rigs if rig.views is not None}

    def asks(link: str) -> bool:
        rig = link.removeprefix(f"{REJECT}/").partition("/")[0]
        return (own.get(rig) or settings.library.views) == "auto"

    return asks


def _twin(copy: Path, stored: Path, fact: StoredFact) -> Twin | None:
    """A witness keeps bytes of its own (its writer may go on); what has another time would lose it."""
    if fact.stays == Stays.WITNESS or fact.sha256 is None:
        return None
    try:
        one, two = copy.lstat(), stored.lstat()
    except OSError:
        return None
    is_plain = stat.S_ISREG(one.st_mode) and stat.S_ISREG(two.st_mode)
    same_disk_other_file = one.st_dev == two.st_dev and one.st_ino != two.st_ino
    alike = (one.st_size, one.st_mtime_ns) == (two.st_size, two.st_mtime_ns)
    if not (is_plain and same_disk_other_file and alike):
        return None
    return Twin(copy=copy, stored=stored, sha256=fact.sha256, wins=one.st_size if one.st_nlink == 1 else 0)


def relink(twins: Iterable[Twin]) -> Iterator[tuple[Twin, str | None]]:
    """Make each a link; with each, why it stayed a copy, or `None`."""
    proven: dict[Path, bool] = {}
    for one in twins:
        try:
            if one.stored not in proven:
                proven[one.stored] = sha256_of(one.stored) == one.sha256
            if not proven[one.stored]:
                yield (
                    one,
                    f"{one.copy}: stays, {one.stored} is not what was first recorded; run `doit verify`",
                )
            else:
                yield one, _relink(one)
        except (FrameError, PassingError, OSError) as error:
            yield one, f"{one.copy}: stays a copy, {error}"


def _relink(one: Twin) -> str | None:
    before = _look(one.copy)
    if sha256_of(one.copy) != one.sha256:
        return f"{one.copy}: stays, its bytes are not those of {one.stored}"
    part = part_of(one.copy)
    os.link(one.stored, part)
    try:
        if _look(one.copy) != before:
            return f"{one.copy}: stays, it changed while it was looked at"
        retry(lambda: part.replace(one.copy), one.copy)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(one.copy.parent)
    return None


def _look(path: Path) -> tuple[int, int, int]:
    found = path.lstat()
    return found.st_ino, found.st_size, found.st_mtime_ns
