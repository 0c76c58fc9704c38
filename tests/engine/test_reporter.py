from __future__ import annotations

import io

import pytest
from doit.exceptions import TaskFailed

from pipeline.engine.bar import Bar, spoken_duration
from pipeline.engine.reporter import DiaryReporter
from pipeline.engine.shift import Active, Shift
from pipeline.engine.tasks import make_tasks
from pipeline.model.answers import Answer
from pipeline.model.jobs import Job
from tests.engine.toy_night import STAGES, toy_night


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True

    def screen(self):
        """The lines as they stand in the end, overwritten ones gone."""
        return [line.rpartition("\r")[2].rstrip() for line in self.getvalue().split("\n")]


@pytest.fixture
def shift(tmp_path):
    return Shift(tmp_path, toy_night())


def jobs():
    return [Job(stage="copied", name=f"copied:{name}", doc=f"copy {name}", effect="m:f") for name in "ab"]


def report(stream, shift):
    reporter = DiaryReporter(stream, {}, shift)
    tasks = {task.name: task for task in make_tasks(STAGES, jobs(), shift)}
    return reporter, tasks


def test_on_a_terminal_the_run_is_a_diary(shift):
    terminal = Terminal()
    reporter, tasks = report(terminal, shift)
    for name, says in (("a", "C8E  38 of 42 kept"), ("b", "SQA55  60 of 60 kept")):
        task = tasks[f"copied:{name}"]
        task.values = {"says": says, "counts": {"kept": 1}}
        reporter.add_success(task)
    reporter.say_closing(Answer(sentences=("Balance      2 received = 2 stored",)))
    assert terminal.screen()[:3] == [
        "Copied       C8E  38 of 42 kept",
        "             SQA55  60 of 60 kept",
        "Balance      2 received = 2 stored",
    ]
    assert terminal.screen()[3].startswith("Done in 0.")
    assert shift.tally.counts == {"kept": 2}


def test_the_bar_is_gone_before_a_line_is_said(shift):
    terminal = Terminal()
    reporter, tasks = report(terminal, shift)
    shift.active["copied:a"] = Active(jobs()[0], 0.0, 5, 20)
    shift.on_progress()
    assert "█████···············  5 of 20" in terminal.getvalue()
    tasks["copied:a"].values = {"says": "done"}
    reporter.add_success(tasks["copied:a"])
    assert terminal.screen()[0] == "Copied       done"


def test_a_failure_names_its_task_on_a_terminal_too(shift):
    terminal = Terminal()
    reporter, tasks = report(terminal, shift)
    reporter.add_failure(tasks["copied:a"], TaskFailed("a.in is cut off"))
    assert terminal.screen()[0] == "Failed       copied:a: a.in is cut off"


def test_elsewhere_what_was_done_is_a_line_each_by_night_and_the_rest_is_silent(shift, monkeypatch):
    monkeypatch.delenv("NIGHTBUILD_DIARY")
    stream = io.StringIO()
    told = [
        ("a", "2026-01-15", "SQA55  2026-01-15  2 stored"),
        ("b", "2026-01-14", "C8E   3 kept"),
        ("c", "", ""),
    ]
    planned = [
        Job(stage="copied", name=f"copied:{name}", doc="copy", effect="m:f", night=night)
        for name, night, _ in told
    ]
    reporter = DiaryReporter(stream, {}, shift)
    tasks = make_tasks(STAGES, planned, shift)
    for name, _, says in told:
        task = next(one for one in tasks if one.name == f"copied:{name}")
        task.values = {"says": says}
        reporter.add_success(task)
    reporter.add_failure(task, TaskFailed("a\nb"))
    reporter.say_closing(None)
    assert stream.getvalue().splitlines()[:3] == [
        "Copied       2026-01-14  C8E   3 kept",
        "             2026-01-15  SQA55  2 stored",
        "Failed       copied:c: a b",
    ]
    assert len(stream.getvalue().splitlines()) == 4


def test_a_program_may_read_every_task_that_ran(shift, monkeypatch):
    monkeypatch.setenv("NIGHTBUILD_DIARY", "tasks")
    stream = io.StringIO()
    reporter, tasks = report(stream, shift)
    tasks["copied:a"].values = {"says": "two\nlines\x1b[2J"}
    reporter.add_success(tasks["copied:a"])
    reporter.add_failure(tasks["copied:b"], TaskFailed("a\nb"))
    assert stream.getvalue() == ". copied:a  two lines\\x1b[2J\n! copied:b  a b\n"


def test_a_terminal_without_the_letters_gets_plain_ones():
    class Ascii(Terminal):
        encoding = "ascii"

    stream = Ascii()
    Bar(stream).draw("", 1, 2, 0.5, 1)
    assert "##########.........." in stream.getvalue()


def test_time_left_is_told_from_the_pace():
    stream = Terminal()
    Bar(stream).draw("Measured     ", 100, 300, 14.0, 2)
    assert "100 of 300  0.14 s each  about 28 s left" in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.42, "0.4 s"), (52.4, "52 s"), (112, "1 min 52 s"), (15900, "4 h 25 min")],
)
def test_durations_are_said_as_one_would(seconds, said):
    assert spoken_duration(seconds) == said
