"""What was looked at goes on to 20_Data, proven first; the person's own files travel, and nothing in 30–70 is touched."""

from __future__ import annotations

import os

import pytest

from pipeline.model.records import About, MovedOn, SeenAbsent
from pipeline.model.verdicts import State
from pipeline.rules.words import ACCEPT as ACCEPTED
from pipeline.rules.words import BLINK, REJECT, REOPEN, WAIT
from pipeline.world import decisions as decided
from tests.living_library import flip
from tests.stages.night_library import RIG, outside_caches
from tests.stages.test_offered import FOLDER
from tests.stages.view_library import later, make_views


@pytest.fixture
def views(tmp_path):
    """Offered, and nobody has looked yet."""
    made = make_views(tmp_path / "library")
    made.settle()
    return made


def reopen(views):
    one = views.book().sets[0]
    decided.decide(views.root, REOPEN, About.SET, one.id, owner=one.owner, night=one.night)


def move_on(views, number, to, at=-1):
    """A person moves a frame, and the watching has seen it."""
    link = views.links(number)[at].link
    target = views.root / to
    target.parent.mkdir(parents=True, exist_ok=True)
    (views.root / link).rename(target)
    views.tell(MovedOn(when=later(), link=link, to=to))
    return target


def test_looked_at_lights_go_on_and_leave_10_blink(views):
    views.seen()
    assert views.settle() == ["C8E   M31 L 300 s             4 accepted"]
    assert views.frames("20_Data") == ["00", "01", "02", "03"]
    assert views.files("20_Data")[0].startswith(
        "M31/accept/DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00/"
    )
    assert views.files("10_Blink") == []
    assert not (views.root / RIG / "10_Blink/M31").exists()
    assert [link.state for link in views.links(0)] == ["accepted", "delivered"]
    assert views.links(0)[0].to == views.links(0)[1].link
    assert views.is_at_rest()
    assert views.outlives_its_caches()


def test_what_came_late_is_a_remainder(views):
    views.seen()
    views.shoot(7, 8)
    views.judge()
    assert views.settle() == [
        "C8E   M31 L 300 s             2 offered",
        "C8E   M31 L 300 s             4 accepted",
    ]
    assert views.frames("10_Blink") == ["07", "08"]
    assert views.now().count(State.LATE) == 2
    views.seen()
    assert views.settle() == ["C8E   M31 L 300 s             2 accepted"]
    assert views.is_at_rest()


def test_rejected_and_culled_frames_stay_behind(views):
    views.judge(culled=[0])
    views.settle()
    views.say(1, BLINK, REJECT)
    views.seen()
    views.settle()
    assert views.frames("20_Data") == ["02", "03"]
    assert views.frames("_Reject") == ["00", "01"]
    assert views.is_at_rest()


def test_a_frame_that_is_not_what_was_recorded_is_named_and_not_accepted(views):
    flip(views.root / views.only().members[2].stored)
    views.seen()
    (said,) = views.settle()
    assert "3 accepted; " in said
    assert "is not what was first recorded, and is not accepted; run `doit verify`" in said
    assert views.frames("20_Data") == ["00", "01", "03"]
    assert views.frames("10_Blink") == ["02"]
    assert views.settle() == [], "said once, then it rests"
    flip(views.root / views.only().members[2].stored)
    path = views.root / views.only().members[2].stored
    mended = path.with_name("mended")
    mended.write_bytes(path.read_bytes())
    seen = path.stat()
    os.utime(mended, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    mended.replace(path)
    assert "1 accepted" in views.settle()[0]


def test_a_frame_never_hashed_is_hashed_before_it_is_accepted(tmp_path):
    views = make_views(tmp_path / "library", frames=0)
    views.shoot(1, 2)
    journal = next((views.root / "_Ledger").rglob("*.jsonl"))
    kept = [line for line in journal.read_text().splitlines() if '"hashed"' not in line]
    journal.write_text("\n".join(kept) + "\n")
    views.judge()
    views.settle()
    path = views.root / views.only().members[1].stored
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"more")
    views.seen()
    (said,) = views.settle()
    assert "1 accepted" in said
    assert "changed since it was received" in said
    stored = views.only().members
    assert [views.book().ledger.stored[one.stored].sha256 is not None for one in stored] == [True, False]
    assert views.settle() == []


