"""What does not go on by itself, as the pages ask for it: a sentence, where it lies, what to type."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model.reports import Link
from pipeline.rules.pruning import BLINK_PAGES
from pipeline.rules.waiting import NEXT_RUN, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing that does not go on by itself."""

    what: str
    where: Link
    command: str
    or_else: str


def request_of(one: Waiting) -> Request:
    """The same as a page shows it; the next run needs no command."""
    command = "" if one.command == NEXT_RUN else one.command
    text = "Open the page to blink by" if one.where.startswith(f"{BLINK_PAGES}/") else one.where
    where = Link(text=text, path="" if _is_outside(one.where) else one.where)
    return Request(
        what=one.what[:1].upper() + one.what[1:], where=where, command=command, or_else=one.or_else
    )


def _is_outside(where: str) -> bool:
    """True for what does not lie in the library: an inbox elsewhere."""
    return where.startswith(("/", "\\", "..")) or where[1:2] == ":"
