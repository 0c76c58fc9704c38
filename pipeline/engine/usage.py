"""What `doit help` shows: our commands in the order in which a library lives, then doit's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.commands.registry import COMMANDS

_WIDTH = 18


def usage_lines(commands: Mapping[str, Any]) -> Iterator[str]:
    """The list a person sees.

    Args:
        commands: Each word that may be typed to its doit command.
    """
    yield "Nightbuild: a build system for astrophotography, driven by doit (https://pydoit.org)"
    yield ""
    yield _line("doit", "do what is due: the night")
    yield _line("doit help NAME", "a command with its options and examples, or one task")
    yield ""
    yield from (_line(f"doit {one.name}", one.summary) for one in COMMANDS if one.name in commands)
    yield ""
    yield "doit's own:"
    ours = {one.name for one in COMMANDS}
    for name in sorted(set(commands) - ours):
        yield _line(f"doit {name}", str(getattr(commands[name], "doc_purpose", "")))


def _line(word: str, says: str) -> str:
    return f"  {word:{_WIDTH + 5}}  {says}"
