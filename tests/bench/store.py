"""Taking frames into the store: by copy onto another file system, and by link on the same one.

    python -m tests.bench.store [--json] [--quick] [--frames 40] [--megabytes 25]

On another file system every byte is read, written, made durable and proven, so what it is compared with is `cp -r`,
then `sync -f`, then one pass of `sha256sum`. On the same one a thousand frames are given a second name; their bytes are
read later, by whoever needs them first. Start-up, imports and reading the headers for the plan are not counted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline.world.library import init_library
from tests.bench import measuring, shapes

OURS = "renamed, another file system"
SAME = "renamed, the same file system"
CP = "cp -r; sync -f; sha256sum"
LINKED_FRAMES = 1_000
ROUNDS = 3
_ONE_DISK = "Copying was not measured: no second file system (/dev/shm) was found, or it is too small."
_NO_CP = "cp, sync and sha256sum are left out: they are not installed (GNU coreutils)."


def make_inbox(inbox: Path, frames: int, size_bytes: int) -> None:
    """A night of frames whose pixels are noise, so that nothing on the way can compress them."""
    night = shapes.Set(
        rig=0,
        night=shapes.NEW_NIGHT,
        target="M 31",
        filter="L",
        exposure_s=30.0,
        count=frames,
        begins=datetime(2025, 6, 4, 21),
    )
    side = max(16, int((size_bytes / 2) ** 0.5))
    noise = os.urandom(min(size_bytes, 1 << 20))
    for frame in shapes.frames_of(night):
        path = inbox / frame.path
        path.parent.mkdir(parents=True, exist_ok=True)
        header = shapes.frame_bytes(frame)[:2880].decode()
        for axis in ("NAXIS1", "NAXIS2"):
            header = header.replace(f"{axis}  =                   16", f"{axis}  = {side:>20}")
        whole = -(-side * side * 2 // 2880) * 2880
        data = noise * (whole // len(noise) + 1)
        path.write_bytes(header.encode() + data[:whole])
        os.utime(path, (stamp := frame.utc.timestamp() if frame.utc else 0.0, stamp))


def make_library(root: Path, inbox: Path) -> None:
    """An empty library whose inbox lies elsewhere."""
    init_library(root)
    shapes.write_rigs(root / "_Rigs")
    settings = f"settle_seconds = 0\n[keep_free]\ngb = 0\n[[inbox]]\npath = '{inbox}'\n"
    (root / "_Rigs" / "library.toml").write_text(settings, encoding="utf-8")


def store(root: Path) -> float:
    """Seconds to store what lies in the inbox, and to have it hashed where it was copied."""
    from pipeline.engine.shift import resolve
    from pipeline.model.jobs import Work
    from pipeline.stages.night import plan_library

    jobs = [job for job in plan_library(root).jobs if job.stage == "renamed"]
    effects = [resolve(job.effect) for job in jobs]
    begun = time.perf_counter()
    for job, effect in zip(jobs, effects, strict=True):
        effect(Work(root), **job.arguments)
    seconds = time.perf_counter() - begun
    stored = sum(1 for _ in root.glob("*/00_Frames/**/*.fits"))
    came = sum(len(job.arguments["arrivals"]) for job in jobs)
    if stored != came or not came:
        raise SystemExit(f"{stored} of {came} frames were stored")
    return seconds


def copy(inbox: Path, target: Path) -> float:
    """Seconds for what a careful person types."""
    script = 'cp -r "$0" "$1" && sync -f "$1" && find "$1" -type f -exec sha256sum {} + > /dev/null'
    begun = time.perf_counter()
    subprocess.run(["sh", "-c", script, str(inbox), str(target)], check=True)
    return time.perf_counter() - begun


def rounds_of(name: str, inbox: Path, disk: Path, rounds: int) -> Iterator[tuple[str, float, float | None]]:
    """Ours and the other in turn, each into a fresh place: contender, seconds, peak in MB."""
    for number in range(rounds):
        root = disk / f"library{number}"
        make_library(root, inbox)
        found = measuring.run_alone("tests.bench.store", name, "--folder", str(root))
        yield name, found["seconds"], found["peak_mb"]
        shutil.rmtree(root)
        if name == OURS and _has_coreutils():
            yield CP, copy(inbox, disk / f"copied{number}"), None
            shutil.rmtree(disk / f"copied{number}")


def measure(name: str, inbox: Path, disk: Path, rounds: int, measured_on: str) -> list[measuring.Score]:
    """The median of each contender."""
    found: dict[str, list[tuple[float, float | None]]] = {}
    for contender, seconds, peak_mb in rounds_of(name, inbox, disk, rounds):
        found.setdefault(contender, []).append((seconds, peak_mb))
    scores = [
        measuring.Score(
            contender=contender,
            seconds=round(statistics.median(seconds for seconds, _ in runs), 4),
            peak_mb=runs[-1][1],
            ratio_to_ours=1.0,
            measured_on=measured_on,
            note=f"{min(s for s, _ in runs):.3f} to {max(s for s, _ in runs):.3f} s",
        )
        for contender, runs in found.items()
    ]
    return [replace(s, ratio_to_ours=round(s.seconds / scores[0].seconds, 3)) for s in scores]


def memory_disk(needed_bytes: int) -> Path | None:
    """A file system in memory, for the inbox: reading it costs what reading from a warm cache does."""
    place = Path("/dev/shm")
    try:
        if place.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
            return None
        return place if shutil.disk_usage(place).free > 2 * needed_bytes else None
    except OSError:
        return None


def _has_coreutils() -> bool:
    return all(shutil.which(tool) for tool in ("cp", "sync", "sha256sum", "find", "sh"))


def main() -> None:
    """Read the command line; measure, or be the one contender that is measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.store", description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=40, help="how many are copied (40)")
    parser.add_argument("--megabytes", type=float, default=25.0, help="how large each of them is (25)")
    parser.add_argument("--json", action="store_true", help="one JSON object a contender")
    parser.add_argument(
        "--quick", action="store_true", help="a small run that only shows that all of it works"
    )
    parser.add_argument("--alone", choices=(OURS, SAME), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        measuring.print_alone(store(asked.folder))
        return
    frames, size_bytes, linked, rounds = asked.frames, int(asked.megabytes * 1e6), LINKED_FRAMES, ROUNDS
    if asked.quick:
        frames, size_bytes, linked, rounds = 4, 1_000_000, 50, 1
    scores: list[measuring.Score] = []
    elsewhere = memory_disk(frames * size_bytes)
    with tempfile.TemporaryDirectory() as disk:
        if elsewhere is not None:
            with tempfile.TemporaryDirectory(dir=elsewhere) as memory:
                make_inbox(Path(memory, "inbox"), frames, size_bytes)
                what = f"{frames} frames of {size_bytes / 1e6:g} MB; {measuring.machine()}"
                scores += measure(OURS, Path(memory, "inbox"), Path(disk), rounds, what)
        make_inbox(Path(disk, "inbox"), linked, 64_000)
        what = f"{linked:,} frames of 64 kB; {measuring.machine()}"
        scores += measure(SAME, Path(disk, "inbox"), Path(disk), rounds, what)
    said = [*([] if elsewhere else [_ONE_DISK]), *([] if _has_coreutils() else [_NO_CP])]
    measuring.show(scores, said, as_json=asked.json)


if __name__ == "__main__":
    main()
