"""Asking, fetching, waiting: round after round until everything that can come has come.

look ─▶ asleep? asked for ─▶ ready? brought back ─▶ some still on their way? wait, look again
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.model.errors import NoRoom, PassingError
from pipeline.rules.backup_restoring import Chosen
from pipeline.rules.retrieval_costs import STAY_DAYS
from pipeline.rules.spoken import counted, sized
from pipeline.world.restore_look import READERS, Look, Sources, look
from pipeline.world.restore_source import ask_for
from pipeline.world.restoring import Home, Restored, bring_back, lies_there
from pipeline.world.space import room_for
from pipeline.world.telling import teller


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to go about it."""

    tier: str
    every_min: float
    """How long to wait between two looks."""
    is_patient: bool
    """False: what was asked for is left for another time."""
    say: Callable[[str], None]


def bring_all(sources: Sources, chosen: Chosen, home: Home, way: Way) -> Restored:
    """Bring everything chosen back; what cannot be had now is said in `later`."""
    done = Restored()
    left = _without_there(chosen, home, done)
    while True:
        seen = look(sources, left)
        try:
            require_room(home, left)
            _ask(sources, seen, way)
        except PassingError as error:
            done.later = str(error).rstrip(".")
            return done
        some = bring_back(sources.bucket_of, seen.ready(), home, READERS)
        done.fates |= some.fates
        done.bytes += some.bytes
        done.later = some.later
        on_its_way = len(seen.asleep()) + len(seen.coming())
        if done.later or not on_its_way:
            return done
        if not way.is_patient:
            done.later = f"{counted(on_its_way, 'pack')} on their way; type the same again in some hours"
            return done
        way.say(f"{counted(on_its_way, 'pack')} on their way; looking again in {way.every_min:g} min.")
        time.sleep(way.every_min * 60)
        left = replace(left, wanted=tuple(one for one in left.wanted if one.to not in done.fates))


def _without_there(chosen: Chosen, home: Home, done: Restored) -> Chosen:
    """What lies there already needs no pack to be asked for: that is paid."""
    for one in chosen.wanted:
        there = lies_there(home, one)
        if there is not None:
            done.fates[one.to] = there
    return replace(chosen, wanted=tuple(one for one in chosen.wanted if one.to not in done.fates))


def require_room(home: Home, chosen: Chosen) -> None:
    """Raise NoRoom where the disk cannot take what is still to come."""
    needed = sum(one.size for one in chosen.wanted if not os.path.lexists(home.root / one.to))
    room = room_for(needed, home.root, keep_percent=0, keep_gb=0)
    if not room.fits:
        raise NoRoom(
            f"{home.root}: its disk has {sized(room.free_bytes)} free and {sized(needed)} are to come; "
            "make room, then type the same again"
        )


def counter(say: Callable[[str], None], total: int) -> Callable[[int], None]:
    """Told of bytes; says from time to time how far it is, and how long it will take."""
    tell, so_far = teller(say, "MB brought back"), 0

    def step(size: int) -> None:
        nonlocal so_far
        so_far += size
        tell(so_far // 1_000_000, total // 1_000_000)

    return step


def _ask(sources: Sources, seen: Look, way: Way) -> None:
    asked = [ask_for(sources.home[key], key, way.tier, STAY_DAYS) for key in seen.asleep()]
    if any(asked):
        way.say(f"{counted(sum(asked), 'pack')} asked for, {way.tier}.")
