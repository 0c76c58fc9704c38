"""What doit knows of a task's past, with its sharp edges taken off.

Three things differ from doit's own: the rows of all planned tasks are read at once, a record that proves
equal by content is healed at once, and trouble with one input fails one task instead of ending the run.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from doit.dependency import Dependency, DependencyStatus
from doit.task import Task

from pipeline.engine.checker import FileChecker
from pipeline.engine.state import StateDb
from pipeline.model.errors import FrameError, PassingError
from pipeline.model.jobs import FileRecord


class LibraryDependency(Dependency):  # type: ignore[misc]  # doit has no types
    """doit's dependency manager over our state and our checker."""

    checker: FileChecker
    backend: StateDb

    def __init__(self, state_file: str, known: Callable[[str], FileRecord | None], *, heals: bool) -> None:
        """Opens nothing yet.

        Args:
            state_file: Where the state lies.
            known: What the ledger knows of files.
            heals: False for a command without the lock: a run may be writing newer records just now.
        """
        super().__init__(StateDb, state_file, checker_cls=lambda: FileChecker(known))
        self._heals = heals

    def prefetch(self, names: Iterable[str]) -> None:
        """Reads what is known of these tasks, in one query."""
        self.backend.prefetch(names)

    def get_status(self, task: Task, tasks: Mapping[str, Task], get_log: bool = False) -> DependencyStatus:
        """As doit does; what was found equal by content is remembered."""
        status = super().get_status(task, tasks, get_log)
        for path, state in self.checker.take_healed().items() if self._heals else ():
            self.backend.heal(task.name, path, state)
        return status

    def save_success(self, task: Task, result_hash: Any = None) -> None:  # noqa: ANN401 - doit's
        """Remembers a success; an input that cannot be read now is reported the way doit understands."""
        try:
            super().save_success(task, result_hash)
        except (FrameError, PassingError) as error:
            raise FileNotFoundError(errno.EIO, str(error), str(error)) from error
        except OSError as error:
            raise FileNotFoundError(error.errno, error.strerror, error.filename) from error
