"""One run of the night: what its tasks share while it lasts."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from pipeline.engine.checker import FileChecker
from pipeline.model.errors import UserError
from pipeline.model.jobs import Asked, Job, Night, Tally
from pipeline.world import glance
from pipeline.world.runlog import RunLog

SHOWN_EVERY_S = 0.1
WRITTEN_EVERY_S = 1.0


@dataclass(slots=True)
class Active:
    """A task at work."""

    job: Job
    begun: float
    done: int = 0
    of: int = 0


class Shift:
    """The library, the sync pause, and who is at work how far; safe to use from any thread."""

    def __init__(self, library: Path, night: Night) -> None:
        self.library = library
        self.night = night
        self.checker: FileChecker | None = None
        self.waits: tuple[str, ...] = ()
        """What the plan left out until a person sees to it."""
        self.asked = Asked()
        """What the person asked of the plan."""
        self.tally = Tally()
        self.log = RunLog(night.state_folder(library))
        self.active: dict[str, Active] = {}
        self.require_lock: Callable[[], None] = lambda: None
        """Raises Busy when somebody took the library's lock away."""
        self.on_progress: Callable[[], None] = lambda: None
        self._pause = ExitStack()
        self._pausing = Lock()
        self._is_paused = False
        self._shown = self._written = 0.0

    def plan(self) -> Sequence[Job]:
        """The night's jobs; what waits for a person is kept for the run's last lines."""
        planned = self.night.plan(self.library, self.asked)
        self.waits = planned.waits
        return planned.jobs

    def begin(self, job: Job) -> None:
        """A task starts: its inputs are there and noted, sync is paused if it needs that.

        Raises:
            UserError: An input is missing; doit would have looked for a missing target first.
        """
        gc.enable()
        glance.end()
        self.require_lock()
        self._note_inputs(job)
        if job.touches_inbox:
            self._pause_sync()
        self.active[job.name] = Active(job, monotonic())
        self._show()

    def end(self, job: Job) -> None:
        """A task is over, however it went."""
        self.active.pop(job.name, None)

    def progress(self, job: Job, done: int, of: int) -> None:
        """A task says how far it is; shown ten times a second at most."""
        active = self.active.get(job.name)
        if active is not None:
            active.done, active.of = done, of
            self._show()

    def close(self) -> None:
        """The run is over: sync goes on, nothing is shown as running."""
        with self._pausing:
            self._pause.close()
        self.log.close()

    def _show(self) -> None:
        now = monotonic()
        if now - self._shown >= SHOWN_EVERY_S:
            self._shown = now
            self.on_progress()
        if now - self._written >= WRITTEN_EVERY_S:
            self._written = now
            self.log.show_running(self._state())

    def _state(self) -> dict[str, Any]:
        """How the run stands, for `doit status`."""
        working = [
            {
                "task": active.job.name,
                "stage": active.job.stage,
                "done": active.done,
                "of": active.of,
                "seconds": round(monotonic() - active.begun, 1),
            }
            for active in list(self.active.values())
        ]
        return {"working": working, "tasks_done": self.tally.done}

    def _note_inputs(self, job: Job) -> None:
        for path in job.inputs:
            try:
                seen = os.stat(path)  # noqa: PTH116 - as doit names it
            except OSError as error:
                raise UserError(f"its input {path} cannot be read: {error.strerror}") from error
            if self.checker is not None:
                self.checker.begun[path] = seen

    def _pause_sync(self) -> None:
        with self._pausing:
            if not self._is_paused:
                self._pause.enter_context(self.night.pause_sync(self.library))
                self._is_paused = True


def resolve(dotted: str) -> Callable[..., Any]:
    """The function a dotted name, `package.module:name`, means."""
    module, _, name = dotted.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def stop_workers() -> None:
    """Ends what effects have started, when the run is stopped in the middle."""
    with suppress(ImportError):
        import_module("pipeline.world.workers").end_workers()
        import_module("pipeline.world.long_programs").end_long_programs()
