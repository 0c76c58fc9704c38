from __future__ import annotations

import errno
import os
from datetime import date

import pytest

from pipeline.model.errors import PassingError
from pipeline.model.jobs import Work
from pipeline.model.verdicts import Fate, Judgement, SetVerdict
from pipeline.rules.positions import lies_at
from pipeline.rules.words import words_of
from pipeline.stages import blinked, offered
from pipeline.world import decisions as decided
from pipeline.world import passing
from pipeline.world.manifests import write_verdict
from pipeline.world.nightbook import open_book
from tests.stages.blinking import DATE, FILTER, M31, make_person
from tests.stages.night_library import RIG, configure, drop, outside_caches
from tests.stages.view_library import NIGHT


@pytest.fixture
def person(tmp_path):
    return make_person(tmp_path / "library")


def test_at_rest_nothing_is_said_and_nothing_is_written(person):
    before = outside_caches(person.root)
    assert person.look() == ""
    assert person.would().is_empty
    assert outside_caches(person.root) == before


@pytest.mark.parametrize("name", ["BLINKED", "blinked.txt", "BLINKED (1)", "Blinked.MD", "BLINKED.txt.txt"])
def test_a_marker_says_i_have_looked_whatever_a_system_makes_of_its_name(person, name):
    person.mark(name=name)
    assert person.look() == "C8E   1 set blinked"
    assert person.looked_at() == [0, 1, 2, 3]


@pytest.mark.parametrize("level", ["the FILTER folder", "the DATE folder", "the target folder"])
def test_a_marker_works_in_the_filter_the_date_and_the_target_folder(person, level):
    person.mark(
        {"the FILTER folder": person.folder, "the DATE folder": DATE, "the target folder": M31}[level]
    )
    person.look()
    assert person.looked_at() == [0, 1, 2, 3]


def test_a_folder_called_blinked_is_no_marker(person):
    (person.root / DATE / "BLINKED").mkdir()
    assert person.look() == ""


def test_a_marker_is_absorbed_with_who_when_and_which_frames(person):
    marker = person.mark(text="all fine,\nonly 3 was soft")
    person.look()
    (one,) = person.book().decisions.of_kind("blink")
    assert one.values["marker"] == f"{DATE}/BLINKED"
    assert one.values["mtime_ns"] == marker.stat().st_mtime_ns
    assert one.values["frames"] == [member.stored for member in person.only().members]
    assert one.why == "all fine, only 3 was soft"
    assert one.who


def test_a_marker_speaks_only_for_frames_delivered_before_it_was_first_seen(person):
    person.mark()
    person.look()
    person.shoot(50)
    person.judge()
    person.settle()
    assert person.look() == ""
    assert person.looked_at() == [0, 1, 2, 3]
    assert [told.state.value for told in person.now().standings.values()] == ["accepted"] * 4 + ["late"]


def test_a_marker_touched_again_speaks_for_the_late_frames_too(person):
    marker = person.mark()
    person.look()
    person.shoot(50)
    person.judge()
    person.settle()
    os.utime(marker, (marker.stat().st_mtime + 5, marker.stat().st_mtime + 5))
    assert person.look() == "C8E   1 set blinked"
    assert person.looked_at() == [0, 1, 2, 3, 4]


def test_removing_a_marker_before_acceptance_takes_it_back(person):
    person.rig("[accept]\nmin_frames = 10\n")
    marker = person.mark()
    person.look()
    marker.unlink()
    assert person.look() == "C8E   1 word taken back"
    assert person.looked_at() == []
    person.mark()
    person.look()
    assert person.looked_at() == [0, 1, 2, 3]


def test_removing_a_marker_after_acceptance_means_nothing(person):
    marker = person.mark()
    person.look()
    person.settle()
    marker.unlink()
    assert person.look() == ""
    assert person.looked_at() == [0, 1, 2, 3]


def test_a_marker_left_where_nothing_is_offered_is_a_note(person):
    person.mark()
    person.look()
    person.settle()
    assert person.asks() == []
    person.mark(M31)
    assert person.look() == ""
    (note,) = person.asks()
    assert "speaks for nothing" in note.what


def test_a_marker_copied_from_elsewhere_with_its_old_time_counts_too(person):
    marker = person.mark()
    os.utime(marker, (1e9, 1e9))
    person.look()
    assert person.looked_at() == [0, 1, 2, 3]


