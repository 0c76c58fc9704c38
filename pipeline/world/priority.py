"""A run steps back for the programs a person works with, and for the capture program above all."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

_BELOW_NORMAL = 0x4000
_IDLE = 0x40
_HALFWAY = 10


def step_back(nice: int) -> None:
    """Let other programs go first: 0 not at all, 19 as far as it can. What the system refuses is let be."""
    if nice <= 0:
        return
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL if nice < _HALFWAY else _IDLE)
    else:
        with suppress(OSError):
            os.nice(nice)
