from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import orjson
import pytest

from pipeline.model.errors import Busy
from pipeline.world import holders, lock
from pipeline.world.holders import Holder
from pipeline.world.lock import Lock, break_lock, holder_of
from pipeline.world.processes import host_id, is_alive, started_of

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
from pipeline.world.lock import Lock
with Lock(Path(sys.argv[1]), command="doit -n 2", beat_s=0.05):
    print("held", flush=True)
    time.sleep(60)
"""


def hold(library: Path, code: str = HOLD) -> subprocess.Popen[bytes]:
    child = subprocess.Popen([sys.executable, "-c", code, str(library)], cwd=ROOT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline().strip() == b"held"
    return child


def end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.communicate()


def somebody(**changed: object) -> Holder:
    known: dict[str, object] = {
        "token": "t",
        "host": "nas",
        "machine": "nas:1",
        "pid": 1,
        "started": None,
        "since": "2026-01-14T21:03:00+00:00",
        "command": "doit",
    }
    return Holder(**{**known, **changed})  # type: ignore[arg-type]


def leave(library: Path, holder: Holder, *, age_s: float = 0.0) -> Path:
    folder = library / ".nightbuild"
    folder.mkdir(exist_ok=True)
    (folder / "holder").write_bytes(orjson.dumps(asdict(holder)).ljust(1023) + b"\n000000000000\n")
    stamp = time.time() - age_s
    os.utime(folder / "holder", (stamp, stamp))
    return folder


def no_system_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a share that knows no locks."""
    monkeypatch.setattr(lock, "try_own", lambda _: None)
    monkeypatch.setattr(lock, "disown", lambda _: None)


def left(library: Path) -> list[str]:
    return sorted(entry.name for entry in (library / ".nightbuild").iterdir())


def soon(happens: Callable[[], bool]) -> bool:
    until = time.monotonic() + 60
    while not happens():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_lock_is_given_back_also_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError), Lock(tmp_path) as got:
            assert got.notes == []
            found = holder_of(tmp_path)
            assert found is not None
            assert found.pid == os.getpid()
            raise RuntimeError
        assert holder_of(tmp_path) is None
        assert left(tmp_path) == ["lock"]


def test_second_lock_in_one_process_is_busy(tmp_path: Path) -> None:
    with Lock(tmp_path):
        with pytest.raises(Busy):
            Lock(tmp_path).__enter__()
        with pytest.raises(Busy):
            break_lock(tmp_path, force=True)
        assert holder_of(tmp_path) is not None


@pytest.mark.parametrize("with_locks", [True, False])
def test_second_run_is_told_who_since_when_and_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_locks: bool
) -> None:
    child = hold(tmp_path)
    try:
        if not with_locks:
            no_system_locks(monkeypatch)
        with pytest.raises(Busy) as busy, Lock(tmp_path):
            pass
        for said in ("`doit -n 2`", f"process {child.pid} on", "since 2", "doit status", "doit unlock"):
            assert said in str(busy.value)
        assert holder_of(tmp_path) is not None
        with pytest.raises(Busy):
            break_lock(tmp_path)
    finally:
        end(child)


@pytest.mark.parametrize("with_locks", [True, False])
def test_killed_run_blocks_nobody_on_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_locks: bool
) -> None:
    end(hold(tmp_path))
    assert holder_of(tmp_path) is None
    if not with_locks:
        no_system_locks(monkeypatch)
    with Lock(tmp_path) as got:
        assert "it is gone" in got.notes[0]
    assert left(tmp_path) == ["lock"]


