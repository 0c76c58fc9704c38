"""Offering and accepting, killed at a chosen step: `python -m tests.stages.killed_views LIBRARY MODULE:NAME NTH before|after`."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

from tests.killed import deadly
from tests.living_library import environment
from tests.stages.view_library import Views


def settle_until(library: Path, step: str, nth: int, moment: str) -> int:
    """The exit code of a settling that was killed there: -9, unless it never came to that step."""
    command = [sys.executable, "-m", "tests.stages.killed_views", str(library), step, str(nth), moment]
    return subprocess.run(command, env=environment(), capture_output=True, check=False).returncode


def main(library: str, step: str, nth: str, moment: str) -> int:
    module, _, name = step.partition(":")
    home = import_module(module)
    setattr(home, name, deadly(getattr(home, name), int(nth), moment))
    Views(Path(library)).settle()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
