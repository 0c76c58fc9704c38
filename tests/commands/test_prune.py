from __future__ import annotations

import os
import shutil

import pytest

from pipeline.model.answers import CANNOT, OK
from pipeline.rules.notes import FOLDER, SIGN
from pipeline.rules.pruning import refuse_number
from pipeline.world.files import part_of
from tests.judged_library import JudgedLibrary, easy_library
from tests.libraries import executed, nights_work
from tests.living_library import light, make_library, put
from tests.looking import RIG, answered, doit, drop


@pytest.fixture
def library(tmp_path):
    return make_library(tmp_path / "library")


def sentence(library, name):
    return put(library.root / FOLDER / name, f"{name}\n{SIGN}it is a test.\n".encode())


def dead_part(folder):
    """A part-file as a run of this host that is gone left it."""
    part = part_of(folder / "frame.fits")
    part = part.with_name(part.name.replace(f".{os.getpid()}-", ".999999999-"))
    return put(part, b"half a frame")


def test_a_library_in_order_has_nothing_to_prune(library):
    library.shoot(1)
    put(library.inbox / "cut.fits", light(2)[:3000])
    library.doit()
    before = library.picture()
    assert library.doit("prune").stdout == "Nothing to prune.\n"
    assert library.doit("prune", "--yes").stdout == "Nothing to prune.\n"
    assert library.picture() == before


def test_what_no_plan_expects_goes_after_it_was_shown(library):
    library.shoot(1)
    library.night()
    stale, mine = sentence(library, "stale.txt"), put(library.root / FOLDER / "mine.txt", b"my own words")
    part = dead_part((library.root / library.stored[0]).parent)
    living = put(part_of(part.parent / "now.fits"), b"being written")
    person = dead_part(library.root / "C8E@f10.0+ZWO ASI2600MM Pro/40_Process")
    (library.root / "C8E@f10.0+ZWO ASI2600MM Pro/00_Frames/DATE_2026-01-01/LIGHT").mkdir(parents=True)
    frames = {path: (library.root / path).read_bytes() for path in library.stored}
    before = library.picture()
    shown = library.doit("prune").stdout
    assert "1 derived file, 1 part-file, 2 empty folders would go. Nothing was changed." in shown
    assert "doit prune --yes --expect 1" in shown
    assert library.picture() == before
    assert library.command("prune", "--yes").code() == CANNOT
    assert library.command("prune", "--yes", "--expect", "2").code() == CANNOT
    assert library.picture() == before
    told = library.ask("prune", "--yes", "--expect", "1")
    assert told["derived"] == [f"{FOLDER}/stale.txt"]
    assert [path.exists() for path in (stale, mine, part, living, person)] == [False, True, False, True, True]
    assert {path: (library.root / path).read_bytes() for path in library.stored} == frames
    assert library.command("trash", "--restore", f"{FOLDER}/stale.txt").code() == OK
    assert stale.exists()


def test_nothing_goes_while_an_inbox_is_away(library):
    sentence(library, "stale.txt")
    library.shoot(1)
    library.night()
    sentence(library, "stale.txt")
    shutil.move(library.inbox, library.root.parent / "unplugged")
    answer = library.command("prune", "--yes", "--expect", "1")
    assert answer.code() == CANNOT
    assert "cannot be read" in answer.sentences[0]
    assert (library.root / FOLDER / "stale.txt").exists()


@pytest.mark.parametrize(
    ("number", "looked_at", "expect", "may"),
    [
        (0, 0, None, True),
        (1, 50, None, True),
        (1, 49, None, False),
        (50, 10_000, None, True),
        (51, 10_000, None, False),
        (51, 10_000, 51, True),
        (51, 10_000, 50, False),
        (0, 10_000, 1, False),
    ],
)
def test_many_names_go_only_when_exactly_so_many_were_expected(number, looked_at, expect, may):
    assert (refuse_number(number, looked_at, expect) is None) is may


def pages(root):
    return sorted(path.name for path in (root / "_Reports/blink").rglob("*") if path.is_file())


def test_a_blink_page_and_its_pictures_go_once_nothing_of_its_night_waits(tmp_path):
    root = easy_library(tmp_path / "library")
    drop(root / "_Inbox", "a.fits", minute=1)
    assert doit(root).returncode == 0
    made = pages(root)
    assert len(made) >= 3
    assert answered(root, "prune").sentences == ("Nothing to prune.",)
    mine = put(next((root / "_Reports/blink").glob("*_files")) / "moon.jpg", b"my own picture")
    [blink] = [path for path in (root / RIG / "10_Blink").rglob("FILTER*") if path.is_dir()]
    (blink / "BLINKED").write_text("")
    assert doit(root).returncode == 0
    (blink / "BLINKED").unlink(missing_ok=True)
    told = answered(root, "prune", "--yes", "--expect", str(len(pages(root)) - 1)).data
    assert sorted(path.rpartition("/")[2] for path in told["derived"]) == made
    assert pages(root) == [mine.name]
    assert answered(root, "prune").sentences == ("Nothing to prune.",)
    assert not blink.exists()  # empty, and ours; the stage's own folder stays
    assert (root / RIG / "10_Blink").is_dir()
    assert nights_work(executed(doit(root).stdout)) == []
    assert doit(root).stdout.startswith("Nothing due")


def test_a_note_in_reject_stays_while_its_frames_lie_there(tmp_path):
    library = JudgedLibrary(tmp_path / "library")
    library.shoot(1, 2, 3, 4, 5, 6)
    library.measure(2, hfr=5.1)
    library.night()
    [note] = (library.root / "_Reject").rglob("why.txt")
    stale = put(note.parent.parent / "FILTER_R" / "why.txt", note.read_bytes())
    own = put(note.parent / "notes.txt", b"mine")
    told = library.ask("prune", "--yes", "--expect", "1").data
    assert told["derived"] == [stale.relative_to(library.root).as_posix()]
    assert (note.exists(), own.exists(), stale.exists()) == (True, True, False)