def test_a_frame_moved_into_accept_is_accepted(person):
    person.into(f"{M31}/accept", 1)
    assert person.look() == "C8E   1 frame moved into accept"
    assert person.says(1) == "accept"
    assert lies_at(person.link(1)) == f"{M31}/accept/{person.only().members[1].name}"
    person.settle()
    assert person.frames("20_Data") == ["01"]
    assert person.frames("10_Blink") == ["00", "02", "03"]


@pytest.mark.parametrize(
    "to",
    [
        f"{M31}/accept/DATE_2026-01-14/FILTER_L",
        f"{M31}/Accept/PANEL_1/DATE_2026-01-14/FILTER_L",
        f"{M31}/accept/FILTER_L",
    ],
)
def test_a_folder_moved_whole_into_accept_accepts_all_its_frames(person, to):
    person.move(person.folder, to)
    assert person.look() == "C8E   4 frames moved into accept"
    assert [person.says(number) for number in range(4)] == ["accept"] * 4
    person.settle()
    assert person.frames("20_Data") == ["00", "01", "02", "03"]


@pytest.mark.parametrize("inside", [DATE, "the set"])
def test_accept_inside_the_date_or_filter_folder_works_too(person, inside):
    person.into(f"{person.folder if inside == 'the set' else inside}/ACCEPT", 0)
    person.look()
    assert person.says(0) == "accept"


def test_moved_into_any_other_sub_folder_of_the_set_is_rejected(person):
    person.into(f"{person.folder}/bad", 2)
    assert person.look() == "C8E   1 frame rejected by eye"
    assert (person.says(2), person.why(2)) == ("reject", "moved into bad/")
    person.settle()
    assert person.frames("_Reject") == ["02"]


def test_moved_by_hand_into_reject_is_rejected(person):
    person.into(f"_Reject/{person.folder}", 2)
    person.look()
    assert person.says(2) == "reject"
    person.settle()
    assert person.look() == ""
    assert person.frames("_Reject") == ["02"]


def test_moved_from_reject_back_into_blink_is_restored(person):
    person.offer(culled=[3])
    assert person.frames("_Reject") == ["03"]
    person.move(person.rejected(3), f"{person.folder}/{person.only().members[3].name}")
    assert person.look() == "C8E   1 frame restored"
    assert person.says(3) == "restore"
    person.settle()
    assert person.frames("10_Blink") == ["00", "01", "02", "03"]
    assert person.look() == ""


def test_moved_by_hand_from_reject_to_accept_in_20_data_is_restored_and_accepted(person):
    person.offer(culled=[3])
    person.move(person.rejected(3), f"{person.only().data}/{person.only().members[3].name}")
    person.look()
    assert person.says(3) == "accept"
    person.settle()
    assert person.frames("20_Data") == ["03"]
    assert person.look() == ""


def test_renamed_and_merged_target_folders_lose_nothing(person):
    person.move(M31, f"{RIG}/10_Blink/Andromeda")
    assert person.look() == "C8E   4 frames moved by you"
    assert person.settle() == []
    assert all(lies_at(person.link(number)).startswith(f"{RIG}/10_Blink/Andromeda/") for number in range(4))
    person.mark(f"{RIG}/10_Blink/Andromeda")
    person.look()
    assert person.looked_at() == [0, 1, 2, 3]
    person.settle()
    assert person.frames("20_Data") == ["00", "01", "02", "03"]


def test_a_marker_renamed_with_its_folder_is_the_same_marker(person):
    person.rig("[accept]\nmin_frames = 10\n")
    person.mark(M31)
    person.look()
    person.move(M31, f"{RIG}/10_Blink/Andromeda")
    person.look()
    assert person.looked_at() == [0, 1, 2, 3]


def test_a_frame_put_back_where_it_was_takes_its_word_back(person):
    person.into(f"{person.folder}/bad", 2)
    person.look()
    person.move(
        f"{person.folder}/bad/{person.only().members[2].name}",
        f"{person.folder}/{person.only().members[2].name}",
    )
    assert person.look() == "C8E   1 word taken back"
    assert person.says(2) == ""
    assert person.link(2).state == "delivered"


