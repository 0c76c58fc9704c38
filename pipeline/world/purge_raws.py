"""Raw calibration frames go to the trash, a group at a time: its master first made safe, then frame by frame.

    groups now ─rules/purge_raws─▶ cases ─promote, ledger─▶ each frame: read again, tombstone, trash

Killed anywhere, the master is a stored frame, or nothing has changed; the same command ends what was begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from pipeline.model.master_groups import Group
from pipeline.model.masters import Master
from pipeline.model.records import LinkFact, Withdrawn
from pipeline.rules.ledger import Ledger
from pipeline.rules.master_headers import Made
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.rules.purge_by_hand import case_by_hand
from pipeline.rules.purge_raws import (
    Case,
    Raws,
    buried_in,
    case_for,
    in_order,
    master_in,
    reason_of,
    why_not_safe,
)
from pipeline.world import ledger as ledgers
from pipeline.world.library import OpenLibrary
from pipeline.world.master_groups import groups_now, rig_of
from pipeline.world.master_shelf import look_at_shelf
from pipeline.world.nightbook import address_of
from pipeline.world.promotion import promote_master, promoted_fact, prove
from pipeline.world.purging import half_purged, purge
from pipeline.world.raw_groups import raws_of
from pipeline.world.removal import Refusal, withdraw

Wanted = Callable[[Group], bool]
Home = tuple[str, date]


@dataclass(slots=True, kw_only=True)
class Gone:
    """What became of the frames."""

    frames: list[str] = field(default_factory=list)
    promoted: list[str] = field(default_factory=list)
    """Masters that are stored frames now."""
    refused: list[Refusal] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    """Frames of a purge that was cut short before."""


def cases_now(
    library: OpenLibrary, ledger: Ledger, wanted: Wanted, *, night: date | None, by_hand: bool
) -> list[Case]:
    """Every group that is wanted, in the order its frames may go, with the case for it.

    Args:
        library: Whose.
        ledger: All of it.
        wanted: Which groups are asked for.
        night: Only frames of this night are to go.
        by_hand: A master of another program counts, where keys and night agree.
    """
    now = groups_now(library, remember=False)
    shelf = _shelf(library, ledger)
    buried, found = buried_in(ledger), list[Case]()
    for raws in in_order(raws_of(library, [group for group in now.groups if wanted(group)])):
        raws = replace(raws, night=night)
        hand_made = _by_hand(library, raws, shelf) if by_hand else None
        case = case_for(raws, now.standing, buried, hand_made)
        if not case.why_not:
            case = _looked_into(library, case, ledger, shelf, [one for one in found if one.why_not])
        found.append(case)
    return found


def purge_raws(
    library: OpenLibrary, cases: Sequence[Case], ledger: Ledger, gone: Gone, tell: Callable[[int, int], None]
) -> None:
    """Let the frames of these groups go; what stays has its sentence.

    Raises:
        PassingError, OSError: the disk is full or away; what went is in the ledger, the rest is as it was.
    """
    total, unsafe, nights = sum(len(case.stored) for case in cases), set[str](), dict[Home, Ledger]()
    shelf = _shelf(library, ledger)
    for case in cases:
        why = why_not_safe(case, shelf, unsafe) or _promote(library, case, ledger, gone)
        if why:
            unsafe |= {case.master.path} if case.master is not None else set()
            gone.refused.append(f"{case.title}: stay, {why}")
            continue
        for stored, reason in _with_reasons(case):
            refusal = _purge(library.root, stored, reason, nights)
            if refusal is None:
                gone.frames.append(stored)
            else:
                gone.refused.append(refusal)
            tell(len(gone.frames), total)


def _shelf(library: OpenLibrary, ledger: Ledger) -> list[tuple[Master, Made]]:
    """The masters there are, with their hashes where the ledger has them."""
    found = []
    for one in look_at_shelf(library, remember=False):
        fact = promoted_fact(ledger, one.master.path)
        sha256 = one.master.sha256 or (fact.sha256 if fact is not None else None) or ""
        found.append((replace(one.master, sha256=sha256), one.made))
    return found


def halves_of(library: OpenLibrary, ledger: Ledger) -> list[tuple[str, str]]:
    """Raw frames a purge for their master's sake was cut short with, and the reason it gave."""
    stones = (
        (stored, str(ledger.tombstones[stored].get("why", "")))
        for stored in half_purged(library.root, ledger)
    )
    return [(stored, why) for stored, why in stones if master_in(why)]


