"""Masters nothing needs go to the trash: what every set points to asked first, each read again before it goes.

ledger, open sets, decisions ─▶ Uses ─rules/purge_masters─▶ Spares ─▶ a tombstone, then the trash
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from pipeline.model.errors import FrameError, NightbuildError, UserError
from pipeline.model.frames import Kind
from pipeline.model.masters import Master
from pipeline.model.records import About, Purged, Restored
from pipeline.model.verdicts import State
from pipeline.rules.ledger import Ledger
from pipeline.rules.pins import PIN
from pipeline.rules.purge_masters import (
    Kept,
    Spare,
    Uses,
    sort_out,
    taken_off,
    uses_in,
    without_due,
    without_used,
)
from pipeline.rules.racks import sorted_racks
from pipeline.world import trash
from pipeline.world.files import sha256_of
from pipeline.world.library import OpenLibrary
from pipeline.world.looking import look_at_set
from pipeline.world.master_groups import groups_now
from pipeline.world.master_journals import write_beside
from pipeline.world.master_places import hash_of
from pipeline.world.master_shelf import look_at_shelf
from pipeline.world.promotion import promoted_fact
from pipeline.world.removal import Refusal
from pipeline.world.retirement import may_remove
from pipeline.world.said import read_said
from pipeline.world.set_finder import open_sets
from pipeline.world.set_masters import match_set
from pipeline.world.survey import see

_DONE = frozenset({State.MOVED_ON, State.TAKEN_OUT, State.GIVEN_UP, State.REJECTED, State.CULLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """Every master, sorted into what may go and what stays."""

    spares: tuple[Spare, ...]
    kept: tuple[Kept, ...]
    hashes: dict[str, str]
    """Of those that may go, by path."""


def sort_masters(
    library: OpenLibrary, ledger: Ledger, *, older_than_days: float | None, today: date
) -> Sorted:
    """What may go, and why the rest stays.

    Raises:
        UserError: frames are not reachable: which masters they need is not known.
    """
    away = see(library, remember=False).guard.homes
    if away:
        why = "; ".join(away[home] for home in sorted(away))
        raise UserError(f"No master is purged while frames are not reachable: {why}")
    shelf = [(one.master, one.made) for one in look_at_shelf(library, remember=False)]
    now = groups_now(library, remember=False)
    less = taken_off(shelf, now.standing)
    uses = _uses_now(library, ledger, [master for master, _ in shelf])
    uses = replace(uses, by_inputs=less, by_sha256={**less, **uses.by_sha256})
    free, kept = sort_out(shelf, uses, older_than_days=older_than_days, today=today)
    hashes: dict[str, str] = {}

    def known(master: Master) -> str:
        return hashes.setdefault(master.path, hash_of(library, master))

    free, used = without_used(free, uses, known)
    spares, due = without_due(free, shelf, now.groups, now.standing, now.tried)
    told = sorted((*kept, *used, *due), key=lambda one: one.path)
    return Sorted(
        spares=tuple(sorted(spares, key=lambda one: one.master.path)), kept=tuple(told), hashes=hashes
    )


def purge_masters(
    library: OpenLibrary,
    ledger: Ledger,
    found: Sorted,
    gone: list[str],
    tell: Callable[[int, int], None],
) -> list[Refusal]:
    """Let these masters go; sentences about those that stay.

    Raises:
        OSError, PassingError: the disk is full or away; what went is in `gone`.
    """
    refused = []
    for number, spare in enumerate(found.spares, 1):
        refusal = _purge(library, ledger, spare, found.hashes[spare.master.path])
        if refusal is None:
            gone.append(spare.master.path)
        else:
            refused.append(refusal)
        tell(number, len(found.spares))
    return refused


def _uses_now(library: OpenLibrary, ledger: Ledger, masters: Sequence[Master]) -> Uses:
    """What the ledger says, what open sets would be calibrated with now, and what is pinned."""
    uses = uses_in(ledger)
    by_path, by_sha256 = dict(_pinned(library)), dict(uses.by_sha256)
    racks = sorted_racks(masters)
    for book, one in open_sets(library):
        record = ledger.matched.get(one.id)
        if one.kind not in {Kind.LIGHT, Kind.FLAT} or (record is not None and not record.get("missing")):
            continue
        now = look_at_set(book, one)
        if now.count(*_DONE) == len(one.members):
            continue
        held = record.get("masters", {}) if record is not None else {}
        for kind, match in match_set(now, racks).matches.items():
            if match.chosen is not None and kind.value not in held:
                by_path[match.chosen.master.path] = f"{one.id} would be calibrated with it"
    return Uses(by_path=by_path, by_sha256=by_sha256)


def _pinned(library: OpenLibrary) -> Iterable[tuple[str, str]]:
    """Masters a person chose; the name they had then."""
    said = read_said(library.root, library.state if library.state.is_dir() else None, remember=False)
    for one in said.all.of_kind(PIN):
        if one.about is About.SET:
            yield str(one.values.get("master", "")), f"you pinned it to {one.subject}"


def _purge(library: OpenLibrary, ledger: Ledger, spare: Spare, sha256: str) -> Refusal | None:
    """One master: read again, a tombstone, then the trash."""
    master, root = spare.master, library.root
    path = root / master.path
    refusal = _why_not(library, ledger, master, sha256)
    if refusal is not None:
        return refusal
    home = master.frame.camera, spare.made.nights[0] if spare.made.nights else master.frame.night
    stone = Purged(
        when=datetime.now(UTC), stored=master.path, size=path.stat().st_size, sha256=sha256, why=spare.why
    )
    write_beside(root, master.path, [stone], home)
    try:
        trash.throw(root, master.path, why=spare.why)
    except (NightbuildError, OSError) as error:
        write_beside(root, master.path, [Restored(when=datetime.now(UTC), stored=master.path)], home)
        return f"{master.path}: stays, {error}"
    return None


def _why_not(library: OpenLibrary, ledger: Ledger, master: Master, sha256: str) -> Refusal | None:
    path = library.root / master.path
    try:
        if path.is_symlink() or not path.is_file():
            return f"{master.path}: stays, it is no plain file any more"
        if not may_remove(path):
            return f"{master.path}: stays, its folder cannot be written (read-only?)"
        again = sha256_of(path)
    except (FrameError, OSError) as error:
        return f"{master.path}: stays, it cannot be read ({str(error).removeprefix(f'{path}: ')})"
    fact = promoted_fact(ledger, master.path)
    if again != sha256 or (fact is not None and fact.sha256 not in {None, again}):
        return f"{master.path}: stays, it is not what was first recorded; run `doit verify`"
    return None
