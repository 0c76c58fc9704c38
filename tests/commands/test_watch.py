"""`doit watch` as a person, cron or systemd starts it and ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from pipeline.world.lock import holder_of
from tests.living_library import environment, make_library

QUICK = "[watch]\nquiet_minutes = 0.005\nagain_minutes = 0\npoll_seconds = 0.1\n"


@pytest.fixture
def library(tmp_path):
    found = make_library(tmp_path / "library")
    found.settings(QUICK)
    return found


def begin(library, *words, program=None):
    command = [sys.executable, "-m", *(program or ["doit"]), "watch", *words]
    return subprocess.Popen(
        command,
        cwd=library.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_once_runs_the_night_and_passes_its_lines_on(library):
    library.shoot(1, 2)
    said = library.doit("watch", "--once", code=None)
    assert said.returncode in {0, 1}
    assert "2 new files in _Inbox" in said.stderr
    assert "Balance      2 received = 2 stored" in said.stdout
    assert len(library.stored) == 2
    again = library.doit("watch", "--once", "--json")
    assert "Nothing new in the inboxes" in again.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX sends them")
@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_stopped_while_a_night_is_run_it_ends_that_too(library, kind):
    library.shoot(*range(1, 40))
    watch = begin(library)
    deadline = time.monotonic() + 60
    while not any((library.root / "_Ledger").glob("*/*.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.01)
    watch.send_signal(kind)
    said = watch.communicate(timeout=60)[0]
    assert "Stopped watching" in said
    assert watch.returncode == 0, said
    assert "Traceback" not in said
    assert holder_of(library.root) is None
