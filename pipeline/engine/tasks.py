"""Jobs become doit tasks: a group for each stage in the night's order, and under it what it has to do."""

from __future__ import annotations

import inspect
import traceback
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

import orjson
from doit import control
from doit.action import BaseAction
from doit.exceptions import BaseFail, TaskError, TaskFailed
from doit.task import Task

from pipeline.engine.shift import Shift, resolve
from pipeline.model.errors import NightbuildError, NoRoom, PassingError
from pipeline.model.jobs import Job, Outcome, Stage, Work
from pipeline.world.passing import is_full, is_passing

OUR_BUG = "this is a bug in Nightbuild, not in your data; please report it with the lines below"
_NO_CAPTURE = {"capture": False}


class Later(TaskFailed):  # type: ignore[misc]
    """Passing trouble outlasted the tries: the next run does it."""

    may_pass = True
    """False: another try in a few seconds would end alike."""


class PlannedTask(Task):  # type: ignore[misc]
    """A task made from a Job, whose types mypy has looked at: doit's own look costs a tenth of a no-op."""

    @staticmethod
    def check_attr(task: str, attr: str, value: object, valid: object) -> None:
        """Nothing to check."""


class EffectAction(BaseAction):  # type: ignore[misc]  # doit has no types
    """Runs a job's effect and tells doit how it went; runs in any thread."""

    def __init__(self, job: Job, shift: Shift) -> None:
        self.job = job
        self.shift = shift
        self.task: Task | None = None
        self.out = self.err = self.result = None
        self.values: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<{self.job.effect}>"

    def execute(self, out: object = None, err: object = None) -> BaseFail | None:  # noqa: ARG002 - doit's
        """Does the job, with patience; None is success."""
        pauses = iter(self.shift.night.pauses_s)
        attempt = 0
        while True:
            attempt += 1
            fail = self._attempt(attempt)
            pause_s = next(pauses, None) if isinstance(fail, Later) and fail.may_pass else None
            if pause_s is None:
                return fail
            sleep(pause_s)

    def _attempt(self, attempt: int) -> BaseFail | None:
        begun, clock = datetime.now(UTC), monotonic()
        heard: list[str] = []
        fail = self._try_once(heard)
        self.shift.log.write(
            task=self.job.name,
            stage=self.job.stage,
            attempt=attempt,
            begun=begun.isoformat(timespec="milliseconds"),
            seconds=round(monotonic() - clock, 3),
            result=_result_word(fail),
            says=fail.message if fail else self.values["says"],
            counts=self.values.get("counts", {}),
            traceback="".join(fail.traceback) if fail else "",
            **({"heard": heard} if heard else {}),
        )
        return fail

    def _try_once(self, heard: list[str]) -> BaseFail | None:
        try:
            self.shift.begin(self.job)
            self.values = self._do(heard)
        except Exception as error:
            return _as_failure(error)
        finally:
            self.shift.end(self.job)
        return None

    def _do(self, heard: list[str]) -> dict[str, Any]:
        work = Work(
            self.shift.library, lambda done, of: self.shift.progress(self.job, done, of), heard.extend
        )
        outcome = resolve(self.job.effect)(work, **self.job.arguments) or Outcome()
        return {"settings": as_json(self.job.settings), "says": outcome.says, "counts": dict(outcome.counts)}


def _as_failure(error: Exception) -> BaseFail:
    """Passing trouble is later, what a person can mend has its sentence, the rest is our bug."""
    if isinstance(error, PassingError) or (
        isinstance(error, OSError) and (is_passing(error) or is_full(error))
    ):
        later = Later(str(error))
        later.may_pass = not (isinstance(error, NoRoom) or (isinstance(error, OSError) and is_full(error)))
        return later
    if isinstance(error, NightbuildError):
        return TaskFailed(str(error))
    if isinstance(error, OSError):
        return TaskFailed(f"{error.filename or 'a file'}: {error.strerror or error}")
    fail = TaskError(OUR_BUG)
    fail.traceback = traceback.format_exception(error)
    return fail


def _result_word(fail: BaseFail | None) -> str:
    return "done" if fail is None else "later" if isinstance(fail, Later) else "failed"


def make_tasks(stages: Sequence[Stage], jobs: Iterable[Job], shift: Shift) -> list[Task]:
    """All tasks of a night: each stage's group, then its jobs in the order they were planned."""
    by_stage: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        by_stage[job.stage].append(job)
    tasks: list[Task] = []
    for stage in stages:
        mine = by_stage.pop(stage.name, [])
        tasks.append(_group(stage, mine))
        tasks.extend(_task(job, shift) for job in mine)
    if by_stage:
        raise ValueError(f"jobs of stages the night does not have: {', '.join(sorted(by_stage))}")
    return tasks


def _group(stage: Stage, jobs: Sequence[Job]) -> Task:
    names = [job.name for job in jobs]
    return Task(stage.name, None, task_dep=names, uptodate=[True], doc=stage.doc, has_subtask=True)


def _task(job: Job, shift: Shift) -> Task:
    return PlannedTask(job.name, subtask_of=job.stage, **task_fields(job, shift))


def job_of(task: Task) -> Job | None:
    """The job behind a task; None for a group, or a task that is not ours."""
    action = task._actions[0] if task._actions else None
    return action.job if isinstance(action, EffectAction) else None


def task_fields(job: Job, shift: Shift) -> dict[str, Any]:
    """What doit is told of a job, its name apart; dodo.py yields the same."""
    uptodate: list[Any] = [(settings_unchanged, [job])]
    if job.check:
        uptodate.append((inventory_complete, [job, shift]))
    return {
        "actions": [EffectAction(job, shift)],
        "file_dep": job.inputs,
        "targets": job.targets,
        "task_dep": tuple(dict.fromkeys((*job.after, *job.behind))),
        "uptodate": uptodate,
        "clean": [] if not job.derived else True,
        "doc": job.doc,
        "verbosity": 0,
        "io": _NO_CAPTURE,  # doit's capture swaps sys.stdout for all threads at once
    }


def settings_unchanged(task: Task, values: Mapping[str, Any], job: Job) -> bool:  # noqa: ARG001 - doit's names
    """False when something that is no file differs from the last success; 300 and 300.0 are equal."""
    recorded = values.get("settings")
    return recorded is not None and recorded == as_json(job.settings)


def inventory_complete(task: Task, values: Mapping[str, Any], job: Job, shift: Shift) -> bool:  # noqa: ARG001
    """What the job's own check says of work once done; trouble in asking means: do it again."""
    if not values:
        return False
    try:
        return bool(resolve(job.check)(shift.library, **job.check_arguments))
    except (OSError, NightbuildError):
        return False


def as_json(settings: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Settings as they come back from the state: tuples are lists, dates and paths are text."""
    return orjson.loads(orjson.dumps(dict(settings), option=orjson.OPT_NON_STR_KEYS, default=str))


class OrderedNode(control.ExecNode):  # type: ignore[misc]
    """A task in a run: what it is only behind is waited for, and may fail."""

    def parent_status(self, parent_node: control.ExecNode) -> None:
        """Hear how a task went that came first."""
        job = job_of(self.task)
        name = parent_node.task.name
        if job is None or name in job.after or name not in job.behind:
            super().parent_status(parent_node)


control.ExecNode = OrderedNode  # doit knows no edge that is order alone, and offers no other door


for _question in (settings_unchanged, inventory_complete):  # doit inspects them for every task, on every run
    _question.__dict__["__signature__"] = inspect.signature(_question)
