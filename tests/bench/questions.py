"""Questions asked of the catalogue of a library of years, each a `doit show` of its own, imports counted.

    python -m tests.bench.questions [--json] [--quick] [--frames 80118] [--library FOLDER]

Beside each stands SQLite on the same data: `doit export --sqlite`, indexed, asked by Python's sqlite3 for the same rows,
number and sum, in a process of its own that reads in nothing else. `--library` names a library that has a catalogue
(as `tests.bench.records` makes one); otherwise one is made up.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tests.asked_library import CAMERA, make_asked_library
from tests.bench import measuring

FRAMES, RIGS, QUICK_FRAMES, ROUNDS = 80_118, 19, 2_000, 5
_DOIT = (sys.executable, "-m", "doit")
_ROWS = "SELECT * FROM frames {} ORDER BY night DESC, utc DESC LIMIT 100"
_SUM = "SELECT count(*), sum(exposure_s) FROM frames {}"
_HOURS = "SELECT {}, count(DISTINCT night), sum(frames), sum(accepted_s) FROM sets GROUP BY 1"
QUESTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("show frames", (_ROWS.format(""), _SUM.format(""))),
    ("show frames --target NGC7000", tuple(q.format("WHERE target = 'NGC 7000'") for q in (_ROWS, _SUM))),
    ("show frames --hfr ..2.0", tuple(q.format("WHERE hfr <= 2.0") for q in (_ROWS, _SUM))),
    ("show frames --state accepted --year 2025",
     tuple(q.format("WHERE state = 'accepted' AND night BETWEEN '2025-01-01' AND '2025-12-31'") for q in (_ROWS, _SUM))),
    ("show frames --sort=-hfr --limit 20", ("SELECT * FROM frames ORDER BY hfr DESC LIMIT 20", _SUM.format(""))),
    ("show sets --calibrated no", ("SELECT * FROM sets WHERE coalesce(calibrated, 0) = 0 ORDER BY night DESC LIMIT 100",)),
    ("show sessions", ("SELECT * FROM sessions ORDER BY night DESC LIMIT 100",)),
    ("show targets", ("SELECT * FROM target_hours",)),
    ("show stats", ("SELECT count(*), sum(frames), sum(accepted), sum(accepted_s), sum(bytes) FROM sets",)),
    ("show stats --by month", (_HOURS.format("substr(night, 1, 7)"),)),
    ("show stats --by object", (_HOURS.format("object"),)),
    ("show equipment", ("SELECT * FROM equipment",)),
)  # fmt: skip
_PEER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
for query in sys.argv[2:]:
    for row in database.execute(query):
        print(*row)
"""


def ask(library: Path, rounds: int, measured_on: str) -> Iterator[measuring.Score]:
    """Every question, SQLite's answer to it behind it; the ratio is to ours."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "catalogue.sqlite")
        yield _score(
            "doit export --sqlite", (*_DOIT, "export", "--sqlite", str(database)), library, 1, measured_on
        )
        for words, queries in QUESTIONS:
            ours = _score(f"doit {words}", (*_DOIT, *words.split()), library, rounds, measured_on)
            yield ours
            peer = (sys.executable, "-c", _PEER, str(database), *queries)
            theirs = _score("  SQLite, indexed", peer, library, rounds, measured_on)
            yield replace(theirs, ratio_to_ours=round(theirs.seconds / ours.seconds, 3))


def _score(name: str, command: Sequence[str], folder: Path, rounds: int, measured_on: str) -> measuring.Score:
    found = [_run(command, folder) for _ in range(rounds)]
    return measuring.Score(
        contender=name,
        seconds=round(statistics.median(seconds for seconds, _, _ in found), 4),
        peak_mb=max(peak for _, peak, _ in found) or None,
        ratio_to_ours=1.0,
        measured_on=measured_on,
        note=f"{statistics.median(cpu for _, _, cpu in found):.2f} s of CPU",
    )


def _run(command: Sequence[str], folder: Path) -> tuple[float, float, float]:
    """Seconds; where the system tells, the peak memory in MB and the seconds of the processor."""
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        peak_mb = cpu = 0.0
        if sys.platform != "win32":
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            peak_mb = round(usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
            cpu = usage.ru_utime + usage.ru_stime
        code = child.wait()
        seconds = time.perf_counter() - begun
        if code:
            said.seek(0)
            raise SystemExit(f"{' '.join(command[-6:])} failed:\n{said.read().decode(errors='replace')}")
    return seconds, peak_mb, cpu


def main() -> None:
    """Make a library unless one was named, ask, tidy up."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.questions", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=FRAMES, help=f"how many ({FRAMES})")
    parser.add_argument("--library", type=Path, help="a library that has a catalogue")
    parser.add_argument("--json", action="store_true", help="one JSON object a contender")
    parser.add_argument(
        "--quick", action="store_true", help="a small run that only shows that all of it works"
    )
    asked = parser.parse_args()
    frames, rounds = (QUICK_FRAMES, 1) if asked.quick else (asked.frames, ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        rigs = tuple(f"Optic {n}@f{4 + n % 7}.0+{CAMERA} {n % 9}" for n in range(RIGS))
        library = asked.library or make_asked_library(
            Path(folder, "library"), rigs=rigs, frames=frames, a_set=35
        )
        size = sum(path.stat().st_size for path in (library / "_Catalog").glob("*.json")) / 1e6
        scores = list(ask(library, rounds, measuring.machine()))
    measuring.show(scores, [f"The catalogue takes {size:.0f} MB."], as_json=asked.json)


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
