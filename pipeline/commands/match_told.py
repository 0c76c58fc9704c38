"""A set's masters, told for people and for programs: what `doit match`, `doit pin` and `doit rematch` say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.model.frames import Kind
from pipeline.model.masters import Candidate, Fitness, Master, Match, SetMatch
from pipeline.rules.ledger import Record
from pipeline.rules.match_words import kind_word
from pipeline.rules.set_words import set_title
from pipeline.rules.spoken import counted
from pipeline.world.chosen import holding, is_accepted
from pipeline.world.looking import SetNow
from pipeline.world.master_places import hash_of

SHOWN = 12
"""So many that do not fit are shown for each need; the rest is counted."""


def about_match(now: SetNow, found: SetMatch) -> list[str]:
    """A set in sentences: what is chosen for each need and why, what it is to be warned of, what is missing."""
    if now.frames.kind not in {Kind.LIGHT, Kind.FLAT}:
        return [f"{set_title(now.frames)}: darks and bias need no masters."]
    lines = [f"{set_title(now.frames)}:"]
    for kind, one in found.matches.items():
        lines.append(f"  {kind_word(kind):<9}  {one.why}")
        lines += [f"  {'':<9}  {warning}" for warning in one.warnings]
        if one.missing and not _is_spare(kind, found):
            lines.append(f"  {'':<9}  missing: {one.missing}")
    return [*lines, *about_accepted(now, found)]


def about_accepted(now: SetNow, found: SetMatch) -> list[str]:
    """What an accepted set was accepted with, where another would be chosen now."""
    changes = differing(now, found)
    if not is_accepted(now) or holding(now) is None:
        return []
    if not changes:
        return ["  It was accepted with these masters, and keeps them."]
    lines = [f"  {one['kind']:<9}  accepted with {one['was'] or 'none'}" for one in changes]
    return [*lines, "  It keeps what it was accepted with; `doit rematch` takes what would be chosen now."]


def differing(now: SetNow, found: SetMatch) -> list[dict[str, str]]:
    """The kinds of which an accepted set has another master than would be chosen now."""
    record = holding(now)
    if record is None:
        return []
    held, told = _held(record), []
    for kind in dict.fromkeys((*held, *(kind.value for kind in found.matches))):
        master = found.master(Kind(kind))
        if master is not None and not _is_held(now, master, held.get(kind, {})):
            was = str(held.get(kind, {}).get("path", ""))
            is_newer = was == master.path
            told.append(
                {
                    "kind": kind_word(Kind(kind)),
                    "was": f"{was} as it was before" if is_newer else was,
                    "becomes": f"{master.path} as it is now" if is_newer else master.path,
                    "why": found.matches[Kind(kind)].why,
                }
            )
    return told


def lone_kinds(now: SetNow, found: SetMatch) -> list[str]:
    """The kinds of which an accepted set has a master and none would be chosen now: it keeps these."""
    record = holding(now)
    kinds = [Kind(kind) for kind in (_held(record) if record is not None else ())]
    return [kind_word(kind) for kind in kinds if kind in found.matches and found.master(kind) is None]


def _is_held(now: SetNow, master: Master, was: Mapping[str, Any]) -> bool:
    """True for the bytes a set was accepted with, whatever their name: a newer master may have it."""
    told = str(was.get("sha256", ""))
    return hash_of(now.book.library, master) == told if told else str(was.get("path", "")) == master.path


def rows_of(now: SetNow, found: SetMatch, *, everything: bool) -> Iterator[dict[str, object]]:
    """A line for each master that was looked at."""
    for kind, one in found.matches.items():
        for candidate in _shown(one, everything=everything):
            yield {
                "set": now.frames.label,
                "for": kind_word(kind),
                "verdict": candidate.fitness.value,
                "master": candidate.master.path,
                "why": "; ".join(candidate.reasons),
            }


def hidden_words(found: Sequence[SetMatch]) -> tuple[str, ...]:
    """How many are not shown."""
    needs = [one for each in found for one in each.matches.values()]
    hidden = sum(len(one.candidates) - len(_shown(one, everything=False)) for one in needs)
    return (f"{counted(hidden, 'master')} more that do not fit; --all shows them.",) if hidden else ()


def asks(found: SetMatch) -> bool:
    """True when a person may choose among masters that would do."""
    flat = found.matches.get(Kind.FLAT)
    return (
        flat is not None
        and flat.chosen is None
        and any(each.fitness is not Fitness.LOST for each in flat.candidates)
    )


def as_data(now: SetNow, found: SetMatch) -> dict[str, Any]:
    """A set's masters for programs."""
    record = holding(now) if is_accepted(now) else None
    return {
        "set": now.frames.id,
        "rig": now.frames.rig,
        "night": now.frames.night,
        "label": now.frames.label,
        "accepted_with": {kind: said.get("path") for kind, said in _held(record).items()} if record else None,
        "matches": {kind.value: _match_data(one) for kind, one in found.matches.items()},
    }


def _match_data(one: Match) -> dict[str, Any]:
    return {
        "chosen": one.chosen.master.path if one.chosen is not None else None,
        "why": one.why,
        "missing": one.missing,
        "warnings": list(one.warnings),
        "scale": one.chosen.scale if one.chosen is not None else 1.0,
        "candidates": [
            {
                "master": each.master.path,
                "verdict": each.fitness.value,
                "reasons": list(each.reasons),
                "days": each.days,
                "scale": each.scale,
            }
            for each in one.candidates
        ],
    }


def _shown(one: Match, *, everything: bool) -> Sequence[Candidate]:
    """All that would do, and the first of those that would not."""
    fitting = [each for each in one.candidates if each.fitness is not Fitness.LOST]
    return one.candidates if everything else one.candidates[: len(fitting) + SHOWN]


def _is_spare(kind: Kind, found: SetMatch) -> bool:
    """True for what is only asked for because something better is missing too."""
    first = next(iter(found.matches))
    return kind is Kind.BIAS or (kind is Kind.DARK and first is Kind.FLATDARK)


def _held(record: Record) -> Mapping[str, Mapping[str, Any]]:
    """The masters a set was accepted with, by raw kind; what no program of ours wrote is left out."""
    told = record.get("masters", {})
    return {
        kind: said for kind, said in told.items() if kind in Kind.__members__ and isinstance(said, Mapping)
    }
