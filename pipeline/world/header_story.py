"""The HISTORY of a file of ours read back: how a master was made, by its own header."""

from __future__ import annotations

from pathlib import Path

from pipeline.model.errors import NightbuildError
from pipeline.rules.header_story import Story, read_story
from pipeline.world.headers import read_header
from pipeline.world.kept_cards import kept_lines

_HISTORY = b"HISTORY "


def story_of(path: Path) -> Story:
    """What the header of a master tells of how it was made; nothing where it cannot be read."""
    try:
        cards = read_header(path).cards
        lines = [line for line in kept_lines(path, ()) if line.startswith(_HISTORY)]
    except (NightbuildError, OSError):
        return Story()
    return read_story(cards, [line[len(_HISTORY) :].decode("ascii", "replace") for line in lines])
