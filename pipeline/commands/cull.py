"""Answer sets that would lose too many frames, show what the limits make of a set, or try limits on past nights.

  doit cull                                       the sets that ask, with numbers and what to type
  doit cull SET...                                what the limits make of a set, frame by frame, and why
  doit cull SET... --apply [--why TEXT]           yes: what exceeds the limits goes to _Reject
  doit cull SET... --keep                         no: keep them; pass 2, where there is one, still drops the hopeless
  doit cull SET... --ask                          take the answer back: the set asks again
  doit cull --rig RIG --night 2026-01-14 --apply  every set there that asks; --target M31 and FROM..TO work too
  doit cull --rejudge --rig RIG                   learn anew what is usual for the rig, also for sets judged before
  doit cull --rejudge --rig RIG --undo            take that back
  doit cull --try --hfr 4.2 --rig RIG             what a limit would have done to past nights; nothing is changed

SET is a set's name or any folder it is seen in, in 10_Blink, _Reject or 00_Frames. An answer is remembered for its set,
late frames included. Frames move with the next `doit`. Sets you have worked in stay as they are.

--try takes every quantity a limit may name: a number, 1.35x (times the set's median), 3sigma (of the set), 1.4usual
(times the rig's usual), or none. They stand in for those of the rig's pass 1, or with --pass 2 of its pass 2.

  doit cull --try --hfr-measured 1.3x --stars-measured 0.6x --night 2026-01-01..2026-01-31
  doit cull --try --rms-arcsec 1.5 --filter Ha --html trial.html
"""

from __future__ import annotations

import argparse
from typing import Any

from pipeline.commands import cull_try
from pipeline.commands.cull_answer import decide, rejudge
from pipeline.commands.cull_sets import about_set, as_data, is_chosen, judge_now, judged_sets, typed_again
from pipeline.model.answers import OK, WAITS, Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.verdicts import Fate, SetVerdict
from pipeline.rules.cull_words import question, reasons_text, summary
from pipeline.rules.typed import as_typed
from pipeline.world.judgements import asking_sets
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.set_finder import find_sets

_ACTIONS = ("apply", "keep", "ask", "rejudge", "try")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("sets", nargs="*", metavar="SET", help="a set's name, or a folder it is seen in")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--apply", action="store_true", help="what exceeds the limits goes to _Reject")
    which.add_argument("--keep", action="store_true", help="keep them; pass 2 still drops the hopeless")
    which.add_argument("--ask", action="store_true", help="take the answer back")
    which.add_argument("--rejudge", action="store_true", help="learn anew what is usual for the rig")
    which.add_argument("--try", action="store_true", help="show what limits would have done")
    parser.add_argument("--undo", action="store_true", help="with --rejudge: take it back")
    parser.add_argument("--rig", default="", help="only sets of this rig")
    parser.add_argument("--night", default="", metavar="NIGHT", help="only this night, or FROM..TO")
    parser.add_argument("--target", default="", help="only sets of this target")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the decision")
    cull_try.add_arguments(parser)


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """List, show, decide or try."""
    library = open_library(context.library, context.environment)
    action = next((name for name in _ACTIONS if getattr(arguments, name)), "")
    if arguments.undo and action != "rejudge":
        raise UserError("--undo goes with --rejudge; --ask takes an answer back.")
    if action == "try":
        return cull_try.run(library, arguments, context)
    cull_try.refuse_limits(arguments)
    if not action:
        return _show(library, arguments, context) if is_chosen(arguments) else _list(library)
    if not is_chosen(arguments):
        raise UserError(f"--{action} which sets? Name them, or choose them by --rig, --night or --target.")
    with Lock(library.root, command="doit cull"):
        if action == "rejudge":
            return rejudge(library, arguments, context)
        return decide(library, action, arguments, context)


def _list(library: OpenLibrary) -> Answer:
    """The sets that ask."""
    asking = []
    for set_id in asking_sets(library):
        try:
            asking += [judge_now(*one) for one in find_sets(library, [set_id], library.root)]
        except UserError:  # its frames are gone, or belong to another set since
            continue
    asking = [one for one in asking if one.verdict.held]
    if not asking:
        return Answer(sentences=("No set asks anything.",), data=[])
    rows = [
        {
            "set": one.frames.id,
            "asks": f"{question(one.verdict)}: {summary(_suspects(one.verdict))}",
        }
        for one in asking
    ]
    closing = [f"`doit cull {as_typed(one.frames.id)} --apply` or `--keep`" for one in asking[:3]]
    closing.append("Without an answer they are offered whole, the suspects first.")
    return Answer(rows=rows, closing=tuple(closing), data=[as_data(one) for one in asking], exit_code=WAITS)


def _suspects(verdict: SetVerdict) -> list[Any]:
    return [told for told in verdict.frames.values() if told.fate is Fate.SUSPECT]


def _show(library: OpenLibrary, arguments: argparse.Namespace, context: Context) -> Answer:
    """What the limits make of sets, frame by frame."""
    found = judged_sets(library, arguments, context)
    rows = [
        {"set": one.name, "frame": member.name, "is": told.fate.value, "why": reasons_text(told)}
        for one in found
        for member in one.frames.members
        if reasons_text(told := one.verdict.frames[member.stored])
    ]
    columns = ("frame", "is", "why") if len(found) == 1 else ("set", "frame", "is", "why")
    held = any(one.verdict.held for one in found)
    return Answer(
        sentences=tuple(line for one in found for line in about_set(one)),
        columns=columns,
        rows=rows,
        closing=(f"`{typed_again(arguments, found, '--apply')}` or `--keep` answers.",) if held else (),
        data=[as_data(one) for one in found],
        exit_code=WAITS if held else OK,
    )
