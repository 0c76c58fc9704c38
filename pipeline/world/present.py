"""Whether names still lie where they lay: nearly all of many went with their target's folder."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


class Present:
    """The names below a library; stage folders are listed once, what their targets hold is looked for."""

    def __init__(self, library: Path) -> None:
        self._library = os.fspath(library)
        self._targets: dict[str, frozenset[str] | None] = {}

    def holds(self, at: str) -> bool:
        """True when something lies at this path, also a link that leads nowhere."""
        stage, _, below = at.partition("/")
        targets = self._listed(stage)
        if targets is not None and _alike(below.partition("/")[0]) not in targets:
            return False
        return os.path.lexists(f"{self._library}/{at}")

    def _listed(self, stage: str) -> frozenset[str] | None:
        """The names in a stage folder, None where it cannot be listed: then each is looked for."""
        if stage not in self._targets:
            try:
                found = frozenset(map(_alike, os.listdir(f"{self._library}/{stage}")))  # noqa: PTH208
            except FileNotFoundError:
                found = frozenset()
            except OSError:
                found = None
            self._targets[stage] = found
        return self._targets[stage]


def _alike(name: str) -> str:
    """As a file system may tell names apart that knows neither capitals nor how an accent was typed."""
    return unicodedata.normalize("NFC", name).casefold()
