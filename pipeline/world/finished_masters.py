"""Masters that were laid beside lights of a target that is done: found where they lie now, and taken away by command.

Only what is, byte for byte, a master that still lies in a library goes; whatever else lies in the folders stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.model.errors import FrameError, UserError
from pipeline.model.masters import Master
from pipeline.model.records import MasterTaken
from pipeline.rules.escape import unescape
from pipeline.rules.layout import BLINK, DATA
from pipeline.rules.ledger import Record
from pipeline.rules.targets import target_key
from pipeline.world import ledger as ledgers
from pipeline.world.library import OpenLibrary
from pipeline.world.master_places import hash_of_name
from pipeline.world.master_shelf import read_shelf
from pipeline.world.master_twins import no_twin, twin_of
from pipeline.world.moments import just_after, not_before
from pipeline.world.removal import refuse_withdrawal, withdraw
from pipeline.world.rig_called import rig_called
from pipeline.world.summaries import read_outline

DONE = ("60_Done", "70_Abandon")
"""From here on a project needs no masters beside its lights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """A master that lies beside the lights of a finished target."""

    path: str
    master: str
    """Where it lay in its library when it was given."""
    sha256: str
    owner: str
    night: date
    is_given: bool
    """It lies where we put it; else where its person moved the folder."""


def find_finished(library: OpenLibrary, target: str, rig: str = "") -> list[Lying]:
    """Every master beside the lights of a target that is done.

    Raises:
        UserError: the target is in no such folder.
    """
    homes = _homes(library, target, rig_called(library, rig))
    if not homes:
        where = f" of {rig}" if rig else ""
        raise UserError(
            f"{target!r} lies neither in {DONE[0]} nor in {DONE[1]}{where}: the masters beside its lights stay. "
            "Those no light needs any more go by themselves."
        )
    found: dict[str, Lying] = {}
    for owner, night, given in _given(library, target, set(homes)):
        for link, record in given.items():
            if record["event"] == "master_given" and (library.root / link).is_file():
                found[link] = _lying(link, record, owner, night, is_given=True)
        for path, record in _moved(library.root, homes[owner], given):
            found.setdefault(path, _lying(path, record, owner, night, is_given=False))
    return [found[path] for path in sorted(found)]


def why_kept(library: OpenLibrary, one: Lying, shelf: tuple[Master, ...]) -> str:
    """Why it may not go; empty when it may."""
    twin = twin_of(library, one.path, one.master, one.sha256, shelf=shelf)
    if twin is None:
        return no_twin(one.path)
    return refuse_withdrawal(library.root / one.path, twin, one.sha256) or ""


def take_finished(library: OpenLibrary, one: Lying) -> str:
    """Take it away: the ledger first, and it is not laid there again. Why it stays; empty when it went."""
    twin = twin_of(library, one.path, one.master, one.sha256)
    if twin is None:
        return no_twin(one.path)

    def record() -> None:
        known = ledgers.read_night(library.root, one.owner, one.night)
        entry = MasterTaken(
            when=not_before(just_after((), known)),
            link=one.path,
            master=one.master,
            sha256=one.sha256,
            by_person=True,
            why="you purged it: its target is done",
        )
        if one.is_given:
            ledgers.write(library.root, one.owner, one.night, [entry])

    return withdraw(library.root / one.path, twin, one.sha256, record=record) or ""


def shelf_of(library: OpenLibrary) -> tuple[Master, ...]:
    """Every master there is."""
    return read_shelf(library, remember=False)


def _homes(library: OpenLibrary, target: str, rig: str) -> dict[str, list[str]]:
    """The target's folders among what is done, by rig."""
    homes: dict[str, list[str]] = {}
    wanted = _keys(library, target)
    for stage in DONE:
        for home in sorted(library.root.glob(f"*/{stage}")):
            owner = home.parent.name
            if rig and owner.casefold() != rig.casefold():
                continue
            for folder in sorted(home.iterdir() if home.is_dir() else ()):
                if folder.is_dir() and not folder.is_symlink() and _key(folder.name) in wanted:
                    homes.setdefault(owner, []).append(folder.relative_to(library.root).as_posix())
    return homes


def _keys(library: OpenLibrary, target: str) -> set[str]:
    """What the target, and its other spellings, are equal by."""
    wanted = {_key(target)}
    for known in library.configuration.targets:
        names = {_key(name) for name in (known.name, *known.aliases)}
        wanted |= names if names & wanted else set()
    return wanted


def _given(
    library: OpenLibrary, target: str, rigs: set[str]
) -> Iterator[tuple[str, date, dict[str, Record]]]:
    """Night by night, the places masters were ever given beside lights of the target."""
    wanted = _keys(library, target)
    state = library.state if library.state.is_dir() else None
    for owner, night in sorted(read_outline(library.root, state, remember=False).nights):
        if owner in rigs:
            told = ledgers.read_night(library.root, owner, night).masters
            given = {link: record for link, record in told.items() if _is_of(link, wanted)}
            if given:
                yield owner, night, given


def _is_of(link: str, wanted: set[str]) -> bool:
    parts = link.split("/")
    return len(parts) > 3 and parts[1] in {BLINK, DATA} and _key(parts[2]) in wanted


def _moved(root: Path, homes: list[str], given: dict[str, Record]) -> Iterator[tuple[str, Record]]:
    """Files in the finished folders that have the name and the bytes of a master that was given."""
    names: dict[str, list[Record]] = {}
    for link, record in given.items():
        names.setdefault(link.rpartition("/")[2], []).append(record)
    for home in homes:
        for parent, _, files in os.walk(root / home):
            for name in sorted(names.keys() & set(files)):
                path = Path(parent, name)
                with suppress(OSError, FrameError):
                    sha256 = hash_of_name(path)
                    yield from (
                        (path.relative_to(root).as_posix(), record)
                        for record in names[name]
                        if record.get("sha256") == sha256
                    )


def _lying(path: str, record: Record, owner: str, night: date, *, is_given: bool) -> Lying:
    return Lying(
        path=path,
        master=str(record.get("master", "")),
        sha256=str(record.get("sha256", "")),
        owner=owner,
        night=night,
        is_given=is_given,
    )


def _key(name: str) -> str:
    return target_key(unescape(name))
