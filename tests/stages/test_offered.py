"""Links come and go between the store, 10_Blink and _Reject: each once, and never what a person did not expect."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.model.errors import NoRoom, NotReachable, PassingError, UserError
from pipeline.model.records import MovedOn, SeenAbsent
from pipeline.model.verdicts import State
from pipeline.rules.reject_notes import SIGN, WHY
from pipeline.rules.words import BLINK, GIVE_UP, REJECT, RESTORE, WAIT
from pipeline.world import ways
from pipeline.world.space import Room
from tests.stages.night_library import RIG
from tests.stages.view_library import later, make_views
from tests.world.disks import read_only, small_disk

FOLDER = "M31/DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00"


@pytest.fixture
def views(tmp_path):
    return make_views(tmp_path / "library")


def test_kept_frames_are_offered_by_link_and_only_once(views):
    assert views.settle() == ["C8E   M31 L 300 s             4 offered"]
    assert views.frames("10_Blink") == ["00", "01", "02", "03"]
    assert all(path.startswith(FOLDER) for path in views.files("10_Blink"))
    for member in views.only().members:
        assert (views.root / member.stored).samefile(views.root / views.only().blink / member.name)
    assert views.is_at_rest()
    assert views.outlives_its_caches()


def test_what_is_not_judged_is_not_offered(tmp_path):
    views = make_views(tmp_path / "library", frames=0)
    views.shoot(1)
    assert views.settle() == []
    assert not (views.root / RIG / "10_Blink").exists()


def test_culled_frames_lie_in_reject_with_the_reason_beside_them(views):
    views.judge(culled=[1])
    assert views.settle() == ["C8E   M31 L 300 s             3 offered, 1 rejected"]
    assert views.frames("10_Blink") == ["00", "02", "03"]
    assert views.frames("_Reject") == ["01"]
    text = (views.root / views.only().reject / WHY).read_text(encoding="utf-8")
    assert SIGN in text
    assert "culled: HFR 5.1 px (NINA) > 4.6" in text
    assert views.is_at_rest()
    assert views.outlives_its_caches(culled=[1])


def test_a_changed_limit_withdraws_what_fails_and_brings_back_what_passes(views):
    views.judge(culled=[1])
    views.settle()
    views.judge(culled=[0, 2])
    assert views.settle() == ["C8E   M31 L 300 s             2 withdrawn, 1 back"]
    assert views.frames("10_Blink") == ["01", "03"]
    assert views.frames("_Reject") == ["00", "02"]
    assert views.is_at_rest()
    views.judge()
    views.settle()
    assert views.frames("10_Blink") == ["00", "01", "02", "03"]
    assert list((views.root / "_Reject").rglob("*")) == [], "no folder and no note is left behind"
    assert views.is_at_rest()


def test_a_held_set_is_offered_whole(views):
    views.judge(suspect=[0, 1, 2], held=True)
    views.settle()
    assert views.frames("10_Blink") == ["00", "01", "02", "03"]
    states = [told.state for told in views.now().standings.values()]
    assert states == [State.HELD] * 3 + [State.OFFERED]


def test_what_a_person_deleted_is_never_put_back(views):
    views.settle()
    link = views.links(1)[0].link
    (views.root / link).unlink()
    assert views.settle() == [], "the ledger knows nothing of it yet: it is only a delivered link"
    views.tell(SeenAbsent(when=later(), link=link))
    assert views.settle() == []
    assert views.frames("10_Blink") == ["00", "02", "03"]
    views.say(1, BLINK, REJECT, "deleted from 10_Blink")
    views.settle()
    assert views.frames("_Reject") == ["01"]
    assert "blinked away: deleted from 10_Blink" in (views.root / views.only().reject / WHY).read_text(
        "utf-8"
    )
    assert views.is_at_rest()
    assert views.outlives_its_caches()


def test_a_restored_frame_comes_back_although_it_was_deleted(views):
    views.settle()
    link = views.links(1)[0].link
    (views.root / link).unlink()
    views.tell(SeenAbsent(when=later(), link=link))
    views.say(1, BLINK, REJECT)
    views.settle()
    views.say(1, RESTORE)
    assert views.settle() == ["C8E   M31 L 300 s             1 back"]
    assert views.frames("10_Blink") == ["00", "01", "02", "03"]
    assert views.frames("_Reject") == []
    assert views.is_at_rest()


def test_a_rejection_taken_back_brings_a_deleted_frame_back(views):
    views.settle()
    link = views.links(1)[0].link
    (views.root / link).unlink()
    views.tell(SeenAbsent(when=later(), link=link))
    views.say(1, BLINK, REJECT)
    views.settle()
    views.say(1, BLINK, WAIT)
    views.settle()
    assert views.frames("10_Blink") == ["00", "01", "02", "03"]


def test_what_was_moved_aside_is_withdrawn_there(views):
    views.settle()
    link = views.links(2)[0].link
    bad = views.root / views.only().blink / "bad"
    bad.mkdir()
    (views.root / link).rename(bad / "x.fits")
    views.tell(MovedOn(when=later(), link=link, to=f"{views.only().blink}/bad/x.fits"))
    views.say(2, BLINK, REJECT, "moved into bad/")
    assert views.settle() == ["C8E   M31 L 300 s             1 withdrawn"]
    assert views.frames("_Reject") == ["02"]
    assert views.frames("10_Blink") == ["00", "01", "03"]
    assert bad.is_dir(), "a folder the person made is theirs"
    assert views.is_at_rest()


def test_a_frame_moved_by_hand_into_reject_gets_no_second_link(views):
    views.settle()
    link = views.links(2)[0].link
    aside = views.root / "_Reject" / "mine"
    aside.mkdir(parents=True)
    (views.root / link).rename(aside / "x.fits")
    views.tell(MovedOn(when=later(), link=link, to="_Reject/mine/x.fits"))
    assert views.settle() == []
    assert views.now().standings[views.links(2)[0].stored].state is State.REJECTED
    assert views.files("_Reject") == ["mine/x.fits"]


def test_a_frame_moved_back_from_reject_stays_where_it_was_put(views):
    views.judge(culled=[1])
    views.settle()
    (link,) = [one.link for one in views.links(1)]
    (views.root / link).rename(views.root / views.only().blink / "back.fits")
    views.tell(MovedOn(when=later(), link=link, to=f"{views.only().blink}/back.fits"))
    views.say(1, RESTORE)
    assert views.settle() == []
    assert "back.fits" in " ".join(views.files("10_Blink"))
    assert views.files("_Reject") == [], "the note goes with the last frame, once the next look is taken"


def test_given_up_frames_are_seen_nowhere(views):
    views.judge(culled=[1])
    views.settle()
    views.say(1, GIVE_UP)
    views.settle()
    assert views.files("_Reject") == []
    assert not list((views.root / "_Reject").rglob("*"))
    assert views.is_at_rest()


def test_a_file_of_the_persons_own_is_never_written_over(views):
    one = views.only()
    (views.root / one.blink).mkdir(parents=True)
    (views.root / one.blink / one.members[0].name).write_bytes(b"mine")
    (said,) = views.settle()
    assert said.startswith("C8E   M31 L 300 s             3 offered; ")
    assert "is another file" in said
    assert (views.root / one.blink / one.members[0].name).read_bytes() == b"mine"
    assert len(views.files("10_Blink")) == 4
    assert views.settle() == [], "said once, then it rests"
    (views.root / one.blink / one.members[0].name).unlink()
    assert views.settle() == ["C8E   M31 L 300 s             1 offered"]


def test_an_edited_link_is_not_withdrawn(views):
    views.settle()
    link = views.root / views.links(0)[0].link
    link.unlink()
    link.write_bytes(b"edited by a program that writes anew")
    views.judge(culled=[0])
    (said,) = views.settle()
    assert "its bytes are not those of" in said
    assert link.read_bytes() == b"edited by a program that writes anew"
    assert views.settle() == []


def test_folders_with_something_of_the_persons_stay(views):
    views.settle()
    folder = views.root / views.only().blink
    (folder / "notes.txt").write_text("mine")
    views.judge(culled=range(4))
    views.settle()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    views.settle()
    assert not (views.root / RIG / "10_Blink/M31").exists()
    assert (views.root / RIG / "10_Blink").is_dir(), "the stage's own folder stays"


def test_a_note_of_the_persons_own_by_that_name_is_left(views):
    folder = views.root / views.only().reject
    folder.mkdir(parents=True)
    (folder / WHY).write_text("my own thoughts")
    views.judge(culled=[1])
    views.settle()
    assert (folder / WHY).read_text() == "my own thoughts"
    assert views.is_at_rest()


def test_sets_that_share_a_folder_share_the_note_and_no_name(tmp_path):
    views = make_views(tmp_path / "library")
    views.shoot(0, 1, GAIN=0)
    views.judge(culled=[1])
    views.settle()
    assert len(views.book().sets) == 2
    assert views.frames("10_Blink") == ["00", "00", "02", "03"]
    text = (views.root / views.book().sets[0].reject / WHY).read_text(encoding="utf-8")
    assert text.count("culled:") == 2
    assert views.is_at_rest()


def test_calibration_frames_are_offered_in_folders_of_their_own(tmp_path):
    views = make_views(tmp_path / "library", frames=0)
    views.shoot(1, 2, IMAGETYP="FLAT")
    views.judge()
    views.settle()
    assert all(path.startswith("_FLAT/DATE_2026-01-14/FILTER_L") for path in views.files("10_Blink"))
    camera = "ZWO ASI2600MM Pro"
    views.shoot(3, 4, IMAGETYP="DARK")
    views.judge(owner=camera)
    assert views.settle(camera) == ["C8E   dark 300 s −10 °C       2 offered"]
    assert len(list((views.root / "_Calibration" / camera / "10_Blink/DARK").rglob("*.fits"))) == 2
    assert views.is_at_rest(camera)


def test_a_rig_that_asks_for_no_eyes_gets_no_links(tmp_path):
    views = make_views(tmp_path / "library", frames=0)
    views.rig("[blink]\nflat = false\n")
    views.shoot(1, 2, IMAGETYP="FLAT")
    views.judge()
    assert views.settle() == []
    assert {told.state for told in views.now().standings.values()} == {State.PASSED}


def test_a_name_a_program_holds_open_is_taken_later(views, monkeypatch):
    views.settle()
    held = views.root / views.links(0)[0].link
    unlink = Path.unlink

    def busy(path, missing_ok=False):
        if path == held:
            raise PermissionError(13, "The process cannot access the file")
        unlink(path, missing_ok=missing_ok)

    views.judge(culled=[0, 1])
    with monkeypatch.context() as windows:
        windows.setattr(Path, "unlink", busy)
        with pytest.raises(PassingError, match="held open"):
            views.settle()
        assert views.frames("10_Blink") == ["00", "02", "03"], "all others are gone"
        assert views.frames("_Reject") == ["00", "01"]
        with pytest.raises(PassingError, match="held open"):
            views.settle()
    views.settle()
    assert views.frames("10_Blink") == ["02", "03"]
    assert views.is_at_rest()


def test_a_copy_a_person_put_there_is_not_taken_for_a_left_over_name(views):
    views.settle()
    member = views.only().members[0]
    views.judge(culled=[0])
    views.settle()
    mine = views.root / views.only().blink / member.name
    mine.write_bytes((views.root / member.stored).read_bytes())
    assert views.settle() == []
    assert mine.is_file()


def test_a_missing_stored_frame_is_named_and_the_rest_goes_on(views):
    (views.root / views.only().members[1].stored).unlink()
    (said,) = views.settle()
    assert "3 offered" in said
    assert "is missing; run `doit verify`" in said
    assert views.settle() == []


def test_a_stage_folder_that_went_away_is_not_filled_anew(views):
    views.settle()
    views.shoot(5)
    views.judge()
    shutil.rmtree(views.root / RIG / "10_Blink")
    with pytest.raises(NotReachable, match="is its disk there"):
        views.settle()
    assert not (views.root / RIG / "10_Blink").exists()


@pytest.mark.parametrize("views_mode", ["copy", "symlink"])
def test_a_rig_may_ask_for_copies_or_symbolic_links(tmp_path, views_mode):
    views = make_views(tmp_path / "library")
    text = (views.root / "_Rigs" / f"{RIG}.toml").read_text(encoding="utf-8")
    (views.root / "_Rigs" / f"{RIG}.toml").write_text(f'views = "{views_mode}"\n{text}', encoding="utf-8")
    views.settle()
    (link,) = views.links(0)
    path, twin = views.root / link.link, views.root / link.stored
    assert path.is_symlink() == (views_mode == "symlink")
    assert path.lstat().st_ino != twin.stat().st_ino
    assert path.read_bytes() == twin.read_bytes()
    views.judge(culled=[0])
    views.settle()
    assert views.frames("_Reject") == ["00"]
    assert views.is_at_rest()
    assert views.outlives_its_caches(culled=[0])


def test_where_only_copies_would_do_nothing_is_placed_and_the_cure_is_named(views):
    with small_disk(views.root / RIG / "10_Blink", size="8m") as disk:
        with pytest.raises(UserError, match='views = "copy"') as told:
            views.settle()
        assert "Copies of 4 frames of M31 L 300 s would take 23.0 kB more" in str(told.value)
        assert list(disk.iterdir()) == []
        assert views.book().ledger.links == {}
        settings = views.root / "_Rigs/library.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text + 'views = "copy"\n[keep_free]\npercent = 0\n', encoding="utf-8")
        assert views.settle() == ["C8E   M31 L 300 s             4 offered"]
        assert views.is_at_rest()
        views.seen()
        views.settle()
        assert views.frames("20_Data") == ["00", "01", "02", "03"]
        assert list(disk.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(views):
    (views.root / RIG / "10_Blink").mkdir()
    with read_only(views.root / RIG / "10_Blink"), pytest.raises(UserError, match="cannot be written"):
        views.settle()
    assert views.settle() == ["C8E   M31 L 300 s             4 offered"]


def test_copies_never_fill_the_disk(views, monkeypatch):
    text = (views.root / "_Rigs/library.toml").read_text(encoding="utf-8")
    (views.root / "_Rigs/library.toml").write_text(text + 'views = "copy"\n', encoding="utf-8")
    full = Room(wanted_bytes=4_000, free_bytes=5_000, kept_bytes=4_000)
    monkeypatch.setattr(ways, "room_for", lambda *_, **__: full)
    with pytest.raises(NoRoom, match="Make room"):
        views.settle()
    assert views.files("10_Blink") == []


def test_a_link_on_the_way_out_of_the_library_is_refused(views, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (views.root / RIG / "10_Blink").symlink_to(outside)
    with pytest.raises(UserError, match="leads out of"):
        views.settle()
    assert list(outside.iterdir()) == []
