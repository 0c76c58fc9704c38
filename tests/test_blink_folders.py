"""What a person does in their folders, through whole runs of `doit`: moved, deleted, vanished, written; and verdicts."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from pipeline.rules.moves import meaning_of
from tests.copies import another
from tests.eyes import Eyes, changes, make_eyes
from tests.stages.night_library import OTHER_RIG, RIG, outside_caches

M31 = f"{RIG}/10_Blink/M31"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Six frames of M31 and three of M33 that are offered; one that is culled."""
    eyes = make_eyes(tmp_path_factory.mktemp("made") / "library")
    eyes.shoot(2.0, 2.1, 2.2, 2.3, 2.4, 2.5)
    eyes.shoot(2.0, 2.1, 2.2, 5.1, FILTER="H", target="M33")
    eyes.limit("[cull.pass1]\nhfr = 4.6\nauto_percent = 50\n")
    eyes.doit()
    return eyes


@pytest.fixture
def eyes(made, tmp_path):
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


def offered(eyes: Eyes, target: str = "M31") -> list[Path]:
    return sorted((eyes.root / RIG / "10_Blink" / target).rglob("*.fits"))


# -- moved -------------------------------------------------------------------------------------------------------------


def test_single_frames_and_whole_folders_moved_into_accept_are_accepted(eyes):
    eyes.move(offered(eyes)[0], f"{M31}/accept")
    eyes.move(eyes.root / eyes.only("M33").blink, f"{RIG}/10_Blink/M33/accept/DATE_2026-01-14")
    eyes.doit()
    assert eyes.states() == {"late": 5, "accepted": 4, "culled": 1}
    assert eyes.count() == {"10_Blink": 5, "20_Data": 4, "_Reject": 1}
    eyes.require_rest()


def test_a_date_folder_moved_into_accept_takes_all_its_filters(eyes):
    eyes.shoot(2.0, 2.1, FILTER="R")
    eyes.doit()
    eyes.move(eyes.root / M31 / "DATE_2026-01-14", f"{M31}/accept")
    eyes.doit()
    assert eyes.count() == {"10_Blink": 3, "20_Data": 8, "_Reject": 1}
    assert {path.parent.parent.name for path in eyes.frames("20_Data")} == {"DATE_2026-01-14"}
    eyes.require_rest()


def test_only_what_lies_below_accept_is_taken_as_the_move_script_did(eyes):
    """Another program's rule, `.*[/\\\\]accept[/\\\\].*`: of two folders, the one below accept."""
    link = f"{M31}/DATE_1/F/x.fits"
    assert meaning_of(link, f"{M31}/accept/DATE_1/F/x.fits", home=True).says == "accept"
    assert meaning_of(link, link, home=True).says == ""
    first, second, *_ = offered(eyes)
    eyes.move(first, f"{M31}/accept/DATE_2026-01-14/{first.parent.name}")
    eyes.doit()
    assert [path.name for path in eyes.frames("20_Data")] == [first.name]
    assert second.exists()


def test_frames_put_aside_into_a_folder_of_ones_own_are_rejected(eyes):
    first, second, *_ = offered(eyes)
    eyes.move(first, first.parent / "bad")
    eyes.move(second, f"{M31}/no good")
    assert "2 frames rejected by eye" in eyes.doit()
    assert eyes.count() == {"10_Blink": 7, "_Reject": 3}
    assert eyes.states() == {"offered": 7, "culled": 1, "blinked away": 2}
    notes = [path.read_text(encoding="utf-8") for path in eyes.files("_Reject") if path.suffix != ".fits"]
    assert any("blinked away" in text and "moved into bad/" in text for text in notes)
    eyes.require_rest()


def test_a_frame_deleted_from_blink_is_blinked_away_and_can_be_had_back(eyes):
    gone = offered(eyes)[0]
    gone.unlink()
    eyes.doit()
    assert eyes.states() == {"offered": 8, "culled": 1, "blinked away": 1}
    assert gone.name in {path.name for path in eyes.frames("_Reject")}
    eyes.require_rest()
    eyes.doit("restore", gone.name)
    eyes.doit()
    assert eyes.states() == {"offered": 9, "culled": 1}
    assert gone.exists()
    eyes.require_rest()


