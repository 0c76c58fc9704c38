"""What killed runs left half written, removed by a later run that knows of it.

Folders are swept where a run writes to them; but a settled set's folders are written to no more, so a part-file there
would lie for ever. After a kill (its `running.json` still lies there) everything we write to is looked through once;
and a run that did something sweeps old part-files out of the state folder, whoever left them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.rules.layout import STAGES
from pipeline.rules.ledger import NOTE_ENDING
from pipeline.world.files import abandoned_parts, is_part
from pipeline.world.library import OpenLibrary
from pipeline.world.runlog import RUNNING

DAY_S = 24 * 3600.0
_WRITTEN_STAGES = 3
"""Of a rig's folders we write into the first three; the others are the person's own."""


def clear_up(library: OpenLibrary) -> None:
    """Where the last run did not come to its end: no half file stays, and what it placed is written down."""
    if (library.state / RUNNING).exists():
        _sweep(library.state)
        _sweep(library.root, entered(library))
    notes = sorted(library.root.glob(f"_Ledger/*/.*{NOTE_ENDING}"))
    if notes:
        from pipeline.world.unwritten import write_down  # only behind such a run

        write_down(library, notes)


def sweep_state(state: Path, *, age_s: float = DAY_S) -> list[Path]:
    """Remove part-files of dead writers that are older than this, anywhere below; what cannot go waits."""
    return _sweep(state, since=time.time() - age_s)


def entered(library: OpenLibrary) -> Callable[[str], bool]:
    """Tells of a folder, relative to the library, whether we may have written below it.

    That is everywhere but in the inboxes, our caches, and the folders that are a person's alone.
    """
    aside = {os.path.realpath(folder) for _, folder in library.inboxes} | {os.path.realpath(library.state)}
    theirs = set(STAGES[_WRITTEN_STAGES:])

    def enters(path: str) -> bool:
        parts = path.split("/")
        return (
            not (len(parts) == 2 and parts[1] in theirs)
            and os.path.realpath(library.root / path) not in aside
        )

    return enters


def _sweep(
    root: Path, enters: Callable[[str], bool] = lambda _path: True, since: float = float("inf")
) -> list[Path]:
    swept = []
    for part in _left(root, enters, since):
        with suppress(OSError):
            part.unlink()
            swept.append(part)
    return swept


def _left(root: Path, enters: Callable[[str], bool], since: float) -> Iterator[Path]:
    """Part-files of dead writers that were last touched before then; links are not followed."""
    for folder, inside, names in os.walk(root):
        here = Path(folder)
        inside[:] = [name for name in inside if enters((here / name).relative_to(root).as_posix())]
        if any(map(is_part, names)):
            with suppress(OSError):
                yield from [one for one in abandoned_parts(here) if one.lstat().st_ctime < since]
