"""`doit cull --try`: limits held against past nights before they are written into a rig file. Nothing is changed.

What was measured then is judged again, by the limits in force and by those tried; old sets that were never measured
here are judged by what names and headers say.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.commands.cull_sets import judged_sets
from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.measures import QUANTITIES
from pipeline.model.policies import Cull, CullPass
from pipeline.rules.spoken import counted
from pipeline.rules.targets import target_key
from pipeline.rules.trial import LIMITED, Limits, Tried, parse_limit, tried_cull, try_set
from pipeline.rules.trial_plot import plot_quantity
from pipeline.rules.trial_words import limits_text, trial_rows, trial_totals
from pipeline.rules.usual import filter_of
from pipeline.world.library import OpenLibrary

PAGE = "_Reports/cull_try.html"
"""Where the page lies unless it is put elsewhere."""
_COLUMNS = ("night", "set", "frames", "go now", "go then", "by", "differently")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed behind --try."""
    group = parser.add_argument_group("limits to try", "a number, 1.35x, 3sigma, 1.4usual or none")
    for name in LIMITED:
        quantity = QUANTITIES[name]
        option = f"--{name.replace('_', '-')}"
        unit = f", {quantity.unit}" if quantity.unit else ""
        about = f"{quantity.words}{unit} ({quantity.witness})".replace("%", "%%")
        if name == "trail":
            group.add_argument(option, nargs="?", const="yes", metavar="none", help=about)
        else:
            group.add_argument(option, metavar="LIMIT", help=about)
    group.add_argument("--pass", dest="which", choices=("1", "2"), help="whose limits they are (1)")
    group.add_argument("--auto", metavar="PERCENT", help="from which share on a set would ask, or always")
    group.add_argument("--filter", default="", metavar="FILTER", help="only sets of this filter")
    group.add_argument("--html", nargs="?", const=PAGE, metavar="FILE", help=f"a page with plots ({PAGE})")


def refuse_limits(arguments: argparse.Namespace) -> None:
    """Limits, and the page, mean nothing without --try."""
    typed = [name for name in (*LIMITED, "which", "auto", "filter", "html") if getattr(arguments, name)]
    if typed:
        option = {"which": "pass"}.get(typed[0], typed[0]).replace("_", "-")
        raise UserError(
            f"--{option} goes with --try. Limits that hold stand in the rig's file, under [cull]."
        )


def run(library: OpenLibrary, arguments: argparse.Namespace, context: Context) -> Answer:
    """Try the limits."""
    limits: Limits = {
        name: parse_limit(name, typed) for name in LIMITED if (typed := getattr(arguments, name)) is not None
    }
    auto = _auto(arguments.auto)
    if not limits and auto is None:
        raise UserError("--try which limits? For example: doit cull --try --hfr 4.2 --rig RIG")
    tried, passes = _try(library, arguments, context, limits, auto)
    rows, totals = trial_rows(tried), trial_totals(tried)
    title = f"Limits tried on {counted(len(tried), 'set')}"
    now, then = (
        " | ".join(dict.fromkeys(limits_text(one) for one in each)) for each in zip(*passes, strict=True)
    )
    closing = [*totals]
    if arguments.html:
        page = _page_path(library, arguments.html, context)
        _write_page(page, title, now, then, totals, rows, tried, passes, list(limits))
        closing.append(f"Plots: {page}")
    return Answer(
        sentences=(f"In force  {now}", f"Tried     {then}"),
        columns=_COLUMNS,
        rows=rows,
        closing=tuple(closing),
        data={"in_force": now, "tried": then, "sets": _data(tried), "totals": totals},
    )


def _auto(typed: str | None) -> float | str | None:
    if typed is None or typed == "always":
        return typed
    try:
        percent = float(typed)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise UserError(f"--auto {typed}: expected a share from 0 to 100, or always.")
    return percent


Passes = list[tuple[CullPass | None, CullPass | None]]
"""For each set its limits in force and those tried, of the pass that is tried."""


def _try(
    library: OpenLibrary,
    arguments: argparse.Namespace,
    context: Context,
    limits: Limits,
    auto: float | str | None,
) -> tuple[list[Tried], Passes]:
    second = arguments.which == "2"
    tried: list[Tried] = []
    passes: Passes = []
    for one in judged_sets(library, arguments, context):
        if arguments.filter and target_key(filter_of(one.frames)) != target_key(arguments.filter):
            continue
        case, rig = one.case, one.book.rig_of(one.frames)
        then = tried_cull(case.cull, limits, second, auto)
        found = try_set(one.frames, case.rows, case.words, case.usual, case.cull, then, rig.guider_arcsec_px)
        tried.append(found)
        passes.append((_pass(case.cull, second), _pass(then, second)))
    if not tried:
        raise UserError(f"No set of the filter {arguments.filter!r} there.")
    return tried, passes


def _pass(cull: Cull, second: bool) -> CullPass | None:
    return cull.pass2 if second else cull.pass1


def _page_path(library: OpenLibrary, typed: str, context: Context) -> Path:
    """Where the page goes: below the library by default, else where the person says."""
    if typed == PAGE:
        return library.root / PAGE
    path = context.folder / typed
    if path.is_dir():
        return path / "cull_try.html"
    if path.exists() and not _is_ours(path):
        raise UserError(f"{path} is there and no page of a trial; it stays. Name another file.")
    return path


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"<title>Limits tried on" in file.read(20_000)
    except OSError:
        return False


def _write_page(
    page: Path,
    title: str,
    now: str,
    then: str,
    totals: Sequence[str],
    rows: Sequence[dict[str, Any]],
    tried: Sequence[Tried],
    passes: Passes,
    names: Sequence[str],
) -> None:
    from pipeline.world.trial_page import write_trial_page

    old, new = [one for one, _ in passes], [one for _, one in passes]
    plots = [plot_quantity(name, tried, old, new) for name in names]
    write_trial_page(
        page,
        title=title,
        now=now,
        then=then,
        totals=totals,
        columns=_COLUMNS,
        rows=rows,
        plots=[one for one in plots if one is not None],
    )


def _data(tried: Sequence[Tried]) -> list[dict[str, Any]]:
    """The sets for programs."""
    return [
        {
            "set": one.frames.id,
            "night": one.frames.night,
            "frames": len(one.frames.members),
            "leaves": [member.stored for member in one.leaves],
            "returns": [member.stored for member in one.returns],
            "would_ask": one.then.held,
            "asks": one.now.held,
            "from_names": one.from_names,
            "missing": dict(one.then.missing),
        }
        for one in tried
    ]
