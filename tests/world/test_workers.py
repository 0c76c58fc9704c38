from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.world.processes import is_alive
from pipeline.world.workers import worker_pool

PARENT = """
import os, sys, time
from pipeline.world.workers import worker_pool
if __name__ == "__main__":
    with worker_pool(2) as pool:
        tasks = [pool.submit({work}, 60) for _ in range(2)]
        while len(pool._processes) < 2 or not all(task.running() for task in tasks):
            time.sleep(0.05)
        time.sleep(0.5)
        print(*pool._processes, flush=True)
        time.sleep(60)
"""


def square(number):
    return number * number


def test_workers_work():
    with worker_pool(2) as pool:
        assert list(pool.map(square, range(5))) == [0, 1, 4, 9, 16]


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no SIGKILL; TerminateProcess is the same there"
)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_die_with_a_parent_that_is_killed_alone(tmp_path, how):
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(work="time.sleep"))
    checkout = str(Path(__file__).resolve().parents[2])
    parent = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": checkout},
        text=True,
    )
    workers = [int(word) for word in parent.stdout.readline().split()]
    assert len(workers) == 2
    assert all(map(is_alive, workers))
    parent.send_signal(how)
    parent.wait(60)
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while any(map(is_alive, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


STARTING = """
import signal
from pipeline.world.workers import worker_pool
if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: None)
    with worker_pool(2) as pool:
        tasks = [pool.submit(pow, 2, number) for number in (3, 4)]
        print("starting", flush=True)
        print([task.result() for task in tasks])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to groups of processes")
def test_a_terminals_interrupt_while_workers_start_is_the_parents_to_answer(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(STARTING)
    parent = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        text=True,
        start_new_session=True,
    )
    assert parent.stdout.readline() == "starting\n"
    for _ in range(4):
        os.killpg(parent.pid, signal.SIGINT)
        time.sleep(0.02)
    assert parent.communicate(timeout=60) == ("[8, 16]\n", "")


def test_an_error_in_the_middle_ends_the_workers_at_once():
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), worker_pool(1) as pool:
        pool.submit(time.sleep, 60)
        while not pool._processes:
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert time.monotonic() - begun < 30
