"""Whether the catalogue is as it should be: asked in every run, so that it costs a look at times and loads nothing.

Where times are not as they were (a library that was copied, a folder something went through) the contents are asked.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.rules import catalog_basis as basis
from pipeline.rules.record_places import LIBRARY_CATALOG, catalog_file
from pipeline.world import catalog_marks as marks
from pipeline.world import journals
from pipeline.world.catalog import catalog_files
from pipeline.world.catalog_files import Damaged, Older, digest_in, dump_json, load, read_head, read_whole
from pipeline.world.catalog_marks import LIBRARY_MARK, Marks
from pipeline.world.library import OpenLibrary
from pipeline.world.marks import is_made as is_marked
from pipeline.world.marks import keep_mark, mark_of_files
from pipeline.world.master_files import list_masters
from pipeline.world.said import home_of


def is_made(library: OpenLibrary, owner: str) -> bool:
    """True when the rig's catalogue was made from what is there now."""
    kept, place = marks.read_marks(library, owner), library.root / catalog_file(owner)
    if kept is None:
        return False
    at = marks.look_of(place)
    if at != kept.at and not _has(place, kept.catalog):
        return False
    now = with_settings(library, owner, marks.look(library, owner, kept, kept.manifests))
    if now.contents != kept.contents:
        return False
    if now.projects != kept.projects and not _has_projects(library, owner, place):
        return False
    now = replace(now, catalog=kept.catalog, at=at)
    if (at, now.projects) != (kept.at, kept.projects) or marks.knows_more(now, kept):
        marks.keep_marks(library, owner, now)
    return True


def _has(place: Path, digest: str) -> bool:
    try:
        return digest_in(read_whole(place)) == digest
    except (OSError, Damaged):
        return False


def _has_projects(library: OpenLibrary, owner: str, place: Path) -> bool:
    """True when the folders hold what the file says, however their times look."""
    from pipeline.world.projects import projects_of

    try:
        found = load(read_head(place), frames=False)
    except (OSError, Damaged, Older):
        return False
    now = projects_of(library, owner, found.rows("sets"))
    return list(map(dump_json, now)) == list(map(dump_json, found.rows("projects")))


def with_settings(library: OpenLibrary, owner: str, now: Marks) -> Marks:
    """A look, with what the settings say and what the folders of finished work look like."""
    from pipeline.world.projects import projects_mark

    sessions = repr(library.configuration.library.sessions)
    settings = basis.settings_basis(library.configuration, owner)
    return replace(now, basis=basis.digest(settings, sessions), projects=projects_mark(library, owner))


def is_library_made(library: OpenLibrary) -> bool:
    """True when the library's own file says what is so now."""
    mark = library_mark(library)
    if is_marked(library, LIBRARY_MARK, mark):
        return True
    from pipeline.world.catalog_library import library_digest  # not needed in a night in which nothing is due

    if not _has(library.root / LIBRARY_CATALOG, library_digest(library)):
        return False
    keep_mark(library, LIBRARY_MARK, mark)
    return True


def library_mark(library: OpenLibrary, but: str = "") -> str:
    """How everything looks that the library's own file is made from, itself too."""
    files = sorted({*catalog_files(library), LIBRARY_CATALOG} - {but})
    words = list(journals.looks_in(library.root, home_of(None, None)))
    return mark_of_files(library.root, files, library.mark, repr(list_masters(library)), repr(words))
