from __future__ import annotations

import sqlite3

import pytest

from pipeline.engine.state import StateDb
from pipeline.model.errors import Busy, NotReachable
from tests.engine.toy_night import doit, executed, job, new_library, write_plan


@pytest.fixture
def place(tmp_path):
    return tmp_path / ".nightbuild" / "state.sqlite"


def succeed(state, task, **files):
    state.set(task, "_values_:", {"settings": {}})
    for path, record in files.items():
        state.set(task, path, record)
    state.set(task, "deps:", tuple(files))


def test_a_success_is_on_disk_before_the_run_ends(place):
    first = StateDb(str(place))
    succeed(first, "a", f=[1, 2, "x"])
    second = StateDb(str(place))
    second.prefetch(["a", "b"])
    assert second.get("a", "f") == [1, 2, "x"]
    assert second.get("a", "deps:") == ["f"]
    assert not second.in_("b")
    first.dump()
    second.dump()


def test_an_input_that_is_no_longer_one_is_forgotten(place):
    state = StateDb(str(place))
    succeed(state, "a", f=[1, 2, "x"], g=[1, 2, "y"])
    state.set("a", "deps:", ("g",))
    assert state.get("a", "f") is None
    state.dump()


def test_looking_makes_no_file(place):
    state = StateDb(str(place))
    state.prefetch(["a"])
    assert state.get("a", "deps:") is None
    state.remove("a")
    state.remove_all()
    state.dump()
    assert not place.parent.exists()


def test_remove_forgets_at_once(place):
    state = StateDb(str(place))
    succeed(state, "a")
    succeed(state, "b")
    state.remove("a")
    other = StateDb(str(place))
    assert not other.in_("a")
    assert other.in_("b")
    state.remove_all()
    other = StateDb(str(place))
    assert not other.in_("b")


def newer(place):
    with sqlite3.connect(place) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


def scribbled(place):
    place.write_bytes(b"no database at all" * 100)


def cut(place):
    place.write_bytes(place.read_bytes()[:5000])


def without_its_table(place):
    with sqlite3.connect(place) as db:
        db.execute("DROP TABLE task")
    db.close()


@pytest.mark.parametrize("harm", [newer, scribbled, cut, without_its_table])
def test_a_state_that_cannot_be_used_is_set_aside_with_a_sentence_and_rebuilt(place, harm, capsys):
    state = StateDb(str(place))
    succeed(state, "a", **{f"file{number}": [1, 2, "x" * 64] for number in range(200)})
    state.dump()
    harm(place)
    state = StateDb(str(place))
    state.prefetch(["a"])
    assert state.get("a", "deps:") is None
    succeed(state, "a", f=[1, 2, "x"])
    state.dump()
    said = capsys.readouterr().err
    assert "set aside as state.sqlite.damaged-1" in said
    assert ("another Nightbuild" in said) == (harm is newer)
    assert (place.parent / "state.sqlite.damaged-1").exists()
    again = StateDb(str(place))
    assert again.get("a", "f") == [1, 2, "x"]
    again.dump()


def test_a_row_that_cannot_be_read_is_a_task_to_be_done_again(place):
    state = StateDb(str(place))
    succeed(state, "a")
    state.dump()
    with sqlite3.connect(place) as db:
        db.execute("UPDATE task SET data = '{\"half'")
    db.close()
    state = StateDb(str(place))
    state.prefetch(["a"])
    assert not state.in_("a")
    state.dump()


def test_a_state_held_by_another_program_is_busy(place, monkeypatch):
    monkeypatch.setattr("pipeline.engine.statefile.BUSY_S", 0.05)
    state = StateDb(str(place))
    succeed(state, "a")
    holder = sqlite3.connect(place, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Busy, match="held by another program"):
        succeed(StateDb(str(place)), "b")
    holder.close()
    state.dump()


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotReachable, match="cannot be written or read"):
        succeed(StateDb(str(tmp_path / "file" / "state.sqlite")), "a")


def test_the_run_goes_on_after_its_state_was_spoilt(tmp_path):
    library = new_library(tmp_path / "library")
    (library / "a.in").write_text("a")
    write_plan(library, job("a"))
    doit(library)
    scribbled(library / ".nightbuild" / "state.sqlite")
    result = doit(library)
    assert (result.returncode, executed(result)) == (0, ["copied:a"])
    assert "set aside" in result.stderr
    assert executed(doit(library)) == []
