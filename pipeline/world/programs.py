"""Another program, run with a list of arguments, a time limit and no shell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pipeline.model.errors import PassingError

_MOST_OUTPUT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended, and what it said."""

    code: int
    text: str

    @property
    def last_line(self) -> str:
        """The last thing it said, for a person; its exit status where it said nothing."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        return lines[-1][:300] if lines else f"exit status {self.code}"


def run_program(arguments: Sequence[str], timeout_s: float) -> Outcome:
    """Run a program to its end.

    Raises:
        PassingError: It is not there, may not be run, or took longer than `timeout_s` (and was ended).
    """
    # A file, not a pipe: a service that the program starts in the background keeps a pipe open for ever.
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                list(arguments),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                creationflags=_FLAGS,
                start_new_session=True,  # Ctrl-C is meant for us; and what it started ends with it
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise PassingError(f"`{arguments[0]}` could not be run: {reason}.") from error
        code = _wait(process, arguments[0], timeout_s)
        said.seek(0)
        return Outcome(code, said.read(_MOST_OUTPUT_BYTES).decode(errors="replace"))


def _wait(process: subprocess.Popen[bytes], name: str, timeout_s: float) -> int:
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired as error:
        raise PassingError(f"`{name}` did not end within {timeout_s:g} s and was stopped.") from error
    finally:
        if process.poll() is None:
            _end(process)


if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP

    def _end(process: subprocess.Popen[bytes]) -> None:
        tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(tree, capture_output=True, check=False, timeout=10)
        process.kill()
        process.wait()

else:
    _FLAGS = 0

    def _end(process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
