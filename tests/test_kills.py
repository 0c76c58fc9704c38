"""Kill storm: SIGKILL to the parent alone at random instants loses no frame, leaves no half file, redoes nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.world.files import is_part
from pipeline.world.lock import holder_of
from tests.amounts import seeds
from tests.libraries import (
    doit,
    environment,
    executed,
    fill_inbox,
    half_files,
    received_twice,
    sha256,
    stored_tree,
    sums,
    write,
)
from tests.libraries import frame_bytes as frame
from tests.stages.night_library import OTHER_RIG, RIG, new_library, outlives_its_caches
from tests.world.disks import small_disk

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="SIGKILL and /proc are POSIX; Windows has its own test of workers"
)
FRAMES = 300


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody killed."""

    inbox: Path
    tree: dict[str, tuple[str, int]]
    seconds: float
    """From the first line of the ledger to the end."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    inbox = tmp_path_factory.mktemp("raw")
    fill_inbox(inbox, FRAMES)
    library = library_with(inbox, tmp_path_factory.mktemp("undisturbed") / "library")
    run = begin(library)
    await_ledger(library, run)
    begun = time.monotonic()
    assert run.wait(120) == 0
    return Undisturbed(inbox, stored_tree(library), time.monotonic() - begun)


def library_with(inbox: Path, root: Path) -> Path:
    library = new_library(root, RIG, OTHER_RIG)
    shutil.copytree(inbox, library / "_Inbox", dirs_exist_ok=True)
    return library


def begin(library: Path, *words: str) -> subprocess.Popen[bytes]:
    """`doit`, whose lines go to a file that outlives it."""
    with (library.parent / "said").open("wb") as said:
        command = [sys.executable, "-u", "-m", "doit", *words]
        return subprocess.Popen(command, cwd=library, env=environment(), stdout=said, stderr=said)


def await_ledger(library: Path, run: subprocess.Popen[bytes]) -> None:
    """Until the first frame is about to be placed."""
    while run.poll() is None and not any((library / "_Ledger").glob("*/*.jsonl")):
        time.sleep(0.002)


def kill(library: Path, undisturbed: Undisturbed, seed: int, *words: str) -> list[str]:
    """Start a run and kill it at a random instant; the tasks it said were done."""
    chance = random.Random(seed)
    run = begin(library, *words)
    if chance.random() < 0.8:  # mostly in the middle of the work, at times while it begins
        await_ledger(library, run)
        time.sleep(chance.uniform(0, 1.1 * undisturbed.seconds))
    else:
        time.sleep(chance.uniform(0, 2 * undisturbed.seconds))
    run.send_signal(signal.SIGKILL)
    run.wait(30)
    said = (library.parent / "said").read_text(encoding="utf-8")
    print(
        f"seed {seed} {words}: killed behind {len(executed(said))} tasks, {len(stored_tree(library))} names"
    )
    return executed(said)


def require_whole(library: Path, undisturbed: Undisturbed) -> None:
    """Nothing is lost, doubled, half or left over."""
    assert survivors(library) == []
    now = sums(library)
    assert (now.received, now.stored, now.difference) == (FRAMES, FRAMES, 0)
    assert stored_tree(library) == undisturbed.tree
    assert received_twice(library) == []
    assert half_files(library) == []


def require_each_byte_once(library: Path, *, copies: int = 1) -> None:
    """By hash; names of one file are counted once."""
    inodes: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for path in [*(library / "_Inbox").rglob("*.fits"), *library.glob("*/00_Frames/**/*.fits")]:
        inodes[sha256(path)].add((path.stat().st_dev, path.stat().st_ino))
    assert len(inodes) == FRAMES
    assert {len(found) for found in inodes.values()} == {copies}


def survivors(library: Path) -> list[str]:
    """Processes that still stand in the library."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == library and (entry / "cmdline").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found


def storm(root: Path, undisturbed: Undisturbed, seed: int, *words: str) -> None:
    library = library_with(undisturbed.inbox, root / "library")
    done = kill(library, undisturbed, seed, *words)
    assert survivors(library) == []
    after = doit(library, *words)
    assert after.returncode == 0, after.stdout + after.stderr
    assert set(done).isdisjoint(executed(after.stdout))
    require_whole(library, undisturbed)
    require_each_byte_once(library)


