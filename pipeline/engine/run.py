"""`doit`: the night is run, and ends with its balance.

doit does the running. This room adds what a night needs around it: `--rig --night --target`, the diary, a
polite end on SIGTERM, and the exit code: 0 all done, 1 something failed, is later or waits.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from doit.cmd_run import Run as DoitRun
from doit.task import Task

from pipeline.engine.overrides import InLibrary, takes
from pipeline.engine.reporter import DiaryReporter
from pipeline.engine.shift import Shift, stop_workers
from pipeline.engine.tasks import job_of
from pipeline.model.answers import OK, WAITS
from pipeline.model.errors import UserError
from pipeline.rules.rig_words import rig_called

SELECTORS = ("rig", "night", "target")


class Run(InLibrary, DoitRun):  # type: ignore[misc]  # doit has no types
    """`doit`, `doit run`: the night."""

    doc_purpose = "do what is due (the same as `doit` alone)"
    writes = True
    cmd_options = DoitRun.cmd_options + tuple(
        {"name": name, "long": name, "type": str, "default": "", "help": f"only what concerns this {name}"}
        for name in SELECTORS
    )
    cmd_options += (
        {
            "name": "now",
            "long": "now",
            "type": bool,
            "default": False,
            "help": "judge tonight's sets although their night is not over",
        },
    )

    def _open_run(self, shift: Shift) -> tuple[str, ...]:
        return shift.night.open(shift.library)

    @takes(DoitRun._execute, (*SELECTORS, "now"))
    def _execute(self, **options: Any) -> int:  # noqa: ANN401 - doit's
        options.pop("now")  # the plan has heard it
        only = {name: options.pop(name) for name in SELECTORS}
        if self.shift is None:
            code: int = DoitRun._execute(self, **options)
            return code
        if any(only.values()):
            self.sel_tasks = select_tasks(self.task_list, only, self.sel_tasks or ())
        if options["reporter"] == "nightbuild":
            options["reporter"] = DiaryReporter(sys.stdout, {}, self.shift)
        with _signals_are_interrupts():
            return self._run_night(self.shift, options)

    def _run_night(self, shift: Shift, options: dict[str, Any]) -> int:
        try:
            result = DoitRun._execute(self, **options)
            shift.close()
            return _close_night(shift, options["reporter"], OK if result == 0 else WAITS)
        except BaseException:
            stop_workers()
            raise
        finally:
            shift.close()


def _close_night(shift: Shift, reporter: object, code: int) -> int:
    tally = shift.tally
    answer = shift.night.close(shift.library, tally) if tally.done or tally.failed or tally.later else None
    if isinstance(reporter, DiaryReporter):
        reporter.say_closing(answer)
    return max(code, answer.code() if answer else OK, WAITS if shift.waits else OK)


def select_tasks(tasks: Sequence[Task], only: Mapping[str, str], among: Sequence[str]) -> list[str]:
    """Names of the tasks that concern a rig, a night or a target; capitals do not matter.

    Args:
        tasks: All tasks.
        only: Selector to the value wanted; an empty one is not asked.
        among: Stages and tasks that were named besides; none: all.

    Raises:
        UserError: Nothing concerns it.
    """
    wanted = {name: value.casefold() for name, value in only.items() if value}
    jobs = [job for task in tasks if (job := job_of(task))]
    if "rig" in wanted:
        wanted["rig"] = rig_called(only["rig"], {job.rig for job in jobs}).casefold()
    if among:
        jobs = [job for job in jobs if job.stage in among or job.name in among]
    names = [
        job.name for job in jobs if all(getattr(job, name).casefold() == wanted[name] for name in wanted)
    ]
    if not names:
        said = ", ".join(f"{name} {only[name]!r}" for name in wanted)
        raise UserError(f"Nothing is planned for {said}. `doit list --all` shows what is.")
    return names


@contextmanager
def _signals_are_interrupts() -> Iterator[None]:
    """A polite kill, or a closed terminal, ends the run like Ctrl-C: what was finished is kept."""
    kinds = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        kinds = []
    before = {kind: signal.signal(kind, _interrupt) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
