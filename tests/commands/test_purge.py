from __future__ import annotations

import os
import signal
from datetime import UTC, datetime

import pytest

from pipeline.model.answers import CANNOT, OK, WAITS
from pipeline.model.errors import UserError
from pipeline.model.records import Delivered
from pipeline.rules.balance import balance
from pipeline.world import ledger
from pipeline.world.library import open_library
from pipeline.world.survey import see
from tests.killed import killed_at
from tests.libraries import nights_work
from tests.living_library import executed, flip, light, make_library, put

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"


@pytest.fixture
def library(tmp_path):
    return make_library(tmp_path / "library")


def store(library, *numbers):
    """Frames that have no name in an inbox any more."""
    library.shoot(*numbers)
    library.night()
    library.command("retire")


def picture_of_frames(library):
    """Every file but those that are written down of the others."""
    records = tuple(str(library.root / folder) for folder in ("_Catalog", "_Notes"))
    return {path: seen for path, seen in library.picture().items() if not path.startswith(records)}


def difference(library):
    seen = see(open_library(library.root), remember=False)
    return balance(seen.survey, seen.ledger).difference


def test_a_dry_run_says_what_would_go_and_what_to_type(library):
    store(library, 1, 2)
    before = library.picture()
    shown = library.doit("purge", library.stored[0]).stdout
    assert "1 frame would go to the trash; emptying it would free 5.76 kB." in shown
    assert f"To do it: doit purge '{library.stored[0]}' --yes" in shown
    assert library.picture() == before


def test_given_up_is_recognised_when_it_comes_again_and_comes_back_from_the_trash(library):
    (frame,) = library.shoot(1)
    library.shoot(2)
    data = frame.read_bytes()
    library.doit()
    library.command("retire")
    path = library.stored[0]
    told = library.ask("purge", path, "--yes", "--why", "cloud")
    assert (told["frames"], told["freed_bytes"]) == ([path], len(data))
    assert not (library.root / path).exists()
    assert library.ledger.tombstones[path]["why"] == "cloud"
    stages = {task.partition(":")[0] for task in nights_work(executed(library.doit()))}
    own = {"measured", "culled", "offered", "accepted", "shown"}
    assert stages <= own, "giving up is no work for the night but on its own set"
    assert library.command("verify").code() == OK

    put(frame, data)
    put(library.inbox / "again.fits", data)
    library.doit()
    assert executed(library.doit()) == []
    assert library.left() == ["again.fits", "light_001.fits"], "left, since it is stored nowhere"
    library.days_pass(1)
    assert nights_work(executed(library.doit())) == []
    assert len(library.stored) == 1
    assert difference(library) == 0

    assert library.ask("trash", "--restore", path)["restored"] == [path]
    assert (library.root / path).read_bytes() == data
    assert library.ledger.tombstones == {}
    assert len(library.stored) == 2
    library.doit()
    assert library.command("verify").code() == OK
    assert library.left() == [], "and now its names may leave"
    assert difference(library) == 0
    after = library.picture()
    library.forget()
    library.doit()
    assert library.picture() == after


def test_another_frame_of_the_same_name_and_size_is_not_taken_for_the_one_given_up(library):
    (frame,) = library.shoot(1)
    library.night()
    library.command("retire")
    library.command("purge", library.stored[0], "--yes")
    put(frame, light(2), age_s=100)
    library.night()
    assert len(library.stored) == 1


def test_a_frame_whose_inbox_name_is_left_frees_nothing(library):
    library.shoot(1)
    library.night()
    answer = library.command("purge", library.stored[0])
    assert answer.data["freed_bytes"] == 0
    assert answer.data["free_nothing"] == library.stored
    assert "another name of the same bytes is left" in answer.closing[1]


def test_frames_are_chosen_by_path_folder_pattern_night_and_target(library):
    store(library, 1, 2)
    folder = (library.root / library.stored[0]).parent

    def chosen(*words, folder=None):
        return len(library.command("purge", *words, folder=folder).data["frames"])

    assert chosen(library.stored[0]) == 1
    assert chosen((library.root / library.stored[0]).name, folder=folder) == 1
    assert chosen(str(folder)) == 2
    assert chosen("*23-05-00*") == 1
    assert chosen("--night", "2026-01-14") == 2
    assert chosen(".", "--target", "m31", "--rig", RIG.lower()) == 2
    for words in ((), ("no such frame",), ("--night", "2026-01-15"), ("../../etc/passwd",)):
        with pytest.raises(UserError):
            library.command("purge", *words)


@pytest.mark.parametrize("harm", ["flipped", "cut", "missing", "delivered", "read-only"])
def test_what_is_in_doubt_or_at_work_stays(library, harm, monkeypatch):
    store(library, 1)
    path = library.stored[0]
    stored = library.root / path
    if harm == "flipped":
        flip(stored)
    elif harm == "cut":
        put(stored.with_name("cut"), stored.read_bytes()[:90]).replace(stored)
    elif harm == "missing":
        stored.unlink()
    elif harm == "delivered":
        ledger.write(library.root, RIG, None, [Delivered(when=datetime.now(UTC), link="x", stored=path)])
    else:
        monkeypatch.setattr("pipeline.world.purging.may_remove", lambda _path: False)
    answer = library.command("purge", path, "--yes")
    assert answer.code() == CANNOT
    assert len(answer.data["refused"]) == 1
    assert library.ledger.tombstones == {}
    assert stored.exists() is (harm != "missing")


def test_what_cannot_be_moved_keeps_no_tombstone(library, monkeypatch):
    store(library, 1)

    def denied(*_args, **_kwargs):
        raise PermissionError(13, "denied")

    monkeypatch.setattr("pipeline.world.trash.rename_new", denied)
    assert library.command("purge", library.stored[0], "--yes").code() == CANNOT
    assert library.ledger.tombstones == {}
    assert library.command("verify").code() == OK


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize(
    ("step", "nth", "moment"),
    [
        ("pipeline.world.purging:_write", 2, "before"),
        ("pipeline.world.purging:_write", 2, "after"),
        ("pipeline.world.trash:_move", 2, "before"),
        ("pipeline.world.trash:_move", 2, "after"),
    ],
)
def test_a_kill_in_the_middle_loses_nothing_and_the_same_command_ends_it(library, step, nth, moment):
    store(library, 1, 2, 3)
    paths = library.stored
    whole = {path: (library.root / path).read_bytes() for path in paths}
    words = ("purge", "--night", "2026-01-14", "--yes")
    assert killed_at(library.root, step, nth, moment, *words) == -signal.SIGKILL
    before = picture_of_frames(library)
    library.doit()
    assert picture_of_frames(library) == before
    assert executed(library.doit()) == []
    assert library.command("verify").code() == (WAITS if (step, moment) in HALF else OK)
    library.command(*words)
    assert library.stored == []
    assert library.command("verify").code() == OK
    library.command("trash", "--restore", *paths)
    assert {path: (library.root / path).read_bytes() for path in library.stored} == whole
    assert difference(library) == 0


HALF = {("pipeline.world.purging:_write", "after"), ("pipeline.world.trash:_move", "before")}
"""Between tombstone and trash: verify names it, with the command that ends it."""
