"""What a person typed, as paths of the library: from where they stand, from its root, or a link's own way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pipeline.model.errors import UserError
from pipeline.rules.choosing import match


def spellings(word: str, standing: Path, library: Path) -> list[str]:
    """A word as paths relative to the library, in every way it can be read."""
    typed = word.replace("\\", "/") if os.name == "nt" else word
    found = [typed.removeprefix("./")]
    roots = {str(library), os.path.realpath(library)}
    for path in (os.path.normpath(standing / typed), os.path.realpath(standing / typed)):
        for root in roots:
            if path.startswith(root + os.sep):
                found.append(path[len(root) + 1 :].replace(os.sep, "/"))
            elif path == root:
                found.append("*")
    return list(dict.fromkeys(found))


def named(
    words: Sequence[str], standing: Path, library: Path, paths: Callable[[], Iterable[str]], *, nothing: str
) -> list[str]:
    """The paths that these words mean, in their own order.

    Raises:
        UserError: A word means none of them; `nothing` says what was looked for.
    """
    known = sorted(paths())
    found: list[str] = []
    for word in words:
        matches = match(spellings(word, standing, library), known)
        if not matches:
            raise UserError(f"{word}: {nothing}")
        found += matches
    return list(dict.fromkeys(found))
