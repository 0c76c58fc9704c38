"""Who integrates frames into a master: Nightbuild itself, Siril, or PixInsight, behind one protocol.

    StackRequest ─▶ Stacker.stack ─▶ Stacked (a float picture in a scratch folder, and what was left out)

A stacker only adds up: which frames belong together, what the master's header says and where it goes is decided by
whoever asks. Nothing is written outside the scratch folder.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pipeline.model.masters import Stacked, StackRequest

Progress = Callable[[int, int], None]
"""Told how far a stack is, n of m; may be called from any thread."""


class Stacker(Protocol):
    """Anything that makes one picture of many."""

    @property
    def name(self) -> str:
        """For a person, without version: `Siril`."""

    def version(self) -> str:
        """`1.0.6`; empty where it is only known after a run."""

    def stack(self, request: StackRequest, scratch: Path, progress: Progress) -> Stacked:
        """Integrate the frames; whatever is written lies below `scratch`, which exists and is empty.

        What a program was told and said is in the `log` of what comes back; an error has it as its notes.
        """