def test_what_is_moved_on_is_known_by_identity_anywhere_in_the_library(person):
    person.mark()
    person.look()
    person.settle()
    person.move(f"{RIG}/20_Data/M31", f"{RIG}/30_Master/Andromeda galaxy")
    assert person.look() == "C8E   4 frames moved by you"
    assert [told.state.value for told in person.now().standings.values()] == ["moved on"] * 4
    assert person.is_at_rest()
    person.move(f"{RIG}/30_Master/Andromeda galaxy", f"{RIG}/20_Data/M31")
    person.look()
    assert [told.state.value for told in person.now().standings.values()] == ["accepted"] * 4


def test_copies_that_programs_write_are_no_frames(person):
    source = person.there(0)
    (source.parent / f"{source.stem}_a.xisf").write_bytes(b"another image")
    (source.parent / f"{source.stem}_c.fits").write_bytes(source.read_bytes())
    assert person.look() == ""
    source.unlink()
    person.look()
    assert person.says(0) == "reject", "the copy under another name is not the frame"


def test_a_frame_deleted_from_blink_is_rejected(person):
    person.delete(0)
    assert person.look() == "C8E   1 frame rejected by eye"
    assert (person.says(0), person.why(0)) == ("reject", "deleted from 10_Blink")
    person.settle()
    assert person.frames("10_Blink") == ["01", "02", "03"]
    assert person.frames("_Reject") == ["00"]


def test_a_frame_deleted_from_reject_is_given_up(person):
    person.offer(culled=[3])
    person.rejected(3).unlink()
    assert person.look() == "C8E   1 frame given up"
    assert (person.says(3), person.why(3)) == ("give-up", "deleted from _Reject")
    person.settle()
    assert person.is_at_rest()


def test_a_light_removed_from_20_data_is_taken_out_and_no_word_is_said(person):
    person.mark()
    person.look()
    person.settle()
    next((person.root / RIG / "20_Data").rglob("*_00-01-33*.fits")).unlink()
    person.look()
    assert [told.state.value for told in person.now().standings.values()].count("taken out") == 1
    assert person.words().frames == {}
    assert person.is_at_rest()


def test_an_absence_is_judged_only_when_its_folder_has_been_quiet(person):
    configure(person.root, "")
    (person.root / "_Rigs/library.toml").write_text("settle_seconds = 60\n", encoding="utf-8")
    person.delete(0)
    assert person.look() == ""
    assert person.says(0) == ""
    then = person.there(1).parent.stat().st_mtime - 3600
    os.utime(person.there(1).parent, (then, then))
    person.look()
    assert person.says(0) == "reject"


def test_a_vanished_set_is_asked_about_and_never_judged(person):
    person.other_target()
    person.delete_folder(M31)
    assert person.look() == f"C8E   4 frames of {RIG}/M31/DATE_2026-01-14/{FILTER} gone: asks you"
    (asked,) = person.asks()
    assert "4 of 4 frames of M31 L 300 s, night of 2026-01-14 vanished" in asked.what
    assert asked.command == f'doit blink "{RIG}/M31/DATE_2026-01-14/{FILTER}" --gone rejected'
    assert asked.or_else == f'doit restore "{RIG}/M31/DATE_2026-01-14/{FILTER}"'
    assert list(person.book().decisions.of_kind("blink")) == []
    assert person.states() == ["gone, asked"] * 4
    assert person.settle() == []
    assert person.look() == ""


def test_more_than_half_and_more_than_ten_gone_is_asked_about(tmp_path):
    person = make_person(tmp_path / "library", frames=21)
    person.delete(*range(11))
    person.look()
    assert "11 of 21 frames" in person.asks()[0].what
    assert person.words().frames == {}
    person.delete(11)
    person.look()
    assert person.says(11) == "reject", "a single one is judged as ever"
    assert "11 of 20 frames" in person.asks()[0].what


def test_half_of_a_set_or_ten_frames_deleted_is_a_verdict(tmp_path):
    person = make_person(tmp_path / "library", frames=21)
    person.delete(*range(10))
    assert person.look() == "C8E   10 frames rejected by eye"
    assert person.asks() == []


def test_gone_frames_that_come_back_are_offered_as_before(person):
    person.other_target()
    person.move(M31, "../elsewhere")
    person.look()
    person.move(person.root.parent / "elsewhere", M31)
    person.look()
    assert person.asks() == []
    assert person.states() == ["offered"] * 4


