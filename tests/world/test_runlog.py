from __future__ import annotations

import os

from pipeline.world.runlog import KEPT, RunLog, read_log, read_running, run_logs


def test_a_run_that_does_nothing_leaves_nothing(tmp_path):
    RunLog(tmp_path / "state").close()
    assert not (tmp_path / "state").exists()


def test_each_attempt_is_a_line(tmp_path):
    log = RunLog(tmp_path)
    log.write(task="a", result="later")
    log.write(task="a", result="done")
    log.close()
    assert [line["result"] for line in read_log(run_logs(tmp_path)[0])] == ["later", "done"]


def test_a_torn_last_line_is_left_out(tmp_path):
    log = RunLog(tmp_path)
    log.write(task="a")
    log.close()
    with run_logs(tmp_path)[0].open("a") as file:
        file.write('{"task": "b", "res')
    assert list(read_log(run_logs(tmp_path)[0])) == [{"task": "a"}]


def test_how_the_run_stands_is_there_while_it_lasts(tmp_path):
    log = RunLog(tmp_path)
    log.show_running({"working": []})
    assert read_running(tmp_path) == {"pid": os.getpid(), "working": []}
    log.close()
    assert read_running(tmp_path) is None


def test_old_logs_go(tmp_path):
    (tmp_path / "runs").mkdir()
    for number in range(KEPT + 5):
        (tmp_path / "runs" / f"2020-01-01T00-00-{number:04}Z-1.jsonl").touch()
    log = RunLog(tmp_path)
    log.write(task="a")
    log.close()
    assert len(run_logs(tmp_path)) == KEPT


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "runs").write_text("in the way")
    log = RunLog(tmp_path)
    log.write(task="a")
    log.close()
