"""Masters: ours beside Siril, ccdproc.combine and numpy, in seconds and in memory of the whole process tree.

    python -m tests.bench.masters [--json] [--quick] [--only WORD]

Twenty darks of 6248×4176 and 150 of 1080×1920, uint16 with hot pixels and cosmic rays, in a temporary folder (1.7 GB) and
in the system's cache. Each contender reads the files and writes a float master: ours with all its workers' start-up,
Siril as a whole process, the others within Python, imports not counted. ccdproc and numpy do the large stack once only.
`200 frames` is for its memory: each of the twenty ten times.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

from pipeline.world.fits_image import open_image, write_image
from tests.bench import measuring

LARGE, SMALL = (20, 4176, 6248), (150, 1080, 1920)
QUICK = (12, 300, 400)
ROUNDS = 3
SIRIL_MISSING = "Siril is left out: siril-cli is not installed."
CCDPROC_MISSING = "ccdproc is left out: it is not installed."
WORDS = {"median": "med", "sigma": "rej s 3 3", "winsorised": "rej w 3 3"}
_SAMPLED_EVERY_S = 0.02


def shoot(folder: Path, count: int, height: int, width: int) -> None:
    """The same darks each time: one noise, shifted, so that making them is quick."""
    folder.mkdir()
    chance = np.random.default_rng(5)
    scene = chance.normal(500, 3, (height, width)).astype(np.float32)
    hot = chance.random((height, width), np.float32) < 1e-3
    scene[hot] += chance.exponential(4000, int(hot.sum())).astype(np.float32)
    noise = 9 * chance.standard_normal(height * width + 100_000, np.float32)
    for number in range(1, count + 1):
        start = int(chance.integers(100_000))
        frame = scene + noise[start : start + height * width].reshape(height, width)
        struck = chance.integers(0, height * width, height * width // 5000)
        frame.reshape(-1)[struck] += chance.exponential(3000, struck.size)
        pixels = np.clip(np.rint(frame), 0, 65535).astype(np.uint16)
        write_image(folder / f"d_{number:05d}.fit", pixels, [])


def by_us(paths: list[Path], method: str, scratch: Path) -> None:
    """Our stacker, with its workers."""
    from pipeline.model.calibration import MasterRecipe
    from pipeline.model.frames import Kind
    from pipeline.model.masters import StackRequest
    from pipeline.world.stackers.builtin import BuiltInStacker

    recipe = MasterRecipe(combine="median")
    if method != "median":
        recipe = MasterRecipe(reject=method, low_sigma=3.0, high_sigma=3.0)  # type: ignore[arg-type]
    request = StackRequest(frames=tuple(map(str, paths)), kind=Kind.DARK, recipe=recipe)
    BuiltInStacker().stack(request, scratch, lambda *_: None)


def by_siril(paths: list[Path], method: str, scratch: Path) -> None:
    """Siril on links to the frames, with a configuration of its own."""
    for path in paths:
        (scratch / path.name).symlink_to(path)
    (scratch / "private.config").touch()
    script = f"requires 0.99.4\nset32bits\nsetext fit\nstack d_ {WORDS[method]} -nonorm -out=made\n"
    (scratch / "stack.ssf").write_text(script)
    told = ["siril-cli", "-i", "private.config", "-d", ".", "-s", "stack.ssf"]
    environment = {**os.environ, "LC_ALL": "C", "HOME": str(scratch)}
    subprocess.run(told, cwd=scratch, env=environment, capture_output=True, check=False)
    if not (scratch / "made.fit").exists():
        raise SystemExit("Siril made no master")


def by_ccdproc(paths: list[Path], method: str, scratch: Path) -> None:
    """`ccdproc.combine`, in memory as large as it likes."""
    from ccdproc import combine  # type: ignore[import-untyped, unused-ignore]

    how: dict[str, Any] = {"method": "median"}
    if method == "sigma":
        how = {
            "method": "average",
            "sigma_clip": True,
            "sigma_clip_low_thresh": 3,
            "sigma_clip_high_thresh": 3,
            "sigma_clip_func": np.ma.median,
        }
    made = combine([str(path) for path in paths], unit="adu", mem_limit=2e9, dtype=np.float32, **how)
    made.write(scratch / "made.fits")


def by_numpy(paths: list[Path], _method: str, scratch: Path) -> None:
    """What a script does: all frames into one array, `numpy.median`."""
    made = np.median(np.array([open_image(path).pixels() for path in paths]), axis=0).astype(np.float32)
    write_image(scratch / "made.fits", made, [])


CONTENDERS: dict[str, Callable[[list[Path], str, Path], None]] = {
    "ours": by_us,
    "Siril": by_siril,
    "ccdproc": by_ccdproc,
    "numpy": by_numpy,
}
IMPORTED = {"ccdproc": "ccdproc", "ours": "pipeline.world.stackers.builtin"}


def time_contender(contender: str, method: str, folder: Path, times: int, rounds: int) -> tuple[float, float]:
    """Seconds, the quickest of some rounds, and the most memory the process tree held in any."""
    paths = sorted(folder.iterdir()) * times
    for path in paths:
        path.read_bytes()
    __import__(IMPORTED.get(contender, "numpy"))
    taken, held = [], 0.0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            memory = TreeMemory(with_self=contender != "Siril")
            begun = time.perf_counter()
            CONTENDERS[contender](paths, method, Path(scratch))
            taken.append(time.perf_counter() - begun)
            held = max(held, memory.peak_mb())
    return min(taken), held


class TreeMemory:
    """Looks at the memory of a process and all below it, again and again (Linux; elsewhere 0)."""

    def __init__(self, *, with_self: bool) -> None:
        self._with_self = with_self
        self._most = 0
        self._over = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def peak_mb(self) -> float:
        """The most it saw; ends the watch."""
        self._over.set()
        self._thread.join()
        return self._most / (1 << 20)

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLED_EVERY_S):
            own = resident(os.getpid()) if self._with_self else 0
            self._most = max(self._most, own + sum(map(resident, below(os.getpid()))))


def below(process: int) -> Iterator[int]:
    """All processes a process started, and what these started."""
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in _read(children).split():
            yield int(child)
            yield from below(int(child))


def resident(process: int) -> int:
    """Bytes a process holds in memory."""
    said = _read(Path(f"/proc/{process}/statm")).split()
    return int(said[1]) * os.sysconf("SC_PAGE_SIZE") if said else 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # gone meanwhile
        return ""


def races(large: str, small: str) -> Iterator[tuple[str, str, str, int, int]]:
    """Contender, method, stack, how many times over, rounds."""
    for stack in filter(None, (large, small)):
        for method in WORDS:
            yield "ours", method, stack, 1, ROUNDS
            if shutil.which("siril-cli"):
                yield "Siril", method, stack, 1, ROUNDS
            if method != "winsorised" and find_spec("ccdproc") and stack == large:
                yield "ccdproc", method, stack, 1, 1
            if method == "median" and stack == large:
                yield "numpy", method, stack, 1, 1
    yield "ours", "winsorised", large, 10, 1


def measure(
    home: Path, shapes: dict[str, tuple[int, int, int]], only: str, quick: bool
) -> Iterator[measuring.Score]:
    """Each contender alone; times are told against ours of the same method and stack."""
    ours: dict[tuple[str, str, int], float] = {}
    large, small = ([*shapes, ""])[:2]
    for contender, method, stack, times, rounds in races(large, small):
        if only not in f"{stack} {method} {contender}":
            continue
        words = ["--folder", str(home / stack), "--method", method, "--times", str(times)]
        found = measuring.run_alone(
            "tests.bench.masters", contender, *words, "--rounds", str(1 if quick else rounds)
        )
        if contender == "ours":
            ours[stack, method, times] = found["seconds"]
        mine = ours.get((stack, method, times), found["seconds"])
        count, height, width = shapes[stack]
        yield measuring.Score(
            contender=f"{count * times} × {width}×{height}, {method}: {contender}",
            seconds=round(found["seconds"], 3),
            peak_mb=round(found["tree_mb"], 1),
            ratio_to_ours=round(found["seconds"] / mine, 2),
            measured_on=f"{measuring.machine()}; MB of the whole process tree",
        )


def main() -> None:
    """Read the command line; measure, or be the one contender that is measured."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.masters", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a contender")
    parser.add_argument(
        "--quick", action="store_true", help="a small run that only shows that all of it works"
    )
    parser.add_argument(
        "--only", default="", help="only races whose name holds this (`large`, `sigma`, `ours` ...)"
    )
    parser.add_argument("--alone", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--method", default="median", help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        seconds, held = time_contender(asked.alone, asked.method, asked.folder, asked.times, asked.rounds)
        measuring.print_alone(seconds, tree_mb=held)
        return
    shapes = {"quick": QUICK} if asked.quick else {"large": LARGE, "small": SMALL}
    with tempfile.TemporaryDirectory() as home:
        for name, shape in shapes.items():
            if asked.only not in shapes or asked.only == name:
                shoot(Path(home) / name, *shape)
        scores = list(measure(Path(home), shapes, asked.only, asked.quick))
    missing = [] if shutil.which("siril-cli") else [SIRIL_MISSING]
    missing += [] if find_spec("ccdproc") else [CCDPROC_MISSING]
    measuring.show(scores, missing, as_json=asked.json)


if __name__ == "__main__":
    main()
