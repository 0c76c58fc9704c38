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
    if not word.isprintable():
        return "$'" + "".join(map(_spelled, word)) + "'"
    return shlex.quote(word) if _SPECIAL.search(word) else f'"{word}"'


def _spelled(char: str) -> str:
    """A letter between `$'` and `'`, as bash and zsh read it: a newline in a name is typed as it is shown."""
    if char in "\\'":
        return f"\\{char}"
    if char.isprintable():
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
