"""A library, opened: its root, its settings, its inboxes, and where its caches lie.

Opening takes no lock and writes nothing. `init` makes a new one.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.library import Configuration
from pipeline.model.rigs import Inbox
from pipeline.world import glance
from pipeline.world.configuration import load_configuration
from pipeline.world.files import make_folder, write_new
from pipeline.world.selected import ID_FILE, require_library

if TYPE_CHECKING:
    from pipeline.rules.identity import Known


@dataclass(frozen=True)
class OpenLibrary:
    """A library that is there, and what its owner wrote for it."""

    root: Path
    configuration: Configuration

    @property
    def state(self) -> Path:
        """Where caches and task state lie; an absolute `state_dir` keeps libraries apart by their root."""
        folder = Path(self.configuration.library.state_dir)
        return folder / self.root.name if folder.is_absolute() else self.root / folder

    @property
    def state_path(self) -> str:
        """The same as tasks name it: relative to the library where it lies in it."""
        inside = self.state.is_relative_to(self.root)
        return (self.state.relative_to(self.root) if inside else self.state).as_posix()

    @property
    def inboxes(self) -> tuple[tuple[Inbox, Path], ...]:
        """The inboxes and where they lie."""
        return tuple((inbox, self.root / inbox.path) for inbox in self.configuration.library.inboxes)

    @property
    def known(self) -> Known:
        """What identity needs of the settings."""
        from pipeline.rules.identity import Known  # patterns of names, which a question needs not

        return Known(rigs=self.configuration.rigs, sites=self.configuration.library.sites)

    @property
    def mark(self) -> str:
        """A digest of the settings: what was understood by others is understood anew."""
        return self.configuration.mark


def open_library(root: Path | None, environment: Mapping[str, str] | None = None) -> OpenLibrary:
    """The library at this root.

    Raises:
        NotReachable: it is not there.
        ConfigError: its settings cannot be followed.
    """
    rigs = (os.environ if environment is None else environment).get("NIGHTBUILD_RIGS")

    def look() -> OpenLibrary:
        there = require_library(root)
        return OpenLibrary(there, load_configuration(there, rigs))

    return glance.once(("library", root, rigs), look)


def init_library(root: Path) -> list[str]:
    """Make a library; returns what was made. What is there already stays as it is."""
    made = []
    for folder in (root, root / "_Inbox"):
        if not folder.is_dir():
            make_folder(folder)
            made.append(str(folder))
    if not (root / ID_FILE).is_file():
        identity = {"library": secrets.token_hex(8), "format": 1}
        write_new(root / ID_FILE, (json.dumps(identity) + "\n").encode())
        made.append(str(root / ID_FILE))
    return made
