"""Offering and accepting, killed at a chosen step: `python -m tests.stages.killed_views LIBRARY MODULE:NAME NTH before|after`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests import forked
from tests.killed import deadly
from tests.living_library import environment
from tests.stages.view_library import Views


def settle_until(library: Path, step: str, nth: int, moment: str) -> int:
    """The exit code of a settling that was killed there: -9, unless it never came to that step."""
    words = (str(library), step, str(nth), moment)
    return forked.run("tests.stages.killed_views", *words, env=environment()).returncode


def main(library: str, step: str, nth: str, moment: str) -> int:
    forked.put_in_place(step, lambda was: deadly(was, int(nth), moment))
    Views(Path(library)).settle()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
