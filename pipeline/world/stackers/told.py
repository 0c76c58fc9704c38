"""The programs the rigs' files name to make masters, as `doit status` tells of them: which version, or why none.

Siril is asked for its version. To ask PixInsight takes half a minute: it is told once it has made a master here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model.errors import NightbuildError
from pipeline.model.library import Configuration
from pipeline.rules.waiting import NEXT_RUN, Waiting
from pipeline.world.stackers.choose import Backend, stacker_for


@dataclass(frozen=True, slots=True, kw_only=True)
class StackerTold:
    """One program."""

    backend: str
    name: str
    """`Siril 1.0.6`, `PixInsight`; empty: it is not there."""
    rigs: tuple[str, ...]
    """Which ask for it."""
    trouble: str = ""
    """Why it cannot be used, with what to do."""


def stackers_told(configuration: Configuration) -> list[StackerTold]:
    """Each program but our own that a rig asks for."""
    asked: dict[Backend, list[str]] = {}
    for rig in configuration.rigs:
        if rig.masters.backend != "built-in":
            asked.setdefault(rig.masters.backend, []).append(rig.name)
    return [_told(configuration, backend, tuple(rigs)) for backend, rigs in sorted(asked.items())]


def stackers_missing(configuration: Configuration) -> Iterator[Waiting]:
    """Those that cannot be used."""
    for one in stackers_told(configuration):
        if one.trouble:
            what = f"{', '.join(one.rigs)}: no masters are made. {one.trouble}"
            yield Waiting(what=what, where="", command=NEXT_RUN)


def stacker_words(one: StackerTold) -> str:
    """`Siril 1.0.6 makes the masters of C8E@f10.0+ZWO ASI2600MM Pro`."""
    return f"{one.name} makes the masters of {', '.join(one.rigs)}"


def _told(configuration: Configuration, backend: Backend, rigs: tuple[str, ...]) -> StackerTold:
    try:
        stacker = stacker_for(configuration.library, backend)
        name = f"{stacker.name} {stacker.version()}".strip()
    except NightbuildError as error:
        return StackerTold(backend=backend, name="", rigs=rigs, trouble=str(error))
    return StackerTold(backend=backend, name=name, rigs=rigs)
