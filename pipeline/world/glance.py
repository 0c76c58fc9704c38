"""What a run saw while it looked at the library, kept until its first task works: no folder is looked at twice.

    plan ─┐
    is it up to date? ─┴─ once(key, look) ─▶ seen before? that, else look()        work begins ─▶ forgotten

Planning and the checks of twenty stages ask for the same settings and journals; on a NAS each look is a trip over the
network. Outside a run, and from the first task on, nothing is kept. What a person changes within the second in which a
run looks at the library is seen by the next run, as it would be had it come a moment later.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

_seen: list[dict[Hashable, Any]] = []
"""One dictionary while a run looks, none at other times."""


def begin() -> None:
    """From now on what was looked at is remembered."""
    _seen[:] = [{}]


def end() -> None:
    """Something is about to change: forget all, remember nothing more."""
    _seen.clear()


def once(key: Hashable, look: Callable[[], T]) -> T:
    """What was seen under this key, else what a look shows now; the value is shared and must not be changed."""
    known = _seen[0] if _seen else None
    if known is None:
        return look()
    if key not in known:
        known[key] = look()
    found: T = known[key]
    return found
