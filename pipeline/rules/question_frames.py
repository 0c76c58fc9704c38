"""Frames that answer a question, picked from eighty thousand lines; and what they come to together.

What all frames of a set share was asked of the set; a line is asked for its set first, which mostly settles it. Kept
lines are held by night: the latest nights are shown first, and only those that are shown are read as a whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pipeline.model.catalog import SetRow
from pipeline.model.errors import UserError
from pipeline.rules.frame_lines import FrameLine
from pipeline.rules.questions import PARTLY, Question, Row, frame_test, how_calibrated, set_test
from pipeline.rules.rigfiles import split_rig_name

DAMAGED = "A frame's row in _Catalog is damaged. Delete _Catalog and type `doit`: it is made again from the library."


@dataclass(frozen=True, slots=True)
class Found:
    """The frames that answer."""

    by_night: Mapping[str, list[Row]] = field(default_factory=dict)
    number: int = 0
    exposure_s: float = 0.0

    def latest(self, limit: int | None) -> list[Row]:
        """The latest ones, the latest first."""
        return list(islice(self._falling(), limit))

    def every(self) -> list[Row]:
        """All of them, the latest nights first."""
        return [row for night in sorted(self.by_night, reverse=True) for row in self.by_night[night]]

    def _falling(self) -> Iterator[Row]:
        for night in sorted(self.by_night, reverse=True):
            yield from sorted(self.by_night[night], key=_moment, reverse=True)


def find_frames(question: Question, sets: Iterable[SetRow], rows: Iterable[Row]) -> Found:
    """The frames a question is about.

    Args:
        question: What was asked, its names settled.
        sets: All sets of these frames.
        rows: Frames, as lines or as documents.
    """
    is_meant, is_so = set_test(question), _frame_test(question)
    meant = {row["id"]: row for row in sets if is_meant(row) and _partly(question, row)}
    counts: Counter[str] = Counter()
    by_night: dict[str, list[Row]] = defaultdict(list)
    alone_s = 0.0
    for row in rows:
        name = row.get("set")
        taken = meant.get(name) if name else None
        if taken is not None and isinstance(row, FrameLine):
            row.of_set = taken
        if (taken is None and (name or not is_meant(_alone(row)))) or (is_so is not None and not is_so(row)):
            continue
        if taken is None:
            by_night[str(row.get("night", ""))].append(row)
            alone_s += _alone(row).get("exposure_s") or 0.0
        else:
            by_night[taken["night"]].append(row)
            counts[taken["id"]] += 1
    together_s = sum(number * (meant[one].get("exposure_s") or 0.0) for one, number in counts.items())
    number = sum(map(len, by_night.values()))
    return Found(by_night, number, together_s + alone_s)


def whole(row: Row) -> dict[str, Any]:
    """All of a frame's row, with its file's name and its rig."""
    try:
        document = row.whole() if isinstance(row, FrameLine) else dict(row)
    except ValueError as error:
        raise UserError(DAMAGED) from error
    document["name"] = str(document.get("stored", "")).rpartition("/")[2]
    document.setdefault("rig", document.get("owner"))
    return document


def _frame_test(question: Question) -> Callable[[Row], bool] | None:
    return frame_test(question) if question.is_of_frames else None


def _partly(question: Question, row: SetRow) -> bool:
    """True unless the question is of sets calibrated in part, and this one is not."""
    return question.calibrated != PARTLY or how_calibrated(row) == PARTLY


def _alone(row: Row) -> dict[str, Any]:
    """A frame that belongs to no set, with what a set would say of its instruments."""
    document = whole(row)
    owner = str(document.get("owner", ""))
    parts = split_rig_name(owner)
    named = {"rig": owner, "optic": parts[0], "camera": parts[2]} if parts else {"camera": owner}
    return named | document


def _moment(row: Row) -> tuple[str, str]:
    return str(row.get("utc", "")), str(row.get("stored", ""))
