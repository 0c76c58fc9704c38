from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from pipeline.world.runlog import read_running
from tests.engine.toy_night import DOIT, MODULE, doit, environment_of, executed, job, new_library, write_plan


@pytest.fixture
def library(tmp_path):
    return new_library(tmp_path / "library")


def arrive(library, *subjects):
    for subject in subjects:
        (library / f"{subject}.in").write_text(subject)


def test_second_run_executes_nothing_and_says_so_in_one_line(library):
    arrive(library, "a", "b")
    write_plan(library, job("a"), job("b"))
    assert executed(doit(library)) == ["copied:a", "copied:b"]
    again = doit(library)
    assert (again.returncode, again.stdout) == (0, "Nothing due: 2 tasks up to date\n")


def test_one_new_file_costs_one_task(library):
    arrive(library, "a", "b")
    write_plan(library, job("a"))
    doit(library)
    write_plan(library, job("a"), job("b"))
    assert executed(doit(library)) == ["copied:b"]


def test_a_changed_setting_redoes_exactly_its_task(library):
    arrive(library, "a", "b")
    write_plan(library, job("a", settings={"hfr": 4.6}), job("b", settings={"hfr": 300}))
    doit(library)
    write_plan(library, job("a", settings={"hfr": 4.2}), job("b", settings={"hfr": 300.0}))
    why = doit(library, "info", "copied:a")
    assert "hfr changed: 4.6 → 4.2" in why.stdout
    assert executed(doit(library)) == ["copied:a"]
    assert executed(doit(library)) == []


def test_a_changed_input_redoes_what_reads_it(library):
    arrive(library, "a", "b")
    write_plan(library, job("a"), job("both", stage="joined", inputs=["a.out", "b.in"]))
    doit(library)
    arrive(library, "b")
    os.utime(library / "b.in", ns=(1, 1))
    assert executed(doit(library)) == []
    (library / "b.in").write_text("B")
    assert executed(doit(library)) == ["joined:both"]


def test_an_input_list_that_becomes_empty_is_done_once_more_and_then_rests(library):
    arrive(library, "a")
    write_plan(library, job("a"))
    doit(library)
    write_plan(library, job("a", inputs=[], arguments={"source": "a.in", "target": "a.out"}))
    assert executed(doit(library)) == ["copied:a"]
    assert executed(doit(library)) == []


def test_a_missing_input_is_named_also_when_the_target_is_missing_too(library):
    write_plan(library, job("a"))
    result = doit(library)
    assert result.returncode == 1
    assert result.stdout.startswith("! copied:a  its input a.in cannot be read: ")


def test_a_failure_stops_only_what_needs_it(library):
    arrive(library, "a", "b")
    write_plan(
        library,
        job("a", "refuse"),
        job("b"),
        job("a2", stage="joined", inputs=["a.out"]),
        job("b2", stage="joined", inputs=["b.out"]),
    )
    result = doit(library)
    assert result.returncode == 1
    assert executed(result) == ["copied:b", "joined:b2"]
    assert "! copied:a  a.in is not to my taste\n" in result.stdout
    assert "joined:a2" not in result.stdout
    assert "1 task not begun" in result.stdout
    assert result.stderr == ""


def test_our_bug_shows_its_traceback_and_says_whose_it_is(library):
    arrive(library, "a")
    write_plan(library, job("a", "stumble"))
    result = doit(library)
    assert result.returncode == 1
    assert "this is a bug in Nightbuild" in result.stdout
    assert "ZeroDivisionError: one by nothing" in result.stderr


def test_passing_trouble_is_tried_again_and_then_later_not_failed(library):
    arrive(library, "a", "b")
    write_plan(library, job("a", "hiccup"), job("b"))
    result = doit(library)
    assert result.returncode == 1
    assert "~ copied:a  later: the share is away\n" in result.stdout
    assert "! " not in result.stdout
    assert executed(result) == ["copied:b"]
    assert (library / "tries").read_text() == "xxx"
    log = [
        json.loads(line) for line in next((library / ".nightbuild/runs").iterdir()).read_text().splitlines()
    ]
    assert [line["attempt"] for line in log if line["result"] == "later"] == [1, 2, 3]


def test_trouble_that_passes_within_the_tries_is_a_success(library):
    arrive(library, "a")
    (library / "tries").write_text("x" * 97)
    write_plan(library, job("a", "hiccup"))
    assert executed(doit(library)) == ["copied:a"]


@pytest.mark.parametrize("parallel", [(), ("-n", "2")])
def test_after_a_kill_the_next_run_does_exactly_the_rest(library, parallel):
    subjects = [f"{number:02}" for number in range(60)]
    arrive(library, *subjects)
    jobs = [job(subject, "die_in_the_middle" if subject == "28" else "copy") for subject in subjects]
    write_plan(library, *jobs)
    killed = doit(library, *parallel)
    assert killed.returncode == -signal.SIGKILL
    before = executed(killed)
    assert len(before) >= 27
    rest = executed(doit(library, *parallel))
    told = [*before, *rest]
    untold = [job["name"] for job in jobs if job["name"] not in told]
    assert len(told) == len(set(told))
    assert len(untold) <= (1 if parallel else 0), "the other worker's may have been killed before its line"
    assert all((library / job["targets"][0]).read_bytes() for job in jobs)
    assert executed(doit(library)) == []


