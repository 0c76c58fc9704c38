"""Another program at work for minutes: listened to line by line, and ended with all it started when time is up.

Neither Ctrl-C, a time limit nor a kill of ours leaves it behind: a warden (`world/warden.py`) holds it, and ends it
when we are gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO
from weakref import WeakSet

from pipeline.model.errors import PassingError

_WARDEN = Path(__file__).with_name("warden.py")
_MOST_ERRORS_BYTES = 64 * 1024
_LAST_WORDS_S = 2.0
"""How long its output is still listened to after its end: a child of its may hold the pipe for ever."""
_running: WeakSet[subprocess.Popen[bytes]] = WeakSet()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended; its exit status is told, and to be believed by nobody."""

    code: int
    errors: str
    """What it wrote to standard error, the beginning of it."""


def run_long(
    arguments: Sequence[str],
    *,
    folder: Path,
    timeout_s: float,
    hear: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run a program to its end, listening.

    Args:
        arguments: The program and what it is told.
        folder: Where it stands.
        timeout_s: After so long it is ended.
        hear: Told each line it writes to standard output, from another thread.
        environment: What is set for it besides what is set for us.

    Raises:
        PassingError: it took longer than `timeout_s`, and was ended.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WARDEN), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            creationflags=_FLAGS,
            start_new_session=True,  # Ctrl-C is meant for us
        )
        _running.add(process)
        ears = Thread(target=_listen, args=(process.stdout, hear), daemon=True)
        ears.start()
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            name, after = Path(arguments[0]).name, _span(timeout_s)
            raise PassingError(f"{name} did not end within {after} and was ended") from error
        finally:
            _end(process)
            ears.join(_LAST_WORDS_S)
        errors.seek(0)
        return Ended(code=code, errors=errors.read(_MOST_ERRORS_BYTES).decode(errors="replace"))


def end_long_programs() -> None:
    """Ends every program that is at work for us; what they did is lost, and nothing is left half-made."""
    for process in list(_running):
        if process.poll() is None:
            _end(process)


def _listen(stream: IO[bytes] | None, hear: Callable[[str], None]) -> None:
    if stream is None:
        return
    with stream, suppress(OSError, ValueError):
        for line in stream:
            hear(line.decode(errors="replace").rstrip("\r\n"))


def _span(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 120 else f"{seconds:g} s"


if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP

    def _end(process: subprocess.Popen[bytes]) -> None:
        """End what is left of it: where the warden is gone, all its program started went with it."""
        if process.poll() is None:
            tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(tree, capture_output=True, check=False, timeout=10)
            process.kill()
        _let_go(process)

else:
    _FLAGS = 0

    def _end(process: subprocess.Popen[bytes]) -> None:
        """End what is left of its group: a program may end before the children it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        _let_go(process)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
