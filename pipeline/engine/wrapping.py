"""Lines for a terminal: broken between words, what follows set in below its text, a command or a path left whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

_HEAD = re.compile(r"(?:\S+(?: \S+)? {2,})? *")
_WHOLE = re.compile(r" *(?:or )?doit | {15}[^:]*/[^:]*$")
"""A command, or a path below what it belongs to."""
_WIDEST_HEAD = 20


def wrapped(line: str, width: int | None) -> Iterator[str]:
    """The line in pieces that fit.

    Args:
        line: A heading and blanks, or blanks, or neither, then text.
        width: Of the terminal; None: it is none, and a line may be as long as it likes.
    """
    if width is None or len(line) <= width:
        yield line
        return
    if _WHOLE.match(line):
        whole = line.strip()  # broken it could not be copied
        yield whole.rjust(len(whole) + max(0, min(2, width - len(whole))))
        return
    head = _HEAD.match(line)
    hang = len(head[0]) if head is not None and len(head[0]) <= _WIDEST_HEAD else 0
    yield from wrap(
        line, width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
    ) or [line]
