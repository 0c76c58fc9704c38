"""Words as they are to be typed: a path or name with blanks put into quotes that every shell takes."""

from __future__ import annotations

import re
import shlex

_PLAIN = re.compile(r"[\w@+./:=-]+", re.ASCII)
_SPECIAL = re.compile(r"[\"$`\\!%]")


def as_typed(word: str) -> str:
    """The word as sh, PowerShell and cmd all take it; where no quotes do for all three, as sh does."""
    if _PLAIN.fullmatch(word):
        return word
    return shlex.quote(word) if _SPECIAL.search(word) or not word.isprintable() else f'"{word}"'
