"""The four answers on the first screen: what happened, what waits, what is missing, is anything wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model.catalog import SetRow
from pipeline.rules.report_asked import Asked
from pipeline.rules.report_cards import is_open
from pipeline.rules.report_progress import Target
from pipeline.rules.report_sums import shot_words, sum_of
from pipeline.rules.report_words import hours
from pipeline.rules.spoken import counted
from pipeline.rules.waiting import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One of the four answers."""

    question: str
    answer: str
    detail: str
    anchor: str
    tone: str = ""
    """`good`, `doubt`, `bad` or none; the words say it too."""


def four_answers(
    sky: Sequence[SetRow], night: str, targets: Sequence[Target], asked: Asked, problems: int
) -> tuple[Tile, ...]:
    """One tile a question."""
    return (
        _tile_last(sky, night),
        _tile_waiting(asked.waiting),
        _tile_missing(targets),
        _tile_wrong(problems, asked),
    )


def _tile_last(sky: Sequence[SetRow], night: str) -> Tile:
    shot = [row for row in sky if row["night"] == night]
    question = "What happened last night?"
    if not shot:
        last = max((row["night"] for row in sky), default="")
        detail = f"The latest lights are of {last}" if last else "Nothing was shot yet"
        return Tile(question=question, answer="No lights", detail=detail, anchor="last")
    told = sum_of(shot)
    return Tile(
        question=question,
        answer=f"{told.kept:,} of {told.frames:,} kept, {hours(told.kept_s)}",
        detail=f"Night of {night}: {shot_words(shot)}",
        anchor="last",
        tone="good" if told.kept * 2 > told.frames else "doubt",
    )


def _tile_waiting(waiting: Sequence[Waiting]) -> Tile:
    question = "What waits for me?"
    if not waiting:
        return Tile(
            question=question,
            answer="Nothing",
            detail="Everything goes on by itself",
            anchor="waits",
            tone="good",
        )
    detail = _short(waiting[0].what)
    return Tile(
        question=question,
        answer=counted(len(waiting), "thing"),
        detail=detail,
        anchor="waits",
        tone="doubt",
    )


def _tile_missing(targets: Sequence[Target]) -> Tile:
    question = "What is missing?"
    wanted = [one for one in targets if one.is_wanted and not one.is_closed]
    unfinished = [one for one in wanted if one.needed_s > 0 and not one.is_ready]
    if not wanted:
        begun = [one for one in targets if is_open(one)]
        detail = f"{counted(len(begun), 'target')} begun; import a plan: doit plan-import"
        return Tile(question=question, answer="No plan yet", detail=detail, anchor="projects")
    if not unfinished:
        return Tile(
            question=question,
            answer="Nothing",
            detail=f"{counted(len(wanted), 'planned target')} complete",
            anchor="projects",
            tone="good",
        )
    needed, nearest = (
        sum(one.needed_s for one in unfinished),
        min(unfinished, key=lambda one: (one.needed_s, one.name)),
    )
    return Tile(
        question=question,
        answer=f"{hours(needed)} for {counted(len(unfinished), 'target')}",
        detail=f"Nearest to done: {nearest.name}, {hours(nearest.needed_s)} to go",
        anchor="projects",
    )


def _tile_wrong(problems: int, asked: Asked) -> Tile:
    first = next(iter([*asked.stuck, *asked.quarantined]), None)
    if not problems and first is None:
        return Tile(
            question="Is anything wrong?",
            answer="Nothing",
            detail="All files were understood",
            anchor="wrong",
            tone="good",
        )
    return Tile(
        question="Is anything wrong?",
        answer=problems_words(problems),
        detail=_short(first.what) if first else "",
        anchor="wrong",
        tone="bad" if problems else "",
    )


def problems_words(problems: int) -> str:
    """`2 problems`."""
    return counted(problems, "problem") if problems else "No problems"


def _short(text: str) -> str:
    said = text[:1].upper() + text[1:]
    return said if len(said) <= 110 else f"{said[:107].rstrip()} …"