def finish_halves(library: OpenLibrary, ledger: Ledger, gone: Gone) -> None:
    """End what a killed purge began, where the master is still what it was promoted as."""
    shelf = {one.master.path: one.master for one in look_at_shelf(library, remember=False)}
    proven, nights = dict[str, str](), dict[Home, Ledger]()
    for stored, why in halves_of(library, ledger):
        path = master_in(why)
        if path not in proven:
            proven[path] = _why_unproven(library, shelf.get(path), ledger) or ""
        refusal = proven[path] or _purge(library.root, stored, why, nights)
        if refusal:
            gone.refused.append(refusal if not proven[path] else f"{stored}: stays, {proven[path]}")
        else:
            gone.finished.append(stored)


def _why_unproven(library: OpenLibrary, master: Master | None, ledger: Ledger) -> str | None:
    fact = promoted_fact(ledger, master.path) if master is not None else None
    if master is None or fact is None:
        return "its master is in no library any more"
    return prove(library, master, fact)[1]


def _by_hand(library: OpenLibrary, raws: Raws, shelf: Sequence[tuple[Master, Made]]) -> Case | None:
    rig = rig_of(library.configuration, raws.group.batches[0])
    return case_by_hand(raws, shelf, rig.matching, cooled=rig.camera.cooled)


def _looked_into(
    library: OpenLibrary,
    case: Case,
    ledger: Ledger,
    shelf: Sequence[tuple[Master, Made]],
    bad: Sequence[Case],
) -> Case:
    """The case after its master was opened, and with it the one that was taken off its frames."""
    assert case.master is not None
    why = why_not_safe(case, shelf, [one.master.path for one in bad if one.master is not None])
    why = why or prove(library, case.master, promoted_fact(ledger, case.master.path))[1] or ""
    return replace(case, why_not=why)


def _promote(library: OpenLibrary, case: Case, ledger: Ledger, gone: Gone) -> str:
    """Make the master of a group a stored frame; empty, or why nothing of the group goes."""
    assert case.master is not None
    first = case.raws.group.batches[0]
    refusal = promote_master(library, case.master, first.owner, first.filed, ledger)
    if refusal is None:
        gone.promoted.append(case.master.path)
    return refusal or ""


def _with_reasons(case: Case) -> Iterator[tuple[str, str]]:
    assert case.master is not None
    yield from ((one.stored, reason_of(case.master)) for one in case.raws.going)
    yield from ((one.stored, reason_of(case.master, is_left_out=True)) for one in case.raws.going_aside)


def _purge(root: Path, stored: str, why: str, nights: dict[Home, Ledger]) -> Refusal | None:
    """One frame: its name among the rejects goes first, then the frame itself."""
    home = address_of(stored)
    if home is None:
        return f"{stored}: stays, it is filed under no night"
    if home not in nights:
        nights[home] = ledgers.read_night(root, *home)
    fact = nights[home].stored.get(stored)
    rejected = [link for link in nights[home].links_of(stored) if stage_of(lies_at(link)) is Place.REJECT]
    for link in rejected if fact is not None else ():
        record = partial(_withdrawn, root, home, link, why)
        refusal = withdraw(root / lies_at(link), root / stored, fact.sha256 if fact else None, record=record)
        if refusal is not None:
            return refusal
    if rejected:
        nights[home] = ledgers.read_night(root, *home)
    return purge(root, stored, nights[home], why=why)


def _withdrawn(root: Path, home: Home, link: LinkFact, why: str) -> None:
    at = lies_at(link)
    told = Withdrawn(
        when=datetime.now(UTC), link=link.link, stored=link.stored, why=why, at=at if at != link.link else ""
    )
    ledgers.write(root, *home, [told])
