"""Limits of a question shared out: those a set or frame is held against, and those a sum of them is.

doit show targets --where 'hfr<3' --where 'hours>2'      sets of good seeing; then targets that have two hours of them
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.model.catalog import SetRow
from pipeline.model.errors import UserError
from pipeline.model.measures import QUANTITIES
from pipeline.rules.conditions import Condition
from pipeline.rules.phrases import listed
from pipeline.rules.question_columns import ROWS, columns_of
from pipeline.rules.questions import Question

_SUMS = frozenset(
    {"frames", "lights", "accepted", "accepted_s", "bytes", "nights", "sets", "wanted_s", "needed_s", "files",
     "latitude_deg", "longitude_deg"}
)  # fmt: skip
"""What a row that stands for many sets says of itself."""
_OF_ITSELF = {"frames", "sets", "masters"}
_NO_NUMBERS = {"frames": {"calibrated"}, "sets": {"sets"}}


def share_out(
    subject: str, question: Question, *, is_summed: bool = True
) -> tuple[Question, tuple[Condition, ...]]:
    """The question without the limits on sums, and those.

    Args:
        subject: What is asked for.
        question: As it was typed.
        is_summed: False where all is one sum, so that every limit is one on sets.

    Raises:
        UserError: A limit says nothing of the subject.
    """
    for one in question.where:
        if one.name not in _limited(subject):
            raise UserError(_refused(one.name, subject))
    if subject in _OF_ITSELF or not is_summed:
        return question, ()
    mine = _SUMS.intersection(columns_of(subject))
    of_sums = tuple(one for one in question.where if one.name in mine)
    return replace(question, where=tuple(one for one in question.where if one.name not in mine)), of_sums


def _limited(subject: str) -> set[str]:
    through = () if subject in _OF_ITSELF else _limited("sets")
    return (set(columns_of(subject)) - _NO_NUMBERS.get(subject, set())).union(through)


def _refused(name: str, subject: str) -> str:
    asked_of = [one for one in (*ROWS, "targets", "stats") if name in _limited(one)]
    return f"{name} says nothing of {subject}: it is asked of {listed(asked_of)}."


def never_measured(question: Question, sets: Iterable[SetRow]) -> Sequence[str]:
    """A sentence on each limit on a quantity that no set here has, with what is known in its stead."""
    asked = [one.name for one in question.where if one.name in QUANTITIES]
    if not asked:
        return ()
    known = {name for row in sets for name in row.get("medians", {})}
    return [_unknown(name, known) for name in asked if name not in known]


def _unknown(name: str, known: Iterable[str]) -> str:
    words = QUANTITIES[name].words
    instead = sorted(one for one in known if one in QUANTITIES and QUANTITIES[one].words == words)
    said = f"; {words} is known as {listed(instead)}" if instead else ""
    return f"No frame here has {name}{said}."
