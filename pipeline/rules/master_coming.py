"""Masters that lights lack and whose frames are there: what these still wait for, as a line of `doit status`.

eyes        Look through the darks of 300 s at −10 °C (10 wait in .../10_Blink/...)     doit blink SET
too few     Shoot 4 more of the flats with L ...: 6 of 10 are there                     doit match SET
held        Decide about the new master of the darks of 300 s ..., which is held         doit master NAME --ok
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.rules.waiting import NEXT_RUN, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Frames that would become a master, and what they wait for."""

    have: int = 0
    """How many there are, those that wait for eyes among them."""
    wanted: int = 0
    """How many its rig asks for."""
    eyes: int = 0
    """How many wait to be looked at."""
    folder: str = ""
    """Where; the first where there are several."""
    set: str = ""
    """What to type after `doit blink`; empty: they are offered when their night is over."""
    sets: int = 0
    """In how many sets they wait."""
    held: str = ""
    """The master made of them, which waits for a person's word."""


SEEN_FIRST = "masters of frames that wait for eyes"
"""Topic: these frames are among those that wait for eyes, so that a short look does not tell them twice."""


def coming_line(coming: Coming, shoot: str, waits: str, lights: str) -> Waiting:
    """What to do that the master comes.

    Args:
        coming: What is there.
        shoot: The frames it is made of: `darks of 300 s at −10 °C, gain 100`.
        waits: Who waits for it: `4 sets of 24 lights wait for them`.
        lights: One of these sets.
    """
    if coming.held:
        what = f"Decide about the new master of the {shoot}, which is held: {waits}"
        command = f"doit master {as_typed(coming.held)}"
        return Waiting(what=what, where=coming.held, command=f"{command} --ok", or_else=f"{command} --reject")
    more = max(coming.wanted - coming.have, 0)
    if coming.eyes:
        return _to_be_seen(coming, shoot, f"{waits}{_besides(more)}")
    if more:
        there = f"{coming.have} of {coming.wanted} are there"
        what = f"Shoot {more} more of the {shoot} ({there}): {waits}"
        return Waiting(what=what, where="", command=f"doit match {as_typed(lights)}")
    return Waiting(
        what=f"The next `doit` makes the master of the {shoot}: {waits}", where="", command=NEXT_RUN
    )


def coming_data(coming: Coming | None) -> dict[str, Any] | None:
    """The same for programs."""
    return asdict(coming) if coming is not None else None


def _to_be_seen(coming: Coming, shoot: str, waits: str) -> Waiting:
    wait = "waits" if coming.eyes == 1 else "wait"
    if not coming.set:
        what = f"The {shoot} are there ({coming.eyes}), and are offered when their night is over: {waits}"
        return Waiting(what=what, where="", command="doit --now")
    rest = f" and {counted(coming.sets - 1, 'set')} more" if coming.sets > 1 else ""
    return Waiting(
        what=f"Look through the {shoot} ({coming.eyes} {wait} in {coming.folder}{rest}): {waits}",
        where=coming.folder,
        command=f"doit blink {as_typed(coming.set)}",
        brief="",
        topic=SEEN_FIRST,
    )


def _besides(more: int) -> str:
    return f"; {more} more {'is' if more == 1 else 'are'} to be shot besides" if more else ""
