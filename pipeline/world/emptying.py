"""What `doit trash --empty` would delete, and what it would leave: asked by that command, and by `doit status`.

The only copy of a frame the ledger still holds is never deleted; a trash beside WBPP's folder counts with ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.rules.addresses import read_address
from pipeline.rules.ledger import Ledger, ledger_file
from pipeline.world import ledger as ledgers
from pipeline.world.library import OpenLibrary
from pipeline.world.purging import precious
from pipeline.world.space import freed_by_removing
from pipeline.world.trash import Thrown, contents
from pipeline.world.trash_beside import homes_beside, thrown_beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptiable:
    """What lies in the trashes of a library."""

    going: dict[Path, list[Thrown]]
    """What would be deleted, by the folder its trash lies in; the library's own first."""
    kept: list[Thrown]

    def freed_bytes(self) -> int:
        """What would come free."""
        return sum(freed_by_removing([home / one.where for one in mine]) for home, mine in self.going.items())


def emptiable(library: OpenLibrary, latest: datetime | None = None) -> Emptiable:
    """Look into the trashes.

    Args:
        library: Whose.
        latest: Only what was thrown away until then; None: all.
    """
    root = library.root
    thrown = [one for one in contents(root) if latest is None or one.when <= latest]
    kept = precious(root, thrown, _ledger_of(root, thrown)) if thrown else []
    going = {root: [one for one in thrown if one not in kept]}
    for home in homes_beside(library):
        going[home] = [one for one in thrown_beside(root, home) if latest is None or one.when <= latest]
    return Emptiable(going=going, kept=kept)


def _ledger_of(root: Path, thrown: list[Thrown]) -> Ledger:
    """What the ledger says of these, the rest unread where each is filed under a night."""
    nights = [read_address(one.origin) for one in thrown]
    if any(one is None or one.night is None for one in nights):
        return ledgers.read(root)
    named = {ledger_file(one.owner, one.night) for one in nights if one is not None}
    return ledgers.read_some(root, sorted(named))
