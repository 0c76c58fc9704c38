"""Sealed nights whose sets lack a master: looked at again when one came that may fit, or a person spoke of masters.

    what a night lacks + masters that may matter to it + words ─▶ mark       as before: the night is not opened
    else ─the night─▶ sets that can be served now

The marks are a cache in `.nightbuild`: without it the nights are looked into once more, and nothing else changes.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from pipeline.model.errors import NightbuildError
from pipeline.model.frames import Kind
from pipeline.rules.lacking import ANY, Stock, digest_of, lacking_in, sorted_stock
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.serving import folders_of
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.master_files import Listed, list_masters
from pipeline.world.said import read_said

if TYPE_CHECKING:
    from pipeline.world.looking import SetNow
    from pipeline.world.nightbook import NightBook

FILE = "lacking.json"
_VERSION = 1
_OF_MASTERS = frozenset({"master", "changed", "undo"})
"""Words that may make a master fit that did not; a pin or a rematch opens its set by itself."""
_TWIN = re.compile(r"~\d+$")
_guard = threading.Lock()

Lacks = Mapping[str, str]
"""Nights, ISO, to a digest of what they lack."""
Marks = Callable[[str, str], str]
"""A night and a digest of what it lacks, to its mark; empty: no library has anything that could serve it."""
_Ground = tuple[str, tuple[Listed, ...]]
"""What is the same for every rig: a digest of settings and words, and the masters there are."""


def are_unchanged(root: Path, owners: Mapping[str, Lacks]) -> bool:
    """True when no set of any of these nights can be served that could not be before."""
    library = open_library(root)
    ground = _ground(library)
    return all(_is_unchanged(library, owner, nights, ground) for owner, nights in owners.items())


def _is_unchanged(library: OpenLibrary, owner: str, nights: Lacks, ground: _Ground) -> bool:
    marks = mark_nights(library, owner, ground)
    changed = changed_nights(library, owner, nights, marks)
    if any(not _is_served(library, owner, night) for night in changed):
        return False
    if changed:
        _keep(library, owner, {night: marks(night, nights[night]) for night in changed})
    return True


def _is_served(library: OpenLibrary, owner: str, night: str) -> bool:
    from pipeline.world.nightbook import open_book  # not needed in a night in which nothing is due
    from pipeline.world.serving import look

    book = open_book(library.root, owner, date.fromisoformat(night))
    return all(look(now).is_done for now in lacking_sets(book))


def changed_nights(library: OpenLibrary, owner: str, nights: Lacks, marks: Marks) -> list[str]:
    """The nights that are to be opened, the newest first."""
    kept = _read(library).get(owner, {})
    found = [
        night
        for night, lacks in nights.items()
        if ANY in lacks.split() or ((mark := marks(night, lacks)) and kept.get(night) != mark)
    ]
    return sorted(found, reverse=True)


def keep_looked(library: OpenLibrary, owner: str, nights: Iterable[str], marks: Marks) -> None:
    """Remember that these nights were looked into, as they are now; the marks were made before."""
    from pipeline.world.nightbook import open_book

    told = {}
    for night in nights:
        book = open_book(library.root, owner, date.fromisoformat(night))
        told[night] = marks(night, digest_of(lacking_in(book.ledger)))
    _keep(library, owner, told)


def lacking_sets(book: NightBook) -> Iterator[SetNow]:
    """The sets that lack a master, and those in whose folders something is unfinished."""
    from pipeline.world.looking import look_at_set

    told = lacking_in(book.ledger)
    names, folders = {one.set for one in told if one.set}, {one.folder for one in told if one.folder}
    for one in book.sets if told else ():
        is_named = bool({one.id, _TWIN.sub("", one.id)} & names)
        if one.kind is Kind.LIGHT and (is_named or not folders.isdisjoint(folders_of(one, book.links))):
            yield look_at_set(book, one)


def mark_nights(library: OpenLibrary, owner: str, ground: _Ground | None = None) -> Marks:
    """Tells, as things are now, what it depends on whether a night's sets can be served."""
    base, masters = ground or _ground(library)
    stock, reach = _stock(library, owner, masters)

    def mark(night: str, lacks: str) -> str:
        near = stock.near(date.fromisoformat(night), reach, lacks)
        return _digest([base, lacks, near]) if near else ""

    return mark


def _ground(library: OpenLibrary) -> _Ground:
    state = library.state if library.state.is_dir() else None
    wide = read_said(library.root, state, remember=False).wide
    words = [one.id for one in wide.said if one.kind in _OF_MASTERS]
    return _digest([library.mark, words]), tuple(list_masters(library))


def _stock(library: OpenLibrary, owner: str, masters: Sequence[Listed]) -> tuple[Stock, int]:
    """The masters that may be of this rig's camera, and how many nights away flats may be."""
    rigs = library.configuration.rigs
    mine = [rig for rig in rigs if rig_key(owner) in {rig_key(rig.name), rig_key(rig.camera.name)}]
    own = {rig.camera.name for rig in mine}
    others = {rig.camera.name for rig in rigs} - own
    reach = max((rig.matching.flat_max_nights for rig in mine), default=0)
    return sorted_stock(masters, others), reach


def _digest(told: Sequence[object]) -> str:
    return hashlib.blake2b(orjson.dumps(told), digest_size=16).hexdigest()


def _read(library: OpenLibrary) -> dict[str, dict[str, str]]:
    try:
        said = orjson.loads((library.state / FILE).read_bytes())
        return (
            {owner: dict(nights) for owner, nights in said["owners"].items()}
            if said["version"] == _VERSION
            else {}
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _keep(library: OpenLibrary, owner: str, marks: Mapping[str, str]) -> None:
    with (
        _guard,
        suppress(OSError, NightbuildError),
    ):  # a place that cannot be written costs time in the next run
        make_folder(library.state)
        kept = _read(library)
        kept[owner] = {**kept.get(owner, {}), **marks}
        data = orjson.dumps({"version": _VERSION, "owners": kept}, option=orjson.OPT_SORT_KEYS)
        replace_if_different(library.state / FILE, data)
