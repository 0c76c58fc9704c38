"""doit's own commands at work in a library: the same words, our loader, state, lock and manners.

Entry points of these names replace doit's, which changes nothing where the tasks are a person's own dodo.py.
"""

from __future__ import annotations

import gc
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from doit.cmd_base import DodoTaskLoader, DoitCmdBase
from doit.cmd_clean import Clean as DoitClean
from doit.cmd_dumpdb import DumpDB as DoitDumpDb
from doit.cmd_forget import Forget as DoitForget
from doit.cmd_help import Help as DoitHelp
from doit.cmd_ignore import Ignore as DoitIgnore
from doit.cmd_resetdep import ResetDep as DoitResetDep
from doit.cmdparse import CmdParseError
from doit.exceptions import InvalidCommand, InvalidDodoFile, InvalidTask

from pipeline.engine.commands import INTERRUPTED, OUR_BUG, complain, let_go_of_stdout
from pipeline.engine.dependencies import LibraryDependency
from pipeline.engine.loader import NightLoader, means_a_dodo, state_file
from pipeline.engine.shift import Shift
from pipeline.engine.usage import usage_lines
from pipeline.model.answers import CANNOT, OK, USAGE, WAITS
from pipeline.model.errors import NightbuildError, UserError
from pipeline.world import glance
from pipeline.world.lock import Lock

DOIT_ANSWERS = (InvalidDodoFile, InvalidCommand, InvalidTask)
"""What doit itself has words for."""


class InLibrary(DoitCmdBase):  # type: ignore[misc]  # doit has no types
    """What all of them share."""

    writes = False
    """True: it holds the library's lock from before the plan until it ends."""
    loader: NightLoader
    sel_tasks: list[str] | None

    def __init__(self, task_loader: Any = None, **kwargs: Any) -> None:  # noqa: ANN401 - doit's
        if isinstance(task_loader, DodoTaskLoader) or task_loader is None:
            ours = NightLoader()
            ours.cmd_names = getattr(task_loader, "cmd_names", [])
            ours.config = getattr(task_loader, "config", None)
            task_loader = ours
        super().__init__(task_loader=task_loader, **kwargs)

    def parse_execute(self, in_args: list[str]) -> int | None:
        """As doit does; in a library with our words for what ends it early."""
        if {"--help", "-h"} & set(in_args):
            return self._print_help()
        try:
            code: int | None = super().parse_execute(in_args)
            sys.stdout.flush()
        except CmdParseError as error:
            said = str(error).partition(" (parsing options")[0]
            return complain(f"{said}. `doit help {self.name}` shows what may be typed.", USAGE)
        except NightbuildError as error:
            return complain(str(error), CANNOT if isinstance(error, UserError) else WAITS)
        except BrokenPipeError:
            return let_go_of_stdout()
        except (KeyboardInterrupt, Exception) as error:
            if self.shift is None or isinstance(error, DOIT_ANSWERS):
                raise
            return _last_words(error)
        return code

    def _print_help(self) -> int:
        try:
            print(self.help(), flush=True)
        except BrokenPipeError:
            return let_go_of_stdout()
        return OK

    @property
    def shift(self) -> Shift | None:
        """The run to be; None while, or when, it is not a library's."""
        return getattr(self.loader, "shift", None)

    def execute(self, params: Any, args: list[str]) -> int | None:  # noqa: ANN401 - doit's
        """As doit does; in a library with our state, and the lock where it writes."""
        standing = Path.cwd()
        if isinstance(self.loader, NightLoader):
            self.loader.setup(params)
        with ExitStack() as held:
            if self.shift is not None:
                self._take_up(self.shift, held)
                held.callback(gc.enable)
                gc.disable()  # a plan is many small objects that all stay: looking for garbage costs a third
                args = [as_target(argument, standing, self.shift.library) for argument in args]
            code: int | None = super().execute(params, args)
            return code

    def _open_run(self, shift: Shift) -> tuple[str, ...]:  # noqa: ARG002 - the night's own run does
        """What comes before the plan; sentences about it."""
        return ()

    def _take_up(self, shift: Shift, held: ExitStack) -> None:
        if self.writes:
            lock = held.enter_context(Lock(shift.library, command=f"doit {self.name}"))
            shift.require_lock = lock.require_held
            for note in (*lock.notes, *self._open_run(shift)):
                complain(note, OK)
        held.callback(glance.end)
        glance.begin()
        known = shift.night.known_files(shift.library)
        self.dep_manager = LibraryDependency(str(state_file(shift)), known, heals=self.writes)
        held.callback(self.dep_manager.close)
        shift.checker = self.dep_manager.checker


