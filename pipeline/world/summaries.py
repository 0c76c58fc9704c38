"""The ledger in outline, kept between runs: only journals that changed since are read again.

A cache in `.nightbuild`, a digest and a line of JSON: each journal's size and time with its summary. Deleting it costs
time. It is never trusted over the ledger: a journal written within the last seconds is read in every run until it has
rested, since a further line might not show in its time.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from pipeline.model.errors import NightbuildError
from pipeline.model.summaries import Marks, Names, NightSummary
from pipeline.rules.outline import Outline
from pipeline.rules.summaries import VERSION, summarise
from pipeline.world import journals
from pipeline.world.files import replace_if_different
from pipeline.world.ledger import collector_resting

FILE = "ledger.json"
_REST_NS = 3 * 10**9
"""How long a journal must have been quiet when it was read, for its time to be believed."""
_LEDGER = "_Ledger"

_Looks = dict[str, tuple[int, int]]
"""Journals to size and time, in the order the ledger is folded in."""
_Kept = dict[str, tuple[tuple[int, int], NightSummary]]


def read_outline(library: Path, state: Path | None, *, remember: bool = True) -> Outline:
    """The outline of a library's ledger.

    Args:
        library: Its root.
        state: Where caches lie; None: every journal is read.
        remember: False: nothing is written.
    """
    looks = dict(_listed(str(library), _LEDGER))
    kept = _load(state) if state is not None else {}
    fresh: _Kept = {}
    known: dict[str, NightSummary] = {}
    now_ns = time.time_ns()
    with collector_resting():
        for journal, look in looks.items():
            found = kept.get(journal)
            if found is not None and found[0] == look:
                known[journal] = found[1]
                continue
            known[journal] = summarise(journals.read(library / journal).records)
            if now_ns - look[1] >= _REST_NS:
                fresh[journal] = look, known[journal]
    if state is not None and remember and (fresh or not kept.keys() <= looks.keys()):
        _save(state, {journal: kept[journal] for journal in kept.keys() & looks.keys()} | fresh)
    return Outline(known)


def _listed(library: str, folder: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Every journal below a folder: names in order, a folder's own before those in its folders."""
    try:
        with os.scandir(f"{library}/{folder}") as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.endswith(".jsonl") and entry.name[0] != "." and not entry.is_dir():
            with suppress(OSError):
                look = entry.stat()
                yield f"{folder}/{entry.name}", (look.st_size, look.st_mtime_ns)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _listed(library, f"{folder}/{entry.name}")


def _load(state: Path) -> _Kept:
    """What was kept; nothing of what is damaged, or from another version."""
    try:
        digest, _, data = (state / FILE).read_bytes().partition(b"\n")
        said = orjson.loads(data if digest == _digest(data) else b"{}")
        if said.get("version") != VERSION:
            return {}
        return {
            journal: ((one["size"], one["mtime_ns"]), _summary(one["summary"]))
            for journal, one in said["journals"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _summary(plain: dict[str, Any]) -> NightSummary:
    return NightSummary(
        nights=tuple(Marks(**one) for one in plain["nights"]),
        homes=plain["homes"],
        targets=plain["targets"],
        lying=tuple(map(tuple, plain["lying"])),
        names={inbox: Names(**columns) for inbox, columns in plain["names"].items()},
        unsettled=plain["unsettled"],
        unoffered=plain["unoffered"],
        states=plain["states"],
        leaves=tuple(plain["leaves"]),
        views=plain["views"],
        latest=plain["latest"],
    )


def _save(state: Path, kept: _Kept) -> None:
    """A place that cannot be written costs time in the next run, nothing else."""
    said = {
        journal: {"size": size, "mtime_ns": mtime_ns, "summary": summary}
        for journal, ((size, mtime_ns), summary) in sorted(kept.items())
    }
    try:
        state.mkdir(parents=True, exist_ok=True)
        data = orjson.dumps({"version": VERSION, "journals": said})
        replace_if_different(state / FILE, _digest(data) + b"\n" + data)
    except (OSError, TypeError, NightbuildError):
        return


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).hexdigest().encode()
