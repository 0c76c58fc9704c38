"""Take away what no plan expects: stale derived files, part-files of dead runs, empty folders of ours.

  doit prune                       what would go; nothing is changed
  doit prune --yes                 do it; derived files go to the trash
  doit prune --yes --expect 120    also when it is more than 2 % or 50 names, if it is exactly so many

Blink pages and their pictures go once nothing of their night waits for eyes; they would be made again. Refused when
anything could not be read, since then the plan may be wrong. Never a stored frame, never a file of yours.
"""

from __future__ import annotations

import argparse
from typing import Any

from pipeline.model.answers import CANNOT, OK, Answer, Context
from pipeline.model.jobs import Asked
from pipeline.rules.pruning import expected_files, left_folders, refuse_number
from pipeline.rules.spoken import counted
from pipeline.stages.night import plan_library
from pipeline.world import ledger
from pipeline.world.guards import views_away
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.library_states import states_of
from pipeline.world.lock import Lock
from pipeline.world.pruning import Prunings, find_prunings, prune
from pipeline.world.reporting import expected_pages
from pipeline.world.scan import scan_inbox
from pipeline.world.showing import page_path, waiting_sets
from pipeline.world.survey import see

_BENIGN = {"torn-line", "symlink", "not-a-frame", "not-a-file", "unspeakable"}
"""Notes that leave nothing unread: a line torn by a crash, links that are not followed, odd names."""
_SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("--yes", action="store_true", help="do it")
    parser.add_argument("--expect", type=int, metavar="N", help="go on if it is exactly N names")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Plan everything, look everywhere, and take or show what is not expected."""
    library = open_library(context.library, context.environment)
    if not arguments.yes:
        return _show(_find(library), arguments.expect)
    with Lock(library.root, command="doit prune"):
        found = _find(library)
        refusal = _refusal(found, arguments.expect)
        if refusal:
            return Answer(sentences=(refusal,), data=_data(found, refusal, done=False), exit_code=CANNOT)
        gone = prune(library.root, found)
    said = f"{_counts(gone)} gone." if not gone.is_empty else "Nothing to prune."
    return Answer(sentences=(said,), data=_data(gone, None, done=True), exit_code=OK)


def _find(library: OpenLibrary) -> Prunings:
    plan = plan_library(library.root, Asked(everything=True))
    known, seen = ledger.read(library.root), see(library)
    states = states_of(library, seen.outline, seen.decisions)
    pages = [page_path(book.owner, book.night) for book in states.books if waiting_sets(book)]
    pages += [page_path(*night) for night in states.unlooked]
    told = expected_pages(library)
    pages += told.paths
    links = [link for link in known.links.values() if not link.is_own]
    found = find_prunings(library, expected_files(plan.jobs, pages, links), left_folders(links))
    away = views_away(library, seen.outline, seen.guard).waits
    found.unread += told.troubles
    found.unread += dict.fromkeys([*plan.waits, *(f"{one.what}." for one in away)])
    found.unread += [note.text for note in known.notes if note.code not in _BENIGN]
    for inbox, folder in library.inboxes:
        scan = scan_inbox(inbox.path, folder)
        found.unread += [] if scan.reachable else [f"the inbox {inbox.path}"]
        found.unread += [problem.text for problem in scan.problems if problem.code not in _BENIGN]
    return found


def _refusal(found: Prunings, expect: int | None) -> str | None:
    if found.unread:
        return f"Nothing is pruned while something cannot be read: {'; '.join(found.unread[:5])}"
    return refuse_number(len(found.derived), found.looked_at, expect)


def _show(found: Prunings, expect: int | None) -> Answer:
    refusal = _refusal(found, expect)
    if found.is_empty and not refusal:
        return Answer(sentences=("Nothing to prune.",), data=_data(found, None, done=False))
    paths = [*found.derived, *found.parts, *(f"{folder}/" for folder in found.folders)]
    lines = paths[:_SHOWN] + ([f"... and {len(paths) - _SHOWN:,} more"] if len(paths) > _SHOWN else [])
    needs = f" --expect {len(found.derived)}" if refusal and not found.unread and expect is None else ""
    closing = [f"{_counts(found)} would go. Nothing was changed."]
    closing += [refusal] if refusal else []
    closing += [f"To do it: doit prune --yes{needs}"] if not refusal or needs else []
    data = _data(found, refusal, done=False)
    code = CANNOT if refusal and not needs else OK
    return Answer(sentences=tuple(lines), closing=tuple(closing), data=data, exit_code=code)


def _counts(found: Prunings) -> str:
    parts = [counted(len(found.derived), "derived file")] if found.derived else []
    parts += [counted(len(found.parts), "part-file")] if found.parts else []
    parts += [counted(len(found.folders), "empty folder")] if found.folders else []
    return ", ".join(parts) or "Nothing"


def _data(found: Prunings, refusal: str | None, *, done: bool) -> dict[str, Any]:
    return {
        "done": done,
        "refused": refusal,
        "derived": found.derived,
        "parts": found.parts,
        "folders": found.folders,
        "unread": found.unread,
    }
