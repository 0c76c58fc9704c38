"""Whether NINA works on a scheduler database just now: then nothing is written, and the next run asks again.

Three signs: its process on this computer, SQLite's own journal beside the file, and an image or a line of NINA's log
that is younger than half an hour.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from pipeline.rules.spoken import lasting

RESTS_AFTER_S = 30 * 60.0
"""Between two images there may be an autofocus, a meridian flip, a cloud."""
_JOURNALS = ("-journal", "-wal")
_PROCESS = "nina.exe"
_LOG_ENDINGS = frozenset({".log", ".txt"})


def journal_beside(database: Path) -> str:
    """The name of SQLite's journal beside a database: somebody writes, or was interrupted; empty where none lies."""
    for ending in _JOURNALS:
        journal = database.with_name(database.name + ending)
        if os.path.lexists(journal):
            return journal.name
    return ""


def at_work(database: Path, logs: Path | None, newest_image_unix_s: float | None) -> str:
    """Why NINA seems to be at work on this database, as half a sentence; empty where it rests."""
    journal = journal_beside(database)
    if journal:
        return f"{journal} lies beside it: NINA writes, or was interrupted (start and end NINA once)"
    if _is_running_here():
        return "NINA is running on this computer"
    now_s = time.time()
    if newest_image_unix_s is not None and _is_fresh(now_s - newest_image_unix_s):
        return f"NINA took an image {_ago(now_s - newest_image_unix_s)}"
    written_s = _newest_log(logs) if logs is not None else None
    if written_s is not None and _is_fresh(now_s - written_s):
        return f"NINA wrote its log {_ago(now_s - written_s)}"
    return ""


def _is_fresh(age_s: float) -> bool:
    """Two computers' clocks differ; a date far in the future is no sign of life."""
    return -RESTS_AFTER_S < age_s < RESTS_AFTER_S


def _ago(age_s: float) -> str:
    return f"{lasting(age_s)} ago" if age_s > 0 else "just now"


def _newest_log(folder: Path) -> float | None:
    with suppress(OSError), os.scandir(folder) as found:
        written = [
            entry.stat().st_mtime
            for entry in found
            if Path(entry.name).suffix.lower() in _LOG_ENDINGS and entry.is_file()
        ]
        return max(written, default=None)
    return None


if sys.platform == "win32":
    import csv
    import subprocess

    def _is_running_here() -> bool:
        said = subprocess.run(
            ["tasklist", "/FI", f"IMAGENAME eq {_PROCESS}", "/FO", "CSV", "/NH"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        return any(row and row[0].lower() == _PROCESS for row in csv.reader(said.splitlines()))

else:

    def _is_running_here() -> bool:
        """NINA runs on Windows; under Wine its process bears the same name."""
        with suppress(OSError), os.scandir("/proc") as found:
            return any(_is_nina(entry.path) for entry in found if entry.name.isdecimal())
        return False


def _is_nina(folder: str) -> bool:
    with suppress(OSError):
        return Path(folder, "comm").read_text(encoding="utf-8", errors="replace").strip().lower() == _PROCESS
    return False
