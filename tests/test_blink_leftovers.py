"""What killed runs leave lying about in the folders of settled nights, where no run would look by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from pipeline.model.errors import PassingError
from pipeline.world.processes import host_mark
from tests.eyes import make_eyes
from tests.killed import killed_at
from tests.stages.night_library import RIG

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
KILLED = -signal.SIGKILL
M31 = f"{RIG}/10_Blink/M31"


def dead_pid():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


@pytest.fixture
def eyes(tmp_path):
    return make_eyes(tmp_path / "library")


def kill_at_the_last_withdrawal(eyes, number):
    """The ledger has every frame accepted, and one name is still there; the next run is killed before it looks."""
    assert killed_at(eyes.root, "pipeline.world.removal:retry", number, "before") == KILLED
    eyes.age_folders()
    assert killed_at(eyes.root, "pipeline.world.placing:left_over", 1, "before") == KILLED


def test_the_last_name_of_a_set_written_off_by_a_killed_run_goes_although_the_night_is_sealed(eyes):
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    eyes.mark(M31)
    kill_at_the_last_withdrawal(eyes, 3)
    assert eyes.count() == {"10_Blink": 1, "20_Data": 3}
    eyes.doit()
    assert eyes.count() == {"20_Data": 3}
    eyes.require_rest()


def test_of_flats_that_passed_too(eyes):
    eyes.calibrate("FLAT", 3)
    eyes.doit()
    eyes.mark(f"{RIG}/10_Blink/_FLAT")
    kill_at_the_last_withdrawal(eyes, 3)
    assert eyes.count() == {"10_Blink": 1}
    eyes.doit()
    assert eyes.count() == {}
    eyes.require_rest()


def test_what_a_person_put_under_such_a_name_stays_and_nothing_is_due(eyes):
    eyes.shoot(2.0, 2.1)
    eyes.doit()
    (name, *_) = (path.relative_to(eyes.root) for path in reversed(eyes.frames("10_Blink")))
    eyes.mark(M31)
    eyes.doit()
    (eyes.root / name).parent.mkdir(parents=True, exist_ok=True)
    (eyes.root / name).write_text("a note of my own")
    eyes.doit()
    eyes.require_idle()
    assert (eyes.root / name).read_text() == "a note of my own"


def test_what_a_killed_run_left_half_written_goes_wherever_it_lies(eyes):
    eyes.shoot(2.0, 5.1)
    eyes.doit()
    eyes.shoot(2.1, target="M33")
    assert killed_at(eyes.root, "pipeline.world.placing:left_over", 1, "before") == KILLED
    folders = [path.parent for place in ("_Reject", "10_Blink") for path in eyes.frames(place)]
    folders += [eyes.root / name for name in ("_Reports", "_Decisions", ".nightbuild/manifests")]
    own, pid = eyes.root / RIG / "40_Process/M31", dead_pid()
    for folder in (*folders, own):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f".x.fits.{pid}-{host_mark()}0a1b2c3d.part").write_text("half")
    eyes.doit()
    assert [path.parent for path in eyes.root.rglob("*.part")] == [own]


def test_a_marker_put_where_all_is_accepted_is_not_written_down_when_caches_go(eyes):
    eyes.shoot(2.0, 2.1)
    eyes.doit()
    eyes.mark(M31)
    eyes.doit()
    eyes.age_folders()
    eyes.doit()
    eyes.mark(M31, "blinked.txt")
    eyes.require_rest()
    eyes.shoot(2.2)
    eyes.doit()
    assert eyes.states() == {"accepted": 2, "late": 1}
    eyes.doit()
    assert eyes.states() == {"accepted": 2, "late": 1}


@pytest.mark.parametrize(
    ("inside", "becomes"),
    [
        ("M31/accept", {"20_Data": 1}),
        ("M31/DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00/bad", {"_Reject": 1}),
    ],
)
def test_what_was_placed_and_not_written_down_may_be_moved_before_the_next_run(eyes, inside, becomes):
    eyes.shoot(2.0, 2.1, 2.2)
    assert killed_at(eyes.root, "pipeline.world.placing:sync_folder", 1, "before") == KILLED
    assert eyes.ledger.links == {}
    eyes.move(eyes.frames("10_Blink")[1], f"{RIG}/10_Blink/{inside}")
    eyes.doit()
    assert eyes.count() == {"10_Blink": 2, **becomes}
    eyes.require_rest()


def test_a_name_of_ones_own_elsewhere_is_not_taken_for_one_of_ours(eyes):
    eyes.shoot(2.0, 2.1)
    assert killed_at(eyes.root, "pipeline.world.placing:left_over", 1, "before") == KILLED
    own = eyes.root / RIG / "40_Process/M31/x.fits"
    own.parent.mkdir(parents=True)
    os.link(next((eyes.root / RIG / "00_Frames").rglob("*.fits")), own)
    eyes.doit()
    assert own.exists()
    assert eyes.count() == {"10_Blink": 2}


def test_what_was_put_aside_and_not_written_down_may_be_brought_back_before_the_next_run(eyes):
    """It lies in `bad/` still, and in `_Reject` already; moved back to where it was offered, it is restored."""
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    offered = eyes.frames("10_Blink")[1]
    eyes.move(offered, offered.parent / "bad")
    assert killed_at(eyes.root, "pipeline.world.placing:sync_folder", 1, "before") == KILLED
    assert eyes.count() == {"10_Blink": 3, "_Reject": 1}
    eyes.move(eyes.frames("_Reject")[0], offered.parent)
    eyes.doit()
    assert offered in eyes.frames("10_Blink")
    assert eyes.count() == {"10_Blink": 3}
    eyes.require_rest()


def test_what_a_full_disk_kept_from_being_written_down_may_be_brought_back_too(eyes, monkeypatch):
    """No kill: the run ends by itself, and says so; what it placed is noted all the same."""
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    offered = eyes.frames("10_Blink")[1]
    eyes.move(offered, offered.parent / "bad")
    with monkeypatch.context() as full:
        full.setattr("pipeline.world.placing.ledger", SimpleNamespace(write=_full))
        eyes.doit(code=1)
    assert eyes.count() == {"10_Blink": 3, "_Reject": 1}
    eyes.move(eyes.frames("_Reject")[0], offered.parent)
    eyes.doit()
    assert offered in eyes.frames("10_Blink")
    assert eyes.count() == {"10_Blink": 3}
    eyes.require_rest()


def _full(*_):
    raise PassingError("no space left on the ledger's disk")


def test_what_was_put_aside_a_second_time_and_not_written_down_too(eyes):
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    offered = eyes.frames("10_Blink")[1]
    for number in range(2):
        eyes.move(offered, offered.parent / "bad")
        if not number:
            eyes.doit()
            eyes.move(eyes.frames("_Reject")[0], offered.parent)
            eyes.doit()
    assert killed_at(eyes.root, "pipeline.world.placing:sync_folder", 1, "before") == KILLED
    eyes.move(eyes.frames("_Reject")[0], offered.parent)
    eyes.doit()
    assert offered in eyes.frames("10_Blink")
    assert eyes.count() == {"10_Blink": 3}
    eyes.require_rest()


@pytest.mark.parametrize(
    ("inside", "becomes"), [("accept", {"20_Data": 3}), ("bad", {"20_Data": 2, "_Reject": 1})]
)
def test_a_name_that_was_written_off_and_not_yet_taken_may_be_moved_before_the_next_run(
    eyes, inside, becomes
):
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    eyes.mark(M31)
    assert killed_at(eyes.root, "pipeline.world.removal:retry", 3, "before") == KILLED
    (last,) = eyes.frames("10_Blink")
    eyes.move(last, last.parent / inside)
    eyes.doit()
    assert eyes.count() == becomes
    eyes.require_rest()


def test_also_behind_a_second_kill(eyes):
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    eyes.mark(M31)
    kill_at_the_last_withdrawal(eyes, 3)
    (last,) = eyes.frames("10_Blink")
    eyes.move(last, last.parent / "bad")
    eyes.doit()
    assert eyes.count() == {"20_Data": 2, "_Reject": 1}
    eyes.require_rest()


def test_what_is_brought_back_is_not_taken_for_the_name_that_was_left(eyes):
    eyes.shoot(2.0, 2.1, 2.2)
    eyes.doit()
    offered = eyes.frames("10_Blink")[1]
    eyes.move(offered, f"{M31}/accept")
    assert killed_at(eyes.root, "pipeline.world.removal:retry", 1, "before") == KILLED
    eyes.move(eyes.frames("20_Data")[0], offered.parent)
    assert eyes.count() == {"10_Blink": 4}
    eyes.doit()
    assert offered in eyes.frames("10_Blink")
    assert eyes.count() == {"10_Blink": 3}
    eyes.require_rest()