def test_a_disk_that_is_away_is_no_verdict(person):
    person.move(f"{RIG}/10_Blink", "../unmounted")
    (person.root / RIG / "10_Blink").mkdir()
    assert person.look() == ""
    (asked,) = person.asks()
    assert "is gone or empty, though 4 frames lay there" in asked.what
    (person.root / RIG / "10_Blink").rmdir()
    person.move(person.root.parent / "unmounted", f"{RIG}/10_Blink")
    assert person.look() == ""
    assert person.asks() == []


def test_an_emptied_folder_with_a_keep_file_is_the_persons_doing(person):
    person.delete_folder(M31)
    (person.root / RIG / "10_Blink/.keep").touch()
    person.look()
    assert "4 of 4 frames" in person.asks()[0].what


def test_a_folder_that_cannot_be_listed_is_no_empty_one(person, monkeypatch):
    person.delete(0)
    hidden = person.root / RIG / "30_Master"
    hidden.mkdir()
    listed = os.scandir

    def deny(path):
        if str(path) == str(hidden):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    with monkeypatch.context() as denied:
        denied.setattr(os, "scandir", deny)
        assert person.look() == ""
        assert "30_Master: cannot be listed (Permission denied)" in person.asks()[0].what
    person.look()
    assert person.says(0) == "reject"


def test_another_file_under_the_name_of_a_frame_is_left_alone(person):
    person.delete(0)
    person.there(0).write_bytes(b"edited")
    assert person.look() == ""
    assert person.says(0) == ""
    assert "is another file now" in person.asks()[0].what


