"""`doit` from a cold start: most tests fork it from a process that has everything read in, and must be right to."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

import pytest

from pipeline.commands.registry import COMMANDS
from tests import forked
from tests.stages.night_library import RIG, new_library


def said(folder, *words, cold):
    done = forked.doit(folder, *words, env={**os.environ, "COLUMNS": "100"}, cold=cold)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("words", [(), ("status",), ("--nonsense",)])
def test_what_is_forked_says_what_a_cold_start_says(tmp_path, words):
    library = new_library(tmp_path / "library", RIG)
    forked.doit(library)
    assert said(library, *words, cold=False) == said(library, *words, cold=True)


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(command.name for command in COMMANDS))
def test_every_command_starts_cold(tmp_path, command):
    cold = said(tmp_path, "help", command, cold=True)
    assert cold[0] == 0
    assert command in cold[1]
    assert said(tmp_path, "help", command, cold=False) == cold


@pytest.mark.skipif(not forked.CAN_FORK, reason="here every process starts cold")
def test_what_is_forked_can_be_killed_and_has_its_own_folder_streams_and_environment(tmp_path):
    code = "tests.engine.test_cold_start"
    env = {"MOOD": "calm"}
    told = forked.run(code, "tell", folder=tmp_path, env=env, given="a line\n")
    assert told.returncode == 0
    assert told.stdout == f"{tmp_path} calm a line\n"
    assert forked.run(code, "die", folder=tmp_path, env=env).returncode == -9
    assert forked.run(code, "stop", folder=tmp_path, env=env).returncode == -2
    failed = forked.run(code, "fail", folder=tmp_path, env=env)
    assert failed.returncode == 1
    assert failed.stderr.endswith("KeyError: 'fail'\n")
    assert "MOOD" not in os.environ


def main(*words):
    {"tell": tell, "die": die, "stop": stop}[words[0]]()


def tell():
    print(Path.cwd(), os.environ["MOOD"], sys.stdin.read().strip())


def die():
    os.kill(os.getpid(), import_module("signal").SIGKILL)


def stop():
    raise KeyboardInterrupt