def test_a_target_folder_renamed_in_blink_is_blinked_under_its_new_name(eyes):
    (eyes.root / M31).rename(eyes.root / RIG / "10_Blink/Andromeda")
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/Andromeda")
    eyes.doit()
    assert eyes.states() == {"offered": 3, "accepted": 6, "culled": 1}
    eyes.require_rest()


def test_two_target_folders_merged_in_blink_keep_each_frame_with_its_own(eyes):
    for path in offered(eyes, "M33"):
        eyes.move(path, f"{M31}/DATE_2026-01-14/{path.parent.name}")
    shutil.rmtree(eyes.root / RIG / "10_Blink/M33")
    eyes.doit()
    eyes.mark(M31)
    eyes.doit()
    assert eyes.states() == {"accepted": 9, "culled": 1}
    assert {path.relative_to(eyes.root / RIG).parts[1] for path in eyes.frames("20_Data")} == {"M31", "M33"}
    eyes.require_rest()


def test_a_blinked_frame_put_back_from_reject_and_deleted_again_is_what_was_said_last(eyes):
    first = offered(eyes)[0]
    first.unlink()
    eyes.doit()
    back = next(path for path in eyes.frames("_Reject") if path.name == first.name)
    eyes.move(back, first.parent)
    eyes.doit()
    assert eyes.states() == {"offered": 9, "culled": 1}
    eyes.require_rest()
    first.unlink()
    eyes.doit()
    assert eyes.states() == {"offered": 8, "culled": 1, "blinked away": 1}
    eyes.require_rest()


# -- vanished ----------------------------------------------------------------------------------------------------------


def test_a_vanished_set_is_asked_about_and_the_answer_holds(eyes):
    shutil.rmtree(eyes.root / M31)
    said = eyes.doit()
    assert "gone: asks you" in said
    assert eyes.states() == {"offered": 3, "culled": 1, "gone, asked": 6}
    assert "6 of 6 frames of M31" in eyes.doit("status")
    eyes.require_rest()
    eyes.doit("blink", eyes.only("M31").id, "--gone", "rejected")
    eyes.doit()
    assert eyes.states() == {"offered": 3, "culled": 1, "blinked away": 6}
    eyes.require_rest()


def test_a_vanished_set_comes_back_by_restore(eyes):
    shutil.rmtree(eyes.root / M31)
    eyes.doit()
    eyes.doit("restore", eyes.only("M31").id)
    eyes.doit()
    assert eyes.states() == {"offered": 9, "culled": 1}
    assert len(offered(eyes)) == 6
    eyes.require_rest()


@pytest.mark.parametrize("empty", [False, True], ids=["gone", "an empty mount point"])
def test_10_blink_away_as_a_whole_is_not_reachable_and_nothing_is_judged(eyes, empty):
    home, elsewhere = eyes.root / RIG / "10_Blink", eyes.root.parent / "unmounted"
    home.rename(elsewhere)
    if empty:
        home.mkdir()
    before = outside_caches(eyes.root)
    said = eyes.doit(code=1)
    assert "10_Blink" in said
    told = [f"_Reports{page}" for page in ("", "/index.html", "/problems.html", "/masters.html")]
    assert set(changes(before, outside_caches(eyes.root))) <= set(told)
    shutil.rmtree(eyes.root / ".nightbuild")
    eyes.doit(code=1)
    assert set(changes(before, outside_caches(eyes.root))) <= set(told)
    if empty:
        home.rmdir()
    elsewhere.rename(home)
    eyes.doit()
    assert eyes.states() == {"offered": 9, "culled": 1}
    eyes.require_rest()


def test_another_rig_goes_on_while_one_is_not_reachable(tmp_path):
    eyes = make_eyes(tmp_path / "library", RIG, OTHER_RIG)
    eyes.shoot(2.0, 2.1)
    eyes.shoot(2.0, 2.1, rig=OTHER_RIG)
    eyes.doit()
    (eyes.root / RIG / "10_Blink").rename(eyes.root.parent / "away")
    eyes.mark(f"{OTHER_RIG}/10_Blink/M31")
    eyes.doit(code=1)
    assert eyes.count(OTHER_RIG) == {"20_Data": 2}
    assert eyes.says(min(eyes.ledger.stored)) == []
    (eyes.root.parent / "away").rename(eyes.root / RIG / "10_Blink")
    eyes.doit()
    assert eyes.states() == {"offered": 2, "accepted": 2}
    eyes.require_rest()


