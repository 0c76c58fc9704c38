"""The night watch over a real library and real inboxes; the run itself is the only thing that is played."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from pipeline.model.answers import CANNOT, OK
from pipeline.world import night_watch
from pipeline.world.inbox_watch import Hearing, keep, look_into, remember
from pipeline.world.library import open_library
from pipeline.world.lock import Lock
from pipeline.world.night_watch import NightWatch
from tests.living_library import LivingLibrary, make_library, put

QUICK = (
    "[watch]\nquiet_minutes = 0.001\nlongest_minutes = 0.01\nagain_minutes = {again}\npoll_seconds = 0.02\n"
)


class Enough(BaseException):
    """The test has seen what it came for."""


@dataclass
class Played:
    """A library, a watch over it, and the runs it asked for."""

    library: LivingLibrary
    codes: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)
    """How many files lay in the inbox at each run."""
    until: int = 1
    during: list = field(default_factory=list)
    """What happens while a run is at work, one for each."""

    def watch(self) -> NightWatch:
        return NightWatch(library=open_library(self.library.root), environment={}, say=self.said.append)

    def run(self, root, _environment, **_options) -> int:
        assert root == self.library.root
        self.runs.append(len(self.library.left()))
        if self.during:
            self.during.pop(0)()
        return self.codes.pop(0) if self.codes else OK

    def say(self, line: str) -> None:
        self.said.append(line)
        if len(self.runs) >= self.until and "done" in line:
            raise Enough

    def go(self, *, poll: bool = False) -> list[int]:
        watch = self.watch()
        watch.say = self.say
        with pytest.raises(Enough):
            watch.watch(poll=poll)
        return self.runs


@pytest.fixture
def played(tmp_path, monkeypatch):
    library = make_library(tmp_path / "library")
    library.settings(QUICK.format(again=0))
    found = Played(library)
    monkeypatch.setattr(night_watch, "run_night", found.run)
    monkeypatch.setattr(night_watch, "BUSY_S", 0.02)
    heard, patience = Hearing.wait, time.monotonic() + 30

    def wait(hearing, seconds):
        assert time.monotonic() < patience, found.said
        return heard(hearing, seconds)

    monkeypatch.setattr(Hearing, "wait", wait)
    return found


def add(played: Played, number: int) -> None:
    put(played.library.inbox / f"more/frame_{number}.fits", b"x" * number)


@pytest.mark.parametrize("poll", [False, True], ids=["told", "listed"])
def test_frames_that_come_while_a_run_is_at_work_are_taken_by_the_next(played, poll):
    played.library.shoot(1, 2)
    played.until, played.during = 2, [lambda: add(played, 1)]
    assert played.go(poll=poll) == [2, 3]
    assert played.said[0].endswith("_Inbox  listed every 0.02 s: as you asked") == poll
    assert "2 new files in _Inbox; nothing more is coming: the night is run." in played.said[1]
    assert any("1 new file in _Inbox" in line for line in played.said)


def test_what_a_run_has_seen_is_known_after_a_new_start(played):
    played.library.shoot(1)
    played.go()
    watch = played.watch()
    assert watch.once() == OK
    assert "Nothing new" in played.said[-1]
    assert len(played.runs) == 1
    shutil.rmtree(played.library.root / ".nightbuild")
    assert played.watch().once() == OK
    assert len(played.runs) == 2, "forgotten, it is run once more"


def test_once_leaves_what_is_still_coming_to_the_next_look(played):
    played.library.settings("[watch]\nagain_minutes = 0\n")
    keep(open_library(played.library.root), ())
    put(played.library.inbox / "a.fits", b"1", age_s=60)
    assert played.watch().once() == OK
    assert "1 new file, not settled yet" in played.said[-1]
    os.utime(played.library.inbox / "a.fits", (time.time() - 400, time.time() - 400))
    played.watch().once()
    assert played.runs == [1]


def test_a_clock_in_the_future_holds_nothing_up(played):
    put(played.library.inbox / "a.fits", b"1", age_s=-86_400)
    played.watch().once()
    assert played.runs == [1]


def test_again_though_nothing_came(played):
    played.library.settings(QUICK.format(again=0.001))
    played.until = 3
    assert played.go() == [0, 0, 0]
    assert "time to look again" in played.said[-2]


def test_a_night_that_fails_is_said_and_tried_again(played):
    played.library.shoot(1)
    played.codes, played.until = [CANNOT, -9], 3
    assert played.go() == [1, 1, 1]
    told = " ".join(played.said)
    assert "exit code 3" in told
    assert "signal 9" in told


def test_another_run_is_waited_for(played, monkeypatch):
    played.library.shoot(1)
    with ExitStack() as held:
        held.enter_context(Lock(played.library.root, command="doit calibrate"))
        assert played.watch().once() == OK
        assert "is at work: nothing is run" in played.said[-1]
        waits = iter(range(4))

        def wait_and_end(hearing, seconds):
            if "waits until it has ended" in played.said[-1] and next(waits, None) is None:
                held.close()
            time.sleep(0.01)
            return False

        monkeypatch.setattr(Hearing, "wait", wait_and_end)
        assert played.go() == [1]
    assert sum("waits until it has ended" in line for line in played.said) == 1, "said once"


def test_an_inbox_or_a_library_that_is_away_is_waited_for(played, monkeypatch):
    home, root = played.library.inbox, played.library.root
    away = root.parent / "away"
    played.library.shoot(1)
    home.rename(away)
    steps = [lambda: away.rename(home)]
    heard = Hearing.wait

    def step(hearing, seconds):
        if steps:
            steps.pop(0)()
        return heard(hearing, min(seconds, 0.02))

    monkeypatch.setattr(Hearing, "wait", step)
    monkeypatch.setattr("pipeline.world.inbox_watch.SELDOM_S", 0.02)
    assert played.go() == [1]
    assert "_Inbox  is not there: waits for it" in played.said[0]
    assert played.said[1].endswith(("the system tells of changes", "on this system"))

    add(played, 5)
    key = root / ".nightbuild-library"
    steps = [
        lambda: key.rename(root / "hidden"),
        *[lambda: time.sleep(0.02)] * 9,
        lambda: (root / "hidden").rename(key),
    ]
    played.until = 2
    played.go()
    assert any("is not reachable as a library" in line for line in played.said)


def test_settings_written_meanwhile_hold_from_the_next_run_on(played):
    played.library.shoot(1)
    played.until, other = 2, played.library.root.parent / "other"
    other.mkdir()

    def edit():
        played.library.settings(QUICK.format(again=0) + f"[[inbox]]\npath = '{other}'\n")
        put(other / "a.fits", b"1")

    played.during = [edit]
    played.go()
    assert any(f"1 new file in {other}" in line for line in played.said)


def test_settings_that_cannot_be_followed_are_said_and_those_of_before_hold(played):
    played.library.shoot(1)
    played.until = 2

    def edit():
        played.library.settings("[watch]\nquiet_minutes = -1\n")
        add(played, 3)

    played.during = [edit]
    assert played.go() == [1, 2]
    assert any("quiet_minutes" in line and "of before hold" in line for line in played.said)


def test_a_damaged_memory_is_no_memory(played):
    library = open_library(played.library.root)
    for damage in (b"", b"[]", b'{"seen": 1}', b"\xff\x00"):
        (library.state).mkdir(exist_ok=True)
        (library.state / "watch.json").write_bytes(damage)
        assert remember(library).ran == 0.0


@pytest.mark.slow
def test_forty_thousand_files_are_listed_in_less_than_a_second(played):
    for folder in range(40):
        place = played.library.inbox / f"night_{folder}"
        place.mkdir()
        for number in range(1000):
            (place / f"frame_{number:04}.fits").touch()
    look = look_into(open_library(played.library.root))
    assert len(look.taken) == 40_000
    assert look.took_s < 2.0, "the machine is shared: alone it takes half a second"
