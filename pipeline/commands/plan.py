"""Show, file by file and set by set, what the next `doit` would do and why. Nothing is touched, not even a cache.

  doit plan                                    what lies in the inboxes, and what is due about the sets
  doit plan --night 2026-01-14                 one night; --rig and --target likewise, and together
  doit plan --json                             one object a file, with the source of each part of its address

A frame of one second, night and size with another is expected to be its duplicate; the run compares the bytes.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.rules.choosing import night
from pipeline.rules.forecast import Only, forecast, places_beside
from pipeline.rules.forecast_words import forecast_lines, forecast_sum, set_lines
from pipeline.rules.phrases import meant
from pipeline.rules.rigfiles import rig_key
from pipeline.world.calibrated_status import steps_of_calibration
from pipeline.world.coming import ledger_ahead, steps_of_sets, views_away_now
from pipeline.world.library import open_library
from pipeline.world.retirement import leaving_now
from pipeline.world.survey import Seen, see


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("--rig", default="", help="only this rig (or camera, for darks and bias)")
    parser.add_argument("--night", type=night, metavar="DATE", help="only this night, by the evening's date")
    parser.add_argument("--target", default="", help="only this target")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Look without remembering, and tell."""
    only = Only(rig=arguments.rig, night=arguments.night or "", target=arguments.target)
    seen = see(open_library(context.library, context.environment), remember=False)
    _require_rig(seen, arguments.rig)
    leaving = {(one.leaver.inbox, one.leaver.original) for one in leaving_now(seen)[0]}
    told = forecast(
        seen.survey, ledger_ahead(seen), leaving, places_beside(seen.survey, seen.near, seen.around)
    )
    steps = [step for step in told if only.holds(step)]
    due = (
        *steps_of_sets(seen),
        *steps_of_calibration(seen.library, seen.outline),
    )
    of_sets = [step for step in due if only.holds(step)]
    away = [f"{one.what}." for one in (*seen.guard.waits, *views_away_now(seen).waits)]
    return Answer(
        sentences=(*forecast_lines(steps), *set_lines(of_sets)),
        closing=(*away, forecast_sum([*steps, *of_sets])),
        data=[asdict(step) for step in steps],
        json_lines=True,
    )


def _require_rig(seen: Seen, name: str) -> None:
    """Raise where no rig or camera has the name that was typed."""
    rigs = seen.library.configuration.rigs
    arriving = {one.owner for one in seen.survey.arrivals} - {""}
    known = {rig.name for rig in rigs} | {owner for owner, _ in seen.outline.nights} | arriving
    cameras = {rig.camera.name for rig in rigs}
    if name and rig_key(name.casefold()) not in {rig_key(one.casefold()) for one in known | cameras}:
        raise UserError(f"There is no rig {name!r} here; {meant(name, known)}")