def test_a_folder_in_the_middle_of_being_moved_is_no_verdict(eyes):
    eyes.settings("")
    text = (
        (eyes.root / "_Rigs/library.toml")
        .read_text(encoding="utf-8")
        .replace("settle_seconds = 0", "settle_seconds = 60")
    )
    (eyes.root / "_Rigs/library.toml").write_text(text, encoding="utf-8")
    gone = offered(eyes)[0]
    gone.unlink()
    eyes.doit()
    assert eyes.says(next(stored for stored in eyes.ledger.stored if stored.endswith(gone.name))) == []
    eyes.age_folders()
    assert "1 frame rejected by eye" in eyes.doit()


# -- a person's own files ----------------------------------------------------------------------------------------------


def test_notes_and_copies_of_programs_travel_with_the_set_untouched(eyes):
    first = offered(eyes)[0]
    notes = first.parent / "notes.txt"
    notes.write_text("thin cloud at 2", encoding="utf-8")
    edited = first.with_name(f"{first.stem}_a.xisf")
    edited.write_bytes(b"XISF0100 another image")
    (first.parent / "sub").mkdir()
    (first.parent / "sub/more.txt").write_text("more", encoding="utf-8")
    eyes.doit()
    assert eyes.count() == {"10_Blink": 9, "_Reject": 1}, "they are no frames"
    eyes.mark(first.parent)
    said = eyes.doit()
    assert "of your own went along" in said
    data = eyes.root / eyes.only("M31").data
    assert (data / "notes.txt").read_text(encoding="utf-8") == "thin cloud at 2"
    assert (data / edited.name).read_bytes() == b"XISF0100 another image"
    assert (data / "sub/more.txt").read_text(encoding="utf-8") == "more"
    assert notes.read_text(encoding="utf-8") == "thin cloud at 2"
    eyes.require_rest()
    (data / "notes.txt").unlink()
    eyes.doit()
    assert not (data / "notes.txt").exists(), "carried once"
    eyes.require_rest()


def test_a_file_in_the_way_is_named_and_left(eyes):
    first = offered(eyes)[0]
    data = eyes.root / eyes.only("M31").data
    data.mkdir(parents=True)
    (data / first.name).write_bytes(b"mine")
    eyes.mark(first.parent)
    eyes.doit()
    assert (data / first.name).read_bytes() == b"mine"
    assert first.exists()
    assert eyes.count()["20_Data"] == 6
    eyes.require_idle()
    (data / first.name).unlink()
    eyes.doit()
    assert eyes.states() == {"offered": 3, "accepted": 6, "culled": 1}
    eyes.require_rest()


def test_a_frame_replaced_by_another_file_is_left_and_said(eyes):
    first = offered(eyes)[0]
    first.unlink()
    first.write_bytes(b"edited in place")
    eyes.doit()
    assert first.read_bytes() == b"edited in place"
    assert "is another file now" in eyes.doit("status")
    eyes.require_whole()
    eyes.require_idle()


def test_a_stored_frame_that_changed_is_not_accepted(eyes):
    first = offered(eyes)[0]
    stored = next(eyes.root / stored for stored in eyes.ledger.stored if stored.endswith(first.name))
    seen = stored.stat()
    data = bytearray(stored.read_bytes())
    data[-100] ^= 1
    stored.chmod(0o644)
    stored.write_bytes(data)
    os.utime(stored, ns=(seen.st_mtime_ns, seen.st_mtime_ns))
    eyes.mark(M31)
    said = eyes.doit()
    assert "is not what was first recorded" in said
    assert eyes.count() == {"10_Blink": 4, "20_Data": 5, "_Reject": 1}
    eyes.require_idle()
    data[-100] ^= 1
    stored.write_bytes(data)
    os.utime(stored, ns=(seen.st_mtime_ns + 10**9, seen.st_mtime_ns + 10**9))
    eyes.doit()
    assert eyes.count()["20_Data"] == 6
    eyes.require_idle()


