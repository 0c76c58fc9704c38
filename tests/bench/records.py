"""Records of a library of years: catalogue, pages, summaries, notes, questions; SQLite on the same data beside it.

    python -m tests.bench.records [--json] [--quick] [--frames 80118] [--library FOLDER] [--without-questions]

80,118 frames of 19 rigs in 2,320 sets, each with the figures a measured frame has: all of it made anew, and brought up
to date by a night of 100 frames. Each contender is a process of its own: its peak memory is its own, the start of
Python is not counted (of questions it is), what it imports is. `--library` names a folder to make the library in, or
one that was made there before: then only the measuring is done again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tests.bench import measuring, questions, shapes
from tests.bench.record_peers import PEERS
from tests.bench.record_steps import NIGHT, PAGES, READING, STEPS, add_night, done_alone, make_library

QUICK_FRAMES = 1_000
ROUNDS = 3
_ALONE = {**STEPS, **PEERS}


def contenders(library: Path, measured_on: str) -> Iterator[measuring.Score]:
    """Each in a process of its own, one after the other: what one leaves, the next one finds."""
    for name in _ALONE:
        if name == NIGHT:
            add_night(library)
        said = measuring.run_alone("tests.bench.records", name, str(library))
        peak_mb, seconds, cpu = said.pop("peak_mb"), said.pop("seconds"), said.pop("cpu")
        seconds = said.pop("took", seconds)
        told = [f"{number:,.0f} {word}" for word, number in said.items()]
        yield measuring.Score(
            contender=name,
            seconds=round(seconds, 3),
            peak_mb=peak_mb,
            ratio_to_ours=1.0,
            measured_on=measured_on,
            note=", ".join((f"{cpu:.2f} s of CPU", *told)),
        )


def _measure(library: Path, frames: int, rounds: int) -> list[measuring.Score]:
    make_library(library, frames)
    measured_on = f"{frames:,} frames; {measuring.machine()}"
    scores = list(contenders(library, measured_on))
    ours = next(score.seconds for score in scores if score.contender == READING)
    scores = [replace(score, ratio_to_ours=round(score.seconds / ours, 3)) for score in scores]
    return [*scores, *questions.ask(library, rounds, measured_on)] if rounds else scores


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.records", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=shapes.FRAMES, help=f"how many ({shapes.FRAMES})")
    parser.add_argument("--library", type=Path, help="make the library here and leave it, or use it again")
    parser.add_argument("--without-questions", action="store_true", help="ask none of the library")
    parser.add_argument("--json", action="store_true", help="one JSON object a contender")
    parser.add_argument(
        "--quick", action="store_true", help="a small run that only shows that all of it works"
    )
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Make a library, measure, tidy up."""
    asked = _arguments()
    if asked.alone:
        said = done_alone(_ALONE[asked.alone[0]], Path(asked.alone[1]))
        print(json.dumps({"peak_mb": measuring.peak_mb(), **said}))
        return
    frames, rounds = (QUICK_FRAMES, 1) if asked.quick else (asked.frames, ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        library = asked.library or Path(folder, "library")
        scores = _measure(library.resolve(), frames, 0 if asked.without_questions else rounds)
    night_s = sum(score.seconds for score in scores if score.contender in {NIGHT, PAGES})
    measuring.show(
        scores,
        [
            f"A night of 100 frames in catalogue and pages: {night_s:.2f} s.",
            "The last column is against reading all of the catalogue; of questions, against our answer.",
        ],
        as_json=asked.json,
    )
    sys.stdout.flush()


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
