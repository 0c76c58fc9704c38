"""Which files are precious besides the frames, and what shows that one of them is new: names, sizes and times alone.

ledger, decisions, verdicts, notes, plans, rig files, the targets in each stage folder
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.rules.backup_keys import BACKUP
from pipeline.rules.record_places import plans_file
from pipeline.world.backup_places import stage_names
from pipeline.world.files import is_part
from pipeline.world.journals import looks_below
from pipeline.world.library import OpenLibrary
from pipeline.world.marks import mark_of_files
from pipeline.world.selected import ID_FILE

_JOURNALS = ("_Ledger", "_Decisions")


def records_mark(library: OpenLibrary) -> str:
    """What the last snapshot was made of: sizes, times and names, no file is opened."""
    looks = [repr(look) for folder in _JOURNALS for look in looks_below(library.root, folder)]
    files = [path.relative_to(library.root).as_posix() for path in below(_notes(library))]
    settings = [f"{file} {Path(file).stat().st_mtime_ns}" for file in library.configuration.files]
    return mark_of_files(
        library.root, [ID_FILE, *files, *_plans(library)], *looks, *settings, *stage_names(library.root)
    )


def precious(library: OpenLibrary) -> list[str]:
    """What nobody can make again, relative to the library."""
    folders = [*(library.root / name for name in (*_JOURNALS, "_Verdicts")), _notes(library)]
    found = [path for folder in folders for path in below(folder)]
    names = [path.relative_to(library.root).as_posix() for path in found if path.is_relative_to(library.root)]
    return [ID_FILE, *names, *_plans(library)]


def _plans(library: OpenLibrary) -> list[str]:
    names = [plans_file(one.name) for one in library.configuration.library.scheduler.databases]
    return [name for name in names if (library.root / name).is_file()]


def _notes(library: OpenLibrary) -> Path:
    """The notes' folder; one in a vault elsewhere is that vault's affair."""
    folder = library.root / library.configuration.library.notes.folder
    return folder if folder.is_relative_to(library.root) else library.root / BACKUP / "none"


def below(folder: Path) -> Iterator[Path]:
    """Every plain file, in order; links are not followed."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.is_symlink() or is_part(entry.name):
            continue
        if entry.is_dir():
            yield from below(entry)
        elif entry.is_file():
            yield entry
