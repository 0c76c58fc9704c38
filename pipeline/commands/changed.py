"""Say from which night on a rig was another: the camera turned, the optics cleaned, a reducer put in.

  doit changed RIG NIGHT                          flats from before that night no longer serve it, nor those after
  doit changed RIG NIGHT --why "camera turned"    the same, with what you did
  doit changed RIG NIGHT --undo                   take it back
  doit changed                                    every change there is

NIGHT is the first evening on which it was so, 2026-01-14. Flats of a light's own night always serve; those of another
night only where no change lies between. Jumps of focal length, camera body or a rotator that stands still are noticed
without being told. Accepted sets keep the flats they were accepted with.
"""

from __future__ import annotations

import argparse
from datetime import date

from pipeline.model.answers import CANNOT, OK, Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.records import About, Decision
from pipeline.rules.corrections import night_from
from pipeline.rules.decisions import Decisions
from pipeline.rules.phrases import listed
from pipeline.rules.pins import CHANGED, mark_of
from pipeline.rules.rig_words import rig_called
from pipeline.rules.rigfiles import rig_key, split_rig_name
from pipeline.world import decisions as decided
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.person import who_decides
from pipeline.world.said import read_said
from pipeline.world.summaries import read_outline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("rig", nargs="?", default="", metavar="RIG", help="the rig's name")
    parser.add_argument("night", nargs="?", default="", metavar="NIGHT", help="the first evening it was so")
    parser.add_argument("--undo", action="store_true", help="take it back")
    parser.add_argument("--why", default="", metavar="TEXT", help="what was done to it")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Mark the night, take the mark away, or list what there is."""
    library = open_library(context.library, context.environment)
    if not arguments.night:
        if arguments.undo or arguments.why:
            raise UserError("Which rig and night? Write `doit changed RIG 2026-01-14`.")
        return _list(library, arguments.rig)
    rig, night = _rig(arguments.rig, library), _night(arguments.night)
    who = who_decides(context.environment)
    with Lock(library.root, command="doit changed"):
        said = read_said(library.root, library.state, remember=False).wide
        mark = mark_of(rig, night, said)
        if arguments.undo:
            return _take_back(library, mark, rig, night, who, arguments.why)
        return _mark(library, mark, rig, night, who, arguments.why)


def _mark(library: OpenLibrary, mark: Decision | None, rig: str, night: date, who: str, why: str) -> Answer:
    if mark is not None and (not why or why == mark.why):
        return Answer(sentences=(f"{rig} is marked as changed on {night} already.",), exit_code=CANNOT)
    decision = decided.decide(
        library.root,
        CHANGED,
        About.RIG,
        rig,
        owner=rig,
        values={"night": night.isoformat()},
        who=who,
        why=why,
    )
    said = f"{rig} is another from the night of {night} on{f': {why}' if why else ''}."
    return Answer(
        sentences=(said, "Flats from before serve no light from then on, and the other way round."),
        data={"rig": rig, "night": night, "why": why, "decision": decision.id},
    )


def _take_back(
    library: OpenLibrary, mark: Decision | None, rig: str, night: date, who: str, why: str
) -> Answer:
    if mark is None:
        return Answer(sentences=(f"{rig}: no `doit changed` of {night} holds.",), exit_code=CANNOT)
    while mark is not None:  # said twice, with another reason: both go
        taken = decided.undo(library.root, mark, who=who, why=why)
        mark = mark_of(rig, night, read_said(library.root, library.state, remember=False).wide)
    return Answer(
        sentences=(f"{rig} was the same before and after {night}.",),
        data={"rig": rig, "night": night, "decision": taken.id},
        exit_code=OK,
    )


def _list(library: OpenLibrary, rig: str) -> Answer:
    said = read_said(library.root, library.state, remember=False).wide
    rig = _rig(rig, library) if rig else ""
    rows = [
        {"rig": one.subject, "from": one.values.get("night"), "why": one.why}
        for one in _marks(said)
        if not rig or rig_key(rig) == rig_key(one.subject)
    ]
    return Answer(sentences=() if rows else ("No rig was marked as changed.",), rows=rows, data=rows)


def _marks(said: Decisions) -> list[Decision]:
    return sorted(said.of_kind(CHANGED), key=lambda one: (one.subject, str(one.values.get("night"))))


def _night(text: str) -> date:
    night = night_from(text)
    if night is None:
        raise UserError(f"{text!r} is no night: write the evening's date, 2026-01-14.")
    return night


def _rig(word: str, library: OpenLibrary) -> str:
    """The rig that is meant, as its file or its folder spells it."""
    outline = read_outline(library.root, library.state, remember=False)
    stored = {owner for owner, _ in outline.nights if split_rig_name(owner) is not None}
    files = {rig.name for rig in library.configuration.rigs}
    found = rig_called(word, stored, files)
    if found not in stored | files:
        known = {rig_key(name): name for name in (*files, *stored)}
        raise UserError(f"No rig is called {word!r}; there are {listed(sorted(known.values()))}.")
    return found
