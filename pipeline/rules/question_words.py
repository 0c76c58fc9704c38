"""The words of a question that must be known ones: kinds, states, stages, columns; else what was meant is guessed.

A word that can never be right is an error with the nearest right one. A name that this library merely does not have (a
filter, a rig) is answered with nothing, and a hint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pipeline.model.errors import UserError
from pipeline.model.frames import Kind
from pipeline.model.rigs import Rig
from pipeline.model.verdicts import State
from pipeline.rules.filter_names import with_filter_names
from pipeline.rules.phrases import nearest
from pipeline.rules.questions import Question, Row, set_test, spellings
from pipeline.rules.stage_places import SHOWN_STAGES
from pipeline.rules.targets import target_key

_STATES = {state.value.partition(",")[0]: (state.value,) for state in State} | {
    "kept": (State.OFFERED, State.ACCEPTED, State.MOVED_ON, State.LATE),
    "rejected": (State.CULLED, State.REJECTED),
    "counts": (State.ACCEPTED, State.MOVED_ON),
    "waiting": (State.OFFERED, State.HELD, State.LATE, State.GONE),
}
"""What `--state` takes: the states, and words for several of them."""


def states(words: Iterable[str]) -> tuple[str, ...]:
    """The states that are meant; `blinked-away` is `blinked away`, `rejected` is culled or blinked away."""
    plain = (word.replace("-", " ").replace("_", " ").partition(",")[0] for word in words)
    return tuple(str(state) for word in plain for state in _STATES[known("--state", word, _STATES)])


def kinds(words: Iterable[str]) -> tuple[str, ...]:
    """The kinds that are meant, whatever the letter case; `lights` and `flats` too."""
    spelled = {kind.value: kind.value for kind in Kind} | {f"{kind.value}S": kind.value for kind in Kind}
    plain = (word.replace("_", " ").replace("-", " ").upper() for word in words)
    return tuple(spelled[known("--kind", word, spelled)] for word in plain)


def stages(words: Iterable[str]) -> tuple[str, ...]:
    """The stages that are meant: `10_Blink`, `10`, `blink`."""
    spelled = {stage: stage for stage in SHOWN_STAGES}
    spelled |= {part.casefold(): stage for stage in SHOWN_STAGES for part in stage.split("_") if part}
    return tuple(spelled[known("--stage", word, spelled)] for word in words)


def known(option: str, word: str, words: Iterable[str]) -> str:
    """The word, if it is one of the known ones in any letter case.

    Raises:
        UserError: It is not; says which is nearest.
    """
    by_fold = {one.casefold(): one for one in words}
    if word.casefold() in by_fold:
        return by_fold[word.casefold()]
    close = nearest(word, by_fold.values())
    advice = f'did you mean "{close}"?' if close else f"known: {', '.join(by_fold.values())}."
    raise UserError(f"{option} {word}: no such word; {advice}")


def span(night: str, start: str, end: str, year: str) -> tuple[str, str]:
    """First and last night of what `--night`, `--from`, `--to` and `--year` ask for together."""
    spans = [("", "")]
    if year:
        spans.append(_years(year))
    if night:
        first, dots, last = night.partition("..")
        spans.append((_night("--night", first), _night("--night", last if dots else first)))
    spans.append((_night("--from", start), _night("--to", end)))
    first = max(one for one, _ in spans)
    last = min((one for _, one in spans if one), default="")
    if last and first > last:
        raise UserError(f"The last night, {last}, lies before the first, {first}.")
    return first, last


def _years(typed: str) -> tuple[str, str]:
    first, dots, last = typed.partition("..")
    for year in filter(None, (first, last)):
        if len(year) != 4 or not year.isdecimal():
            raise UserError(f"--year {typed}: expected a year such as 2025, or 2023..2025.")
    last = last if dots else first
    return (f"{first}-01-01" if first else "", f"{last}-12-31" if last else "")


def _night(option: str, typed: str) -> str:
    if not typed.strip():
        return ""
    try:
        return date.fromisoformat(typed.strip()).isoformat()
    except ValueError:
        raise UserError(f"{option} {typed}: expected a date such as 2026-01-14.") from None


@dataclass(frozen=True, slots=True)
class Settled:
    """A question whose names are those of the library."""

    question: Question
    hints: tuple[str, ...]
    """Sentences on names nothing here bears."""


_NAMES = (
    ("rigs", "rig"),
    ("optics", "optic"),
    ("cameras", "camera"),
    ("sites", "site"),
    ("filters", "filter"),
)


def settle(question: Question, rows: Sequence[Row], rigs: Iterable[Rig] = ()) -> Settled:
    """Let a part of a rig's, optic's, camera's or site's name stand for it where nothing has the name itself.

    Args:
        question: As it was typed.
        rows: Whatever bears the names there are.
        rigs: As their files describe them: a filter is found by what programs call it, too.
    """
    wheels = tuple(rigs)
    question = replace(question, filters=with_filter_names(question.filters, wheels))
    changes: dict[str, Any] = {}
    hints: list[str] = []
    for field, key in _NAMES:
        words: tuple[str, ...] = getattr(question, field)
        if words:
            there = sorted({str(row[key]) for row in rows if row.get(key)} | _in_wheels(key, wheels))
            changes[field] = tuple(name for word in words for name in _called(word, there, key, hints))
    if question.targets:
        hints += _strange_targets(question, rows)
    return Settled(replace(question, **changes), tuple(hints))


def _in_wheels(key: str, rigs: Iterable[Rig]) -> set[str]:
    """Names of filters and what programs call them: no reason for a hint, though nothing was shot through them."""
    if key != "filter":
        return set()
    return {word for rig in rigs for one in rig.filters for word in (one.name, *one.aliases) if word}


def _called(word: str, there: Sequence[str], key: str, hints: list[str]) -> list[str]:
    """The names a word stands for; itself where it is one, has a `*`, or stands for none."""
    asked = target_key(word)
    if any(char in word for char in "*?") or asked in map(target_key, there):
        return [word]
    within = [name for name in there if asked in target_key(name)] if key != "filter" else []
    if not within:
        hints.append(_hint(f"No {key}", word, there))
    return within or [word]


def _strange_targets(question: Question, rows: Sequence[Row]) -> list[str]:
    names = {str(row["target"]): row for row in rows if row.get("target")}
    hints = []
    for word in question.targets:
        is_meant = set_test(Question(targets=spellings((word,), question.aliases)))
        if not any(map(is_meant, names.values())):
            hints.append(_hint("No target", word, names))
    return hints


def _hint(what: str, word: str, there: Iterable[str]) -> str:
    close = nearest(word, there)
    return f'{what} here is called "{word}"' + (f': did you mean "{close}"?' if close else ".")
