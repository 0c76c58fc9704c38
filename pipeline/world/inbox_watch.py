"""The inboxes of a library, watched: which way each is heard, what lies there, what no run has seen yet.

Hearing    one ear an inbox where the system tells of changes; the others are listed
look_into  every file's name, size and time, and nothing opened
Memory     what the last run had seen, kept in `.nightbuild`: only to know what is new after a new start
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.model.errors import NightbuildError
from pipeline.model.survey import Found
from pipeline.rules.watching_inboxes import Entry, entries_of, taken_of
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.inbox_events import Deaf, Ear, wait, why_silent
from pipeline.world.library import OpenLibrary
from pipeline.world.scan import scan_inbox

SELDOM_S = 600.0
"""How often an inbox is listed although the system tells of changes: what was told may have been lost."""
_PATIENCE = 10
"""A listing that takes long is not begun again for so many times as long."""
_NOWHERE = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The inboxes, listed."""

    everything: frozenset[Entry] = frozenset()
    taken: frozenset[Entry] = frozenset()
    """Those that a night would take."""
    away: frozenset[str] = frozenset()
    """Inboxes that are not there, or could not be listed."""
    took_s: float = 0.0


def look_into(library: OpenLibrary) -> Look:
    """List all inboxes."""
    begun = time.monotonic()
    scans = [scan_inbox(inbox.path, folder) for inbox, folder in library.inboxes]
    files: list[Found] = [found for scan in scans for found in scan.files]
    return Look(
        everything=entries_of(files),
        taken=taken_of(files),
        away=frozenset(scan.inbox for scan in scans if not scan.reachable),
        took_s=time.monotonic() - begun,
    )


class Hearing:
    """How changes in each inbox are heard; inboxes that come and go are heard again once they are back."""

    def __init__(self, library: OpenLibrary, *, poll: bool = False) -> None:
        self._folders = {inbox.path: folder for inbox, folder in library.inboxes}
        self._poll_s = library.configuration.library.watch.poll_seconds
        self._poll = poll
        self._ears: dict[str, Ear] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._said: dict[str, str] = {}

    def tend(self) -> tuple[bool, list[str]]:
        """Listen to what is there now.

        Returns:
            Whether something may have been missed: the inboxes are to be listed. And a sentence about each inbox that
            is heard in another way than before.
        """
        missed, said = False, []
        for name, folder in self._folders.items():
            place, ear = _place_of(folder), self._ears.get(name)
            if place == self._places.get(name) and (ear is None or ear.hears):
                continue
            missed, self._places[name] = True, place
            why = self._listen(name, folder, place)
            if why != self._said.get(name):
                self._said[name] = why
                said.append(f"{name}  {why}")
        return missed, said

    def _listen(self, name: str, folder: Path, place: tuple[int, int]) -> str:
        """Which way an inbox is heard from now on."""
        if name in self._ears:
            self._ears.pop(name).close()
        if place == _NOWHERE:
            return "is not there: waits for it"
        why = "as you asked" if self._poll else why_silent(folder)
        if not why:
            try:
                self._ears[name] = Ear(folder)
            except Deaf as error:
                why = str(error)
        return f"listed every {self._poll_s:g} s: {why}" if why else "the system tells of changes"

    def every_s(self, took_s: float) -> float:
        """How often the inboxes are listed, where a listing takes so long."""
        all_told = len(self._ears) == len(self._folders)
        return max(self._poll_s, _PATIENCE * took_s, SELDOM_S if all_told else 0.0)

    def wait(self, seconds: float) -> bool:
        """Until something is told or the time has passed; True where a file came or changed."""
        return wait(list(self._ears.values()), min(seconds, self._poll_s))

    def close(self) -> None:
        """Listen no more."""
        while self._ears:
            self._ears.popitem()[1].close()


def _place_of(folder: Path) -> tuple[int, int]:
    """What lies under an inbox's name: another disk mounted there is another place."""
    try:
        seen = os.stat(folder)  # noqa: PTH116 - asked all day
    except OSError:
        return _NOWHERE
    return seen.st_dev, seen.st_ino


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the last watched run had seen."""

    digest: str = ""
    ran: float = 0.0
    """When it ended, seconds since 1970."""

    def holds(self, entries: Iterable[Entry]) -> bool:
        """True when that run had seen just these files."""
        return self.digest == _digest(entries)


def remember(library: OpenLibrary) -> Memory:
    """What is remembered; nothing where it is gone or damaged, which costs a run that finds nothing to do."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        told = json.loads(_file(library).read_bytes())
        return Memory(digest=str(told["seen"]), ran=float(told["ran"]))
    return Memory()


def keep(library: OpenLibrary, entries: Iterable[Entry]) -> None:
    """Keep what a run has seen that ended now."""
    told = {"seen": _digest(entries), "ran": round(time.time(), 3)}
    with suppress(OSError, NightbuildError):
        make_folder(library.state)
        replace_if_different(_file(library), json.dumps(told).encode())


def _file(library: OpenLibrary) -> Path:
    return library.state / "watch.json"


def _digest(entries: Iterable[Entry]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for entry in sorted(entries):
        digest.update("\0".join(map(str, entry)).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()
