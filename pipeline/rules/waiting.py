"""What waits for a person, and what is stuck: each with where it is and what to type.

The first question after a night. What is alike is said once: forty frames of one unknown rig are one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model.survey import Arrival, Fate, InboxScan, Survey
from pipeline.rules.likeness import nearest_rig
from pipeline.rules.spoken import common_folder, counted

NEXT_RUN = "doit"
UNDERSTOOD, ASKED, EYES = "files that were not understood", "sets that ask", "nights for your eyes"
"""Topics: what more of them are called."""
_SECOND_WAY = ", or "


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that does not go on by itself."""

    what: str
    """A sentence; its last full stop is left to whoever prints it."""
    where: str
    """A file or folder, as the inbox is configured; empty where there is none."""
    command: str
    """What to type."""
    or_else: str = ""
    """Another command that would do, where there are two ways."""
    brief: str | None = None
    """The sentence where there is little room; None: `what` will do; empty: another line says it already."""
    typed: str = ""
    """What to type where there is little room; empty: `command` will do."""
    owner: str = ""
    """The rig or camera it concerns, where no text here names it."""
    topic: str = ""
    """Of many on one topic the first few are enough where there is little room."""


def waits(survey: Survey, rig_names: Sequence[str] = ()) -> list[Waiting]:
    """What waits for a decision, or for time: unknown rigs, what is not understood, unsettled, later."""
    unknown = _grouped(survey.arrivals, Fate.UNKNOWN_RIG, lambda group: _unknown_rig(group, rig_names))
    unsettled = _grouped(survey.arrivals, Fate.UNSETTLED, _unsettled)
    return [*unknown, *quarantined(survey), *unsettled, *_grouped(survey.arrivals, Fate.LATER, _later)]


def quarantined(survey: Survey) -> list[Waiting]:
    """Each file that could not be understood, with its sentence."""
    return [_not_understood(arrival) for arrival in survey.arrivals if arrival.fate is Fate.QUARANTINE]


def unlisted(scans: Iterable[InboxScan]) -> list[Waiting]:
    """What in the inboxes could not be listed; an inbox that is away is the guards' to say."""
    return [
        Waiting(what=problem.text, where=scan.inbox, command=NEXT_RUN)
        for scan in scans
        for problem in scan.problems
    ]


def failures(lines: Iterable[Mapping[str, object]]) -> list[Waiting]:
    """What the log of a run says went wrong, and was not done in a later attempt."""
    last = {str(line["task"]): line for line in lines if line.get("task") and line.get("result")}
    return [
        Waiting(what=f"{task}: {line.get('says') or line['result']}", where=task, command=NEXT_RUN)
        for task, line in last.items()
        if line["result"] in {"failed", "later"}
    ]


def place_of(arrival: Arrival) -> str:
    """A file of an inbox, as a person finds it."""
    return f"{arrival.found.inbox}/{arrival.found.original}"


def _grouped(
    arrivals: Iterable[Arrival], fate: Fate, say: Callable[[Sequence[Arrival]], Waiting]
) -> list[Waiting]:
    groups: dict[tuple[str, str], list[Arrival]] = {}
    for arrival in arrivals:
        if arrival.fate is fate:
            groups.setdefault((arrival.why, arrival.cure), []).append(arrival)
    return [say(group) for group in groups.values()]


def _where(group: Sequence[Arrival]) -> str:
    return common_folder(map(place_of, group))


def _unknown_rig(group: Sequence[Arrival], rig_names: Sequence[str]) -> Waiting:
    first = group[0]
    near = nearest_rig(first.frame, rig_names) if first.frame is not None else None
    command, _, other = first.cure.partition(_SECOND_WAY)
    nearest = f"; the nearest known rig is {near}" if near else ""
    what = f"{counted(len(group), 'frame')}: {first.why}{nearest}"
    return Waiting(what=what, where=_where(group), command=command, or_else=other)


def _not_understood(arrival: Arrival) -> Waiting:
    what, name = f"not understood: {arrival.why}", place_of(arrival).rpartition("/")[2]
    brief = f"{name} was not understood: {arrival.why}"
    if arrival.cure.startswith("doit "):
        return Waiting(
            what=what,
            where=place_of(arrival),
            command=arrival.cure,
            brief=brief,
            owner=arrival.owner,
            topic=UNDERSTOOD,
        )
    advice = arrival.cure or "Copy it again, or remove it; then run `doit`."
    return Waiting(
        what=f"{what.rstrip('.')}. {advice.rstrip('.')}",
        where=place_of(arrival),
        command=NEXT_RUN,
        brief=brief,
        owner=arrival.owner,
        topic=UNDERSTOOD,
    )


def _unsettled(group: Sequence[Arrival]) -> Waiting:
    what = f"{counted(len(group), 'file')}: {group[0].why or 'still being written'}"
    return Waiting(what=what, where=_where(group), command=NEXT_RUN)


def _later(group: Sequence[Arrival]) -> Waiting:
    what = f"{counted(len(group), 'file')}, tried again by the next run: {group[0].why}"
    return Waiting(what=what, where=_where(group), command=NEXT_RUN)