def as_target(argument: str, standing: Path, library: Path) -> str:
    """A file of the library as tasks name it, also when it was typed from elsewhere."""
    with suppress(ValueError, OSError):
        if not argument.startswith("-") and (standing / argument).exists():
            return (standing / argument).resolve().relative_to(library.resolve()).as_posix()
    return argument


def _last_words(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return complain("Stopped. What was finished is kept; `doit` goes on from there.", INTERRUPTED)
    traceback.print_exception(error)
    return complain(OUR_BUG, CANNOT)


_NOT_HERE = ("dumpdb",)
"""What doit can do with a state of its own kind only."""


def _is_theirs(params: Any) -> bool:  # noqa: ANN401 - doit's
    """True where a dodo.py of the person's own is meant, and not the page of contents that came with us."""
    ours = Path(__file__).resolve().parents[2] / "dodo.py"
    return means_a_dodo(params) and Path(params.get("dodoFile", "dodo.py")).resolve() != ours


class Help(InLibrary, DoitHelp):  # type: ignore[misc]
    """`doit help`, `doit help COMMAND`, `doit help TASK`."""

    doc_purpose = "show help"
    cmds: dict[str, Any]

    def execute(self, params: Any, args: list[str]) -> int:  # noqa: ANN401 - doit's
        """Needs no library but for the help of a task; a reader that has seen enough (`| head`) ends it."""
        if not means_a_dodo(params):
            self.cmds = {name: self.cmds[name] for name in self.cmds if name not in _NOT_HERE}
        try:
            code: int = self._help(params, args) if args or _is_theirs(params) else self._usage()
            sys.stdout.flush()
        except BrokenPipeError:
            return let_go_of_stdout()
        return code

    def _usage(self) -> int:
        for line in usage_lines(self.cmds):
            print(line)
        return OK

    def _help(self, params: Any, args: list[str]) -> int:  # noqa: ANN401 - doit's
        try:
            code: int = DoitHelp.execute(self, params, args)
        except UserError:
            self.print_usage(self.cmds)
            return OK
        return code


class Clean(InLibrary, DoitClean):  # type: ignore[misc]
    """`doit clean`: removes what can be made again, and only that."""

    doc_purpose = "remove what can be made again (never a frame or a decision)"
    writes = True


class Forget(InLibrary, DoitForget):  # type: ignore[misc]
    """`doit forget TASK`."""

    doc_purpose = "forget that a task was done, so that it is done again"
    writes = True


class Ignore(InLibrary, DoitIgnore):  # type: ignore[misc]
    """`doit ignore TASK`."""

    doc_purpose = "leave a task alone until `doit forget TASK`"
    writes = True


class DumpDb(InLibrary, DoitDumpDb):  # type: ignore[misc]
    """`doit dumpdb`: for a dodo.py with a state of doit's own kind; a library's is another."""

    name = "dumpdb"
    doc_purpose = "show what doit remembers of a dodo.py of your own"

    def execute(self, params: Any, args: list[str]) -> int | None:  # noqa: ANN401 - doit's
        """As doit does, where there is anything it can read."""
        from dbm import whichdb  # only whoever types this word needs it

        if not whichdb(params["dep_file"]):
            return complain(
                "There is no state of doit's own kind here. What is remembered of a library is told by "
                "`doit list --all --status`, `doit info TASK` and `doit log`.",
                CANNOT,
            )
        code: int | None = DoitDumpDb.execute(self, params, args)
        return code


class ResetDep(InLibrary, DoitResetDep):  # type: ignore[misc]
    """`doit reset-dep`."""

    doc_purpose = "take files as they are now for what was read, without doing anything"
    writes = True


def takes(
    method: Callable[..., Any], also: Iterable[str]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator for an `_execute(self, **options)`: doit passes what `method` takes, and a few more."""

    def mark(own: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(method)
        more = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in also]
        own.__dict__["__signature__"] = signature.replace(parameters=[*signature.parameters.values(), *more])
        return own

    return mark