@pytest.mark.skipif(os.name == "nt", reason="fork is POSIX only")
def test_orphan_of_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    forking = HOLD.replace(
        '    print("held"',
        '    import os\n    if os.fork() == 0: time.sleep(30); os._exit(0)\n    print("held"',
    )
    child = subprocess.Popen(
        [sys.executable, "-c", forking, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert child.stdout is not None
        child.stdout.readline()
        child.kill()
        child.wait()
        with Lock(tmp_path) as got:
            assert len(got.notes) == 1
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.stdout.close() if child.stdout else None


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM is POSIX only")
def test_of_many_runs_at_once_one_wins(tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from pipeline.model.errors import Busy
from pipeline.world import lock
if sys.argv[2] == "none":
    lock.try_own = lock.disown = lambda _: None
sys.stdin.readline()
try:
    with lock.Lock(Path(sys.argv[1])):
        print("won", flush=True)
        sys.stdin.readline()
except Busy:
    print("busy", flush=True)
    sys.stdin.readline()
"""
    for kind in ("os", "none"):
        leave(
            tmp_path, somebody(host="here", machine=host_id(), pid=2**22 + 1)
        )  # a dead one, for all to find
        command = [sys.executable, "-c", code, str(tmp_path), kind]
        pipe = subprocess.PIPE
        children = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) for _ in range(4)]
        for child in children:
            assert child.stdin is not None
            child.stdin.write(b"go\n")
            child.stdin.flush()
        said = [child.stdout.readline().strip() for child in children if child.stdout is not None]
        assert sorted(said) == [b"busy"] * 3 + [b"won"], kind
        for child in children:
            child.communicate(b"end\n")
        assert left(tmp_path) == ["lock"]


@pytest.mark.parametrize("with_locks", [True, False])
def test_other_hosts_run_is_respected_until_its_heart_has_been_still_for_ten_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_locks: bool
) -> None:
    if not with_locks:
        no_system_locks(monkeypatch)
    leave(tmp_path, somebody(), age_s=590)
    with pytest.raises(Busy, match=r"process 1 on nas.*heartbeat is 59\d s old"), Lock(tmp_path):
        pass
    leave(tmp_path, somebody(), age_s=610)
    with Lock(tmp_path) as got:
        assert "on nas" in got.notes[0]


def test_clock_of_the_disk_decides_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = leave(tmp_path, somebody(), age_s=5)
    monkeypatch.setattr(time, "time", lambda: 4e9)
    age_s = holders.beat_age_s(folder)
    assert age_s is not None
    assert 4 < age_s < 60
    assert left(tmp_path) == ["holder"]


def test_process_number_given_away_again_does_not_keep_the_lock(tmp_path: Path) -> None:
    leave(tmp_path, somebody(machine=host_id(), pid=os.getppid(), started="another boot:17"))
    if started_of(os.getppid()) is None:
        pytest.skip("start times cannot be known here")
    with Lock(tmp_path) as got:
        assert len(got.notes) == 1


def test_name_of_this_host_on_another_machine_is_another_host(tmp_path: Path) -> None:
    leave(tmp_path, somebody(machine=f"{host_id()}-twin", pid=2**22 + 1))
    with pytest.raises(Busy), Lock(tmp_path):
        pass


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b'{"pid": 1}\n', b"[]\n", b"\xff\n"])
def test_damaged_holder_is_no_holder_where_the_system_vouches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    folder = leave(tmp_path, somebody())
    (folder / "holder").write_bytes(data)
    with Lock(tmp_path) as got:
        assert "cannot be read" in got.notes[0]
    (folder / "holder").write_bytes(data)
    no_system_locks(monkeypatch)
    with pytest.raises(Busy), Lock(tmp_path):
        pass
    assert "removed" in break_lock(tmp_path, force=True)


def test_heart_beats_and_keeps_the_name(tmp_path: Path) -> None:
    with Lock(tmp_path, command="doit", beat_s=0.02):
        path = tmp_path / ".nightbuild" / "holder"
        assert soon(lambda: int(path.read_bytes().split(b"\n")[1]) > 3)
        found = holder_of(tmp_path)
        assert found is not None
        assert found.command == "doit"
    assert left(tmp_path) == ["lock"]


def test_unlock_frees_what_a_dead_run_left_and_says_so(tmp_path: Path) -> None:
    assert "not locked" in break_lock(tmp_path)
    leave(tmp_path, somebody(), age_s=700)
    assert "taken from `doit` (process 1 on nas" in break_lock(tmp_path)
    assert "not locked" in break_lock(tmp_path)
    leave(tmp_path, somebody())
    with pytest.raises(Busy, match="on nas"):
        break_lock(tmp_path)
    assert "The next `doit` can start" in break_lock(tmp_path, force=True)
    with Lock(tmp_path) as got:
        assert got.notes == []


@pytest.mark.skipif(os.name == "nt", reason="an open lock file cannot be taken away on Windows")
def test_run_whose_lock_was_taken_by_force_notices_and_stops(tmp_path: Path) -> None:
    code = (
        HOLD.replace("as _", "")
        .replace("beat_s=0.05):", "beat_s=0.05) as got:")
        .replace(
            "    time.sleep(60)",
            "    for _ in range(500):\n"
            "        time.sleep(0.02)\n"
            "        try: got.require_held()\n"
            "        except Exception as error: print(error, flush=True); break",
        )
    )
    child = hold(tmp_path, code)
    try:
        assert "taken from" in break_lock(tmp_path, force=True)
        with Lock(tmp_path) as mine:
            assert child.stdout is not None
            assert b"was taken away" in child.stdout.readline()
            child.wait(60)
            assert holder_of(tmp_path) is not None
            assert not mine.is_lost
    finally:
        end(child)


def test_zombie_is_dead(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        assert is_alive(os.getpid(), started_of(os.getpid()))
        assert not is_alive(os.getpid(), "another")
        assert soon(lambda: not is_alive(child.pid))
        assert not is_alive(0)
        assert not is_alive(-1)
    finally:
        child.wait()
