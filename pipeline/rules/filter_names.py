"""A filter by any of its names: what a person or a plan calls it, and how the rigs' files spell it.

Ha ─with_filter_names─▶ Ha, H           what is asked for: whatever any rig calls so
Wish(filter=Ha) ─spelled_wish─▶ H       what is wished for: only where all rigs that have it agree
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.model.plans import Wish
from pipeline.model.rigs import Rig
from pipeline.rules.recognise import filter_of
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.targets import target_key


def with_filter_names(words: Iterable[str], rigs: Sequence[Rig]) -> tuple[str, ...]:
    """The words, and the names of all filters that go by one of them, at whatever time."""
    asked = {target_key(word): word for word in words}
    typed = frozenset(asked)
    for rig in rigs:
        for one in rig.filters:
            if not typed.isdisjoint(map(target_key, one.aliases)):
                asked.setdefault(target_key(one.name), one.name)
    return tuple(asked.values())


def spelled_wish(wish: Wish, rigs: Iterable[Rig]) -> Wish:
    """The wish with its filter as the rigs' files spell it now; as it was where they differ or none knows it."""
    if not wish.filter:
        return wish
    key = rig_key(wish.rig) if wish.rig else None
    mine = [rig for rig in rigs if key is None or rig_key(rig.name) == key]
    found = [one.name for rig in mine if (one := filter_of(wish.filter, rig, None)) is not None]
    alike = len({target_key(name) for name in found}) == 1
    return replace(wish, filter=found[0]) if alike else wish