def test_a_disk_that_hiccups_means_later(person, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(passing.retry, "__kwdefaults__", {"waits_s": ()})
    monkeypatch.setattr(os, "scandir", fail)
    with pytest.raises(PassingError, match="the next run tries again"):
        person.would()


def test_at_rest_no_file_is_asked_about(person, monkeypatch):
    person.look()
    asked = []
    stat = os.stat
    monkeypatch.setattr(os, "stat", lambda path, **more: asked.append(str(path)) or stat(path, **more))
    assert person.would().is_empty
    assert [path for path in asked if path.endswith(".fits")] == []


def test_deleted_marker_folder_and_frames_in_one_morning(person):
    person.into(f"{person.folder}/bad", 0)
    person.delete(1)
    person.into(f"{M31}/accept", 2)
    person.mark()
    assert person.look() == "C8E   1 set blinked, 2 frames rejected by eye, 1 frame moved into accept"
    assert person.looked_at() == [0, 2, 3]
    person.settle()
    assert person.states() == ["blinked away", "blinked away", "accepted", "accepted"]
    assert person.look() == ""


def test_an_undone_look_is_not_heard_again_while_its_marker_lies_there(person):
    person.rig("[accept]\nmin_frames = 10\n")
    person.mark()
    person.look()
    (one,) = person.book().decisions.of_kind("blink")
    decided.undo(person.root, one)
    assert person.look() == ""
    assert person.looked_at() == []


def test_an_undone_deletion_is_asked_about_and_not_judged_again(person):
    person.delete(0)
    person.look()
    (one,) = person.book().decisions.of_kind("blink")
    decided.undo(person.root, one)
    assert person.look() == ""
    assert person.says(0) == ""
    assert "1 of 4 frames" in person.asks()[0].what


@pytest.mark.parametrize("views", ["copy", "symlink"])
def test_copies_and_symbolic_links_are_known_too(tmp_path, views):
    person = make_person(tmp_path / "library", frames=0)
    configure(person.root, f'views = "{views}"\n')
    person.shoot(0, 1, 2, 3)
    person.offer()
    assert person.look() == ""
    person.into(f"{M31}/accept/DATE_2026-01-14", 1)
    person.into(f"{person.folder}/bad", 2)
    person.delete(3)
    person.look()
    assert [person.says(number) for number in range(4)] == ["", "accept", "reject", "reject"]
    assert person.why(2) == "moved into bad/"


def test_a_run_killed_between_decisions_and_ledger_is_finished_by_the_next(person, monkeypatch):
    from pipeline.world import absorbing

    person.into(f"{person.folder}/bad", 0)
    person.delete(1)
    with monkeypatch.context() as killed:
        killed.setattr(absorbing.ledger, "write", None)
        with pytest.raises(TypeError):
            person.look()
    said = len(person.book().decisions.said)
    person.look()
    assert len(person.book().decisions.said) == said
    assert [person.says(number) for number in range(4)] == ["reject", "reject", "", ""]


def test_a_run_killed_among_its_decisions_doubles_none(tmp_path):
    person = make_person(tmp_path / "library", frames=0)
    person.shoot(0, 1)
    person.shoot(2, 3, FILTER="R")
    person.offer()
    person.mark(M31)
    person.into(f"{M31}/accept", *[])
    person.look_at_all()
    file = next((person.root / "_Decisions").rglob("blink.jsonl"))
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text(lines[0], "utf-8")
    person.look_at_all()
    assert len(file.read_text("utf-8").splitlines()) == 2
    assert [len(one.values["frames"]) for one in person.book().decisions.of_kind("blink")] == [2, 2]


def test_caches_deleted_after_it_all_change_nothing(person):
    person.into(f"{person.folder}/bad", 0)
    person.delete(1)
    person.look()
    person.settle()
    before = outside_caches(person.root)
    person.forget()
    assert person.look() == ""
    assert outside_caches(person.root) == before


def test_flats_are_blinked_in_their_own_folder(tmp_path):
    person = make_person(tmp_path / "library", frames=0)
    person.shoot(0, 1, IMAGETYP="FLAT", EXPOSURE=1.2, OBJECT=None)
    person.offer()
    person.mark(f"{RIG}/10_Blink/_FLAT")
    (frames,) = person.book().sets
    person.look()
    assert list(words_of(frames, person.book().decisions).seen) == [one.stored for one in frames.members]
    person.settle()
    assert person.look() == ""
    assert not list((person.root / RIG / "10_Blink").rglob("*.fits"))


def test_darks_are_blinked_with_their_camera(tmp_path):
    camera = "ZWO ASI2600MM Pro"
    person = make_person(tmp_path / "library", frames=0)
    person.shoot(0, 1, 2, IMAGETYP="DARK", OBJECT=None, FILTER=None)
    person.judge(owner=camera)
    person.settle(owner=camera)
    (frames,) = person.book(camera).sets
    home = person.root / frames.blink
    (home / "bad").mkdir()
    (home / frames.members[0].name).rename(home / "bad" / frames.members[0].name)
    (home.parent.parent / "blinked.txt").touch()
    (job,) = blinked.plan([(camera, NIGHT)])
    assert (
        blinked.absorb(Work(person.root), **job.arguments).says
        == "ZWO ASI2600MM Pro 1 set blinked, 1 frame rejected by eye"
    )
    assert blinked.is_absorbed(person.root, **job.check_arguments)
    words = words_of(frames, person.book(camera).decisions)
    assert [word.why for word in words.frames.values()] == ["moved into bad/"]
    assert len(words.seen) == 3


def test_one_job_a_rig_for_all_its_nights():
    jobs = blinked.plan([("B", date(2026, 1, 15)), ("A", NIGHT), ("B", NIGHT)])
    assert [(job.name, job.arguments["nights"]) for job in jobs] == [
        ("blinked:A", ["2026-01-14"]),
        ("blinked:B", ["2026-01-14", "2026-01-15"]),
    ]


def test_two_nights_under_one_marker(person):
    for minute in range(2):
        clock = f"2026-01-16T00:{minute:02}:33.12"
        drop(
            person.root / "_Inbox",
            f"second_{minute}.fits",
            minute=200 + minute,
            DATE__LOC=clock,
            DATE__OBS=clock,
        )
    person.shoot()
    book = open_book(person.root, RIG, date(2026, 1, 15))
    (second,) = book.sets
    kept = {member.stored: Judgement(fate=Fate.KEPT) for member in second.members}
    write_verdict(book.library, second.id, "a test", SetVerdict(frames=kept))
    for job in offered.plan([second]):
        offered.offer_set(Work(person.root), **job.arguments)
    person.mark(M31)
    (job,) = blinked.plan([(RIG, NIGHT), (RIG, second.night)])
    assert blinked.absorb(Work(person.root), **job.arguments).says == "C8E   2 sets blinked"
    decisions = open_book(person.root, RIG, second.night).decisions
    assert len(words_of(second, decisions).seen) == 2
    assert person.looked_at() == [0, 1, 2, 3]
