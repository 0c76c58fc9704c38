"""A night in which nothing is due, in a library of years of accepted frames: how long until `doit` has said so.

    python -m tests.bench.noop [--json] [--quick] [--frames 80118]

Beside it: the run after `.nightbuild` was deleted, a night of 100 new frames, `doit list`, `doit status`, `doit plan`,
and GNU make and ninja finding nothing to do in as many sets of one input and one target. Each is a process of its own,
start-up and imports counted; the median of some rounds. With strace installed, the metadata calls of a no-op are
counted too: those in the library, none of Python's.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tests.bench import measuring, shapes

OURS = "doit, nothing due"
NEW_FRAMES = 100
ROUNDS = 5
QUICK_FRAMES = 2_000
_MISSING = "{} is left out: it is not installed (apt install {})."
_NO_STRACE = "Metadata calls were not counted: strace is not installed (apt install strace)."
_TRACED = "trace=%file,fstat,getdents64"
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"|\d+<([^>]*)>')
_DOIT = (sys.executable, "-m", "doit")


def run(command: Sequence[str], folder: Path) -> tuple[float, float | None, str]:
    """Run a command: seconds, its peak memory in MB where the system tells, what it printed."""
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=folder, stdout=said, stderr=subprocess.STDOUT, env=_environment()
        )
        peak_mb = None
        if hasattr(os, "wait4"):
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            peak_mb = round(usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
        seconds = time.perf_counter() - begun + 0 * child.wait()
        said.seek(0)
        text = said.read().decode(errors="replace")
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{text}")
    return seconds, peak_mb, text


def _environment() -> dict[str, str]:
    """As a person's, with compiled modules kept: the first start is not what is measured."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "NIGHTBUILD_LIBRARY", "NIGHTBUILD_RIGS")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "NIGHTBUILD_DIARY": "tasks"}


def measure(
    name: str, command: Sequence[str], folder: Path, rounds: int, measured_on: str
) -> measuring.Score:
    """The median of some rounds, and the most memory any of them held."""
    found = [run(command, folder) for _ in range(rounds)]
    floor_mb = measuring.peak_mb() or 0.0  # a child begins as a copy of us: less than that cannot be seen
    peaks = [peak_mb for _, peak_mb, _ in found if peak_mb is not None and peak_mb > floor_mb + 1]
    return measuring.Score(
        contender=name,
        seconds=round(statistics.median(seconds for seconds, _, _ in found), 4),
        peak_mb=max(peaks, default=None),
        ratio_to_ours=1.0,
        measured_on=measured_on,
        note=_note(found[-1][2]),
    )


def _note(said: str) -> str:
    """The last line, and how many tasks were executed."""
    lines = said.splitlines()
    done = sum(line.startswith(". ") for line in lines)
    last = lines[-1][:60] if lines and lines[-1].startswith(("Nothing due", "Done in")) else ""
    return f"{done:,} tasks executed; {last}" if done else last


def contenders(root: Path, sets: int, rounds: int, measured_on: str) -> Iterator[measuring.Score]:
    """Ours first, so that the others can be compared with it."""
    library = root / "library"
    first = measure("doit, no .nightbuild", _DOIT, library, 1, measured_on)
    yield measure(OURS, _DOIT, library, rounds, measured_on)
    yield measure("doit list", (*_DOIT, "list"), library, rounds, measured_on)
    yield measure("doit status", (*_DOIT, "status"), library, rounds, measured_on)
    yield measure("doit plan", (*_DOIT, "plan"), library, rounds, measured_on)
    yield from peers(root / "peers", sets, rounds, measured_on)
    yield first
    shapes.add_new_night(library, NEW_FRAMES)
    name = f"doit, a new night of {NEW_FRAMES} frames"
    yield measure(name, _DOIT, library, 1, measured_on)
    yield measure("doit, nothing due after that", _DOIT, library, rounds, measured_on)


def peers(folder: Path, sets: int, rounds: int, measured_on: str) -> Iterator[measuring.Score]:
    """GNU make and ninja, with one input and one target a set."""
    folder.mkdir()
    for number in range(sets):
        (folder / f"in{number}").touch()
    makefile = "".join(f"out{n}: in{n}\n\ttouch out{n}\n" for n in range(sets))
    targets = " ".join(f"out{number}" for number in range(sets))
    (folder / "Makefile").write_text(f"all: {targets}\n{makefile}", encoding="utf-8")
    builds = "".join(f"build out{n}: touch in{n}\n" for n in range(sets))
    (folder / "build.ninja").write_text(f"rule touch\n  command = touch $out\n{builds}", encoding="utf-8")
    for name, command in (("ninja", ("ninja",)), ("GNU make -r -R", ("make", "-r", "-R", "-s"))):
        if shutil.which(command[0]):
            run(command, folder)
            yield measure(f"{name}, nothing due", command, folder, rounds, measured_on)


def metadata_calls(library: Path) -> int | None:
    """How many calls of a no-op look at names in the library; None without strace."""
    if not shutil.which("strace"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        try:
            run(("strace", "-f", "-y", "-e", _TRACED, "-o", str(log), *_DOIT), library)
        except SystemExit:
            return None  # a container may forbid it
        home = str(library.resolve())
        return sum(_is_inside(line, home) for line in log.read_text(errors="replace").splitlines())


def _is_inside(line: str, home: str) -> bool:
    """True where the last path a call names is the library's, in full or relative to it."""
    named = [text or descriptor for text, descriptor in _PATH.findall(line)]
    return bool(named) and (named[-1].startswith(home) or not named[-1].startswith(("/", "socket:", "pipe:")))


def main() -> None:
    """Make a library, measure, tidy up."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.noop", description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=shapes.FRAMES, help=f"how many ({shapes.FRAMES})")
    parser.add_argument(
        "--inbox", choices=("empty", "full"), default="empty", help="whether names were retired"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a contender")
    parser.add_argument(
        "--quick", action="store_true", help="a small run that only shows that all of it works"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    frames, rounds = (QUICK_FRAMES, 1) if asked.quick else (asked.frames, asked.rounds)
    with tempfile.TemporaryDirectory() as folder:
        made = (str(Path(folder, "library")), "--frames", str(frames), "--inbox", asked.inbox)
        run((sys.executable, "-m", "tests.bench.shapes", *made), Path.cwd())  # its memory is not ours
        sets = len(shapes.draw_sets(frames))
        shape = f"{frames:,} accepted frames in {sets:,} sets, inbox {asked.inbox}; {measuring.machine()}"
        scores = list(contenders(Path(folder), sets, rounds, shape))
        calls = metadata_calls(Path(folder, "library"))
    ours = next(score.seconds for score in scores if score.contender == OURS)
    scores = [replace(score, ratio_to_ours=round(score.seconds / ours, 3)) for score in scores]
    said = [
        _MISSING.format(*pair)
        for pair in (("GNU make", "make"), ("ninja", "ninja-build"))
        if not _has(pair[0])
    ]
    said.append(
        _NO_STRACE
        if calls is None
        else f"A no-op makes {calls:,} metadata calls in the library: "
        f"{calls / sets:.2f} a set, {calls / frames:.3f} a frame."
    )
    measuring.show(scores, said, as_json=asked.json)


def _has(name: str) -> bool:
    return shutil.which("make" if name == "GNU make" else name) is not None


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
