"""What of adopted folders waits for their person, for `doit status`: frames in 10_Blink, files that were left out.

adopt ─remember_unclear─▶ .nightbuild/adopted_unclear.json ─unclear_files─▶ Stuck, until it is gone or adopted
ledger ─offered_frames─▶ Waits: nothing of ours acts on them, so that somebody must know
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pipeline.model.adopting import Unclear
from pipeline.model.verdicts import State
from pipeline.rules.outline import Outline
from pipeline.rules.spoken import common_folder, counted
from pipeline.rules.typed import as_typed
from pipeline.rules.waiting import Waiting
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary
from pipeline.world.nightbook import open_book

FILE = "adopted_unclear.json"
_NIGHTS = 40
"""Nights whose adopted frames are looked at one by one; there are few with frames in 10_Blink."""


class _Left(NamedTuple):
    """A file that was left out of an adoption."""

    path: str
    """Relative to the library, or whole."""
    why: str


def remember_unclear(library: OpenLibrary, below: str, unclear: Iterable[Unclear]) -> None:
    """Remember which files below a folder of the library were left out; those of other folders stay remembered."""
    head = f"{below}/" if below else ""
    left = [one for one in _remembered(library.state) if not one.path.startswith(head)]
    left += [_Left(one.path, one.why) for one in unclear]
    if left or (library.state / FILE).exists():
        make_folder(library.state)
        replace_if_different(library.state / FILE, json.dumps(left).encode())


def unclear_files(library: OpenLibrary) -> Iterator[Waiting]:
    """The files that were left out and lie there still."""
    left = [one for one in _remembered(library.state) if os.path.lexists(library.root / one.path)]
    if left:
        first, was = left[0], "was" if len(left) == 1 else "were"
        such = "" if len(left) == 1 else "such as "
        what = f"{counted(len(left), 'file')} of adopted folders {was} left out"
        yield Waiting(
            what=f"{what}: {such}{first.path}: {first.why.rstrip('.')}",
            where=first.path,
            command=f"doit adopt {as_typed(first.path.rpartition('/')[0])}",
            brief=f"{what}: {such}{first.path.rpartition('/')[2]}: {first.why.rstrip('.')}",
            typed="doit adopt . --dry-run",
        )


def offered_frames(library: OpenLibrary, outline: Outline) -> Iterator[Waiting]:
    """The adopted frames that lie in 10_Blink: markers, limits and commands leave them alone."""
    folders = list(_offered_folders(library, outline))
    if folders:
        frames = len(folders)
        lie, they = ("lies", "It keeps") if frames == 1 else ("lie", "They keep")
        home = common_folder(folders * 2) or "."
        what = (
            f"{counted(frames, 'adopted frame')} {lie} in 10_Blink. {they} what the folders say: markers, limits and "
            "`doit accept` do nothing there. Move them into accept/ or reject/, or let them take part like all others"
        )
        yield Waiting(
            what=what, where=folders[0].rpartition("/")[0], command=f"doit adopt {as_typed(home)} --link"
        )


def _offered_folders(library: OpenLibrary, outline: Outline) -> Iterator[str]:
    """Where each of them lies."""
    nights = [
        (said.owner, said.night)
        for summary in outline.journals.values()
        if summary.adopted and summary.states.get(State.OFFERED)
        for said in summary.nights
    ]
    for owner, night in sorted(nights, key=lambda one: one[1], reverse=True)[:_NIGHTS]:
        book = open_book(library.root, owner, date.fromisoformat(night))
        for one in book.adopted_sets:
            for member in one.members if one.blink else ():
                link = book.ledger.links.get(member.stored)
                if link is None or link.state != "absent":
                    yield book.ledger.stored[member.stored].at


def _remembered(state: Path) -> list[_Left]:
    try:
        found = json.loads((state / FILE).read_bytes())
        return [_Left(str(path), str(why)) for path, why in found]
    except (OSError, ValueError, TypeError):
        return []
