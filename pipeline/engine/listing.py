"""`doit list` and `doit info`: what the night consists of, and why a task is due."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from doit.cmd_info import Info as DoitInfo
from doit.cmd_list import List as DoitList
from doit.exceptions import InvalidCommand
from doit.task import Task

from pipeline.engine.overrides import InLibrary, takes
from pipeline.engine.printing import as_json_text
from pipeline.engine.tasks import as_json, job_of, settings_unchanged
from pipeline.model.answers import OK, WAITS
from pipeline.model.jobs import Job

INVENTORY = " * What it made is not all there, or is to be tried again."
OPT_JSON = {"name": "json", "long": "json", "type": bool, "default": False, "help": "print as JSON"}


class List(InLibrary, DoitList):  # type: ignore[misc]
    """`doit list`: the method section."""

    doc_purpose = "list the steps of the night (--all: every task)"
    cmd_options = (*DoitList.cmd_options, OPT_JSON)

    @takes(DoitList._execute, ("json",))
    def _execute(self, **options: Any) -> int:  # noqa: ANN401 - doit's
        if not options.pop("json"):
            code: int = DoitList._execute(self, **options)
            return code
        tasks = {task.name: task for task in self.task_list}
        named, with_all = options["pos_args"], options["subtasks"]
        shown = self._list_filtered(tasks, named, with_all) if named else self._list_all(with_all)
        items = [
            {"name": task.name, "doc": task.doc, "stage": task.subtask_of or task.name} for task in shown
        ]
        if options["status"]:
            for item, task in zip(items, shown, strict=True):
                item["status"] = self.dep_manager.get_status(task, tasks).status
        self.outstream.write(as_json_text(items, indent=2) + "\n")
        return OK


class Info(InLibrary, DoitInfo):  # type: ignore[misc]
    """`doit info TASK`: what it reads and makes, and why it is due."""

    doc_purpose = "show what a task reads and makes, and why it is due"

    cmd_options = (*DoitInfo.cmd_options, OPT_JSON)

    @takes(DoitInfo._execute, ("json",))
    def _execute(self, pos_args: list[str], hide_status: bool = False, json: bool = False) -> int:
        unknown = [name for name in pos_args if name not in {task.name for task in self.task_list}]
        if unknown:
            raise InvalidCommand(f"'{unknown[0]}' is not a task. `doit list --all` shows them.")
        if json and len(pos_args) == 1:
            return self._print_json({task.name: task for task in self.task_list}, pos_args[0])
        code: int = DoitInfo._execute(self, pos_args, hide_status)
        return code

    def _print_json(self, tasks: dict[str, Task], name: str) -> int:
        task, job = tasks[name], job_of(tasks[name])
        status = self.dep_manager.get_status(task, tasks, get_log=True)
        document = {
            "name": name,
            "doc": task.doc,
            "status": status.status,
            "reasons": [line.strip(" *-") for line in self.get_reasons(status.reasons).splitlines()],
            "inputs": sorted(task.file_dep),
            "targets": task.targets,
            "after": task.task_dep,
            "settings": as_json(job.settings) if job else {},
        }
        self.outstream.write(as_json_text(document, indent=2) + "\n")
        return OK if status.status == "up-to-date" else WAITS

    def get_reasons(self, reasons: Any) -> str:  # noqa: ANN401 - doit's
        """The reasons of doit, and ours in words."""
        lines: list[str] = []
        for question, arguments, _ in reasons.pop("uptodate_false", []):
            lines += self._why(arguments[0]) if question is settings_unchanged else [INVENTORY]
        rest = DoitInfo.get_reasons(reasons)
        return "\n".join([*lines, rest] if rest else lines)

    def _why(self, job: Job) -> list[str]:
        recorded = self.dep_manager.get_values(job.name).get("settings")
        if recorded is None:
            return [" * It has not been done yet."]
        changed = differences(recorded, as_json(job.settings))
        return [f" * {path} changed: {was} → {now}." for path, was, now in changed]


def differences(was: Any, now: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401
    """Where two settings differ: `cull.hfr_px`, 4.6, 4.2; a value that is not there is a dash."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted(was.keys() | now.keys()):
            deeper = f"{path}.{key}" if path else str(key)
            yield from differences(was.get(key, "–"), now.get(key, "–"), deeper)
    elif was != now:
        yield path, was, now
