"""`doit` as a person types it, by doit itself but within this process: a tenth of the time of one of its own.

What a shell, a signal or a kill has a part in is tried in real processes, and so is every command once.
"""

from __future__ import annotations

import io
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch


def typed(library: Path, *words: str) -> CompletedProcess[str]:
    """What it said, and its exit code. The test's own process does not step back for others, nor wait between tries."""
    from doit.doit_cmd import DoitMain

    said, complained = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["doit", *words]),
        patch("pipeline.world.priority.step_back"),
        patch("pipeline.engine.tasks.sleep"),
        chdir(library),
        redirect_stdout(said),
        redirect_stderr(complained),
    ):
        code = DoitMain().run(list(words))
    return CompletedProcess(["doit", *words], code or 0, said.getvalue(), complained.getvalue())
