"""What people and programs do in the folders that nobody thought of: nothing is lost, doubled or forgotten."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.eyes import LIMITS, Eyes, make_eyes
from tests.stages.night_library import RIG

M31 = f"{RIG}/10_Blink/M31"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


@pytest.fixture
def eyes(tmp_path):
    return make_eyes(tmp_path / "library")


def scribble(path: Path, *, grow: bool = False) -> None:
    """Written to in place, as a program does that adds a keyword: every name of the frame shows it."""
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(3000)
        file.write(b"edit")
        if grow:
            file.seek(0, 2)
            file.write(bytes(2880))


def set_clock_back(eyes: Eyes, hours: int = 12) -> None:
    """All that was written down bears a moment that is still to come."""

    def later(found: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(found[0][:-1]) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S.%f}Z"

    for folder in ("_Ledger", "_Decisions"):
        for path in (eyes.root / folder).rglob("*.jsonl"):
            path.write_text(_MOMENT.sub(later, path.read_text("utf-8")), "utf-8")


@pytest.mark.parametrize("grow", [False, True], ids=["the same size", "a card more"])
def test_a_frame_written_to_in_10_blink_is_not_stored_again_from_its_inbox_name(eyes, grow):
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    scribble(eyes.frames("10_Blink")[0], grow=grow)
    eyes.doit()
    assert eyes.count() == {"10_Blink": 3}
    eyes.require_whole()
    eyes.require_idle()
    assert "1 changed" in eyes.doit("verify", code=1)


def test_what_cannot_be_placed_is_stuck_and_not_due(eyes):
    eyes.shoot(2.0, 2.1)
    eyes.doit()
    one = eyes.only()
    mine = eyes.root / one.data / one.members[0].name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", "utf-8")
    eyes.mark(M31)
    eyes.doit()
    said = eyes.doit("status")
    assert "is another file" in said
    assert "Due" not in said
    assert mine.read_text("utf-8") == "mine"
    eyes.require_idle()


def test_a_frame_refused_at_acceptance_is_stuck_and_not_due(eyes):
    eyes.shoot(2.0, 2.1)
    eyes.doit()
    scribble(eyes.frames("10_Blink")[0])
    eyes.mark(M31)
    eyes.doit()
    said = eyes.doit("status")
    assert "is not what was first recorded, so it is not accepted; run `doit verify`" in said
    assert "Due" not in said


def test_a_flat_that_passed_and_turns_out_to_be_a_light_is_offered(eyes):
    flat, *_ = eyes.calibrate("FLAT")
    eyes.shoot(2.0, 2.1)
    eyes.doit()
    for folder in ("M31", "_FLAT"):
        eyes.mark(f"{RIG}/10_Blink/{folder}")
    eyes.doit()
    assert eyes.states() == {"accepted": 2, "passed": 3}
    eyes.doit("correct", str(flat), "kind=LIGHT", "target=M31")
    eyes.doit()
    assert eyes.states() == {"offered": 1, "accepted": 2, "passed": 2}
    eyes.require_rest()
    eyes.doit("correct", str(flat), "--undo")
    eyes.doit()
    assert eyes.count() == {"20_Data": 2}
    assert eyes.states() == {"accepted": 2, "passed": 3}


def test_a_light_that_passed_as_a_flat_by_mistake_is_offered_again(eyes):
    light, *_ = eyes.shoot(2.0, 2.1)
    eyes.doit()
    eyes.doit("correct", str(light), "kind=FLAT")
    eyes.doit()
    eyes.mark(M31)
    eyes.doit()
    assert eyes.states() == {"accepted": 1, "passed": 1}
    eyes.doit("correct", str(light), "--undo")
    eyes.doit()
    assert eyes.states() == {"late": 1, "accepted": 1}
    eyes.require_rest()


def test_a_clock_set_back_changes_no_meaning(eyes):
    eyes.shoot(2.0, 2.1, 2.2, 2.3)
    eyes.doit()
    set_clock_back(eyes)
    marker = eyes.mark(M31)
    eyes.doit()
    assert eyes.count() == {"20_Data": 4}
    set_clock_back(eyes)
    eyes.doit("reopen", eyes.only().id)
    marker.unlink()
    eyes.doit()
    assert eyes.count() == {"10_Blink": 4}
    set_clock_back(eyes)
    first = eyes.frames("10_Blink")[0]
    first.unlink()
    eyes.doit()
    assert eyes.count() == {"10_Blink": 3, "_Reject": 1}
    set_clock_back(eyes)
    eyes.doit("restore", str(first))
    eyes.doit()
    assert eyes.count() == {"10_Blink": 4}
    set_clock_back(eyes)
    eyes.doit("accept", eyes.only().id)
    eyes.doit()
    assert eyes.count() == {"20_Data": 4}
    eyes.require_rest()


def test_a_symbolic_link_that_was_moved_and_renamed_is_still_its_frame(eyes):
    eyes.limit('views = "symlink"\n' + LIMITS)
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    first = eyes.frames("10_Blink")[0] if eyes.frames("10_Blink") else None
    assert first is not None and first.is_symlink()
    (eyes.root / M31 / "accept").mkdir()
    first.rename(eyes.root / M31 / "accept/the best.fits")
    eyes.doit()
    assert eyes.states() == {"late": 2, "accepted": 1}


@pytest.mark.parametrize("target", ["10_Blink", "20_Data", "accept", "_Reject", "30_Master"])
def test_a_target_called_like_one_of_our_folders_comes_to_rest(eyes, target):
    eyes.shoot(2.0, 2.1, target=target)
    eyes.doit()
    one = eyes.only()
    assert eyes.states() == {"offered": 2}
    eyes.mark(one.blink)
    eyes.doit()
    assert eyes.states() == {"accepted": 2}
    assert eyes.count() == {"20_Data": 2}
    eyes.require_rest()


def test_a_frame_put_aside_restored_by_hand_and_put_aside_again_lies_in_reject(eyes):
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    folder = eyes.only().blink
    for _ in range(2):
        eyes.move(eyes.frames("10_Blink")[0], f"{folder}/bad")
        eyes.doit()
        assert eyes.count() == {"10_Blink": 2, "_Reject": 1}
        assert eyes.states() == {"offered": 2, "blinked away": 1}
        eyes.require_idle()
        eyes.move(eyes.frames("_Reject")[0], folder)
        eyes.doit()
        assert eyes.count() == {"10_Blink": 3}
        eyes.require_idle()
    eyes.move(eyes.frames("10_Blink")[0], f"_Reject/{folder}")
    eyes.doit()
    eyes.require_rest()


def test_what_came_back_by_hand_and_was_moved_on_can_be_reopened(eyes):
    eyes.shoot(2.0, 5.1, 2.2, 2.3)
    eyes.doit()
    one = eyes.only()
    eyes.move(eyes.frames("_Reject")[0], one.blink)
    eyes.doit()
    eyes.doit("accept", one.id)
    eyes.doit()
    assert eyes.count() == {"20_Data": 4}
    for path in eyes.frames("20_Data"):
        eyes.move(path, f"{RIG}/30_Master/M31")
    eyes.doit()
    eyes.doit("reopen", one.id)
    eyes.doit()
    assert eyes.count() == {"10_Blink": 4, "30_Master": 4}
    assert eyes.states() == {"offered": 4}
    eyes.require_idle()


def test_two_places_that_were_moved_together_go_together(eyes):
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    one = eyes.only()
    eyes.doit("blink", one.id)
    eyes.doit()
    first = eyes.frames("20_Data")[0]
    eyes.move(first, f"_Reject/{one.blink}")
    eyes.doit()
    eyes.move(eyes.frames("_Reject")[0], f"{M31}/back")
    eyes.doit()
    eyes.require_whole()
    eyes.require_idle()


def test_a_light_taken_to_reject_and_back_to_20_data_is_accepted_again(eyes):
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    one = eyes.only()
    eyes.doit("blink", one.id)
    eyes.doit()
    rejected = eyes.move(eyes.frames("20_Data")[0], f"_Reject/{one.blink}")
    eyes.doit()
    assert eyes.states() == {"accepted": 2, "blinked away": 1}
    eyes.move(rejected, f"{one.data}/again")
    eyes.doit()
    assert eyes.states() == {"accepted": 3}
    assert eyes.count() == {"20_Data": 3}
    eyes.require_rest()


def test_a_marker_removed_after_acceptance_means_nothing_when_its_set_is_reopened(eyes):
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    marker = eyes.mark(M31)
    eyes.doit()
    marker.unlink()
    eyes.doit()
    eyes.doit("reopen", eyes.only().id)
    eyes.doit()
    assert eyes.states() == {"offered": 3}
    eyes.require_rest()


def test_a_set_no_eyes_are_asked_for_says_what_it_is_short_of(eyes):
    eyes.limit(LIMITS + "[blink]\nlight = false\n[accept]\nmin_frames = 10\n")
    eyes.shoot(2.0, 2.1)
    eyes.doit()
    assert "waits to be accepted: 2 of the 10 frames its rig asks for" in eyes.doit("status")
    eyes.doit("accept", eyes.only().id)
    eyes.doit()
    assert eyes.states() == {"accepted": 2}
    eyes.require_rest()
