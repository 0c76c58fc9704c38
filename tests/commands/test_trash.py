from __future__ import annotations

import os
import signal

import pytest

from pipeline.model.answers import CANNOT, OK, WAITS
from pipeline.model.errors import UserError
from tests.copies import another
from tests.killed import killed_at
from tests.living_library import flip, make_library, put


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A library whose one frame was given up."""
    made = make_library(tmp_path_factory.mktemp("made") / "library")
    made.shoot(1)
    made.night()
    made.command("retire")
    made.command("purge", made.stored[0], "--yes", "--why", "cloud")
    return made


@pytest.fixture
def library(made, tmp_path):
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


def thrown(library):
    return next((library.root / "_Trash").rglob("*.fits"))


def test_the_trash_says_what_was_thrown_and_why(library):
    shown = library.doit("trash").stdout
    assert "cloud" in shown
    assert "emptying would free 5.76 kB: doit trash --empty --yes" in shown
    (one,) = library.ask("trash", "--list")["trash"]
    assert one["origin"] == next(iter(library.ledger.tombstones))


def test_status_says_what_emptying_would_free_also_right_after_it(library):
    def room() -> str:
        lines = library.command("status", "--all").sentences
        return next(line for line in lines if " stored" in line and "free" in line)

    assert "doit trash --empty would free 5.76 kB" in room()
    library.ask("trash", "--empty", "--yes")
    assert "trash" not in room()


def test_emptying_is_a_dry_run_first_and_then_for_good(library):
    before = library.picture()
    assert "would be deleted" in library.doit("trash", "--empty").stdout
    assert library.picture() == before
    assert library.command("trash", "--empty", "--older-than", "1", "--yes").sentences == (
        "Nothing to empty.",
    )
    assert library.ask("trash", "--empty", "--yes")["freed_bytes"] == 5760
    assert library.doit("trash").stdout == "The trash is empty.\n"
    verified = library.command("verify")
    assert verified.code() == OK
    assert (
        "The catalogue still has 1 row of frames given up: the next `doit` leaves them out."
        in verified.sentences
    )
    with pytest.raises(UserError, match="nothing in the trash"):
        library.command("trash", "--restore", next(iter(library.ledger.tombstones)))


def test_a_frame_whose_bytes_changed_in_the_trash_does_not_come_back_as_stored(library):
    flip(thrown(library))
    answer = library.command("trash", "--restore", "*.fits")
    assert answer.code() == CANNOT
    assert len(library.ledger.tombstones) == 1
    assert thrown(library).exists()


def test_nothing_is_put_over_what_lies_there_now(library):
    path = next(iter(library.ledger.tombstones))
    put(library.root / path, b"another")
    assert library.command("trash", "--restore", path).code() == CANNOT
    assert (library.root / path).read_bytes() == b"another"
    assert len(library.ledger.tombstones) == 1


def test_what_the_ledger_still_holds_and_nobody_else_has_is_never_deleted(library):
    path = next(iter(library.ledger.tombstones))
    library.command("trash", "--restore", path)
    target = library.root / "_Trash/2026-01-14_21-03-05" / path
    target.parent.mkdir(parents=True)
    (library.root / path).rename(target)
    answer = library.command("trash", "--empty", "--yes")
    assert answer.code() == WAITS
    assert "nowhere else" in answer.sentences[-1]
    assert target.exists()


def test_a_file_is_also_named_as_it_lies_in_the_trash_and_from_where_one_stands(library):
    lies = thrown(library)
    assert library.command("trash", "--restore", lies.name, folder=lies.parent).code() == OK


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize("step", ["pipeline.world.purging:_write", "pipeline.world.trash:_move"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_in_the_middle_of_putting_back_loses_nothing(library, step, moment):
    path, data = next(iter(library.ledger.tombstones)), thrown(library).read_bytes()
    assert killed_at(library.root, step, 1, moment, "trash", "--restore", path) == -signal.SIGKILL
    if moment == "before" or step.endswith("_write"):
        library.command("trash", "--restore", path)
    assert (library.root / path).read_bytes() == data
    assert library.stored == [path]
    assert library.command("verify").code() == OK


def test_older_than_needs_empty(library):
    with pytest.raises(UserError, match="goes with --empty"):
        library.command("trash", "--older-than", "3")