def test_sigterm_keeps_what_was_finished(library):
    arrive(library, "a", "b", "c")
    write_plan(library, job("a"), job("b", "interrupt"), job("c"))
    stopped = doit(library)
    assert stopped.returncode == 130
    assert "What was finished is kept" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert executed(doit(library)) == ["copied:b", "copied:c"]


def test_a_copied_library_executes_nothing(library, tmp_path):
    arrive(library, "a", "b")
    write_plan(library, job("a"), job("both", stage="joined", inputs=["a.out", "b.in"]))
    doit(library)
    moved = tmp_path / "elsewhere" / "copy"
    shutil.copytree(library, moved)
    assert executed(doit(moved)) == []


def test_touched_files_are_hashed_once_and_redo_nothing(library):
    arrive(library, "a")
    write_plan(library, job("a"))
    doit(library)
    os.utime(library / "a.in", ns=(5, 5))
    assert executed(doit(library)) == []
    (library / "a.in").write_text("A")  # the record now says 5: other bytes of that size and time would pass
    os.utime(library / "a.in", ns=(5, 5))
    assert executed(doit(library)) == []


def test_a_check_that_finds_something_gone_redoes_the_task(library):
    arrive(library, "a")
    write_plan(library, job("a", check=f"{MODULE}:is_there", check_arguments={"target": "a.extra"}))
    (library / "a.extra").write_text("x")
    doit(library)
    assert executed(doit(library)) == []
    (library / "a.extra").unlink()
    assert "What it made is not all there" in doit(library, "info", "copied:a").stdout
    assert executed(doit(library)) == ["copied:a"]


def test_a_run_can_be_told_one_rig_night_or_target(library):
    arrive(library, "a", "b")
    write_plan(library, job("a", target="M31", rig="C8E@f10.0+ASI"), job("b", target="M42"))
    assert executed(doit(library, "--target", "m31")) == ["copied:a"]
    assert executed(doit(library, "run", "--target=M42")) == ["copied:b"]
    nothing = doit(library, "--target", "M1")
    assert (nothing.returncode, "Nothing is planned for target 'M1'" in nothing.stderr) == (3, True)


def test_a_target_file_may_be_named_from_where_one_stands(library):
    arrive(library, "a", "b")
    write_plan(library, job("a"), job("b"))
    doit(library)
    (library / "a.in").write_text("new")
    (library / "b.in").write_text("new")
    assert executed(doit(library, "library/b.out", folder=library.parent)) == ["copied:b"]


def test_list_reads_in_the_order_of_the_night(library):
    arrive(library, "a")
    write_plan(library, job("a"))
    listed = doit(library, "list").stdout.splitlines()
    assert [line.split(maxsplit=1) for line in listed] == [
        ["copied", "Copy what arrived"],
        ["joined", "Join the copies"],
    ]
    as_json = json.loads(doit(library, "list", "--all", "--json", "-s").stdout)
    assert {"name": "copied:a", "doc": "copied a", "stage": "copied", "status": "run"} in as_json


def test_info_as_json_says_why(library):
    arrive(library, "a")
    write_plan(library, job("a", settings={"VERSION": 1}))
    doit(library)
    write_plan(library, job("a", settings={"VERSION": 2}))
    document = json.loads(doit(library, "info", "--json", "copied:a").stdout)
    assert document["reasons"] == ["VERSION changed: 1 → 2."]
    assert document["inputs"] == ["a.in"]


def test_clean_removes_what_can_be_made_again_and_nothing_else(library):
    arrive(library, "a", "b")
    write_plan(library, job("a"), job("b", derived=True))
    doit(library)
    doit(library, "clean")
    assert (library / "a.out").exists()
    assert not (library / "b.out").exists()
    assert executed(doit(library)) == ["copied:b"]


def test_an_unknown_option_is_a_usage_error_in_one_line(library):
    result = doit(library, "list", "--sideways")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1


def test_a_second_run_waits_for_nobody_and_names_the_holder(library):
    arrive(library, "a")
    write_plan(library, job("a", arguments={"source": "a.in", "target": "a.out", "pause_s": 20}))
    first = subprocess.Popen(DOIT, cwd=library, env=environment_of(library), stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while read_running(library / ".nightbuild") is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert read_running(library / ".nightbuild")["working"][0]["task"] == "copied:a"
        second = doit(library)
        assert second.returncode == 3
        assert str(first.pid) in second.stderr
        assert doit(library, "list").returncode == 0
    finally:
        first.kill()
        first.wait()
    write_plan(library, job("a"))
    assert executed(doit(library)) == ["copied:a"]


@pytest.mark.slow
def test_how_long_ten_thousand_tasks_take_when_nothing_is_due(library, capsys):
    subjects = [str(number) for number in range(10_000)]
    arrive(library, *subjects)
    write_plan(library, *(job(subject, settings={"VERSION": 1}) for subject in subjects))
    times = []
    for _ in range(3):
        begun = time.monotonic()
        doit(library)
        times.append(time.monotonic() - begun)
    with capsys.disabled():
        print(f"\n10,000 tasks: first run {times[0]:.2f} s, nothing due {min(times[1:]):.2f} s")
