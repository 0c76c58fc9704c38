"""Frames to a real S3 server and back, beside `aws s3 cp` and `rclone copy` at equal concurrency.

    python -m tests.bench.backup [--json] [--quick] [--only WORD] [--rounds N]

Forty frames of 26 megapixels (2 GB: quiet sky, stars, noise) go to a Ceph gateway on the loopback and come back.
Contenders: ours (packed, each frame held against its recorded SHA-256 on its way out and on its way back), aws (every
object as it is), rclone (likewise). Each runs alone, in turns, and the quickest of some rounds counts. Told are MB of
frames a second, the bytes the gateway took or gave, and the memory of the whole process tree. The loopback costs
nothing, so what is measured is the computer: over a real line fewer bytes are less time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.world.fits_image import write_image
from tests.bench import measuring
from tests.bench.backup_contenders import CONTENDERS, INSTALL
from tests.bench.masters import TreeMemory

FRAMES, QUICK = (40, 4176, 6248), (6, 1044, 1562)
ROUNDS = 3
_MB = 1_000_000


def shoot(root: Path, count: int, height: int, width: int) -> list[Path]:
    """Lights of one night: a sky, stars that drift, and one noise, shifted, so that making them is quick."""
    folder = root / "frames"
    folder.mkdir(parents=True)
    chance = np.random.default_rng(7)
    sky = (
        700
        + np.linspace(0, 60, width, dtype=np.float32)
        + np.linspace(0, 30, height, dtype=np.float32)[:, None]
    )
    noise = 18 * chance.standard_normal(height * width + 100_000, np.float32)
    for number in range(count):
        start = int(chance.integers(100_000))
        frame = sky + noise[start : start + height * width].reshape(height, width)
        _strew(frame, chance, height * width // 10_000)
        pixels = np.clip(np.rint(frame), 0, 65535).astype(np.uint16)
        write_image(folder / f"light_{number:04d}.fits", pixels, [])
    return sorted(folder.iterdir())


def _strew(frame: Any, chance: np.random.Generator, count: int) -> None:
    """Stars, each a little round hill."""
    y, x = np.mgrid[-5:6, -5:6]
    hill = np.exp(-(x * x + y * y) / 8.0).astype(np.float32)
    height, width = frame.shape
    for top, left in zip(
        chance.integers(0, height - 11, count), chance.integers(0, width - 11, count), strict=True
    ):
        frame[top : top + 11, left : left + 11] += hill * chance.exponential(3000)


def time_leg(contender: str, leg: str, root: Path, url: str, bucket: str) -> None:
    """One way of one contender, timed in a process of its own; prints what came of it."""
    for path in (root / "frames").iterdir():
        path.read_bytes()
    memory, begun, before = TreeMemory(with_self=contender == "ours"), time.perf_counter(), _cpu_s()
    CONTENDERS[contender][leg == "back"](root, url, bucket)
    seconds = time.perf_counter() - begun
    measuring.print_alone(seconds, tree_mb=memory.peak_mb(), cpu_s=_cpu_s() - before)


def _cpu_s() -> float:
    """Of this process and those it waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


class Gateway:
    """The server, what it counts, and how it is emptied."""

    def __init__(self, home: Path) -> None:
        from tests.s3_server import S3Server, _Ceph, _free_port

        home.mkdir()
        self._ceph = _Ceph(home=home, port=_free_port())
        self._ceph.start()
        self.server = S3Server(url=f"http://127.0.0.1:{self._ceph.port}")

    def carried(self) -> tuple[int, int]:
        """Bytes of objects it took and gave so far."""
        asked = ("ceph", "--admin-daemon", self._ceph.home / "run/client.gateway.asok", "perf", "dump")
        told = json.loads(self._ceph._says(*asked) or "{}").get("rgw", {})
        return int(told.get("put_b", 0)), int(told.get("get_b", 0))

    def empty(self, bucket: str) -> None:
        """Take a bucket away with all in it, at once: the store is memory."""
        self._ceph._run("radosgw-admin", "bucket", "rm", "--bucket", bucket, "--purge-objects", "--bypass-gc")

    def stop(self) -> None:
        """End it."""
        self._ceph.stop()


