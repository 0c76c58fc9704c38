"""Where verdict files of the blink page are looked for: the set's own folder, `_Verdicts`, and a download folder.

They are left where they lie. A few hundred of a folder are looked at, the newest first; what was absorbed before is not
read again, and of the downloads only what bears the mark of one of the sets.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Set
from datetime import date
from pathlib import Path

from pipeline.model.frames import Problem
from pipeline.model.sets import FrameSet
from pipeline.model.watching import SeenVerdict
from pipeline.rules.decisions import Decisions
from pipeline.rules.layout import VERDICTS
from pipeline.rules.verdict_files import (
    LARGEST_BYTES,
    VerdictFile,
    is_verdict_name,
    parse_verdict,
    verdict_name,
)
from pipeline.rules.verdict_words import FileKey, absorbed_verdicts
from pipeline.world.library import OpenLibrary
from pipeline.world.listings import Folders, Listing
from pipeline.world.said import Said, read_said
from pipeline.world.selected import ID_FILE
from pipeline.world.set_finder import open_sets

_MOST = 300
"""Verdict files of one folder that are looked at."""


def library_id(root: Path) -> str:
    """What verdict files call this library; empty where its id file cannot be read."""
    try:
        return str(json.loads((root / ID_FILE).read_text(encoding="utf-8"))["library"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def verdicts_on(
    library: OpenLibrary, sets: Iterable[FrameSet], folders: Folders, decisions: Decisions
) -> list[SeenVerdict]:
    """The verdict files that may speak of these sets and were not absorbed yet."""
    known, ids, marks = absorbed_verdicts(decisions).files, set[str](), set[str]()
    found: list[SeenVerdict] = []
    homes: set[str] = set()
    for one in sets:
        ids.add(one.id)
        marks.add(_mark(verdict_name(one.id)))
        homes.update(folder for folder in (one.blink, one.reject, one.data) if folder)
    for folder in sorted(homes):
        found += _read(folders.at(folder), known, folder=folder)
    dropped = _read(folders.at(VERDICTS), known)
    found += [one for one in dropped if _mark(one.path) in marks or _set_of(one) in ids]
    downloads = library.configuration.library.blink.downloads
    if downloads is not None:
        found += _read(folders.at(_outside(library, downloads)), known, marks=marks)
    return found


def strays(library: OpenLibrary) -> list[Problem]:
    """A sentence for each file in `_Verdicts` that speaks of no set there is, or cannot be understood."""
    dropped = _dropped(library, read_said(library.root, library.state, remember=False))
    ids = {one.id for _, one in open_sets(library)} if dropped else set()
    problems = []
    for one in dropped:
        verdict = parse_verdict(one.data, one.path)
        if isinstance(verdict, Problem):
            problems.append(verdict)
        elif verdict.set_id not in ids and verdict.library == library_id(library.root):
            text = f"{one.path}: speaks of the set {verdict.set_id}, which is not there; nothing was done with it"
            problems.append(Problem("verdict-refused", text))
    return problems


def nights_spoken_of(library: OpenLibrary, said: Said) -> set[tuple[str, date]]:
    """The nights of which a file in `_Verdicts` speaks that was not absorbed yet: they are to be looked into."""
    named = {_set_of(one) for one in _dropped(library, said)} - {""}
    return {(one.owner, one.night) for _, one in open_sets(library) if one.id in named} if named else set()


def is_spoken_anew(library: OpenLibrary, folders: Folders, homes: Iterable[str], known: Set[FileKey]) -> bool:
    """True when a verdict file on this library, there or where all are looked for, was not absorbed yet.

    Args:
        library: Where sets are.
        folders: Its folders.
        homes: Folders of sets.
        known: What was absorbed.
    """
    downloads = library.configuration.library.blink.downloads
    outside = [_outside(library, downloads)] if downloads is not None else []
    own = library_id(library.root)
    return any(
        isinstance(verdict := parse_verdict(one.data, one.path), VerdictFile) and verdict.library == own
        for folder in (*homes, VERDICTS, *outside)
        for one in _read(folders.at(folder), known, most=None)
    )


def _dropped(library: OpenLibrary, said: Said) -> list[SeenVerdict]:
    """What lies in `_Verdicts` and was not absorbed yet."""
    return _read(Folders(library.root).at(VERDICTS), said.verdict_files)


def _read(
    listing: Listing | None,
    known: Set[FileKey],
    folder: str | None = None,
    marks: set[str] | None = None,
    most: int | None = _MOST,
) -> list[SeenVerdict]:
    found = []
    for path, seen in _newest(listing, marks)[:most]:
        name = f"{listing.path}/{path.name}" if listing is not None else path.name
        if (name, seen.st_size, seen.st_mtime_ns) in known:
            continue
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_BYTES + 1)
        except FileNotFoundError:
            continue
        found.append(
            SeenVerdict(
                path=name,
                size=seen.st_size,
                mtime_ns=seen.st_mtime_ns,
                data=data,
                sha256=hashlib.sha256(data).hexdigest(),
                folder=folder,
            )
        )
    return found


def _newest(listing: Listing | None, marks: set[str] | None) -> list[tuple[Path, os.stat_result]]:
    """The files of a folder that are called as verdicts are, the newest first."""
    entries = [
        entry for entry in (listing.entries.values() if listing else ()) if is_verdict_name(entry.name)
    ]
    files = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
    if marks is not None:
        files = [entry for entry in files if _mark(entry.name) in marks]
    looks = [(Path(entry.path), entry.stat(follow_symlinks=False)) for entry in files]
    looks.sort(key=lambda look: (-look[1].st_mtime_ns, look[0]))
    return looks


def _mark(name: str) -> str:
    """The digest of the set in a verdict's name, which a browser's ` (1)` leaves as it is."""
    return name.rpartition("_")[2][:8]


def _set_of(one: SeenVerdict) -> str:
    verdict = parse_verdict(one.data, one.path)
    return verdict.set_id if isinstance(verdict, VerdictFile) else ""


def _outside(library: OpenLibrary, folder: str) -> str:
    return str(library.root / Path(folder).expanduser())