@pytest.mark.parametrize("harm", ["lost", "cut off"])
def test_a_stored_frame_that_is_lost_takes_no_name_from_its_set(eyes, harm):
    """Without caches its header is gone too; what was said of its set still holds for the others."""
    before = {now.frames.id: now.frames.data for now in eyes.sets()}
    stored = eyes.root / min(stored for stored in eyes.ledger.stored if "/M31/" in stored)
    twin = next(path for path in offered(eyes) if path.name == stored.name)
    data = stored.read_bytes()
    stored.unlink()
    if harm == "cut off":
        stored.write_bytes(data[:1000])
    shutil.rmtree(eyes.root / ".nightbuild")
    eyes.mark(M31)
    eyes.doit()
    assert {now.frames.id: now.frames.data for now in eyes.sets()} == before
    assert eyes.count() == {"10_Blink": 4, "20_Data": 5, "_Reject": 1}
    assert twin.exists(), "nothing is withdrawn whose frame is not there"
    eyes.require_idle()
    stored.unlink(missing_ok=True)
    stored.write_bytes(data)
    seen = eyes.ledger.stored[stored.relative_to(eyes.root).as_posix()]
    os.utime(stored, ns=(seen.mtime_ns, seen.mtime_ns))
    eyes.doit()
    assert eyes.count() == {"10_Blink": 3, "20_Data": 6, "_Reject": 1}


# -- verdict files -----------------------------------------------------------------------------------------------------


def put(folder: Path, verdict: tuple[str, bytes], name: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name or verdict[0])
    path.write_bytes(verdict[1])
    return path


@pytest.mark.parametrize("where", ["the set's folder", "_Verdicts", "downloads"])
def test_a_verdict_is_heard_wherever_the_browser_may_have_put_it(eyes, where):
    downloads = eyes.root.parent / "Downloads"
    one = eyes.only("M31")
    folder = {
        "the set's folder": eyes.root / one.blink,
        "_Verdicts": eyes.root / "_Verdicts",
        "downloads": downloads,
    }[where]
    if where == "downloads":
        eyes.settings(f"[blink]\ndownloads = '{downloads}'")
    put(downloads, ("verdict_of_somebody_else_12345678.json", b"{}"))
    put(downloads, ("invoice.pdf", b"%PDF"))
    path = put(folder, eyes.verdict_file(one, 1, 2))
    eyes.doit()
    assert eyes.states() == {"offered": 3, "accepted": 4, "culled": 1, "blinked away": 2}
    assert path.exists(), "left where it lies"
    eyes.require_rest()


def test_a_verdict_in_another_sets_folder_is_refused_and_does_nothing(eyes):
    put(eyes.root / eyes.only("M33").blink, eyes.verdict_file(eyes.only("M31"), 1))
    eyes.doit()
    assert eyes.states() == {"offered": 9, "culled": 1}
    assert "lies in another set's folder" in eyes.doit("status")
    eyes.require_idle()


def test_of_two_contradicting_verdicts_the_later_holds_and_it_is_said(eyes):
    one = eyes.only("M31")
    name, first = eyes.verdict_file(one, 1, 2)
    _, second = eyes.verdict_file(one, 2, 3, made="2026-01-15T11:00:00+00:00")
    put(eyes.root / "_Verdicts", (name, second))
    put(eyes.root / "_Verdicts", (name.replace(".json", " (1).json"), first))
    said = eyes.doit()
    states = {eyes_name(stored): state for stored, state in eyes.by_frame().items() if "/M31/" in stored}
    assert [states[name] for name in sorted(states)] == [
        "accepted",
        "accepted",
        "blinked away",
        "blinked away",
        "accepted",
        "accepted",
    ]
    assert "says otherwise" in said + eyes.doit("status")
    eyes.require_rest()


def eyes_name(stored: str) -> str:
    return stored.rpartition("/")[2]


