"""How far a long command is: a line every few seconds on standard error, and none when it is quick."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from pipeline.rules.spoken import lasting

EVERY_S = 5.0


def teller(say: Callable[[str], None], verb: str, *, every_s: float = EVERY_S) -> Callable[[int, int], None]:
    """A function to be told n of m; it says `1,203 of 80,118 proven, 3 h 2 min left`, of MB also how many a second."""
    begun = told = monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal told
        now = monotonic()
        if now - told < every_s or not done:
            return
        told = now
        rate = f", {done / (now - begun):,.1f} MB a second" if verb.startswith("MB ") else ""
        say(f"{done:,} of {of:,} {verb}{rate}, {lasting((now - begun) / done * (of - done))} left")

    return tell
