"""Where doit's tasks come from: our plan where a library is meant, a person's own dodo.py where that is.

Nightbuild is part of doit wherever a person stands, and must be a good guest: a dodo.py of another project,
or one named by `-f`, is loaded by doit's own loader as if we were not there. Our checkout has a dodo.py
too, a table of contents over the same plan. Everywhere else the library is scanned and planned, once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from doit.cmd_base import DodoTaskLoader, DoitCmdBase, TaskLoader2
from doit.exceptions import InvalidDodoFile
from doit.task import Task

from pipeline.engine.checker import FileChecker
from pipeline.engine.dependencies import LibraryDependency
from pipeline.engine.shift import Shift, resolve
from pipeline.engine.tasks import make_tasks
from pipeline.model.jobs import Asked, Night
from pipeline.world.selected import require_library, select_library

STATE_FILE = "state.sqlite"


def the_night() -> Night:
    """The stages' own account of the night; asked for only when there is a library to plan."""
    night: Night = resolve("pipeline.stages:the_night")()
    return night


class NightLoader(TaskLoader2):  # type: ignore[misc]  # doit has no types
    """doit's loader for a library; steps aside for a dodo.py that is not ours."""

    cmd_options = DodoTaskLoader.cmd_options

    def __init__(self, night: Callable[[], Night] = the_night) -> None:
        super().__init__()
        self._night = night
        self._dodo: DodoTaskLoader | None = None
        self._is_set_up = False
        self.shift: Shift | None = None
        """The run to be; None when the tasks are not ours."""

    def setup(self, opt_values: Mapping[str, Any]) -> None:
        """Decides whose tasks they are; doit asks twice, it is done once."""
        if self._is_set_up:
            return
        self._is_set_up = True
        if means_a_dodo(opt_values):
            self._open_dodo(opt_values)
        else:
            self.shift = shift_here(self._night)
        if self.shift is not None:
            self.shift.asked = Asked(now=bool(opt_values.get("now")))

    def load_doit_config(self) -> dict[str, Any]:
        """How doit shall run: theirs for a dodo.py, ours for a library."""
        if self._dodo is not None:
            config: dict[str, Any] = self._dodo.load_doit_config()
            return config
        return night_config(self.shift)

    def load_tasks(self, cmd: DoitCmdBase, pos_args: list[str]) -> list[Task]:
        """The tasks, and in one query what is known of them; the seals open for a task that is named."""
        if self.shift is not None and any(":" in argument for argument in pos_args):
            self.shift.asked = replace(self.shift.asked, everything=True)
        if self._dodo is not None:
            tasks: list[Task] = self._dodo.load_tasks(cmd, pos_args)
        else:
            tasks = self._plan()
        if isinstance(cmd.dep_manager, LibraryDependency):
            cmd.dep_manager.prefetch(task.name for task in tasks)
        return tasks

    def _open_dodo(self, opt_values: Mapping[str, Any]) -> None:
        self._dodo = DodoTaskLoader()
        self._dodo.cmd_names, self._dodo.config = self.cmd_names, self.config
        self._dodo.task_opts = self.task_opts
        self._dodo.setup(opt_values)
        self.shift = self._dodo.load_doit_config().get("shift")

    def _plan(self) -> list[Task]:
        assert self.shift is not None
        night = self.shift.night
        clash = sorted({stage.name for stage in night.stages}.intersection(self.cmd_names))
        if clash:
            raise InvalidDodoFile(f"A stage bears the name of a command: {', '.join(clash)}.")
        return make_tasks(night.stages, self.shift.plan(), self.shift)


def means_a_dodo(opt_values: Mapping[str, Any]) -> bool:
    """True when a dodo.py is named, or lies where the person stands."""
    named = opt_values.get("dodoFile", "dodo.py")
    return named != "dodo.py" or bool(opt_values.get("seek_file")) or Path(named).is_file()


def shift_here(night: Callable[[], Night]) -> Shift:
    """Finds the library that is meant and stands in it, since tasks speak of files relative to it.

    Raises:
        NotReachable: No library is meant, or it is not there.
    """
    library = require_library(select_library(Path.cwd(), os.environ))
    os.chdir(library)
    return Shift(library, night())


def state_file(shift: Shift) -> Path:
    """Where the state of a library's tasks lies."""
    return shift.night.state_folder(shift.library) / STATE_FILE


def night_config(shift: Shift | None) -> dict[str, Any]:
    """DOIT_CONFIG of a library: a failure stops only what needs it, threads, our state, the diary."""
    if shift is None:
        return {}
    return {
        "shift": shift,
        "backend": "nightbuild",
        "dep_file": str(state_file(shift)),
        "check_file_uptodate": FileChecker,
        "continue": True,
        "par_type": "thread",
        "reporter": "nightbuild",
        "num_process": shift.night.threads(shift.library),
        "verbosity": 0,
        "sort": "definition",
    }
