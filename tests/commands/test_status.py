"""`doit status`: what waits, what is stuck, what is due, how the library stands; also while a run is at work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.engine.printing import text_lines
from tests.engine.toy_night import CHECKOUT
from tests.judged_library import JudgedLibrary, easy_library
from tests.looking import RIG, answered, asked, cut, doit, drop, listed, new_library

KEYS = [
    "library",
    "link_mode",
    "frames",
    "states",
    "due",
    "waiting",
    "quarantined",
    "balance",
    "running",
    "advice",
    "masters",
    "calibrated",
    "programs",
]
AT_WORK = """
import sys, time
from pathlib import Path
from pipeline.world.lock import Lock
from pipeline.world.runlog import RunLog
root = Path(sys.argv[1])
with Lock(root, command="doit run"):
    state = {"working": [{"task": "renamed:x", "stage": "renamed", "done": 30, "of": 120, "seconds": 10.0}]}
    RunLog(root / ".nightbuild").show_running(state)
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two frames stored, then: one twin, one cut off, one of a strange rig, one being written, one new."""
    root = easy_library(tmp_path_factory.mktemp("status") / "library")
    inbox = root / "_Inbox"
    drop(inbox, "a.fits", minute=1)
    drop(inbox, "b.fits", minute=2)
    drop(inbox, "copy of b.fits", minute=2)
    drop(inbox, "flat.fits", minute=3, IMAGETYP="FLAT")
    assert doit(root).returncode == 0
    cut(drop(inbox, "cut.fits", minute=4))
    drop(inbox, "M31/strange.fits", minute=5, TELESCOP="RC12", FOCRATIO=8.0)
    drop(inbox, "M31/stranger.fits", minute=6, TELESCOP="RC12", FOCRATIO=8.0)
    drop(inbox, "half.fits.part", minute=7)
    drop(inbox, "new.fits", minute=8)
    (inbox / "notes.txt").write_text("mine")
    return root


@pytest.fixture
def run_at_work(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    root = new_library(tmp_path / "library")
    process = subprocess.Popen(
        [sys.executable, "-c", AT_WORK, str(root)],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield root, process.pid
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_fixed_interface_has_exactly_its_keys(nights: Path) -> None:
    status = answered(nights, "status").data
    assert list(status) == KEYS
    assert status["library"] == str(nights)
    assert status["frames"] == {"LIGHT": 2, "FLAT": 1}
    told = {"offered": 3, "duplicate": 1, "quarantined": 1, "inbox": 1, "unsettled": 1, "unknown rig": 2}
    assert {key: status["states"][key] for key in told} == told
    assert (status["due"]["renamed"], status["due"]["recorded"], status["due"]["quarantined"]) == (1, 1, 1)
    assert status["balance"]["difference"] == 0
    assert status["balance"]["received"] == 9
    assert status["running"] is None


def test_what_waits_says_what_to_type(nights: Path) -> None:
    waiting = answered(nights, "status").data["waiting"]
    assert any("for your eyes: M31 L 300 s (2), flat L (1)" in one["what"] for one in waiting)
    assert all(set(one) == {"what", "where", "command"} for one in waiting)
    strange = next(one for one in waiting if "RC12" in one["what"])
    assert strange["what"].startswith("2 frames")
    assert f"nearest known rig is {RIG}" in strange["what"]
    assert "doit rig --alias" in strange["what"]
    assert strange["command"].startswith("doit rig --new")
    assert strange["where"] == "_Inbox/M31"
    assert any(one["where"] == "_Inbox/half.fits.part" for one in waiting)


def test_what_is_quarantined_has_its_sentence(nights: Path) -> None:
    [one] = answered(nights, "status").data["quarantined"]
    assert one["where"] == "_Inbox/cut.fits"
    assert "copy cut off?" in one["what"]


def test_people_read_what_waits_first_and_the_library_last(nights: Path) -> None:
    said = doit(nights, "status")
    assert said.returncode == 0
    assert list(asked(nights, "status")) == KEYS
    assert headings(said.stdout) == ["Last run", "Waits", "Masters", "Due", "Library", "More"]
    assert "3 frames of 1 night, 1 rig: 3 offered\n" in said.stdout
    assert "GB free" in said.stdout or "TB free" in said.stdout
    assert "doit status --all tells everything" in said.stdout


def test_the_whole_of_it_has_every_sum(nights: Path) -> None:
    said = "\n".join(answered(nights, "status", "--all").sentences)
    assert headings(said) == ["Waits", "Masters", "Due", "Library", "Balance", "States"]
    assert said.endswith("States       3 stored = 3 offered")
    assert "3 frames, 1 night, 1 rig: 2 LIGHT, 1 FLAT" in said
    assert "each file once" in said


def test_in_short_it_fits_a_terminal_and_says_nothing_twice(nights: Path) -> None:
    answer = answered(nights, "status")
    for width in (80, 120):
        lines = list(text_lines(answer, width))
        assert max(map(len, lines)) <= width
        assert len(lines) < 40
        assert len(set(lines)) == len(lines)
        whole = " ".join(" ".join(lines).split())
        assert whole == " ".join(" ".join(answer.sentences).split())  # no word is broken or lost


def test_one_rig_is_asked_for_by_its_short_name(nights: Path) -> None:
    said = answered(nights, "status", "--rig", "c8e").sentences
    assert any("wait for your eyes: M31 L 300 s (2), flat L (1)" in line for line in said)
    assert not any("half.fits.part" in line for line in said)
    assert answered(nights, "status", "--rig", "X9").sentences == (
        "Nothing waits or is stuck that concerns X9.",
    )


def headings(text: str) -> list[str]:
    return [line[:12].strip() for line in text.splitlines() if line[0] != " " and line[:7] != "Look at"]


def test_how_names_are_given_is_told_place_by_place(nights: Path) -> None:
    modes = answered(nights, "status").data["link_mode"]
    assert set(modes) == {"_Inbox", "views"}
    assert set(modes.values()) <= {"hardlink", "reflink", "copy"}


def test_looking_changes_nothing_outside_the_state_folder(nights: Path) -> None:
    def outside() -> dict[str, object]:
        return {path: seen for path, seen in listed(nights).items() if Path(path).parts[0] != ".nightbuild"}

    before = outside()
    answered(nights, "status")
    assert outside() == before


def test_while_a_run_holds_the_library_it_says_how_far_it_is(run_at_work: tuple[Path, int]) -> None:
    root, pid = run_at_work
    running = asked(root, "status")["running"]
    assert list(running) == ["stage", "done", "of", "rate", "seconds_left", "pid", "host", "since"]
    assert (running["stage"], running["done"], running["of"], running["pid"]) == ("renamed", 30, 120, pid)
    assert (running["rate"], running["seconds_left"]) == (3.0, 30.0)
    said = doit(root, "status").stdout
    assert said.startswith("Running      Stored: 30 of 120, 3 a second, about 30 s left\n")
    assert f"process {pid}" in said


def test_a_library_that_is_away_is_one_sentence_and_exit_3(tmp_path: Path) -> None:
    result = doit(tmp_path, "status", NIGHTBUILD_LIBRARY=str(tmp_path / "nas"))
    assert result.returncode == 3
    assert "is not reachable" in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "nas").exists()


def test_an_empty_library_is_told_what_to_type_next_in_one_line(tmp_path: Path) -> None:
    root = new_library(tmp_path / "library")
    [line] = answered(root, "status").sentences
    assert str(root / "_Inbox") in line
    assert "`doit plan`" in line
    assert answered(root, "status").data["frames"] == {}


def test_an_inbox_that_is_away_is_stuck_not_empty(tmp_path: Path) -> None:
    root = new_library(tmp_path / "library", f'inbox = ["{(tmp_path / "nas").as_posix()}"]\n')
    answer = answered(root, "status")
    assert answer.sentences[0].startswith("Stuck        The inbox ")
    assert "is not reachable" in answer.sentences[0]
    assert answer.data["link_mode"][(tmp_path / "nas").as_posix()] == "unknown"


def test_a_scheduler_that_is_away_waits_for_the_next_run(tmp_path: Path) -> None:
    settings = '[[scheduler.database]]\nname = "pc"\npath = "/nowhere/pc"\n'
    root = new_library(tmp_path / "library", settings)
    (told,) = answered(root, "status").data["waiting"]
    assert told == {
        "what": "Scheduler pc is not reachable: it was never read",
        "where": "/nowhere/pc",
        "command": "doit",
    }


def test_a_stored_frame_changed_before_it_was_hashed_is_stuck(tmp_path: Path) -> None:
    root = new_library(tmp_path / "library")
    arrived = drop(root / "_Inbox", "a.fits")
    doit(root, "renamed")
    arrived.unlink()  # else the same file lies in the inbox, written anew
    [stored] = (root / RIG).rglob("*.fits")
    stored.chmod(0o644)
    os.utime(stored, (1, 1))
    status = answered(root, "status").data
    assert any(one["command"] == "doit verify" for one in status["waiting"])
    assert "recorded" not in status["due"]


def test_what_a_run_could_not_do_is_stuck_until_it_is_done(tmp_path: Path) -> None:
    root = easy_library(tmp_path / "library")
    drop(root / "_Inbox", "a.fits")
    (root / RIG).write_text("in the way")
    assert doit(root).returncode == 1
    stuck = [one for one in answered(root, "status").data["waiting"] if one["where"].startswith("renamed:")]
    assert len(stuck) == 1
    (root / RIG).unlink()
    assert doit(root).returncode == 0
    waiting = answered(root, "status").data["waiting"]
    assert [one["command"].split()[:2] for one in waiting] == [["doit", "blink"]]


def test_sets_ask_wait_for_eyes_and_are_gone_from_the_list_once_accepted(tmp_path: Path) -> None:
    library = JudgedLibrary(tmp_path / "library")
    library.shoot(*range(1, 7))
    library.measure(2, 3, hfr=5.1)
    library.night()
    [asks] = answered(library.root, "status").data["waiting"]
    assert asks["what"].startswith("M31 L 300 s, C8E, 2026-01-14 would lose 2 of 6 (33 %): 2 HFR > 4.6 px")
    assert asks["command"].endswith(" --apply")
    status = answered(library.root, "status").data
    assert (status["states"], status["due"]["recorded"]) == ({"offered": 4, "held": 2}, 6)
    library.mark()
    assert answered(library.root, "status").data["due"]["blinked"] == 1
    library.night()
    status = answered(library.root, "status").data
    assert status["states"] == {"accepted": 6}
    assert status["waiting"] == []


def test_frames_that_vanished_together_are_asked_about(tmp_path: Path) -> None:
    library = JudgedLibrary(tmp_path / "library")
    library.shoot(*range(1, 4))
    library.night()
    for frame in library.blink().glob("*.fits"):
        frame.unlink()
    library.settle()
    asks = answered(library.root, "status").data["waiting"][0]
    assert "3 of 3 frames of M31 L 300 s, night of 2026-01-14 vanished" in asks["what"]
    assert asks["command"].endswith("--gone rejected")
    library.night()
    status = answered(library.root, "status").data
    assert status["states"] == {"gone, asked": 3}
    assert len(status["waiting"]) == 1


def test_an_emptied_stage_folder_is_stuck_and_nothing_in_it_is_judged(tmp_path: Path) -> None:
    library = JudgedLibrary(tmp_path / "library")
    library.shoot(*range(1, 4))
    library.night()
    (library.root / RIG / "10_Blink").rename(tmp_path / "unplugged")
    said = answered(library.root, "status")
    assert any("10_Blink is gone or empty, though 3 frames lay there" in line for line in said.sentences)
    assert said.data["states"] == {"offered": 3}
    assert "blinked" not in said.data["due"]


def test_a_verdict_file_that_cannot_be_followed_says_why(tmp_path: Path) -> None:
    library = JudgedLibrary(tmp_path / "library")
    library.shoot(1, 2)
    library.night()
    put = library.root / "_Verdicts" / "verdict_M31_12345678.json"
    put.parent.mkdir()
    put.write_text("{ torn")
    waiting = answered(library.root, "status").data["waiting"]
    assert any(put.name in one["what"] for one in waiting)
