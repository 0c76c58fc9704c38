"""A night small enough to count: its plan is a file in the library, its effects copy files.

Run as a program it is `doit` over that night, in a process of its own that a test may kill.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from pipeline.model.errors import PassingError, UserError
from pipeline.model.jobs import Job, Night, Outcome, Plan, Stage, Work
from pipeline.world.selected import ID_FILE
from tests import forked

MODULE = "tests.engine.toy_night"
DOIT = [sys.executable, "-m", MODULE]
CHECKOUT = Path(__file__).resolve().parents[2]
STAGES = (
    Stage(name="copied", heading="Copied", doc="Copy what arrived"),
    Stage(name="joined", heading="Joined", doc="Join the copies"),
)


def toy_night() -> Night:
    return Night(stages=STAGES, plan=read_plan, pauses_s=(0.01, 0.01))


def read_plan(library: Path, asked: object = None) -> Plan:
    jobs = json.loads((library / "plan.json").read_text())
    tuples = ("inputs", "targets", "after")
    return Plan(jobs=[Job(**{**job, **{key: tuple(job.get(key, ())) for key in tuples}}) for job in jobs])


def write_plan(library: Path, *jobs: dict) -> None:
    (library / "plan.json").write_text(json.dumps(jobs))


def new_library(root: Path) -> Path:
    root.mkdir(parents=True)
    (root / ID_FILE).write_text("toy\n")
    write_plan(root)
    return root


def job(subject: str, effect: str = "copy", stage: str = "copied", **fields) -> dict:
    fields.setdefault("inputs", [f"{subject}.in"])
    fields.setdefault("targets", [f"{subject}.out"])
    if "arguments" not in fields:
        fields["arguments"] = {"source": fields["inputs"][0], "target": fields["targets"][0]}
    return {
        "stage": stage,
        "name": f"{stage}:{subject}",
        "doc": f"{stage} {subject}",
        "effect": f"{MODULE}:{effect}",
        **fields,
    }


def copy(work: Work, source: str, target: str, pause_s: float = 0) -> Outcome:
    time.sleep(pause_s)
    (work.library / target).write_bytes((work.library / source).read_bytes())
    return Outcome(f"{source} copied", {"files": 1})


def die_in_the_middle(work: Work, source: str, target: str) -> Outcome:
    if not (work.library / "lived").exists():
        (work.library / "lived").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return copy(work, source, target)


def interrupt(work: Work, source: str, target: str) -> Outcome:
    if not (work.library / "lived").exists():
        (work.library / "lived").touch()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    return copy(work, source, target)


def refuse(work: Work, source: str, target: str) -> Outcome:
    raise UserError(f"{source} is not to my taste")


def stumble(work: Work, source: str, target: str) -> Outcome:
    raise ZeroDivisionError("one by nothing")


def hiccup(work: Work, source: str, target: str) -> Outcome:
    tries = work.library / "tries"
    tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
    if len(tries.read_text()) % 100 < 99:
        raise PassingError("the share is away")
    return copy(work, source, target)


def is_there(library: Path, target: str) -> bool:
    return (library / target).read_bytes() != b""


def doit(library: Path, *words: str, **options) -> subprocess.CompletedProcess:
    """Runs doit over the toy night, away from any terminal."""
    options.setdefault("folder", library.parent)
    return forked.run(MODULE, *words, env=environment_of(library), **options)


def environment_of(library: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(CHECKOUT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "NIGHTBUILD_LIBRARY": str(library), "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}


def executed(result: subprocess.CompletedProcess) -> list[str]:
    """Names of the tasks that were done."""
    return [line.split()[1] for line in result.stdout.splitlines() if line.startswith(". ")]


def main(*words: str) -> int:
    from doit.doit_cmd import DoitMain

    from pipeline.engine.loader import NightLoader

    return DoitMain(task_loader=NightLoader(toy_night)).run(list(words))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
