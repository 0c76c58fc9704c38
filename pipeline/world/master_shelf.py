"""The shelf: every master in the libraries, with what a person said of it. Asked by matching, distribution and status.

    read_shelf(library) ─▶ Masters     superseded and held ones too, each marked as what it is

While nothing changed in the libraries or was decided, it is the same value, so that asking for each set costs a look at
the folders.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from pipeline.model.masters import Master
from pipeline.rules.decisions import Decisions
from pipeline.rules.library_names import is_held, is_superseded
from pipeline.rules.master_headers import Made
from pipeline.rules.master_words import REJECTED, MasterWord, master_words, word_on
from pipeline.world.files import sha256_of
from pipeline.world.library import OpenLibrary
from pipeline.world.master_files import (
    Known,
    Listed,
    keep_hash,
    library_folders,
    list_masters,
    read_masters,
)
from pipeline.world.said import read_said

_guard = threading.Lock()
_kept: dict[str, tuple[object, tuple[Shelved, ...]]] = {}
_UNTOLD = "is not known to be a master: neither its header nor its name says so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A master, and how it was made."""

    master: Master
    made: Made
    word: MasterWord | None = None
    """What a person said of it."""
    unlike: str = ""
    """Why it is no such master as its name says."""


def read_shelf(
    library: OpenLibrary, decisions: Decisions | None = None, *, remember: bool = True
) -> tuple[Master, ...]:
    """Every master in the libraries, in the order of their paths.

    Args:
        library: Where they lie.
        decisions: What people decided, where it was read already.
        remember: False: headers that had to be read are not kept.
    """
    return tuple(one.master for one in look_at_shelf(library, decisions, remember=remember))


def look_at_shelf(
    library: OpenLibrary, decisions: Decisions | None = None, *, remember: bool = True
) -> tuple[Shelved, ...]:
    """The same, with how each was made."""
    files, words = list_masters(library), _words(library, decisions)
    with _guard:
        look = (library.mark, tuple(files), words)
        key = str(library.root)
        if key not in _kept or _kept[key][0] != look:
            known = read_masters(library, files, remember=remember)
            found = tuple(_shelved(one, known[one], words) for one in files)
            _kept[key] = look, found
        return _kept[key][1]


def library_homes(library: OpenLibrary) -> tuple[str, ...]:
    """Every folder masters may lie in: what seals and matching look at to see whether something changed."""
    return tuple(library_folders(library))


def hash_of_master(library: OpenLibrary, master: Master) -> str:
    """The SHA-256 of a master's file, taken once."""
    found = Listed(master.path, master.size, master.mtime_ns)
    known = read_masters(library, [*list_masters(library)]).get(found)
    if known is not None and known.sha256:
        return known.sha256
    sha256 = sha256_of(library.root / master.path)
    if known is not None:
        keep_hash(library, found, replace(known, sha256=sha256))
    return sha256


def _words(library: OpenLibrary, decisions: Decisions | None) -> tuple[MasterWord, ...]:
    if decisions is None:
        state = library.state if library.state.is_dir() else None
        decisions = read_said(library.root, state, remember=False).wide
    return master_words(decisions)


def _shelved(found: Listed, known: Known, words: tuple[MasterWord, ...]) -> Shelved:
    frame, made = known.frame, known.made
    if made.nights is not None:
        frame = replace(frame, night=made.nights[0])
    master = Master(
        path=found.path,
        frame=frame,
        size=found.size,
        mtime_ns=found.mtime_ns,
        sha256=known.sha256,
        frames=frame.stack_count,
        inputs=made.inputs,
        by=made.by,
        superseded=is_superseded(found.path),
    )
    word = word_on(master, words)
    held = _held(made, word) if is_held(found.path) else ""
    return Shelved(
        master=replace(master, held=held, trouble=_trouble(known, word)),
        made=made,
        word=word,
        unlike=known.unlike,
    )


def _held(made: Made, word: MasterWord | None) -> str:
    if word is not None and word.is_ok:
        return "you said ok: the next `doit` puts it in its place"
    return made.held or "it lies among the held ones"


def _trouble(known: Known, word: MasterWord | None) -> str:
    if known.refusal or known.unlike:
        return known.refusal or known.unlike
    if word is not None and not word.is_ok:
        return f"{REJECTED}{f': {word.why}' if word.why else ''}"
    damaged = next((p.text for p in known.frame.problems if p.code in {"cut-off", "no-image"}), "")
    is_master = known.frame.kind is not None and known.frame.kind.is_master
    return damaged or ("" if is_master else _UNTOLD)
