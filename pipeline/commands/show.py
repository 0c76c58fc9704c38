"""Ask the library: frames, sets, sessions, targets, masters, equipment, sites, projects, and sums of them.

  doit show frames --target M31 --filter Ha --night 2026-01-14
  doit show frames --hfr ..2.5 --state accepted --sort=-hfr --limit 20
  doit show sets --rig C8E --calibrated no
  doit show targets                   hours by filter, nights, stages, what is wanted and still needed
  doit show stats --by month          also object, filter, camera, rig, year ..., or two: --by rig,filter
  doit show sessions --year 2026
  doit show equipment --what camera

Names are found in any catalogue spelling (`--target "Messier 31"`), rigs by a part of theirs. Several words for one
option: any will do. Limits on numbers are ranges (`..2.5` at most, `1.5..` at least), or in quotes 'hfr<2.5' with
--where. A table shows the latest 100 rows; --limit 0 all of them. --csv prints plain values for a spreadsheet.
Nothing is changed. What is asked is the catalogue, which the last `doit` wrote.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.commands.show_asked import SUBJECTS, add_filters, question_of, subject_of
from pipeline.model.answers import OK, WAITS, Answer, Context
from pipeline.model.catalog import LIBRARY_TABLES, RIG_TABLES, Catalog
from pipeline.model.errors import UserError
from pipeline.model.plans import Progress, Wish
from pipeline.rules.conditions import Condition
from pipeline.rules.csv_text import csv_text
from pipeline.rules.question_answers import progress_test, rows_of
from pipeline.rules.question_columns import (
    NAMING,
    cell,
    chosen_columns,
    flat,
    plain,
    plain_columns,
    sorter,
    unsorted,
    usual_columns,
    value_of,
)
from pipeline.rules.question_frames import Found, find_frames, whole
from pipeline.rules.question_limits import never_measured, share_out
from pipeline.rules.question_names import heading
from pipeline.rules.question_sums import keys_of
from pipeline.rules.question_totals import closing_of, frames_total, totals_lines
from pipeline.rules.question_words import settle
from pipeline.rules.questions import Question, Row, owner_test
from pipeline.world.backup_held import InBucket
from pipeline.world.catalog import read_catalog
from pipeline.world.collector import collector_resting
from pipeline.world.frame_rows import frame_rows
from pipeline.world.kept_rows import bucket_of_rows, with_backup
from pipeline.world.library import OpenLibrary, open_library

_ROWS = 100
_SMALL = tuple(name for name in (*RIG_TABLES, *LIBRARY_TABLES) if name != "frames")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("subject", metavar="SUBJECT", help=", ".join(SUBJECTS))
    add_filters(parser)
    add = parser.add_argument_group("how").add_argument
    add("--sort", default="", metavar="KEY[,-KEY]", help="by a column; with a minus falling: --sort=-hfr")
    add("--limit", type=int, metavar="N", help=f"rows at most; 0: all. A table shows {_ROWS} unasked")
    add(
        "--columns", default="", metavar="NAME[,NAME]", help="these columns; every one a row has may be named"
    )
    add("--csv", action="store_true", help="print plain values with commas, for a spreadsheet")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Ask, sort, show."""
    arguments.subject = subject_of(arguments.subject)
    if arguments.limit is not None and arguments.limit < 0:
        raise UserError(f"--limit {arguments.limit}: 0 for all rows, or how many.")
    if arguments.csv and getattr(arguments, "json", False):
        raise UserError("--json and --csv are two answers to one question: take one of them.")
    library = open_library(context.library, context.environment)
    asked = question_of(arguments, library.configuration.targets)
    may_answer = owner_test(asked)
    bucket = bucket_of_rows(library)
    catalog = _told(read_catalog(library, tables=_SMALL), arguments, library, bucket)
    wishes = _wishes(library) if arguments.subject == "targets" else ()
    owners, planned = ({"rig": owner} for owner in catalog.owners), ({"target": one.target} for one in wishes)
    rows = [*catalog.sets, *catalog.masters, *owners, *planned]
    asked, of_sums = share_out(
        arguments.subject, asked, is_summed=arguments.subject != "stats" or bool(arguments.by)
    )
    settled = settle(asked, rows, library.configuration.rigs)
    mine = {name: tables for name, tables in catalog.owners.items() if may_answer(name)}
    narrowed, question = replace(catalog, owners=mine), settled.question
    if arguments.subject == "frames":
        shown = _frames(arguments, question, narrowed, library, bucket)
    else:
        wanted = _progress(question, catalog, wishes) if arguments.subject == "targets" else ()
        shown = _others(arguments, question, narrowed, wanted, of_sums)
    shown = replace(shown, exit_code=WAITS) if catalog.troubles else shown
    said = (
        *catalog.troubles,
        *settled.hints,
        *never_measured(question, catalog.sets),
        *_honest(question, bucket),
    )
    return _with(shown, said, arguments, context)


def _with(shown: Answer, said: Sequence[str], arguments: argparse.Namespace, context: Context) -> Answer:
    """The answer with what is to be known of it: below the table, but never in a CSV file."""
    if not arguments.csv:
        return replace(shown, closing=(*shown.closing, *said))
    for sentence in (*said, *shown.closing):
        context.say(sentence)
    return replace(shown, closing=())


