"""What of a set's moves can be done as things lie, with a sentence for each that cannot; nothing is changed.

Moves ─possible─▶ Moves, left: what world/placing does          left_over: what a killed run had begun
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.model.errors import FrameError
from pipeline.rules.deliveries import ACCEPTING, OFFERING, Delivery, Moves, Withdrawal, lingering
from pipeline.world.links import same_file
from pipeline.world.looking import SetNow
from pipeline.world.removal import refuse_withdrawal


def possible(now: SetNow, moves: Moves) -> Moves:
    """What of the moves can be done as things lie, and a sentence for each that cannot."""
    root = now.book.library.root
    left = list(moves.left)
    stuck = {one.stored for one in moves.deliver if _is_stuck(why_not_placed(root, one), left)}
    stuck |= {one.stored for one in moves.first} - {
        one.stored for one in _that_can_go(now, moves.first, left)
    }
    due = moves.without(stuck)
    return replace(due, withdraw=_that_can_go(now, due.withdraw, left), left=tuple(left))


def _that_can_go(now: SetNow, names: Iterable[Withdrawal], left: list[str]) -> tuple[Withdrawal, ...]:
    """The names that are there and may go; sentences about the others are added."""
    there = [one for one in names if os.path.lexists(now.book.library.root / one.at)]
    return tuple(one for one in there if not _is_stuck(why_not_withdrawn(now, one), left))


def left_over(now: SetNow) -> list[Withdrawal]:
    """Names a killed run had written off and not yet taken: the very frames, which are seen where they belong."""
    root = now.book.library.root
    wanted = {one.link for one in now.moves(OFFERING | ACCEPTING).deliver}
    found = lingering(now.frames, now.standings, now.book.links, wanted)
    return [
        one
        for one, seen_at in found
        if os.path.lexists(root / one.at)
        and (not seen_at or os.path.lexists(root / seen_at))
        and _is_ours(root / one.at, root / one.stored, now.book.ledger.links[one.link].since)
        and why_not_withdrawn(now, one) is None
    ]


def why_not_placed(root: Path, one: Delivery) -> str | None:
    """Why a frame cannot be placed as things lie; None when it can, or lies there already."""
    source, target = root / one.stored, root / one.link
    if not source.is_file():
        return f"{source}: is missing; run `doit verify`"
    if not os.path.lexists(target):
        return None
    try:
        is_same = target.is_file() and same_file(source, target)
    except (OSError, FrameError):
        is_same = False
    return (
        None if is_same else f"{target}: is another file, so {one.stored} is not placed there; move it away"
    )


def why_not_withdrawn(now: SetNow, one: Withdrawal) -> str | None:
    """Why a name may not go; None when it may."""
    root, fact = now.book.library.root, now.book.ledger.stored.get(one.stored)
    if fact is None:
        return f"{root / one.at}: stays, the ledger does not know {one.stored}"
    return refuse_withdrawal(root / one.at, root / one.stored, fact.sha256)


def _is_stuck(said: str | None, left: list[str]) -> bool:
    left += [said] if said else []
    return said is not None


def _is_ours(link: Path, twin: Path, since: str) -> bool:
    """True for a name of the very file, or a copy made before we wrote it off: not what a person put there since."""
    try:
        if link.is_symlink() or link.samefile(twin):
            return True
        return datetime.fromtimestamp(link.lstat().st_ctime, UTC) < datetime.fromisoformat(since)
    except (OSError, ValueError):
        return False
