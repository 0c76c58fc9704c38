"""What is missing before lights can be calibrated, and what would be better: lines of `doit status`.

missing     darks of 300 s at −10 °C, gain 100: wanted by 3 sets, 120 frames        shoot them
coming      the same, where such darks are there and nobody looked at them          doit blink SET
flats       none of the same night; those of 2026-01-12 (2 days older)              doit pin SET <the nearest>
better      M31 L 300 s: a better dark is there                                     doit rematch SET
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pipeline.model.frames import Kind
from pipeline.model.masters import Candidate, Fitness, Master, Match, SetMatch
from pipeline.model.served import Lack
from pipeline.model.sets import FrameSet
from pipeline.rules.cull_words import rig_word
from pipeline.rules.flat_nights import distance_words, offer
from pipeline.rules.frozen import lacking
from pipeline.rules.master_coming import Coming, coming_data, coming_line
from pipeline.rules.phrases import listed
from pipeline.rules.serving_words import kind_word
from pipeline.rules.set_choice import evenings
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.rules.waiting import NEXT_RUN, Waiting

_SHOWN = 6
_CHOICE = "; or choose among those of "


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One set that lacks a master of one kind."""

    set: str
    rig: str
    kind: str
    shoot: str
    """What to shoot."""
    frames: int = 0
    choices: tuple[str, ...] = ()
    """Flats of other nights, up to five older and five newer: `2026-01-12 (2 days older)`."""
    pin: str = ""
    """The nearest of them, by its path."""
    coming: Coming | None = None
    """What its frames wait for, where they are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Better:
    """An accepted set for which another master would be chosen now."""

    frames: FrameSet
    kind: Kind
    why: str
    """The choice of today in a sentence."""


def needs_of_match(frames: FrameSet, match: SetMatch, number: int) -> list[Need]:
    """What a set lacks, by what would be chosen for it now."""
    return [
        Need(
            set=frames.id,
            rig=frames.rig,
            kind=kind,
            shoot=shoot.partition(_CHOICE)[0],
            frames=number,
            choices=tuple(_choices(frames.night, match.matches[Kind(kind)])),
            pin=_nearest(match.matches[Kind(kind)]),
        )
        for kind, shoot in lacking(match).items()
    ]


def as_now(need: Need, frames: FrameSet, match: SetMatch) -> Need:
    """What an accepted set lacks, with the flats of other nights there are by now."""
    one = match.matches.get(Kind(need.kind)) if need.kind in Kind.__members__ else None
    if one is None or one.kind is not Kind.FLAT or one.chosen is not None:
        return need
    return replace(need, choices=tuple(_choices(frames.night, one)), pin=_nearest(one))


def needs_of_lacks(lacks: Mapping[tuple[str, date], Sequence[Lack]]) -> list[Need]:
    """What accepted sets lack, by what the ledger wrote of them."""
    return [
        Need(
            set=one.set,
            rig=owner,
            kind=one.kind,
            shoot=one.shoot.partition(_CHOICE)[0],
            frames=one.frames,
            choices=tuple(filter(None, one.shoot.partition(_CHOICE)[2].replace(" or ", ", ").split(", "))),
        )
        for (owner, _), found in sorted(lacks.items(), key=lambda each: each[0][1], reverse=True)
        for one in found
        if one.kind
    ]


def missing_lines(needs: Iterable[Need]) -> list[Waiting]:
    """What to shoot, said once for all sets that wait for it; those most lights wait for first."""
    groups = grouped(needs)
    lines = [_missing(found) for found in groups[:_SHOWN]]
    if len(groups) > _SHOWN:
        rest = [one for found in groups[_SHOWN:] for one in found]
        what = (
            f"{counted(len(groups) - _SHOWN, 'further master is', 'further masters are')} missing for "
            f"{counted(len({one.set for one in rest}), 'set')}; `doit status --json` names them"
        )
        lines.append(Waiting(what=what, where="", command=NEXT_RUN))
    return lines


def missing_data(needs: Iterable[Need]) -> list[dict[str, Any]]:
    """The same for programs, whole."""
    return [
        {
            "kind": found[0].kind,
            "shoot": found[0].shoot,
            "rigs": sorted({one.rig for one in found}),
            "sets": sorted({one.set for one in found}),
            "frames": sum(one.frames for one in found),
            "other_nights": list(found[0].choices),
            "coming": coming_data(found[0].coming),
        }
        for found in grouped(needs)
    ]


def better_lines(better: Iterable[Better]) -> list[str]:
    """What accepted sets could have instead; nothing waits for it."""
    return [
        f"{one.frames.label}, {rig_word(one.frames.rig)}, {one.frames.night}: a better {kind_word(one.kind.value)} "
        f"is there ({one.why.partition(';')[0]}); the set keeps what it was accepted with until you type "
        f"`doit rematch {as_typed(one.frames.id)}`"
        for one in better
    ]


def better_data(better: Iterable[Better]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [{"set": one.frames.id, "kind": one.kind.value, "why": one.why} for one in better]


def better_of(
    frames: FrameSet,
    kept: Mapping[str, Mapping[str, Any]],
    match: SetMatch,
    hash_of: Callable[[Master], str],
) -> Iterator[Better]:
    """The kinds for which another master would be chosen now than the one a set keeps: other bytes, whatever the name.

    Args:
        frames: The set.
        kept: What it keeps, by raw kind.
        match: What would be chosen now.
        hash_of: Takes the SHA-256 of a master that may be the one it keeps.
    """
    for kind, one in match.matches.items():
        said = kept.get(kind.value)
        if said is None or one.chosen is None:
            continue
        master = one.chosen.master
        is_other = said.get("size", master.size) != master.size
        if is_other or (master.sha256 or hash_of(master)) != said["sha256"]:
            yield Better(frames=frames, kind=kind, why=one.why)


def grouped(needs: Iterable[Need]) -> list[list[Need]]:
    """Needs of the same master together; those most lights wait for first."""
    groups: dict[tuple[object, ...], list[Need]] = {}
    for one in needs:
        key = (one.kind, one.shoot, one.rig if one.kind == Kind.FLAT.value else "", one.coming)
        groups.setdefault(key, []).append(one)
    return sorted(groups.values(), key=lambda found: -sum(one.frames for one in found))


def _missing(found: Sequence[Need]) -> Waiting:
    first = found[0]
    sets, frames = len({one.set for one in found}), sum(one.frames for one in found)
    rigs = listed(sorted({rig_word(one.rig) for one in found}))
    waits = (
        f"{counted(sets, 'set')} of {counted(frames, 'light')} {'waits' if sets == 1 else 'wait'} for them"
    )
    if first.coming is not None:
        return coming_line(first.coming, first.shoot, f"{waits} ({rigs})", first.set)
    what = f"Shoot {first.shoot} ({rigs}): {waits}"
    typed = _match_typed(first.set, first.rig)
    if not first.choices:
        return Waiting(what=what, where="", command=f"doit match {as_typed(first.set)}", typed=typed)
    what, match = (
        f"{what}, or choose flats of another night: {', '.join(first.choices)}",
        f"doit match {as_typed(first.set)}",
    )
    if not first.pin:
        return Waiting(what=what, where="", command=match, typed=typed)
    pin = f"doit pin {as_typed(first.set)} {as_typed(first.pin)}"
    return Waiting(what=what, where="", command=pin, or_else=match, typed=typed)


def _match_typed(named: str, rig: str) -> str:
    """The same question by rig and night, which are shorter to type than a set's name."""
    night = next(iter(evenings(named)), None)
    if night is None:
        return f"doit match {as_typed(named)}"
    return f"doit match --rig {as_typed(rig_word(rig))} --night {night}"


def _asking(one: Match) -> list[Candidate]:
    """The flats of other nights that would do, if a person chose them."""
    return [each for each in one.candidates if each.fitness is Fitness.FITS and each.master.frame.night]


def _choices(night: date, one: Match) -> Iterator[str]:
    """Up to five nights older and five newer, with their distances."""
    if one.kind is not Kind.FLAT or one.chosen is not None:
        return
    nights = {each.master.frame.night for each in _asking(one)} - {None}
    for each in offer(night, [one for one in nights if one is not None]).shown:
        if each is not None:
            yield f"{each} ({distance_words((each - night).days)})"


def _nearest(one: Match) -> str:
    asking = sorted(_asking(one), key=lambda each: (abs(each.days or 0), each.master.path))
    return asking[0].master.path if asking and one.kind is Kind.FLAT and one.chosen is None else ""
