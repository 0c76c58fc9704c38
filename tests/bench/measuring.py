"""What benchmarks share: each contender alone in its own process, the same words for what came out.

A contender is a name; its module runs again as `python -m MODULE --alone NAME ...` and prints one JSON object
with `seconds` (and whatever else it knows), so that peak memory is its own and no cache helps another.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """One contender's result: a line of the table, or one JSON object."""

    contender: str
    seconds: float
    peak_mb: float | None
    ratio_to_ours: float
    """How many times our seconds it took."""
    measured_on: str
    note: str = ""


def run_alone(module: str, contender: str, *arguments: str) -> dict[str, float]:
    """Run one contender in its own process; what it printed."""
    command = [sys.executable, "-m", module, "--alone", contender, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{contender} failed:\n{done.stderr}")
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def print_alone(seconds: float, **more: float) -> None:
    """What a contender prints at the end of its own process."""
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb(), **more}))


def peak_mb() -> float | None:
    """The most memory this process ever held; None where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(kib / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def machine() -> str:
    """What it was measured on, without names."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}"


def show(scores: Iterable[Score], sentences: Iterable[str] = (), *, as_json: bool) -> None:
    """Print a table and the sentences on it, or one JSON object a contender (then sentences go to stderr)."""
    scores = list(scores)
    if as_json:
        for score in scores:
            print(json.dumps(asdict(score)))
    else:
        width = max((len(score.contender) for score in scores), default=0)
        print(f"{'contender':{width}}  {'seconds':>9}  {'peak MB':>8}  {'× ours':>7}")
        for score in scores:
            peak = "-" if score.peak_mb is None else f"{score.peak_mb:.0f}"
            ratio = f"{score.ratio_to_ours:.1f}"
            numbers = f"{score.seconds:9.4f}  {peak:>8}  {ratio:>7}"
            print(f"{score.contender:{width}}  {numbers}  {score.note}".rstrip())
        print(f"on {scores[0].measured_on}" if scores else "nothing was measured")
    for sentence in sentences:
        print(sentence, file=sys.stderr if as_json else sys.stdout)