def test_files_of_the_persons_own_travel_once(views):
    folder = views.root / views.only().blink
    (folder / "notes.txt").write_text("thin cloud at two")
    (folder / "drizzle").mkdir()
    (folder / "drizzle/x_a.xisf").write_bytes(b"edited")
    (folder / "BLINKED").touch()
    (folder / "Thumbs.db").touch()
    (folder / "verdict_M31_0123456789abcdef.json").write_text("{}")
    views.seen()
    (said,) = views.settle()
    assert said.endswith("4 accepted; 2 files of your own went along")
    data = views.root / views.only().data
    assert (data / "notes.txt").read_text() == "thin cloud at two"
    assert (data / "drizzle/x_a.xisf").read_bytes() == b"edited"
    assert not (data / "BLINKED").exists()
    assert (folder / "notes.txt").is_file()
    (data / "notes.txt").unlink()
    assert views.settle() == [], "carried once: what is deleted there stays deleted"
    assert views.is_at_rest()
    assert views.outlives_its_caches()


def test_a_file_of_the_persons_own_in_20_data_is_not_written_over(views):
    one = views.only()
    (views.root / one.blink / "notes.txt").write_text("new")
    (views.root / one.data).mkdir(parents=True)
    (views.root / one.data / "notes.txt").write_text("old")
    views.seen()
    (said,) = views.settle()
    assert "notes.txt: is another file" in said
    assert (views.root / one.data / "notes.txt").read_text() == "old"
    assert views.settle() == []


