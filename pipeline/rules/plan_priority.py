"""What is worked on first: sets with a pinned master, then the projects a person wants most, then the newest night."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from pipeline.model.library import TargetAlias
from pipeline.model.plans import Plans
from pipeline.model.sets import FrameSet
from pipeline.rules.escape import unescape
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.spellings import joined_spellings
from pipeline.rules.targets import target_key

USUAL = 1
"""Normal: also where no plan speaks of a target."""
_RESTING = frozenset({"draft", "closed"})

RigKey = tuple[str, float, str] | str
"""What a rig is equal by."""
Named = tuple[str, str, str]
"""A set of a sealed night: its rig, the night as ISO date, its name."""


@dataclass(frozen=True, kw_only=True)
class Urgency:
    """What people said that makes one set go before another."""

    pinned: Set[str] = frozenset()
    """Names of sets for which a person chose a master."""
    plans: Plans = field(default_factory=Plans)
    aliases: Sequence[TargetAlias] = ()

    def sort(self, sets: Iterable[FrameSet]) -> list[FrameSet]:
        """Sets, the most urgent first; of equal ones each keeps its place."""
        return sorted(sets, key=lambda one: self._rank(one.id, one.rig, one.target, one.night), reverse=True)

    def sort_named(self, sets: Iterable[Named]) -> list[Named]:
        """The same of sets of which no more is known than their names: they say rig and target."""
        return sorted(sets, key=self._rank_of_name, reverse=True)

    def priority(self, rig: str, target: str) -> int:
        """0 low, 1 normal, 2 high: the most urgent wish of that rig, or of any rig, for this target."""
        found = self._wanted.get(_key(target, self._joined), {})
        return max((found[key] for key in (None, rig_key(rig)) if key in found), default=USUAL)

    def _rank(self, name: str, rig: str, target: str, night: date) -> tuple[bool, int, date]:
        return name in self.pinned, self.priority(rig, target), night

    def _rank_of_name(self, one: Named) -> tuple[bool, int, date]:
        owner, night, name = one
        rig, _, rest = name.partition("/")
        return self._rank(name, rig or owner, unescape(rest.partition("/")[0]), date.fromisoformat(night))

    @cached_property
    def _joined(self) -> Mapping[str, str]:
        return joined_spellings(self.aliases)

    @cached_property
    def _wanted(self) -> dict[str, dict[RigKey | None, int]]:
        """By target, then by rig (None: any), the highest priority that a wish has."""
        found: dict[str, dict[RigKey | None, int]] = {}
        for wish in self.plans.wishes:
            if wish.state not in _RESTING:
                rigs = found.setdefault(_key(wish.target, self._joined), {})
                rig = rig_key(wish.rig) if wish.rig else None
                rigs[rig] = max(wish.priority, rigs.get(rig, wish.priority))
        return found


NOTHING_SAID = Urgency()
"""The newest night first."""


def priority_of(plans: Plans, rig: str, target: str, aliases: Sequence[TargetAlias] = ()) -> int:
    """0 low, 1 normal, 2 high: the most urgent wish of that rig, or of any rig, for this target."""
    return Urgency(plans=plans, aliases=aliases).priority(rig, target)


def _key(target: str, joined: Mapping[str, str]) -> str:
    key = target_key(target)
    return target_key(joined.get(key, target))
