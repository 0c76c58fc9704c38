"""How far every target is: what is accepted held against what is wanted, per rig, panel and filter.

    accepted sets ─┐
    wishes ────────┴─progress_of─▶ Progress(had_s, wanted_s)     seconds summed, rounded by whoever says them

A wish of a rig is its own; one that names no rig is met by all rigs together. Where two plans wish for the same, the
greater wish counts: they are two words for one thing. Exposures of one plan add up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pipeline.model.catalog import SetRow
from pipeline.model.frames import Kind
from pipeline.model.library import TargetAlias
from pipeline.model.plans import Progress, Wish
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.spellings import joined_name
from pipeline.rules.targets import panel_key, target_key

RigKey = tuple[str, float, str] | str


class Part(NamedTuple):
    """What hours are summed by; compared by what is equal, not by spelling."""

    target: str
    panel: str
    filter: str
    rig: RigKey
    """Empty: all rigs together, where the wish names none."""


def progress_of(
    sets: Iterable[SetRow], wishes: Iterable[Wish], aliases: Sequence[TargetAlias] = ()
) -> tuple[Progress, ...]:
    """Every target, panel and filter that was shot or is wanted; the highest priority first, then by name."""
    name = joined_name(aliases)
    lights = [one for one in sets if one["kind"] == Kind.LIGHT and one.get("target")]
    wanted = _by_part(_as_shot(wishes, lights, name), name)
    had = _had(lights, wanted, name)
    spelled = {target_key(name(one["target"])): name(one["target"]) for one in reversed(lights)}
    found = [
        _progress(part, had.get(part, ()), wanted.get(part, ()), spelled) for part in had.keys() | wanted
    ]
    return tuple(sorted(found, key=_order))


def is_ready(progress: Iterable[Progress], percent: float) -> bool:
    """True when every filter that somebody wishes for has more than that share of it; never without a wish."""
    asked = [one for one in progress if one.wanted_s]
    return bool(asked) and all(100 * one.had_s > percent * (one.wanted_s or 0.0) for one in asked)


def _as_shot(wishes: Iterable[Wish], lights: Iterable[SetRow], name: Callable[[str], str]) -> Iterator[Wish]:
    """Wishes for an object of a catalogue by the name it was shot under, where that is one: `M 33`, the Triangulum."""
    shot: dict[str, dict[str, str]] = defaultdict(dict)
    for one in lights:
        called = name(one["target"])
        shot[one.get("object", "")][target_key(called)] = called
    names = {key for by_key in shot.values() for key in by_key}
    for wish in wishes:
        there = shot.get(wish.object, {}) if wish.object else {}
        is_other = len(there) == 1 and target_key(name(wish.target)) not in names
        yield replace(wish, target=next(iter(there.values()))) if is_other else wish


def _by_part(wishes: Iterable[Wish], name: Callable[[str], str]) -> Mapping[Part, Sequence[Wish]]:
    """Wishes by what they ask for; those of any rig only where no rig has a wish of its own for the same."""
    found: dict[Part, list[Wish]] = defaultdict(list)
    for wish in wishes:
        key = target_key(name(wish.target)), panel_key(wish.panel), wish.filter.casefold()
        found[Part(*key, rig_key(wish.rig) if wish.rig else "")].append(wish)
    own = {part._replace(rig="") for part in found if part.rig}
    return {part: each for part, each in found.items() if part.rig or part not in own}


def _had(
    lights: Iterable[SetRow], wanted: Mapping[Part, object], name: Callable[[str], str]
) -> Mapping[Part, Sequence[SetRow]]:
    found: dict[Part, list[SetRow]] = defaultdict(list)
    for one in lights:
        key = target_key(name(one["target"])), panel_key(one.get("panel", ""))
        part = Part(*key, one.get("filter", "").casefold(), rig_key(one["rig"]))
        shared = part._replace(rig="")
        found[shared if shared in wanted else part].append(one)
    return found


def _progress(
    part: Part, sets: Sequence[SetRow], wishes: Sequence[Wish], spelled: Mapping[str, str]
) -> Progress:
    first = sets[0] if sets else None
    wish = max(wishes, key=lambda one: (one.priority, one.source), default=Wish(target=""))
    source, wanted = _greatest(wishes)
    exposures: Counter[float] = Counter()
    for one in sets:
        exposures[one.get("exposure_s", 0.0)] += one.get("accepted", 0)
    return Progress(
        target=spelled.get(part.target, wish.target),
        panel=(first.get("panel", "") if first else "") or wish.panel,
        filter=(first.get("filter", "") if first else "") or wish.filter,
        rig=(first["rig"] if first else wish.rig) if part.rig else "",
        had_s=sum(one.get("accepted_s", 0.0) for one in sets),
        had_frames=sum(one.get("accepted", 0) for one in sets),
        wanted_s=_seconds(wanted, exposures),
        wanted_frames=_frames(wanted),
        project=wish.project,
        priority=wish.priority,
        source=source,
        by_exposure=dict(sorted((exposure, number) for exposure, number in exposures.items() if number)),
    )


def _greatest(wishes: Sequence[Wish]) -> tuple[str, Sequence[Wish]]:
    """The plan that asks for most, and what it asks for."""
    plans: dict[str, list[Wish]] = defaultdict(list)
    for wish in wishes:
        plans[wish.source].append(wish)
    return max(plans.items(), key=lambda one: (_seconds(one[1], {}) or 0.0, one[0]), default=("", ()))


def _seconds(wishes: Sequence[Wish], shot: Mapping[float, int]) -> float | None:
    """What is wanted, in seconds; exposures without a length are as long as most that were shot."""
    usual = max(shot, key=lambda one: shot[one], default=0.0)
    told = [seconds for wish in wishes if (seconds := _seconds_of(wish, usual)) is not None]
    return sum(told) if told else None


def _seconds_of(wish: Wish, usual: float) -> float | None:
    if wish.hours is not None:
        return wish.hours * 3600
    exposure = usual if wish.exposure_s is None else wish.exposure_s
    return None if wish.desired is None else wish.desired * exposure


def _frames(wishes: Sequence[Wish]) -> int | None:
    """How many exposures are wanted, where all that is wanted is counted, and of one length."""
    counts = [wish.desired for wish in wishes if wish.desired is not None]
    alike = len({wish.exposure_s for wish in wishes}) <= 1
    return sum(counts) if counts and alike and len(counts) == len(wishes) else None


def _order(one: Progress) -> tuple[int, str, str, str, str]:
    return -one.priority, target_key(one.target), one.rig, panel_key(one.panel), one.filter.casefold()
