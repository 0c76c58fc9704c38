"""The run as a person reads it: a short diary on a terminal, one plain line a task elsewhere.

    terminal   Culled       C8E   M31 L 300 s        38 of 42 kept    3 HFR > 4.6 px
    a file     . culled:C8E_M31_2026-01-14_L_300s  C8E  M31 L 300 s  38 of 42 kept  3 HFR > 4.6 px
               ! masters:dark_-10C_g100_300s  only 3 of 20 darks could be read
               ~ renamed:2026-01-14  later: no space left on its disk

Tasks that are up to date, groups, and tasks that wait for a failed one say nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from threading import RLock
from time import monotonic
from typing import TextIO

from doit.exceptions import BaseFail, TaskError, UnmetDependency
from doit.task import Task

from pipeline.engine.bar import Bar, spoken_duration
from pipeline.engine.printing import harmless, text_lines
from pipeline.engine.shift import Shift
from pipeline.engine.tasks import Later, job_of
from pipeline.model.answers import Answer
from pipeline.model.jobs import Tally

HEADING_WIDTH = 13


class DiaryReporter:
    """doit's reporter: hears of every task, speaks of those that did something."""

    desc = "Nightbuild's diary: only what was done"

    def __init__(self, outstream: TextIO, options: Mapping[str, object], shift: Shift | None = None) -> None:  # noqa: ARG002
        self._stream = outstream
        self._is_terminal = outstream.isatty()
        self._shift = shift
        self._headings = {stage.name: stage.heading for stage in shift.night.stages} if shift else {}
        self._last_heading = ""
        self._lock = RLock()
        self._begun = monotonic()
        self._bar = Bar(outstream) if self._is_terminal else None
        self._tally = shift.tally if shift else Tally()
        if shift is not None and self._bar is not None:
            shift.on_progress = self._draw

    # -- what doit tells

    def initialize(self, tasks: Mapping[str, Task], selected_tasks: Sequence[str]) -> None:
        """The run begins."""

    def get_status(self, task: Task) -> None:
        """A task is about to be looked at."""

    def execute_task(self, task: Task) -> None:
        """A task begins; on a terminal the bar shows it, elsewhere its line comes when it ends."""
        if task.actions:
            self._draw()

    def skip_uptodate(self, task: Task) -> None:
        """Nothing to do."""
        if task.actions:
            self._tally.current += 1

    def skip_ignore(self, task: Task) -> None:
        """Left alone, as a person asked."""

    def add_success(self, task: Task) -> None:
        """A task is done: its diary line."""
        if not task.actions:
            return
        self._tally.done += 1
        for name, count in task.values.get("counts", {}).items():
            self._tally.counts[name] = self._tally.counts.get(name, 0) + count
        says = task.values.get("says", "")
        if (
            says or not self._is_terminal
        ):  # a log names every task that was done, a diary what a person cares for
            self._say(task, ". ", says)

    def add_failure(self, task: Task, fail: BaseFail) -> None:
        """A task failed, is later, or cannot begin because another did."""
        if isinstance(fail, UnmetDependency):
            self._tally.blocked += bool(task.actions)
        elif isinstance(fail, Later):
            self._tally.later += 1
            self._say(task, "~ ", f"later: {fail.message}", "Later")
        else:
            self._tally.failed += 1
            self._say(task, "! ", _failure_words(task, fail), "Failed")
            if isinstance(fail, TaskError) and fail.traceback:
                sys.stderr.write("".join(fail.traceback))

    def cleanup_error(self, fail: BaseFail) -> None:
        """Trouble in tidying up after a task."""
        self.runtime_error(fail.get_msg())

    def runtime_error(self, text: str) -> None:
        """Trouble of doit itself."""
        sys.stderr.write(harmless(text) + "\n")

    def teardown_task(self, task: Task) -> None:
        """A task is tidied up after."""

    def complete_run(self) -> None:
        """All tasks are over."""
        if self._bar is not None:
            self._bar.clear()

    # -- what the run adds

    def say_closing(self, answer: Answer | None) -> None:
        """The last lines: what waits and the balance, then how long it took; nothing due is one line."""
        waits = self._shift.waits if self._shift else ()
        lines = [f"{'Waiting'.ljust(HEADING_WIDTH)}{harmless(one)}" for one in waits]
        lines += text_lines(answer) if answer else []
        tally = self._tally
        if tally.blocked:
            lines.append(f"{_tasks(tally.blocked)} not begun: what they need failed or is later")
        if tally.done or tally.failed or tally.later:
            lines.append(f"Done in {spoken_duration(monotonic() - self._begun)}{_troubles(tally)}")
        else:
            lines.append(f"Nothing due: {_tasks(tally.current)} up to date")
        for line in lines:
            self._stream.write(line + "\n")
        self._stream.flush()

    # -- how it is said

    def _say(self, task: Task, sign: str, text: str, heading: str = "") -> None:
        text = harmless(text.replace("\n", " "))
        with self._lock:
            if self._bar is not None:
                self._bar.clear()
                line = f"{self._heading(task, heading)}{text if not heading else f'{task.name}: {text}'}"
            else:
                line = f"{sign}{harmless(task.name)}  {text}"
            self._stream.write(line.rstrip() + "\n")
            self._stream.flush()

    def _heading(self, task: Task, heading: str) -> str:
        job = job_of(task)
        word = heading or self._headings.get(job.stage if job else "", "")
        said = "" if word == self._last_heading else word
        self._last_heading = word
        return said.ljust(HEADING_WIDTH)

    def _draw(self) -> None:
        if self._bar is None or self._shift is None:
            return
        with self._lock:
            active = max(self._shift.active.values(), key=lambda one: one.of, default=None)
            if active is not None:
                heading = self._headings.get(active.job.stage, "").ljust(HEADING_WIDTH)
                self._bar.draw(
                    heading, active.done, active.of, monotonic() - active.begun, len(self._shift.active)
                )


def _failure_words(task: Task, fail: BaseFail) -> str:
    """Its sentence, without doit's preamble."""
    text = str(fail.message)
    for preamble in ("checking dependencies: ", "saving success: "):
        text = text.removeprefix(f"ERROR: Task '{task.name}' {preamble}")
    return text


def _troubles(tally: Tally) -> str:
    numbers = ((tally.failed, "failed"), (tally.later, "later"))
    said = ", ".join(f"{number} {word}" for number, word in numbers if number)
    return f": {tally.done} done, {said}" if said else ""


def _tasks(number: int) -> str:
    return f"{number:,} task" if number == 1 else f"{number:,} tasks"
