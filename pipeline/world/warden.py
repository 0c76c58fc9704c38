"""Runs one program, and ends it with all it has started when whoever asked for it is gone.

    we ─a pipe held open─▶ warden ─▶ the program, and its children
    the pipe ends (we were killed, or let go) ─▶ the whole group is ended

A script of its own, without a line of ours: `python -I -S warden.py PROGRAM ARGUMENT...`. It starts in a blink, and
neither a kill of ours nor a process id given away again can deceive it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from threading import Thread

NOT_STARTED = 127


def main(arguments: list[str]) -> int:
    """Run the program to its end; its exit status."""
    try:
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL)
    except (OSError, ValueError) as error:
        print(f"could not be run: {getattr(error, 'strerror', None) or error}", flush=True)
        return NOT_STARTED
    Thread(target=_end_with_asker, args=(process,), daemon=True).start()
    return process.wait()


def _end_with_asker(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        while os.read(0, 64):
            pass
    _end_all(process)


if sys.platform == "win32":

    def _end_all(process: subprocess.Popen[bytes]) -> None:
        tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(tree, capture_output=True, check=False, timeout=10)
        process.kill()
        os._exit(1)

else:

    def _end_all(_process: subprocess.Popen[bytes]) -> None:
        os.killpg(0, signal.SIGKILL)  # the warden leads the group, and goes with it


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.exit(code if code >= 0 else 128 - code)
