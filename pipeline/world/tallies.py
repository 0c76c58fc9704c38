"""What each journal of the ledger counts up to, kept between looks: `doit status` reads only those that changed.

A cache in `.nightbuild`, one line of JSON; deleting it costs a second. A journal written within the last moments is
counted anew each time, since a further line might not show in its time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from pipeline.model.errors import NightbuildError
from pipeline.rules.standing import VERSION, JournalTally, Unhashed, tally_of
from pipeline.world import journals
from pipeline.world.collector import collector_resting
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.ledger import journal_files

FILE = "tallies.json"
_REST_NS = 3 * 10**9
"""How long a journal must have been quiet for its time to be believed."""

_Kept = dict[str, tuple[list[int], JournalTally]]
"""Journal to its size and time, and what it counts up to."""


def read_tallies(library: Path, state: Path | None, *, remember: bool = True) -> list[JournalTally]:
    """Every journal's tally.

    Args:
        library: Its root.
        state: Where caches lie; None: every journal is counted.
        remember: False: nothing is written.
    """
    known = _load(state) if state is not None else {}
    with collector_resting():
        found = dict(_count(library, known))
    now_ns = time.time_ns()
    rested = {name: one for name, one in found.items() if now_ns - one[0][1] >= _REST_NS}
    if state is not None and remember and any(known.get(name) is not one for name, one in rested.items()):
        _save(state, rested)
    return [tally for _, tally in found.values()]


def _count(library: Path, known: _Kept) -> Iterator[tuple[str, tuple[list[int], JournalTally]]]:
    for path in journal_files(library / "_Ledger"):
        name = os.fspath(path)[len(os.fspath(library)) + 1 :]
        with suppress(FileNotFoundError):
            seen = path.stat()
            look = [seen.st_size, seen.st_mtime_ns]
            kept = known.get(name)
            if kept is not None and kept[0] == look:
                yield name, kept
            else:
                yield name, (look, tally_of(journals.read(path).records))


def _load(state: Path) -> _Kept:
    """What was kept; nothing of what is damaged, or from another version."""
    try:
        said = orjson.loads((state / FILE).read_bytes())
        if said["version"] != VERSION:
            return {}
        return {name: (look, _tally(plain)) for name, (look, plain) in said["journals"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _tally(plain: dict[str, Any]) -> JournalTally:
    unhashed = tuple(Unhashed(*one) for one in plain.pop("unhashed"))
    last = {inbox: (when, how) for inbox, (when, how) in plain.pop("last").items()}
    return JournalTally(unhashed=unhashed, last=last, **plain)


def _plain(tally: JournalTally) -> dict[str, Any]:
    return {**asdict(tally), "unhashed": [list(one) for one in tally.unhashed]}


def _save(state: Path, found: _Kept) -> None:
    """A place that cannot be written costs time at the next look, nothing else."""
    plain = {name: (look, _plain(tally)) for name, (look, tally) in found.items()}
    with suppress(OSError, NightbuildError, orjson.JSONEncodeError):
        make_folder(state)
        replace_if_different(state / FILE, orjson.dumps({"version": VERSION, "journals": plain}))
