"""What became of archives that could not be taken whole: a cache, so that none is unpacked in vain every night.

One small file for each archive in `.nightbuild/archives`. Deleting it costs one more try, which says the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import orjson

from pipeline.model.survey import Arrival, Fate, Found
from pipeline.rules.corrections import CORRECT
from pipeline.rules.decisions import Decisions
from pipeline.rules.headers import VERSION as HEADERS_VERSION
from pipeline.rules.identity import VERSION as IDENTITY_VERSION
from pipeline.rules.notes import FOLDER, SIGN, note_name, note_text
from pipeline.rules.packed import Attempt, Waiter, hidden_name, refused
from pipeline.world import decisions
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary

_VERSION = 1


def mark_of(library: OpenLibrary, decided: Decisions) -> str:
    """Everything the answer depends on besides the archive: settings, rules, corrections."""
    corrected = sorted(one.id for one in decided.of_kind(CORRECT))
    known = (_VERSION, HEADERS_VERSION, IDENTITY_VERSION, library.mark, corrected)
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]


def read_attempt(library: OpenLibrary, found: Found) -> Attempt | None:
    """What an earlier run made of this archive; None where nobody tried, or it is not readable."""
    try:
        plain = orjson.loads(_file(library, found).read_bytes())
        waiting = tuple(Waiter(*one) for one in plain.pop("waiting"))
        return Attempt(**plain, waiting=waiting)
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None


def say_untaken(
    library: OpenLibrary,
    found: Found,
    why: str,
    cure: str = "",
    *,
    later: bool = False,
    waiting: Sequence[Waiter] = (),
) -> None:
    """Say in _Quarantine what could not be taken and why, and remember it."""
    tried = Attempt(
        size=found.size,
        mtime_ns=found.mtime_ns,
        mark=mark_of(library, decisions.read(library.root)),
        why=why,
        cure=cure,
        later=later,
        waiting=tuple(waiting),
    )
    arrival = refused(found, tried)
    note, file = library.root / FOLDER / note_name(arrival), _file(library, found)
    make_folder(note.parent)
    replace_if_different(note, note_text(arrival).encode("utf-8", "surrogateescape"))
    make_folder(file.parent)
    plain = {**asdict(tried), "waiting": [list(one) for one in tried.waiting]}
    replace_if_different(file, orjson.dumps(plain))


def say_taken(library: OpenLibrary, found: Found) -> None:
    """All of it is taken, as the ledger says: nothing more need be remembered."""
    _file(library, found).unlink(missing_ok=True)
    note = library.root / FOLDER / note_name(Arrival(found=found, fate=Fate.KNOWN))
    if note.is_file() and SIGN in note.read_text(encoding="utf-8", errors="replace"):
        note.unlink()


def _file(library: OpenLibrary, found: Found) -> Path:
    return library.state / "archives" / f"{hidden_name(found)[1:]}.json"
