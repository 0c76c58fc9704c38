"""`doit`, stopped by Ctrl-C at a chosen step: `python -m tests.interrupted MODULE:NAME NTH WORDS...`.

The function of that name is wrapped; when its NTH call is done this process gets the signal a terminal sends, and the
work behind it pauses, as it would for a person who is slower than a computer.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import forked
from tests.living_library import environment

PAUSE_S = 0.3


def interrupted_at(library: Path, step: str, nth: int, *words: str) -> subprocess.CompletedProcess[str]:
    """What a `doit` said that was stopped there."""
    told = {**environment(), "NIGHTBUILD_LIBRARY": str(library)}
    return forked.run("tests.interrupted", step, str(nth), *words, folder=library, env=told)


def stopping(function: Callable[..., Any], nth: int) -> Callable[..., Any]:
    calls = 0

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        is_it = calls == nth
        result = function(*args, **kwargs)
        if is_it:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(PAUSE_S)
        return result

    return call


def main(step: str, nth: str, *words: str) -> int:
    from doit.doit_cmd import DoitMain

    forked.put_in_place(step, lambda was: stopping(was, int(nth)))
    sys.argv = ["doit", *words]
    return DoitMain().run(list(words))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
