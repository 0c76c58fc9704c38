from __future__ import annotations

from pipeline.rules.runs import run_data, run_lines, sum_run


def line(task: str, result: str = "done", **more) -> dict:
    stage = task.partition(":")[0]
    return {
        "task": task,
        "stage": stage,
        "result": result,
        "seconds": 2.0,
        "begun": "2026-01-15T07:00:00Z",
        **more,
    }


LINES = [
    line("renamed:A_2026-01-14", counts={"stored": 3}, says="3 stored"),
    line("renamed:B_2026-01-15", counts={"stored": 1, "duplicates": 2}, begun="2026-01-15T07:00:01Z"),
    line("recorded:A_2026-01-14", "later", says="EIO", begun="2026-01-15T07:00:03Z"),
    line("recorded:A_2026-01-14", "failed", says="no right", begun="2026-01-15T07:00:08Z"),
]


def test_a_run_is_summed_stage_by_stage():
    run = sum_run("x", LINES)
    assert run is not None
    assert (run.tasks, run.seconds) == (2, 10.0)
    data = run_data(run)
    assert data["stages"] == [
        {"stage": "renamed", "tasks": 2, "seconds": 4.0, "counts": {"stored": 4, "duplicates": 2}}
    ]
    assert data["failures"] == [{"task": "recorded:A_2026-01-14", "result": "failed", "says": "no right"}]


def test_people_read_when_how_long_and_what_went_wrong():
    run = sum_run("x", LINES)
    assert run is not None
    assert list(run_lines(run, "2026-01-15 08:00 CET", {"renamed": "Stored"})) == [
        "2026-01-15 08:00 CET  2 tasks done in 10 s, 1 task in trouble",
        "  Stored  2 tasks, 4.0 s  stored 4, duplicates 2",
        "  ! recorded:A_2026-01-14: no right",
    ]


def test_a_night_is_asked_about():
    run = sum_run("x", LINES, "2026-01-15")
    assert run is not None
    assert run.tasks == 1
    assert sum_run("x", LINES, "2020-01-01") is None
    assert sum_run("x", []) is None


def test_odd_lines_do_not_stop_the_answer():
    run = sum_run("x", [{"task": "a:b"}, {"task": "c:d", "counts": 3, "seconds": "long", "begun": "once"}])
    assert run is not None
    assert (run.begun, run.seconds, run.tasks) == (None, 0.0, 2)