def measure(root: Path, gateway: Gateway, contenders: list[str], rounds: int) -> Iterator[measuring.Score]:
    """Each contender there and back, in turns; the quickest round of each way counts."""
    best: dict[tuple[str, str], dict[str, float]] = {}
    for _ in range(rounds):
        for contender in contenders:
            bucket = gateway.server.new_bucket()
            for leg in ("there", "back"):
                found = _leg(root, gateway, contender, leg, bucket)
                kept = best.setdefault((contender, leg), found)
                most = max(kept["tree_mb"], found["tree_mb"])
                best[contender, leg] = {**min(kept, found, key=lambda one: one["seconds"]), "tree_mb": most}
            gateway.empty(bucket)
            for name in ("back", "_Backup", ".nightbuild"):
                shutil.rmtree(root / name, ignore_errors=True)
    size = sum(path.stat().st_size for path in (root / "frames").iterdir())
    for leg in ("there", "back"):
        ours = best.get(("ours", leg), {"seconds": 0.0})["seconds"]
        for contender in contenders:
            found = best[contender, leg]
            yield measuring.Score(
                contender=f"{leg}: {contender}",
                seconds=round(found["seconds"], 3),
                peak_mb=round(found["tree_mb"], 1),
                ratio_to_ours=round(found["seconds"] / ours, 2) if ours else 0.0,
                measured_on=f"{measuring.machine()}; MB of the whole process tree",
                note=f"{size / _MB / found['seconds']:.0f} MB/s of frames, {found['wire'] / _MB:.0f} of "
                f"{size / _MB:.0f} MB over the wire, {found['cpu_s']:.1f} s of CPU",
            )


def _leg(root: Path, gateway: Gateway, contender: str, leg: str, bucket: str) -> dict[str, float]:
    before = gateway.carried()
    words = ["--leg", leg, "--folder", str(root), "--url", gateway.server.url, "--bucket", bucket]
    found = measuring.run_alone("tests.bench.backup", contender, *words)
    which = int(leg == "back")
    found["wire"] = gateway.carried()[which] - before[which]
    if leg == "back":
        came = [path for path in (root / "back").rglob("*") if path.is_file()]
        sent = sorted((root / "frames").iterdir())
        if [path.read_bytes() for path in sorted(came)[:2]] != [path.read_bytes() for path in sent[:2]]:
            raise SystemExit(f"{contender}: what came back is not what was sent")
    return found


def make_library(root: Path, shape: tuple[int, int, int]) -> None:
    """Frames, and what a ledger would say of them."""
    from pipeline.world.files import sha256_of
    from pipeline.world.library import init_library

    init_library(root)
    told = {
        path.relative_to(root).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns, sha256_of(path))
        for path in shoot(root, *shape)
    }
    (root / "recorded.json").write_text(json.dumps(told))


def why_not() -> str:
    """Why nothing can be measured here; empty: it can."""
    if not find_spec("pytest"):
        return "Nothing was measured: the server is one of the tests' (pip install '.[test]')."
    from tests.s3_server import INSTALL as INSTALL_SERVER
    from tests.s3_server import PROGRAMS

    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"Nothing was measured: no S3 server here ({INSTALL_SERVER})." if lacking else ""


def main() -> None:
    """Read the command line; measure, or be the one contender that is measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.backup", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a contender and way")
    parser.add_argument(
        "--quick", action="store_true", help="a small run that only shows that all of it works"
    )
    parser.add_argument("--only", default="", help="only contenders whose name holds this")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds, of which the quickest counts")
    parser.add_argument("--alone", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--leg", choices=("there", "back"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--bucket", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        time_leg(asked.alone, asked.leg, asked.folder, asked.url, asked.bucket)
        return
    if why := why_not():
        measuring.show([], [why], as_json=asked.json)
        return
    missing = [name for name in INSTALL if shutil.which(name) is None]
    contenders = [name for name in CONTENDERS if asked.only in name and name not in missing]
    sentences = [f"{name} is left out: it is not installed ({INSTALL[name]})." for name in missing]
    with tempfile.TemporaryDirectory() as folder:
        make_library(Path(folder) / "library", QUICK if asked.quick else FRAMES)
        gateway = Gateway(Path(folder) / "ceph")
        try:
            os.environ.update(gateway.server.environment)
            rounds = 1 if asked.quick else asked.rounds
            scores = list(measure(Path(folder) / "library", gateway, contenders, rounds))
        finally:
            gateway.stop()
    measuring.show(scores, sentences, as_json=asked.json)


if __name__ == "__main__":
    main()
