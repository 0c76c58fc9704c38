"""What the diary and `doit why` say of masters laid beside lights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.model.masters import SetMatch
from pipeline.model.records import MasterGiven, MasterTaken, Matched
from pipeline.rules.frozen import masters_of, missing_of
from pipeline.rules.serving import Places

_KINDS = {"DARK": "dark", "FLAT": "flat", "BIAS": "bias", "FLATDARK": "flat-dark"}


def diary_counts(places: Places) -> dict[str, int]:
    """How many masters came and went."""
    words = {
        ("master laid beside it", "masters laid beside it"): len(places.give),
        ("master taken away", "masters taken away"): len(places.take),
        ("master you took", "masters you took"): len(places.gone),
    }
    return {one if number == 1 else more: number for (one, more), number in words.items() if number}


def diary_remarks(chosen: Matched | None) -> list[str]:
    """The choice that was made for good: what it holds, and what it lacks."""
    if chosen is None:
        return []
    held = "; ".join(str(one.get("why") or one["path"]) for one in chosen.masters.values())
    none = "; ".join(f"no {kind_word(kind)}" for kind in chosen.missing)
    return [text for text in (held, none) if text]


def kind_word(kind: str) -> str:
    """`flat-dark` of `FLATDARK`."""
    return _KINDS.get(kind, kind.lower())


def served_words(entry: Matched | MasterGiven | MasterTaken) -> str:
    """A line of the ledger about masters, as a sentence."""
    match entry:
        case Matched():
            held = ", ".join(f"{kind_word(kind)} {one['path']}" for kind, one in masters_of(entry).items())
            none = ", ".join(map(kind_word, missing_of(entry)))
            lacks = f"; without {none}" if none else ""
            return f"masters of {entry.set} chosen for good: {held or 'none'}{lacks}"
        case MasterGiven():
            return f"{entry.master} given the place {entry.link}"
        case MasterTaken():
            if entry.gone:
                return f"{entry.link} is gone"
            return f"{entry.link} taken away by {'you' if entry.by_person else 'us'}: {entry.why}"


def match_lines(match: SetMatch) -> list[str]:
    """The masters of a set, kind by kind, each with why, or with what is missing."""
    lines = []
    for kind, one in match.matches.items():
        word = kind_word(kind.value)
        if one.chosen is not None:
            lines += [f"{word:9}  {one.why or one.chosen.master.path}", f"  {one.chosen.master.path}"]
        else:
            missing = f"; shoot {one.missing}" if one.missing else ""
            lines.append(f"{word:9}  none: {one.why or 'nothing fits'}{missing}")
        lines += [f"  {text}" for text in one.warnings]
    return lines


def match_data(match: SetMatch) -> dict[str, Any]:
    """The same for programs."""
    return {kind.value: _data(one) for kind, one in match.matches.items()}


def _data(one: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a Match
    chosen = one.chosen
    return {
        "master": chosen.master.path if chosen is not None else None,
        "sha256": chosen.master.sha256 if chosen is not None else "",
        "why": one.why,
        "missing": one.missing if chosen is None else "",
        "warnings": list(one.warnings),
    }
