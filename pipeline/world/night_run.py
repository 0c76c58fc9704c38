"""One night, run as a person would type it: a `doit` of its own, whose lines are passed on as they come.

A process of its own, so that a night that fails, or grows, takes nothing with it; and so that it is ended the way a
person ends one: politely first, by the clock then.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from pipeline.model.answers import CANNOT

_PATIENCE_S = 40.0
"""How long a run may take to keep what it has finished, before it is told once more."""
_LAST_S = 10.0


def run_night(
    library: Path, environment: Mapping[str, str], *, now: bool = False, quiet: bool = False
) -> int:
    """Run `doit` in this library to its end; its exit code, negative where it was killed.

    Args:
        library: Its root.
        environment: What it is run with.
        now: Judge sets although their night is not over.
        quiet: Its lines go to standard error, where standard output is for a program.

    Raises:
        KeyboardInterrupt: Whoever waits was stopped, and the run with it.
    """
    words = [sys.executable, "-P", "-m", "doit", "run", *(["--now"] if now else [])]
    try:
        process = subprocess.Popen(
            words,
            cwd=library,
            env={**environment, "NIGHTBUILD_LIBRARY": str(library)},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno() if quiet else None,
            start_new_session=os.name != "nt",  # so that it is told to stop once, and by us
        )
    except OSError:
        return CANNOT  # the library's disk has just gone
    try:
        return process.wait()
    except BaseException:
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run: it keeps what it has finished."""
    try:
        if os.name != "nt":  # there the same Ctrl-C has reached it already
            process.send_signal(signal.SIGINT)
        process.wait(_PATIENCE_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.terminate()
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(_LAST_S)
        process.kill()
        process.wait()


@contextmanager
def polite_kills_interrupt() -> Iterator[None]:
    """A polite kill, a closed terminal: the same as Ctrl-C."""
    kinds = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {kind: signal.signal(kind, _interrupt) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
