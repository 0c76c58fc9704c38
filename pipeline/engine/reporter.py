"""The run as a person reads it: a short diary, on a terminal as it goes, in a file or a mail by night.

    terminal   Culled       C8E   M31 L 300 s        38 of 42 kept    3 HFR > 4.6 px
    a file     Culled       2026-01-14  C8E   M31 L 300 s        38 of 42 kept    3 HFR > 4.6 px
                            2026-01-15  C8E   M31 L 300 s        40 of 40 kept
               Failed       masters:dark_-10C_g100_300s: only 3 of 20 darks could be read
               Later        renamed:2026-01-14: no space left on its disk

Tasks that changed nothing, are up to date or wait for a failed one say nothing. With NIGHTBUILD_DIARY=tasks in the
environment a program reads a line for every task that ran: `. ` done, `! ` failed, `~ ` later, then its name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from threading import RLock
from time import monotonic
from typing import TextIO

from doit.exceptions import BaseFail, TaskError, UnmetDependency
from doit.task import Task

from pipeline.engine.bar import Bar, spoken_duration
from pipeline.engine.printing import text_lines
from pipeline.engine.shift import Shift
from pipeline.engine.tasks import Later, job_of
from pipeline.model.answers import Answer
from pipeline.model.jobs import Tally
from pipeline.rules.cull_words import rig_word
from pipeline.rules.harmless import harmless
from pipeline.rules.spoken import counted

HEADING_WIDTH = 13
_NIGHT_WIDTH = 12
_PATIENCE_S = 20.0
"""How long lines of one step are kept back to be put in the order of their nights."""


class DiaryReporter:
    """doit's reporter: hears of every task, speaks of those that did something."""

    desc = "Nightbuild's diary: only what was done"

    def __init__(self, outstream: TextIO, options: Mapping[str, object], shift: Shift | None = None) -> None:  # noqa: ARG002
        self._stream = outstream
        self._is_terminal = outstream.isatty()
        self._names_tasks = not self._is_terminal and os.environ.get("NIGHTBUILD_DIARY") == "tasks"
        self._held = Held()
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
        if says or self._names_tasks:
            self._say(task, ". ", says)

    def add_failure(self, task: Task, fail: BaseFail) -> None:
        """A task failed, is later, or cannot begin because another did."""
        if isinstance(fail, UnmetDependency):
            self._tally.blocked += bool(task.actions)
        elif isinstance(fail, Later):
            self._tally.later += 1
            self._say(
                task, "~ ", f"later: {fail.message}" if self._names_tasks else str(fail.message), "Later"
            )
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
        with self._lock:
            self._write(self._held.release())
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
            lines.append(f"{counted(tally.blocked, 'task')} not begun: what they need failed or is later")
        if tally.done or tally.failed or tally.later:
            lines.append(f"Done in {spoken_duration(monotonic() - self._begun)}{_troubles(tally)}")
        else:
            lines.append(f"Nothing due: {counted(tally.current, 'task')} up to date")
        for line in lines:
            self._stream.write(line + "\n")
        self._stream.flush()

    # -- how it is said

    def _say(self, task: Task, sign: str, text: str, heading: str = "") -> None:
        text = harmless(text.replace("\n", " "))
        with self._lock:
            if self._names_tasks:
                self._write([("", f"{sign}{harmless(task.name)}  {text}")])
                return
            job = job_of(task)
            text = _by_short_name(text, job.rig) if job and job.rig else text
            word = heading or self._headings.get(job.stage if job else "", "")
            text = f"{harmless(task.name)}: {text}" if heading else text
            if self._bar is not None:
                self._bar.clear()
                self._write([(word, text)])
            elif heading:
                self._write([*self._held.release(), (word, text)])
            else:
                night = job.night if job else ""
                self._write(
                    self._held.take(word, night, text.replace(f"  {night}  ", "  ", 1) if night else text)
                )

    def _write(self, lines: Iterable[tuple[str, str]]) -> None:
        """Lines under their headings; one that was the last line's too is not said again."""
        for word, text in lines:
            said = "" if word == self._last_heading else word
            self._last_heading = word
            head = "" if self._names_tasks else said.ljust(HEADING_WIDTH)
            self._stream.write(f"{head}{text}".rstrip() + "\n")
        self._stream.flush()

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


class Held:
    """Lines of one step that wait a moment for each other, to stand in the order of their nights."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, str]] = []
        self._heading, self._since = "", 0.0

    def take(self, heading: str, night: str, text: str) -> Iterable[tuple[str, str]]:
        """Takes a line up; gives those that need not wait longer."""
        ready = [] if heading == self._heading and monotonic() - self._since < _PATIENCE_S else self.release()
        if not self._lines:
            self._heading, self._since = heading, monotonic()
        self._lines.append((night, text))
        return ready

    def release(self) -> list[tuple[str, str]]:
        """All of them: the heading, and the line with its night."""
        lines = [
            (self._heading, f"{night.ljust(_NIGHT_WIDTH)}{text}")
            for night, text in sorted(self._lines, key=lambda one: one[0])
        ]
        self._lines = []
        return lines


def _by_short_name(text: str, rig: str) -> str:
    """A line that begins with its rig's whole name, as short as other lines."""
    return f"{rig_word(rig):<5} {text.removeprefix(rig).lstrip()}" if text.startswith(f"{rig}  ") else text


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
