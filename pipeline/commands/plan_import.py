"""Import what you want to shoot: lists, mosaics and sequences of other programs.

  doit plan-import telescopius_list_autumn.csv --hours L=4,Ha=6      a list says where; you say how long, each target
  doit plan-import telescopius_list_autumn.csv --counts L=40x180,Ha=20x300
  doit plan-import mosaic.csv --name M31 --counts L=40x180           a Telescopius mosaic: NAME is its target
  doit plan-import M33.ninaTargetSet sequence.json                   NINA's target sets and Advanced Sequencer files
  doit plan-import targets.csv --rig "C8E@f10.0+ASI2600MM"           for one rig only
  doit plan-import                                                   list what is imported
  doit plan-import --undo NAME                                       take an import back

A file imported again replaces what it said before. `doit schedule` and the reports then show what is still missing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.plans import PLAN
from pipeline.model.records import About, Decision
from pipeline.rules.plan_imports import LARGEST_BYTES, ImportedPlan, doses_of, line_of, read_plan
from pipeline.rules.rig_words import rig_called
from pipeline.rules.spoken import counted
from pipeline.world import decisions as decided
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.local_time import local_words
from pipeline.world.lock import Lock
from pipeline.world.person import who_decides
from pipeline.world.plans import imported_plans

_NAMED_BY_USE = ("telescopius_list_", "telescopius_mosaic_", "telescopius_")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="lists, mosaics, target sets, sequences")
    parser.add_argument("--name", default="", help="what the plan is called; of a mosaic, its target")
    parser.add_argument(
        "--hours", action="append", default=[], metavar="L=4,Ha=6", help="hours for each filter"
    )
    parser.add_argument(
        "--counts", action="append", default=[], metavar="L=40x180", help="exposures for each filter"
    )
    parser.add_argument("--rig", default="", help="the rig it is for; without it, any")
    parser.add_argument("--by-catalogue", action="store_true", help="name targets by their catalogue: M 31")
    parser.add_argument("--undo", default="", metavar="NAME", help="take an import back")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the decision")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Import, list, or take back."""
    library = open_library(context.library, context.environment)
    if arguments.undo:
        if arguments.files:
            raise UserError("Either --undo NAME or files to import, not both.")
        with Lock(library.root, command="doit plan-import"):
            return _take_back(library, arguments, context)
    if not arguments.files:
        return _list(library)
    if arguments.name and len(arguments.files) > 1:
        raise UserError("--name is for one file.")
    rig = _rig(library, arguments.rig)
    doses = doses_of(arguments.hours, arguments.counts)
    found: dict[str, tuple[ImportedPlan, str]] = {}
    for file in arguments.files:
        path = context.folder / file
        name = arguments.name.strip() or plan_name(path)
        if name in found:
            raise UserError(f"Two files would be one plan called {name}; import them one by one with --name.")
        told = read_plan(
            _read(path), str(path), name=name, doses=doses, rig=rig, by_catalogue=arguments.by_catalogue
        )
        found[name] = told, str(path)
    with Lock(library.root, command="doit plan-import"):
        rows = [_keep(library, name, *told, arguments, context) for name, told in found.items()]
    return Answer(
        rows=rows,
        closing=(
            *_without_hours({name: told for name, (told, _) in found.items()}),
            "`doit schedule` shows what is wanted; the next `doit` takes it into the reports.",
        ),
    )


def _without_hours(plans: Mapping[str, ImportedPlan]) -> Iterator[str]:
    """That a plan says where and not how long, and how to say that, too."""
    for name, told in plans.items():
        silent = {one.target for one in told.wishes if one.hours is None and one.desired is None}
        if silent:
            yield (
                f"{name}: hours are missing for {counted(len(silent), 'target')}, so nothing can be said to be "
                "still needed; import it again with them, for each filter: --hours L=4,Ha=6, "
                "or --counts L=40x180 for exposures."
            )


def plan_name(path: Path) -> str:
    """`autumn` of `telescopius_list_autumn.csv`."""
    stem = path.stem
    begun = next((one for one in _NAMED_BY_USE if stem.casefold().startswith(one)), "")
    return stem[len(begun) :].strip() or stem or "plan"


def _keep(
    library: OpenLibrary,
    name: str,
    told: ImportedPlan,
    file: str,
    arguments: argparse.Namespace,
    context: Context,
) -> dict[str, Any]:
    values = {"format": told.kind, "lines": [line_of(wish) for wish in told.wishes]}
    decision = _replaced(library, name, values, who=who_decides(context.environment), why=arguments.why)
    return {
        "plan": name,
        "kind": told.kind,
        "targets": len({(wish.target, wish.panel) for wish in told.wishes}),
        "wishes": len(told.wishes),
        "file": file,
        "decision": decision.id,
    }


def _replaced(
    library: OpenLibrary, name: str, values: Mapping[str, object], *, who: str, why: str
) -> Decision:
    """The decision that holds now, alone of its name; the one there is where it says the same."""
    former = [
        one for one in decided.read_night(library.root, None, None).of_kind(PLAN) if one.subject == name
    ]
    if former and dict(former[-1].values) == dict(values):
        return former[-1]
    decision = decided.decide(library.root, PLAN, About.LIBRARY, name, values=dict(values), who=who, why=why)
    for one in reversed(former):
        decided.undo(library.root, one, who=who, why=f"imported again: {decision.id}")
    return decision


def _take_back(library: OpenLibrary, arguments: argparse.Namespace, context: Context) -> Answer:
    plans = {one.subject: one for one in imported_plans(library)}
    found = plans.get(arguments.undo)
    if found is None:
        raise UserError(f"No imported plan is called {arguments.undo}; known: {', '.join(plans) or 'none'}.")
    taken = decided.undo(library.root, found, who=who_decides(context.environment), why=arguments.why)
    before = next((one for one in imported_plans(library) if one.subject == found.subject), None)
    again = f" The import of {local_words(before.when)} holds again." if before is not None else ""
    return Answer(
        sentences=(f"{found.subject}: the import of {local_words(found.when)} is taken back.{again}",),
        data={"plan": found.subject, "decision": taken.id},
    )


def _list(library: OpenLibrary) -> Answer:
    rows = [
        {
            "plan": one.subject,
            "kind": one.values.get("format", ""),
            "wishes": counted(len(lines), "wish", "wishes") if isinstance(lines, list) else "",
            "imported": local_words(one.when),
            "by": one.who,
        }
        for one in imported_plans(library)
        for lines in [one.values.get("lines")]
    ]
    return Answer(sentences=() if rows else ("No plan is imported.",), rows=rows, data=rows)


def _rig(library: OpenLibrary, typed: str) -> str:
    if not typed:
        return ""
    names = [rig.name for rig in library.configuration.rigs]
    known = rig_called(typed, names)
    if known not in names:
        raise UserError(f"No rig file describes {typed}; known: {', '.join(names) or 'none'}.")
    return known


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UserError(f"{path}: {'is no plain file' if path.exists() else 'there is no such file'}.")
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: could not be read ({error}).") from error
