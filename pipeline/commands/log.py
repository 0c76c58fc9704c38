"""Say what runs did: when, how long, stage by stage, and what failed. The latest comes first.

  doit log                         the last five runs that did something
  doit log --last 50 --night 2026-01-14
  doit log --ledger --night 2026-01-14 [--rig RIG]     what the ledger wrote of that night, in words
  doit log --ledger FILE           what it wrote of one file

Logs of runs are kept for the last 200 and may be deleted; the ledger is kept for ever.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.records import LedgerEntry
from pipeline.rules.choosing import night
from pipeline.rules.history import Names, entry_words
from pipeline.rules.ledger import owner_part
from pipeline.rules.records import entry_of, entry_record
from pipeline.rules.runs import RunSum, run_data, run_lines, sum_run
from pipeline.stages import STAGES
from pipeline.world import journals, runlog
from pipeline.world import ledger as ledgers
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.local_time import local_words
from pipeline.world.rig_called import rig_called
from pipeline.world.whereabouts import find_file

_HEADINGS = {stage.name: stage.heading for stage in STAGES}
_RUNS = 5
_LINES = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="with --ledger: only what tells of this file")
    parser.add_argument(
        "--last", type=int, metavar="N", help=f"how many: {_RUNS} runs, or {_LINES} lines of the ledger"
    )
    parser.add_argument("--night", type=night, metavar="DATE", help="only this night, by the evening's date")
    parser.add_argument("--rig", default="", help="with --ledger: only this rig or camera")
    parser.add_argument("--ledger", action="store_true", help="the ledger's own lines instead of the runs")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """The latest first."""
    if arguments.last is not None and arguments.last < 1:
        raise UserError(f"--last {arguments.last}: at least one.")
    library = open_library(context.library, context.environment)
    if arguments.ledger:
        return _of_ledger(arguments, library, context.folder)
    if arguments.file or arguments.rig:
        raise UserError("A file or a rig is asked about in the ledger: add --ledger.")
    runs = list(islice(_runs(library, arguments.night or ""), arguments.last or _RUNS))
    lines = [line for one in runs for line in run_lines(one, _begun(one), _HEADINGS)]
    return Answer(
        sentences=tuple(lines or ["No run has done anything here yet, as far as is remembered."]),
        data=[run_data(one) for one in runs],
    )


def _runs(library: OpenLibrary, of_night: str) -> Iterator[RunSum]:
    for path in runlog.run_logs(library.state):
        found = sum_run(path.stem, _read(path), of_night)
        if found is not None:
            yield found


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        yield from runlog.read_log(path)
    except OSError:  # a run that begins just now took an old log away
        return


def _begun(run: RunSum) -> str:
    return local_words(run.begun) if run.begun is not None else run.run


def _of_ledger(arguments: argparse.Namespace, library: OpenLibrary, standing: Path) -> Answer:
    names = _names(arguments.file, library, standing) if arguments.file else None
    entries = [
        entry
        for entry in _entries(library.root, rig_called(library, arguments.rig), arguments.night or "")
        if names is None or names.speaks(entry)
    ]
    entries.sort(key=lambda entry: entry.when, reverse=True)
    shown = entries[: arguments.last or _LINES]
    rest = len(entries) - len(shown)
    return Answer(
        sentences=tuple(f"{local_words(entry.when)}  {entry_words(entry)}" for entry in shown)
        or ("The ledger says nothing of it.",),
        closing=(f"and {rest:,} earlier lines: --last {len(entries)}",) if rest else (),
        data=[{**entry_record(entry), "says": entry_words(entry)} for entry in shown],
    )


def _names(typed: str, library: OpenLibrary, standing: Path) -> Names:
    ledger = ledgers.read(library.root)
    found = find_file(library, ledger, typed, standing)
    links = frozenset(link.link for link in ledger.links_of(found.stored)) if found.stored else frozenset()
    return Names(stored=found.stored, origin=(found.inbox, found.original), links=links)


def _entries(root: Path, rig: str, of_night: str) -> Iterator[LedgerEntry]:
    """The entries of the files that can hold what is asked for."""
    for path in _files(ledgers.journal_files(root / "_Ledger"), rig, of_night):
        yield from filter(None, map(entry_of, journals.read(path).records))


def _files(paths: Iterable[Path], rig: str, of_night: str) -> Iterator[Path]:
    folder = owner_part(rig).casefold() if rig else ""
    for path in paths:
        if (not folder or path.parent.name.casefold() == folder) and (not of_night or of_night in path.stem):
            yield path
