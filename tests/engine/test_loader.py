from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module
from inspect import getmembers, getsourcelines, isfunction

import pytest
from doit.cmd_base import DodoTaskLoader
from doit.exceptions import InvalidDodoFile

from pipeline.engine import contents
from pipeline.engine.loader import NightLoader
from pipeline.engine.tasks import make_tasks
from pipeline.model.errors import NotReachable
from pipeline.model.jobs import Job, Stage
from pipeline.stages import STAGES
from tests import forked
from tests.engine.toy_night import CHECKOUT, job, new_library, toy_night, write_plan

FOREIGN = """
DOIT_CONFIG = {"default_tasks": ["hello"]}
def task_hello():
    command = ["echo hello > hello.txt"]
    return {"actions": command, "targets": ["hello.txt"], "clean": True, "uptodate": [True]}
"""


def plain_doit(folder, *words, library=None):
    environment = {key: value for key, value in os.environ.items() if key != "NIGHTBUILD_LIBRARY"}
    environment["PYTHONPATH"] = str(CHECKOUT)
    if library:
        environment["NIGHTBUILD_LIBRARY"] = str(library)
    return forked.doit(folder, *words, env=environment)


@pytest.fixture
def library(tmp_path):
    library = new_library(tmp_path / "library")
    write_plan(library, job("a"))
    return library


@pytest.mark.parametrize("words", [(), ("list",), ("info", "x"), ("clean",), ("run",)])
def test_without_a_library_doit_says_what_to_type(tmp_path, words):
    result = plain_doit(tmp_path, *words)
    assert result.returncode == 3
    assert "doit init DIR" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_is_not_there_is_not_reachable(tmp_path):
    result = plain_doit(tmp_path, "list", library=tmp_path / "gone")
    assert result.returncode == 3
    assert "not reachable" in result.stderr


def test_another_project_keeps_its_own_doit(tmp_path, library):
    (tmp_path / "dodo.py").write_text(FOREIGN)
    for chosen in (None, library):
        assert plain_doit(tmp_path, library=chosen).stdout == ".  hello\n"
        assert plain_doit(tmp_path, library=chosen).stdout == "-- hello\n"
        assert plain_doit(tmp_path, "list", library=chosen).stdout == "hello   \n"
        assert "hello.txt" in plain_doit(tmp_path, "info", "hello", library=chosen).stdout
        assert "removing file" in plain_doit(tmp_path, "clean", library=chosen).stdout
        assert plain_doit(tmp_path, "forget", library=chosen).stdout == "forgetting hello\n"
        assert plain_doit(tmp_path, "help", "hello", library=chosen).stdout.startswith("hello")
    assert not (library / ".nightbuild").exists()


def test_a_dodo_named_outright_is_anothers_too(tmp_path, library):
    (tmp_path / "other.py").write_text(FOREIGN)
    assert plain_doit(tmp_path, "-f", "other.py", "list", library=library).stdout == "hello   \n"
    assert plain_doit(tmp_path, "list", "-f", "other.py", library=library).stdout == "hello   \n"


def test_an_ordinary_failure_of_another_project_looks_as_doit_shows_it(tmp_path):
    (tmp_path / "dodo.py").write_text(
        "def task_x():\n    return {'actions': ['exit 5'], 'file_dep': ['none']}\n"
    )
    result = plain_doit(tmp_path)
    assert result.returncode == 2
    assert "DependencyError - taskid:x" in result.stdout


def test_a_dodo_above_does_not_hide_the_library(library, monkeypatch):
    (library.parent / "dodo.py").write_text(FOREIGN)
    monkeypatch.chdir(library)
    loader = NightLoader(toy_night)
    loader.setup({"dodoFile": "dodo.py"})
    assert loader.shift.library == library


def test_a_library_is_found_from_a_folder_in_it(library, monkeypatch):
    (library / "00_Frames" / "deep").mkdir(parents=True)
    monkeypatch.chdir(library / "00_Frames" / "deep")
    monkeypatch.delenv("NIGHTBUILD_LIBRARY", raising=False)
    loader = NightLoader(toy_night)
    loader.setup({})
    assert loader.shift.library == library


def test_no_library_is_an_error_a_person_can_mend(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NIGHTBUILD_LIBRARY", raising=False)
    with pytest.raises(NotReachable, match="doit init DIR"):
        NightLoader(toy_night).setup({})


def test_a_stage_must_not_bear_the_name_of_a_command(library, monkeypatch):
    monkeypatch.chdir(library)
    loader = NightLoader(toy_night)
    loader.cmd_names = ["joined", "run"]
    loader.setup({})
    with pytest.raises(InvalidDodoFile, match="joined"):
        loader._plan()


def test_a_job_of_no_stage_is_refused():
    stray = Job(stage="lost", name="lost:x", doc="", effect="m:f")
    with pytest.raises(ValueError, match="lost"):
        make_tasks([Stage(name="copied", heading="", doc="")], [stray], None)


def test_dodo_py_names_every_stage_in_the_order_of_the_night_with_its_sentence(library, monkeypatch):
    dodo = imported_dodo(library, monkeypatch)
    creators = {name: function for name, function in getmembers(dodo, isfunction) if name.startswith("task_")}
    in_order = sorted(creators.items(), key=lambda item: getsourcelines(item[1])[1])
    assert [(name, creator.__doc__) for name, creator in in_order] == [
        (f"task_{stage.name}", f"{stage.doc}.") for stage in STAGES
    ]


def test_the_table_of_contents_yields_the_tasks_of_the_plan(library, monkeypatch):
    imported_dodo(library, monkeypatch)
    direct = NightLoader(toy_night)
    direct.setup({})
    tasks = [task for stage in ("copied", "joined") for task in contents.tasks_of(stage)]
    assert [task.name for task in tasks] == [task.name for task in direct._plan()]
    loader = DodoTaskLoader()
    loader.namespace = {"task_copied": lambda: contents.tasks_of("copied")}
    assert [task.name for task in loader.load_tasks(NoCommand, [])] == ["copied", "copied:a"]


class NoCommand:
    execute_tasks = False


def imported_dodo(library, monkeypatch):
    monkeypatch.chdir(library)
    monkeypatch.syspath_prepend(str(CHECKOUT))
    monkeypatch.delitem(sys.modules, "dodo", raising=False)
    monkeypatch.setattr(contents, "the_night", toy_night)
    for once in ("_shift", "_jobs"):
        monkeypatch.setattr(contents, once, cache(getattr(contents, once).__wrapped__))
    return import_module("dodo")
