"""What a run did, from the lines it left: by stage, in which order, how long, and what went wrong.

A task may have been tried several times; its last attempt speaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipeline.rules.records import moment
from pipeline.rules.spoken import counted, lasting

Line = Mapping[str, Any]
_TROUBLE = {"failed": "!", "later": "~"}


@dataclass(slots=True, kw_only=True)
class StageSum:
    """What a run did in one stage."""

    stage: str
    tasks: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A task that failed, or was left for later."""

    task: str
    result: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSum:
    """One run."""

    run: str
    """The name of its log."""
    begun: datetime | None
    seconds: float
    """From the first task's beginning to the last one's end."""
    stages: tuple[StageSum, ...]
    troubles: tuple[Trouble, ...]

    @property
    def tasks(self) -> int:
        """Tasks that were done."""
        return sum(stage.tasks for stage in self.stages)


def sum_run(name: str, lines: Iterable[Line], night: str = "") -> RunSum | None:
    """One run from its lines; None when nothing in it concerns the night that was asked about."""
    last = {str(line["task"]): line for line in lines if line.get("task") and _concerns(line, night)}
    if not last:
        return None
    spans = [span for line in last.values() if (span := _span(line)) is not None]
    begun = min((start for start, _ in spans), default=None)
    ended = max((end for _, end in spans), default=None)
    return RunSum(
        run=name,
        begun=begun,
        seconds=round((ended - begun).total_seconds(), 3) if begun and ended else 0.0,
        stages=tuple(_stages(last.values()).values()),
        troubles=tuple(_troubles(last)),
    )


def run_lines(run: RunSum, when: str, headings: Mapping[str, str]) -> Iterator[str]:
    """As a person reads it: when and how long, then a line a stage, then what went wrong."""
    wrong = f", {counted(len(run.troubles), 'task')} in trouble" if run.troubles else ""
    yield f"{when}  {counted(run.tasks, 'task')} done in {lasting(run.seconds)}{wrong}"
    width = max((len(headings.get(stage.stage, stage.stage)) for stage in run.stages), default=0)
    for stage in run.stages:
        counts = ", ".join(f"{name} {number:,g}" for name, number in stage.counts.items() if number)
        heading = headings.get(stage.stage, stage.stage)
        yield f"  {heading:{width}}  {counted(stage.tasks, 'task')}, {lasting(stage.seconds)}  {counts}".rstrip()
    for trouble in run.troubles:
        yield f"  {_TROUBLE[trouble.result]} {trouble.task}: {trouble.says}"


_TOLD = {
    "stored": "stored",
    "duplicates": "duplicate",
    "measured": "measured",
    "culled": "culled",
    "held": "held back to ask you",
    "offered": "offered",
    "accepted": "accepted",
    "accepted, not seen": "accepted unseen",
    "masters": "masters made",
    "calibrated": "calibrated",
    "quarantined": "not understood",
}
"""What a run counts that a person wants to hear of, in the order of the night."""


def tells_of_frames(run: RunSum) -> bool:
    """True when it counted something a person wants to hear of."""
    return any(stage.counts[name] for stage in run.stages for name in _TOLD)


def run_sentence(run: RunSum, when: str) -> str:
    """`2026-01-15 06:12 CET: 150 stored, 6 culled, 91 offered, in 26 s`: what happened."""
    counts: Counter[str] = Counter()
    for stage in run.stages:
        counts.update(stage.counts)
    said = [f"{counts[name]:,g} {word}" for name, word in _TOLD.items() if counts[name]]
    what = ", ".join(said) or counted(run.tasks, "task")
    wrong = f"; {counted(len(run.troubles), 'task')} in trouble: doit log" if run.troubles else ""
    return f"{when}: {what}, in {lasting(run.seconds)}{wrong}"


def run_data(run: RunSum) -> dict[str, Any]:
    """The same for programs."""
    return {
        "run": run.run,
        "begun": run.begun.isoformat() if run.begun else None,
        "seconds": run.seconds,
        "tasks": run.tasks,
        "stages": [
            {"stage": s.stage, "tasks": s.tasks, "seconds": round(s.seconds, 3), "counts": dict(s.counts)}
            for s in run.stages
        ],
        "failures": [{"task": one.task, "result": one.result, "says": one.says} for one in run.troubles],
    }


def _stages(lines: Iterable[Line]) -> dict[str, StageSum]:
    stages: dict[str, StageSum] = {}
    for line in lines:
        if line.get("result") in _TROUBLE:
            continue
        name = str(line.get("stage", ""))
        stage = stages.setdefault(name, StageSum(stage=name))
        stage.tasks += 1
        stage.seconds += _number(line.get("seconds"))
        counts = line.get("counts")
        stage.counts.update({k: _number(v) for k, v in counts.items()} if isinstance(counts, Mapping) else {})
    return stages


def _troubles(last: Mapping[str, Line]) -> Iterator[Trouble]:
    for task, line in last.items():
        if line.get("result") in _TROUBLE:
            yield Trouble(task, str(line["result"]), str(line.get("says") or line["result"]))


def _concerns(line: Line, night: str) -> bool:
    return not night or line.get("night", "") == night or night in str(line["task"])


def _span(line: Line) -> tuple[datetime, datetime] | None:
    try:
        start = moment(str(line["begun"]))
        return start, start + timedelta(seconds=_number(line.get("seconds")))
    except (KeyError, ValueError, OverflowError):
        return None


def _number(value: object) -> Any:  # noqa: ANN401 - an int stays one
    return value if isinstance(value, (int, float)) else 0
