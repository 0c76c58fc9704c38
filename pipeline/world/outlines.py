"""What a journal comes down to, kept between runs: only journals that changed since are read again.

A cache in `.nightbuild`, a digest and a line of JSON: each journal's size and time with what was made of it. Deleting
it costs time. It is never trusted over the journals: one written within the last seconds is read in every run until it
has rested, since a further line might not show in its time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import orjson

from pipeline.model.errors import NightbuildError
from pipeline.world.collector import collector_resting
from pipeline.world.files import replace_if_different
from pipeline.world.journals import Look

REST_NS = 3 * 10**9
"""How long a journal must have been quiet when it was read, for its time to be believed."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlined(Generic[T]):
    """Journals that are kept in outline."""

    file: str
    """What the cache is called."""
    version: int
    """A cache of another version is not read."""
    make: Callable[[Path], tuple[T, bool]]
    """What a journal comes down to; False where it is to be read again in every run."""
    load: Callable[[Any], T]
    """The same, of what the cache holds."""


def read_outlined(
    library: Path, looks: Mapping[str, Look], state: Path | None, kind: Outlined[T], *, remember: bool = True
) -> dict[str, T]:
    """What each journal comes down to, in their order.

    Args:
        library: Its root.
        looks: The journals as they look now (`journals.looks_below`).
        state: Where caches lie; None: every journal is read.
        kind: What is made of them.
        remember: False: nothing is written.
    """
    kept = _load(state, kind) if state is not None else {}
    fresh: dict[str, tuple[Look, T]] = {}
    known: dict[str, T] = {}
    now_ns = time.time_ns()
    with collector_resting():
        for journal, look in looks.items():
            found = kept.get(journal)
            if found is not None and found[0] == look:
                known[journal] = found[1]
                continue
            known[journal], is_whole = kind.make(library / journal)
            if is_whole and now_ns - look[1] >= REST_NS:
                fresh[journal] = look, known[journal]
    if state is not None and remember and (fresh or not kept.keys() <= looks.keys()):
        _save(state, kind, {journal: kept[journal] for journal in kept.keys() & looks.keys()} | fresh)
    return known


def _load(state: Path, kind: Outlined[T]) -> dict[str, tuple[Look, T]]:
    """What was kept; nothing of what is damaged, or from another version."""
    try:
        digest, _, data = (state / kind.file).read_bytes().partition(b"\n")
        said = orjson.loads(data if digest == _digest(data) else b"{}")
        if said.get("version") != kind.version:
            return {}
        return {
            journal: ((one["size"], one["mtime_ns"]), kind.load(one["summary"]))
            for journal, one in said["journals"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _save(state: Path, kind: Outlined[T], kept: dict[str, tuple[Look, T]]) -> None:
    """A place that cannot be written costs time in the next run, nothing else."""
    said = {
        journal: {"size": size, "mtime_ns": mtime_ns, "summary": summary}
        for journal, ((size, mtime_ns), summary) in sorted(kept.items())
    }
    try:
        state.mkdir(parents=True, exist_ok=True)
        data = orjson.dumps({"version": kind.version, "journals": said})
        replace_if_different(state / kind.file, _digest(data) + b"\n" + data)
    except (OSError, TypeError, NightbuildError):
        return


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).hexdigest().encode()