def _told(
    catalog: Catalog, arguments: argparse.Namespace, library: OpenLibrary, bucket: InBucket | None
) -> Catalog:
    """The tables with what the bucket has, where that is asked or shown: sets need a look at every frame."""
    if bucket is None or arguments.subject == "frames":
        return catalog
    of_sets = arguments.subject == "sets" or bool(arguments.backed_up)
    return with_backup(library, catalog, bucket, sets=of_sets and arguments.subject != "masters")


def _frames(
    arguments: argparse.Namespace,
    question: Question,
    catalog: Catalog,
    library: OpenLibrary,
    bucket: InBucket | None,
) -> Answer:
    """Frames, most of them never read as a whole."""
    troubles: list[str] = []
    with collector_resting():
        found = find_frames(question, catalog.sets, frame_rows(library, catalog.owners, troubles, bucket))
        rows = list(map(whole, _picked(arguments, found, _limit(arguments))))
    code, all_rows = WAITS if troubles else OK, map(whole, _picked(arguments, found, arguments.limit))
    if arguments.csv:
        return replace(_as_csv(arguments, all_rows), closing=tuple(troubles), exit_code=code)
    total = (frames_total(found.number, found.exposure_s), *unsorted("frames", arguments.sort, rows[:1]))
    answer = _shown(arguments, rows, found.number, total)
    return replace(
        answer, data=_each(arguments, all_rows), closing=(*answer.closing, *troubles), exit_code=code
    )


def _picked(arguments: argparse.Namespace, found: Found, limit: int | None) -> Iterator[Row]:
    """So many of them in the order that was asked for; not looked for before they are taken."""
    if arguments.sort:
        yield from sorter("frames", arguments.sort)(found.every())[: limit or None]
    else:
        yield from found.latest(limit or None)


def _each(arguments: argparse.Namespace, rows: Iterable[Row]) -> Iterator[Row]:
    """What programs get: the columns that were named, or all of a row."""
    names = chosen_columns(arguments.subject, arguments.columns)
    return ({name: value_of(row, name) for name in names} if names else flat(row) for row in rows)


def _others(
    arguments: argparse.Namespace,
    question: Question,
    catalog: Catalog,
    wanted: Iterable[Progress],
    of_sums: Sequence[Condition],
) -> Answer:
    """Everything that is told through sets."""
    subject, by = arguments.subject, keys_of(arguments.by)
    told = rows_of(subject, question, catalog, by=by, what=arguments.what, progress=wanted)
    found = [row for row in told if all(one.test(row) for one in of_sums)]
    rows = found if subject == "stats" and not arguments.sort else sorter(subject, arguments.sort)(found)
    if subject == "stats" and not by and not (arguments.csv or arguments.columns):
        return Answer(sentences=totals_lines(rows[0], catalog, question), data=dict(rows[0]))
    keys = tuple("exposure_s" if key == "exposure" else key for key in by)
    asked_for = rows[: arguments.limit or None]
    if arguments.csv:
        return _as_csv(arguments, asked_for, keys)
    answer = _shown(arguments, rows[: _limit(arguments)], len(rows), closing_of(subject, rows), keys)
    return replace(answer, data=list(_each(arguments, asked_for)))


def _wishes(library: OpenLibrary) -> Sequence[Wish]:
    from pipeline.world.plans import read_plans

    return read_plans(library).wishes


def _progress(question: Question, catalog: Catalog, wishes: Sequence[Wish]) -> list[Progress]:
    """What is wanted of the targets asked for, held against all there is of them."""
    from pipeline.rules.totals import progress_of

    told = progress_of(catalog.sets, wishes, question.aliases)
    return list(filter(progress_test(question), told))


def _shown(
    arguments: argparse.Namespace,
    rows: Sequence[Row],
    number: int,
    total: tuple[str, ...],
    keys: Sequence[str] = (),
) -> Answer:
    """The rows that are shown, of so many, as they were asked for."""
    subject = arguments.subject
    typed = chosen_columns(subject, arguments.columns)
    columns = typed or usual_columns(subject, rows, keys)
    headings = {name: heading(name) for name in columns}
    more = number - len(rows)
    return Answer(
        sentences=() if rows else ("Nothing in the library fits what was asked.",),
        columns=tuple(headings.values()),
        fit=True,
        kept=tuple(headings[name] for name in NAMING.get(subject, ()) if name in headings and not typed),
        rows=[{headings[name]: cell(name, value_of(row, name)) for name in columns} for row in rows],
        closing=(*((f"and {more:,} more: --limit 0 shows all",) if more else ()), *total),
    )


def _as_csv(arguments: argparse.Namespace, rows: Iterable[Row], keys: Sequence[str] = ()) -> Answer:
    subject = arguments.subject
    columns = chosen_columns(subject, arguments.columns) or plain_columns(subject, keys)
    text = csv_text(columns, ({name: plain(value_of(row, name)) for name in columns} for row in rows))
    return Answer(sentences=tuple(text.removesuffix("\n").split("\n")))


def _limit(arguments: argparse.Namespace) -> int | None:
    """How many rows a table shows; None: all. Programs get all unless a limit was typed."""
    return _ROWS if arguments.limit is None else arguments.limit or None


def _honest(question: Question, bucket: InBucket | None) -> tuple[str, ...]:
    if question.backed_up and bucket is None:
        return ("Nothing is backed up: [backup] of library.toml is off.",)
    return ()