def test_unknown_names_and_other_bytes_in_a_verdict_are_skipped_and_said(eyes):
    one = eyes.only("M31")
    name, data = eyes.verdict_file(one, 0)
    told = json.loads(data)
    told["frames"][1]["sha256"] = "0" * 64
    told["frames"].append({"stored": "../../etc/passwd", "verdict": "reject", "sha256": None})
    put(eyes.root / "_Verdicts", (name, json.dumps(told).encode()))
    eyes.doit()
    states = sorted(eyes.by_frame().items())
    m31 = [state for stored, state in states if "/M31/" in stored]
    assert m31 == ["blinked away", "late", "accepted", "accepted", "accepted", "accepted"]
    eyes.require_rest()


def test_a_verdict_of_a_set_that_is_gone_is_a_sentence(eyes):
    name, data = eyes.verdict_file(eyes.only("M31"), 0, set=f"{RIG}/M99/DATE_2026-01-14/FILTER_L_EXP_300.00")
    put(eyes.root / "_Verdicts", (name, data))
    put(eyes.root / "_Verdicts", ("verdict_x_12345678.json", b"{ not json"))
    put(eyes.root / "_Verdicts", ("verdict_y_12345678.json", b"[" * 100_000))
    eyes.doit()
    assert eyes.states() == {"offered": 9, "culled": 1}
    status = eyes.doit("status")
    assert "which is not there" in status
    assert "no JSON" in status
    eyes.require_idle()


def test_a_verdict_on_another_library_is_refused(eyes):
    put(eyes.root / "_Verdicts", eyes.verdict_file(eyes.only("M31"), 0, library="another"))
    eyes.doit()
    assert eyes.states() == {"offered": 9, "culled": 1}
    eyes.require_idle()


def test_a_verdict_heard_twice_says_nothing_new_and_what_the_person_did_since_holds(eyes):
    one = eyes.only("M31")
    path = put(eyes.root / "_Verdicts", eyes.verdict_file(one, 0))
    eyes.doit()
    back = next(path for path in eyes.frames("_Reject") if "/M31/" in path.as_posix())
    eyes.move(back, one.blink)
    eyes.doit()
    put(eyes.root / "_Verdicts", (path.name, path.read_bytes()), name=path.name.replace(".json", " (1).json"))
    eyes.doit()
    assert eyes.states() == {"offered": 3, "late": 1, "accepted": 5, "culled": 1}
    eyes.require_rest()


# -- markers that mean nothing -----------------------------------------------------------------------------------------


def test_a_marker_for_a_set_that_is_gone_speaks_for_nothing(eyes):
    eyes.mark(M31)
    eyes.doit()
    (eyes.root / M31 / "BLINKED").unlink(missing_ok=True)
    folder = eyes.root / eyes.only("M31").blink
    folder.mkdir(parents=True, exist_ok=True)
    eyes.mark(folder, text="M99, frame_0001.fits, ../../etc/passwd")
    eyes.doit()
    assert eyes.states() == {"offered": 3, "accepted": 6, "culled": 1}
    eyes.require_rest()


def test_a_marker_in_a_strange_place_is_no_harm(eyes):
    for folder in (RIG, f"{RIG}/10_Blink", f"{RIG}/20_Data", "_Reject"):
        if (eyes.root / folder).is_dir():
            eyes.mark(folder)
    (eyes.root / M31 / "DATE_2026-01-14/BLINKED").mkdir()
    eyes.doit()
    assert eyes.states() == {"offered": 9, "culled": 1}
    eyes.require_rest()


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_links_and_loops_in_a_persons_folders_are_no_harm(eyes):
    folder = eyes.root / eyes.only("M31").blink
    (folder / "loop").symlink_to("..", target_is_directory=True)
    (folder / "nowhere").symlink_to("/nowhere/at/all")
    (folder / "BLINKED").symlink_to("/etc/hostname")
    eyes.doit()
    assert eyes.states() == {"offered": 9, "culled": 1}
    (folder / "BLINKED").unlink()
    eyes.mark(folder)
    eyes.doit()
    assert eyes.states() == {"offered": 3, "accepted": 6, "culled": 1}
    eyes.require_whole()
    eyes.require_idle()


def test_at_rest_no_frame_is_opened(eyes, monkeypatch):
    opened = []
    original = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *more, **named: opened.append(path) or original(path, *more, **named)
    )
    assert eyes.doit().startswith("Nothing due")
    assert opened
    assert [path for path in opened if path.suffix == ".fits"] == []
