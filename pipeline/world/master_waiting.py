"""What `doit status` says of masters in the making: which are held, which groups lack frames, how many are due."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pipeline.model.master_groups import Group
from pipeline.rules.master_lines import too_few
from pipeline.rules.master_standing import cover_of
from pipeline.rules.typed import as_typed
from pipeline.rules.waiting import Waiting
from pipeline.world.calibration_nights import read_batches
from pipeline.world.library import OpenLibrary
from pipeline.world.master_groups import Now, groups_now
from pipeline.world.master_shelf import look_at_shelf

_SHOWN = 5
"""Groups with too few frames: the latest, since old ones will hardly get more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MastersInTheMaking:
    """What is to be said of them."""

    waiting: tuple[Waiting, ...] = ()
    advice: tuple[str, ...] = ()
    due: int = 0
    """Masters the next run makes."""


def masters_in_the_making(library: OpenLibrary) -> MastersInTheMaking:
    """Look at the shelf and the groups; nothing is opened or written."""
    now = groups_now(library, remember=False)
    return MastersInTheMaking(
        waiting=_held(library), advice=(*_too_few(now), *_came_to_nothing(now)), due=len(now.due)
    )


def masters_missed(library: OpenLibrary) -> list[str]:
    """Masters that are stored frames, since nothing makes them again, and do not lie where they did."""
    nights = read_batches(library, remember=False).values()
    paths = sorted({path for night in nights for path in night.promoted})
    return [path for path in paths if not os.path.lexists(library.root / path)]


def short_groups(library: OpenLibrary) -> list[str]:
    """Groups with too few frames, the latest first: a run's last lines when frames have just passed."""
    return [f"Waiting      {line}" for line in _too_few(groups_now(library, remember=False))]


def _held(library: OpenLibrary) -> tuple[Waiting, ...]:
    shelf = look_at_shelf(library, remember=False)
    held = [one.master for one in shelf if one.master.held and one.word is None and not one.master.trouble]
    return tuple(
        Waiting(
            what=f"a new master is held: {one.held}",
            where=one.path,
            command=f"doit master {as_typed(one.path)} --ok",
            or_else=f"doit master {as_typed(one.path)} --reject",
        )
        for one in held
    )


def _too_few(now: Now) -> list[str]:
    short = [group for group in now.groups if group.missing and cover_of(group, now.standing) is None]
    short.sort(key=_last_night, reverse=True)
    more = len(short) - _SHOWN
    told = [f"No master of {_plain(too_few(group))}." for group in short[:_SHOWN]]
    return [*told, f"{more} older groups of calibration frames have too few as well."] if more > 0 else told


def _came_to_nothing(now: Now) -> list[str]:
    """Groups with frames enough, of which too many were left out."""
    said = {group.mark for group in now.groups if not group.missing and group.mark}
    return [f"Masters: {_plain(why)}." for key, why in now.tried.items() if key in said]


def _plain(line: str) -> str:
    return "; ".join(part.strip() for part in line.split("  ") if part.strip())


def _last_night(group: Group) -> str:
    return group.nights[1].isoformat()
