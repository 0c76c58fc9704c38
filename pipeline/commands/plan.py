"""Show, file by file and set by set, what the next `doit` would do and why. Nothing is touched, not even a cache.

  doit plan                                    what lies in the inboxes, and what is due about the sets
  doit plan --night 2026-01-14                 one night; --rig and --target likewise, and together
  doit plan --json                             a list: one object a file, with where it would go and why

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
from pipeline.rules.rig_words import rig_called
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
    seen = see(open_library(context.library, context.environment), remember=False)
    rig = _rig(seen, arguments.rig)
    only = Only(rig=rig, night=arguments.night or "", target=arguments.target)
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
    )


def _rig(seen: Seen, word: str) -> str:
    """The rig or camera that is meant.

    Raises:
        UserError: There is none, or several may be meant.
    """
    rigs = seen.library.configuration.rigs
    here = {one.owner for one in seen.survey.arrivals} | {owner for owner, _ in seen.outline.nights}
    files = {rig.name for rig in rigs} | {rig.camera.name for rig in rigs}
    found = rig_called(word, here, files)
    if found not in here | files | {""}:
        known = (here | {rig.name for rig in rigs}) - {""}
        raise UserError(f"There is no rig {word!r} here; {meant(word, known)}")
    return found
