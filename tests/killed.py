"""`doit`, killed at a chosen step: `python -m tests.killed MODULE:NAME NTH before|after WORDS...`.

The function of that name is wrapped; its NTH call is never begun, or the last thing this process does. Or it is killed
after so many seconds: `python -m tests.killed after SECONDS - WORDS...`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from tests import forked
from tests.living_library import environment


def killed_at(library: Path, step: str, nth: int, moment: str, *words: str) -> int:
    """The exit code of a `doit` that was killed there: -9, unless it never came to that step."""
    told = {**environment(), "NIGHTBUILD_LIBRARY": str(library)}
    return forked.run("tests.killed", step, str(nth), moment, *words, folder=library, env=told).returncode


def killed_after(library: Path, seconds: float, *words: str) -> int:
    """The exit code of a `doit` that was killed then: -9, unless it was done sooner."""
    told = {**environment(), "NIGHTBUILD_LIBRARY": str(library)}
    return forked.run("tests.killed", "after", str(seconds), "-", *words, folder=library, env=told).returncode


def deadly(function: Callable[..., Any], nth: int, moment: str) -> Callable[..., Any]:
    calls = count(1)

    def call(*args: Any, **kwargs: Any) -> Any:
        mine = next(calls)  # threads may call side by side
        if mine == nth and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if mine == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return call


def main(step: str, nth: str, moment: str, *words: str) -> int:
    from doit.doit_cmd import DoitMain

    if step == "after":
        timer = threading.Timer(float(nth), os.kill, (os.getpid(), signal.SIGKILL))
        timer.daemon = True
        timer.start()
    else:
        forked.put_in_place(step, lambda was: deadly(was, int(nth), moment))
    sys.argv = ["doit", *words]
    return DoitMain().run(list(words))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
