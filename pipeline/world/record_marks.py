"""Whether summaries, pages and notes tell what is so: asked of each in every run, and answered by a few looks.

    _Catalog/*.json, _Catalog/_plans, what a person planned, settings, templates ─▶ a mark for each of them

Nothing is imported here that makes any of them: that is for a run that has something to tell.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from pipeline.model.plans import PLAN
from pipeline.rules.decisions import decision_file
from pipeline.rules.record_places import SUMMARIES, WRITTEN_NOTES, catalog_file, plans_file, report_folder
from pipeline.world.catalog import catalog_files
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.marks import is_made, keep_mark, mark_of_files
from pipeline.world.report_digests import all_there, look_of_pages, read_digests

LIBRARY_PAGES = "_library"
"""The group of the library's own pages."""


def plan_files(library: OpenLibrary) -> list[str]:
    """The files plans are read from, relative to the library, there or not."""
    names = [plans_file(one.name) for one in library.configuration.library.scheduler.databases]
    return [*names, decision_file(None, None, PLAN), decision_file(None, None, "undo")]


def told_mark(library: OpenLibrary) -> str:
    """What summaries and notes depend on."""
    return mark_of_files(library.root, [*catalog_files(library), *plan_files(library)], library.mark)


def is_told(root: Path, step: str) -> bool:
    """True when summaries or notes were made of what is there now, and lie as they were left."""
    library = open_library(root)
    return is_made(library, step, f"{told_mark(library)} {_look_of(library, step)}")


def keep_told(library: OpenLibrary, step: str, mark: str) -> None:
    """Keep that a step was made of what bore this mark before it began, and how its files lie now.

    Without the latter what a person did to them would be answered only by the first run whose caches are gone.
    """
    keep_mark(library, step, f"{mark} {_look_of(library, step)}")


def _look_of(library: OpenLibrary, step: str) -> str:
    """A digest of how a step's files lie: one that a person wrote in, moved or deleted shows."""
    folder = library.configuration.library.notes.folder if step == "notes" else SUMMARIES
    home = os.fspath(library.root / folder)
    waiting, lines = [home], []
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.startswith(".") and entry.name != WRITTEN_NOTES:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                    continue
                seen = entry.stat(follow_symlinks=False)
                lines.append(f"{entry.path[len(home) :]}\0{seen.st_size}\0{seen.st_mtime_ns}")
    return hashlib.blake2b(
        "\n".join(sorted(lines)).encode("utf-8", "surrogateescape"), digest_size=16
    ).hexdigest()


def pages_name(group: str) -> str:
    """What the mark of a group of pages is called."""
    return f"reports {group}"


def owner_mark(library: OpenLibrary, owner: str) -> str:
    """What the pages of a rig or camera depend on."""
    return mark_of_files(library.root, [catalog_file(owner)], library.mark, look_of_pages())


def library_mark(library: OpenLibrary, waits: str) -> str:
    """What the library's own pages depend on; of pictures it counts which there are.

    Args:
        library: Whose.
        waits: A digest of what waits in the inboxes, as it was seen when the run began.
    """
    files = catalog_files(library)
    pictures = [repr(_names_in(library, report_folder("pictures", Path(file).stem))) for file in files]
    more = library.mark, look_of_pages(), waits, *pictures
    return mark_of_files(library.root, [*files, *plan_files(library)], *more)


def is_owner_shown(root: Path, owner: str) -> bool:
    """True when the pages of a rig or camera tell what its rows say."""
    library = open_library(root)
    mark = f"{owner_mark(library, owner)} {_pictures_of(library, owner)}"
    return is_made(library, pages_name(owner), mark) and _is_there(library, owner)


def keep_owner_shown(library: OpenLibrary, owner: str, mark: str) -> None:
    """Keep that the pages of a rig or camera were made of what bore this mark, and which pictures there are now."""
    keep_mark(library, pages_name(owner), f"{mark} {_pictures_of(library, owner)}")


def _pictures_of(library: OpenLibrary, owner: str) -> str:
    names = "\n".join(_names_in(library, report_folder("pictures", owner)))
    return hashlib.blake2b(names.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def is_library_shown(root: Path, waits: str) -> bool:
    """True when the library's pages tell what rows, plans and inboxes say."""
    library = open_library(root)
    mark = library_mark(library, waits)
    return is_made(library, pages_name(LIBRARY_PAGES), mark) and _is_there(library, LIBRARY_PAGES)


def _is_there(library: OpenLibrary, group: str) -> bool:
    known = read_digests(library, group)
    return bool(known) and all_there(library.root, known)


def _names_in(library: OpenLibrary, folder: str) -> list[str]:
    try:
        return sorted(os.listdir(library.root / folder))  # noqa: PTH208
    except OSError:
        return []
