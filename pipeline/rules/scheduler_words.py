"""What is said of a scheduler: the diary's line, and the table of changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.model.plans import Wish
from pipeline.model.scheduler import STATES, Change, Grade, Proposal
from pipeline.rules.spoken import counted

_GRADES = {Grade.PENDING.value: "pending", Grade.ACCEPTED.value: "accepted", Grade.REJECTED.value: "rejected"}
_COLUMNS = {"gradingStatus": "image", "rejectreason": "reason", "state": "project"}


def diary_line(name: str, proposal: Proposal, *, waits: str, is_made: bool) -> str:
    """`obs-pc  4 images rejected, 1 given back   -3 accepted in 2 plans`; empty where nothing happened."""
    if not proposal.changes:
        return f"{name}  later: {waits}" if waits else ""
    said = f"{name}  {_sum(proposal.changes)}"
    return said if is_made else f"{said}  later: {waits}"


def change_rows(database: str, changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    """Each change as a row for people; the reason beside a grade is told with it."""
    for one in changes:
        if one.column != "rejectreason":
            yield {
                "scheduler": database,
                "what": one.about,
                "value": _COLUMNS.get(one.column, one.column),
                "now": _word(one, one.before),
                "becomes": _word(one, one.after),
                "why": one.why,
            }


def change_data(database: str, one: Change) -> dict[str, Any]:
    """A change for programs."""
    return {
        "scheduler": database,
        "table": one.table,
        "id": one.id,
        "column": one.column,
        "before": one.before,
        "after": one.after,
        "about": one.about,
        "why": one.why,
    }


def wish_row(wish: Wish) -> dict[str, Any]:
    """One line of the table of what is wanted."""
    target = f"{wish.target} panel {wish.panel}" if wish.panel else wish.target
    exposure = f"{wish.exposure_s:g} s" if wish.exposure_s is not None else ""
    wanted = wish.desired if wish.desired is not None else f"{wish.hours:g} h" if wish.hours else ""
    return {
        "target": target,
        "filter": wish.filter,
        "exposure": exposure,
        "wanted": wanted,
        "accepted": "" if wish.accepted is None else wish.accepted,
        "acquired": "" if wish.acquired is None else wish.acquired,
        "project": wish.project,
        "state": wish.state,
        "rig": wish.rig,
        "from": wish.source,
    }


def _sum(changes: Iterable[Change]) -> str:
    grades = [one for one in changes if one.column == "gradingStatus"]
    rejected = sum(one.after == Grade.REJECTED for one in grades)
    accepted = len(grades) - rejected
    plans = [one for one in changes if one.table == "exposureplan"]
    projects = sum(one.table == "project" for one in changes)
    parts = [
        f"{counted(rejected, 'image')} rejected" if rejected else "",
        f"{counted(accepted, 'image')} accepted" if accepted else "",
        f"{counted(len({one.id for one in plans}), 'plan')} counted anew" if plans else "",
        f"{counted(projects, 'project')} given another state" if projects else "",
    ]
    return ", ".join(filter(None, parts)) or counted(len(list(changes)), "change")


def _word(one: Change, value: int | str | None) -> int | str | None:
    if one.column == "gradingStatus" and isinstance(value, int):
        return _GRADES.get(value, value)
    if one.column == "state" and isinstance(value, int):
        return STATES.get(value, value)
    return value