@pytest.mark.parametrize(("seed", "words"), [(1, ()), (2, ()), (4, ("-n", "2"))])
def test_a_run_killed_at_any_instant_is_finished_by_the_next(tmp_path, undisturbed, seed, words):
    storm(tmp_path, undisturbed, seed, *words)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 5, *seeds(100, 12)])
def test_many_runs_killed_at_any_instant_are_finished_by_the_next(tmp_path, undisturbed, seed):
    storm(tmp_path, undisturbed, seed, *(("-n", "2") if seed % 2 else ()))


@pytest.mark.slow
def test_runs_killed_one_after_another_lose_nothing_either(tmp_path, undisturbed):
    library = library_with(undisturbed.inbox, tmp_path / "library")
    for seed in (11, 12, 13):
        kill(library, undisturbed, seed)
    assert doit(library).returncode == 0
    require_whole(library, undisturbed)
    require_each_byte_once(library)
    assert outlives_its_caches(library)


def test_a_disk_that_fills_up_is_later_and_a_kill_on_it_loses_nothing(tmp_path, undisturbed):
    with small_disk(tmp_path / "disk", size="8m") as disk:
        library = new_library(disk / "library", RIG, OTHER_RIG)
        use_inbox(library, undisturbed.inbox, state=tmp_path / "state")
        leave_free(disk, 360_000)  # room for a night by its bytes, but not by the disk's blocks
        full = doit(library)
        assert (full.returncode, full.stderr) == (1, "")
        assert "no space left" in full.stdout
        before = stored_tree(library)
        assert 0 < len(before) < FRAMES
        assert before.items() <= undisturbed.tree.items()
        assert sums(library).difference == 0
        kill(library, undisturbed, 21)
        assert before.items() <= stored_tree(library).items()
        (disk / "ballast").unlink()
        after = doit(library)
        assert after.returncode == 0, after.stdout + after.stderr
        require_whole(library, undisturbed)


def leave_free(disk: Path, free: int) -> None:
    (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - free))


def test_a_copying_run_that_is_killed_leaves_no_half_frame(tmp_path, undisturbed):
    with small_disk(tmp_path / "disk", size="64m") as disk:
        library = new_library(disk / "library", RIG, OTHER_RIG)
        use_inbox(library, undisturbed.inbox)
        kill(library, undisturbed, 31)
        require_no_half_frame(library, undisturbed)
        assert doit(library).returncode == 0
        require_whole(library, undisturbed)


def require_no_half_frame(library: Path, undisturbed: Undisturbed) -> None:
    """Under a final name there are whole frames alone; one may not have been made read-only yet."""
    for path, (digest, _) in stored_tree(library).items():
        assert is_part(Path(path).name) or undisturbed.tree[path][0] == digest


def use_inbox(library: Path, inbox: Path, *, state: Path | None = None) -> None:
    lines = ["settle_seconds = 0", "retire = 'manual'", f"inboxes = ['{inbox}']"]
    lines += [f"state_dir = '{state}'"] if state else []
    lines += ["[keep_free]", "percent = 0"]
    (library / "_Rigs/library.toml").write_text("\n".join(lines), encoding="utf-8")


def test_a_second_run_at_the_same_time_says_busy_and_loses_nothing(tmp_path, undisturbed):
    library = library_with(undisturbed.inbox, tmp_path / "library")
    (library / "_Rigs/library.toml").write_text("settle_seconds = 5\nretire = 'manual'\n", encoding="utf-8")
    late = write(library / "_Inbox/late.fits", frame(999, DATE__OBS="2026-01-14T23:59:59"))
    os.utime(late)  # still being written, for all a run can know: it waits
    first = begin(library)
    while first.poll() is None and holder_of(library) is None:
        time.sleep(0.01)
    second = doit(library, "-n", "2")
    assert second.returncode == 3
    assert "doit unlock" in second.stderr
    assert second.stdout == ""
    assert first.wait(60) == 0
    late.unlink()
    tree = {
        path: seen
        for path, seen in stored_tree(library).items()
        if seen[0] in {d for d, _ in undisturbed.tree.values()}
    }
    assert tree == undisturbed.tree
    assert len(stored_tree(library)) == FRAMES + 1
    assert received_twice(library) == []
