"""What runs leave behind in the state folder: a log with one line an attempt, and how the running one stands.

    runs/2026-01-15T07-02-11Z-4711.jsonl   {"task": ..., "attempt": 1, "result": "done", "seconds": 1.2, ...}
    running.json                           {"pid": ..., "stage": "measured", "done": 12, "of": 214, ...}

A run that does nothing leaves nothing. Both are caches; `doit log` and `doit status` read them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

RUNS = "runs"
RUNNING = "running.json"
KEPT = 200
"""Logs kept; older ones go when a new one begins."""


class RunLog:
    """The log of one run; its file begins with the first line."""

    def __init__(self, state_folder: Path) -> None:
        self._folder = state_folder
        self._file: TextIO | None = None
        self._lock = Lock()

    def write(self, **line: Any) -> None:  # noqa: ANN401 - any JSON
        """Adds one line; a log that cannot be written never stops a night."""
        with self._lock, suppress(OSError, ValueError):
            self._file = self._file or self._begin()
            self._file.write(json.dumps(line, default=str) + "\n")
            self._file.flush()

    def show_running(self, state: Mapping[str, Any]) -> None:
        """Leaves word of how far the run is, whole or not at all."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / f".{RUNNING}.{os.getpid()}.part"
            part.write_text(json.dumps({"pid": os.getpid(), **state}, default=str), encoding="utf-8")
            part.replace(self._folder / RUNNING)

    def close(self) -> None:
        """Ends the log; the run is over."""
        with self._lock, suppress(OSError):
            if self._file is not None:
                self._file.close()
                self._file = None
            (self._folder / RUNNING).unlink(missing_ok=True)

    def _begin(self) -> TextIO:
        runs = self._folder / RUNS
        runs.mkdir(parents=True, exist_ok=True)
        for old in sorted(runs.glob("*.jsonl"))[: -KEPT + 1]:
            old.unlink(missing_ok=True)
        begun = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        return (runs / f"{begun}-{os.getpid()}.jsonl").open("a", encoding="utf-8")


def read_running(state_folder: Path) -> dict[str, Any] | None:
    """How the running run stands; None when none left word. Whether it still lives is the lock's to say."""
    try:
        state = json.loads((state_folder / RUNNING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def run_logs(state_folder: Path) -> list[Path]:
    """The logs, the latest first."""
    return sorted((state_folder / RUNS).glob("*.jsonl"), reverse=True)


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a log; a torn last one is left out."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for text in lines:
            with suppress(ValueError):
                line = json.loads(text)
                if isinstance(line, dict):
                    yield line
