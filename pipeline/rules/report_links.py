"""Links of pages that are opened from a disk: relative, and safe whatever a file is called."""

from __future__ import annotations

import posixpath
from urllib.parse import quote


def relative_link(page: str, path: str, anchor: str = "") -> str:
    """The address of a file of the library as a page of the library names it.

    Args:
        page: Where the link stands, relative to the library.
        path: What it leads to, likewise; empty: the page itself.
        anchor: An element of what it leads to.
    """
    there = posixpath.relpath(path, posixpath.dirname(page) or ".") if path else ""
    behind = f"#{_plain(anchor)}" if anchor else ""
    return f"{_plain(there)}{behind}"


def anchor_of(name: str) -> str:
    """The id of an element that is named for something: letters and digits of any script stay legible."""
    return "".join(char if char.isalnum() else "-" for char in name).strip("-") or "unnamed"


def _plain(text: str) -> str:
    """Percent-encoded, also `#`, `?`, `%`, `:` and newlines; half a character as the byte it was."""
    try:
        return quote(text.encode("utf-8", "surrogateescape"), safe="/~")
    except UnicodeEncodeError:  # no file is called so, and no page breaks over it
        return quote(text.encode("utf-8", "replace"), safe="/~")