def test_a_copy_of_a_frame_is_not_taken_for_a_file_of_ones_own(views):
    one = views.only()
    link = views.root / one.blink / one.members[0].name
    copy = link.with_name("again.fits")
    copy.write_bytes(link.read_bytes())
    seen = link.stat()
    os.utime(copy, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    views.seen()
    assert views.settle() == ["C8E   M31 L 300 s             4 accepted"]


def test_frames_moved_into_accept_by_hand_are_taken_from_there(views):
    move_on(views, 0, f"{RIG}/10_Blink/M31/accept/x.fits")
    views.say(0, BLINK, ACCEPTED, "moved into accept/")
    views.settle()
    assert views.frames("20_Data") == ["00"]
    assert not (views.root / RIG / "10_Blink/M31/accept/x.fits").exists()
    assert (views.root / RIG / "10_Blink/M31/accept").is_dir()
    assert views.links(0)[0].at == f"{RIG}/10_Blink/M31/accept/x.fits"
    assert views.now().count(State.LATE) == 3
    assert views.is_at_rest()


def test_a_frame_moved_into_20_data_by_hand_is_accepted_where_it_lies(views):
    moved = move_on(views, 0, f"{RIG}/20_Data/M31/accept/mine/x.fits")
    views.say(0, BLINK, ACCEPTED, "moved into 20_Data")
    assert views.settle() == []
    assert moved.is_file()
    assert len(views.files("20_Data")) == 1
    assert views.now().standings[views.links(0)[0].stored].state is State.ACCEPTED


def test_a_target_moved_on_keeps_its_place_and_new_frames_start_again_in_20_data(views):
    views.seen()
    views.settle()
    there = [move_on(views, number, f"{RIG}/30_Master/M31/{number}.fits") for number in range(4)]
    assert views.settle() == []
    assert views.now().count(State.MOVED_ON) == 4
    views.shoot(9)
    views.judge()
    views.seen()
    views.settle()
    assert views.frames("20_Data") == ["09"]
    assert all(path.is_file() for path in there)
    assert views.is_at_rest()


def test_a_renamed_target_folder_in_20_data_is_still_accepted(views):
    views.seen()
    views.settle()
    for number in range(4):
        move_on(views, number, f"{RIG}/20_Data/Andromeda/accept/{number}.fits")
    assert views.now().count(State.ACCEPTED) == 4
    assert views.is_at_rest()


def test_what_is_taken_out_of_20_data_is_not_put_back(views):
    views.seen()
    views.settle()
    link = views.links(0)[-1].link
    (views.root / link).unlink()
    views.tell(SeenAbsent(when=later(), link=link))
    assert views.settle() == []
    assert views.now().count(State.TAKEN_OUT) == 1
    assert views.is_at_rest()


def test_a_reopened_set_is_offered_again_and_what_was_moved_on_is_left(views):
    views.seen()
    views.settle()
    on = move_on(views, 0, f"{RIG}/30_Master/M31/0.fits")
    reopen(views)
    assert views.settle() == ["C8E   M31 L 300 s             4 back, 3 taken back from 20_Data"]
    assert views.frames("10_Blink") == ["00", "01", "02", "03"]
    assert views.files("20_Data") == []
    assert on.is_file()
    assert views.is_at_rest()
    views.seen(0, 1)
    views.settle()
    assert views.frames("20_Data") == ["00", "01"]
    assert views.is_at_rest()
    assert views.outlives_its_caches()


def test_a_frame_moved_back_from_20_data_waits_for_eyes_again(views):
    views.seen()
    views.settle()
    move_on(views, 1, f"{RIG}/10_Blink/M31/back.fits")
    assert views.settle() == []
    assert views.files("10_Blink") == ["M31/back.fits"]
    views.seen(1)
    views.settle()
    assert views.frames("20_Data") == ["00", "01", "02", "03"]
    assert views.files("10_Blink") == []
    assert views.is_at_rest()


def test_a_frame_put_back_among_those_that_wait_is_withdrawn_from_20_data(views):
    views.seen()
    views.settle()
    views.say(2, BLINK, WAIT)
    views.settle()
    assert views.frames("10_Blink") == ["02"]
    assert views.frames("20_Data") == ["00", "01", "03"]
    assert views.is_at_rest()


def test_a_frame_rejected_after_it_was_accepted_leaves_20_data_but_not_30_master(views):
    views.seen()
    views.settle()
    on = move_on(views, 0, f"{RIG}/30_Master/M31/0.fits")
    views.say(0, BLINK, REJECT)
    views.say(1, BLINK, REJECT)
    (said,) = views.settle()
    assert "30_Master/M31/0.fits: blinked away, but you moved it there: it stays" in said
    assert views.frames("20_Data") == ["02", "03"]
    assert views.frames("_Reject") == ["00", "01"]
    assert on.is_file()
    assert views.is_at_rest()


def test_criteria_hold_a_set_back_and_doit_accept_outranks_them(views):
    views.rig("[accept]\nmin_frames = 6\n")
    views.seen()
    assert views.settle() == []
    views.accept()
    assert views.settle() == ["C8E   M31 L 300 s             4 accepted"]


def test_without_eyes_it_is_said_so(tmp_path):
    views = make_views(tmp_path / "library")
    views.rig('[accept]\nmode = "auto"\n')
    assert views.settle() == ["C8E   M31 L 300 s             4 accepted, not seen"]
    assert {told.why for told in views.now().standings.values()} == {"not seen"}
    assert views.files("10_Blink") == []
    assert views.is_at_rest()


def test_a_held_set_is_not_accepted_without_eyes(tmp_path):
    views = make_views(tmp_path / "library")
    views.rig('[accept]\nmode = "auto"\n')
    views.judge(suspect=[0], held=True)
    views.settle()
    assert views.files("20_Data") == []
    assert len(views.frames("10_Blink")) == 4


def test_flats_pass_and_stay_in_the_store(tmp_path):
    views = make_views(tmp_path / "library", frames=0)
    views.shoot(1, 2, IMAGETYP="FLAT")
    views.judge()
    views.settle()
    views.seen(0)
    assert views.settle() == ["C8E   flat L                  1 passed"]
    assert views.frames("10_Blink") == ["02"]
    assert not (views.root / RIG / "20_Data").exists()
    assert [link.state for link in views.links(0)] == ["accepted"]
    assert views.is_at_rest()
    assert views.outlives_its_caches()
    reopen(views)
    views.settle()
    assert views.frames("10_Blink") == ["01", "02"]


def test_nothing_of_other_peoples_is_touched_on_the_way(views):
    mine = views.root / RIG / "30_Master/M31/master.xisf"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    before = outside_caches(views.root)[mine.relative_to(views.root).as_posix()]
    views.seen()
    views.settle()
    assert outside_caches(views.root)[mine.relative_to(views.root).as_posix()] == before
    assert FOLDER in views.files("20_Data")[0].replace("M31/accept", "M31")
