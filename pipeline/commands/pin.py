"""Choose a set's master yourself, whatever its keys say.

  doit pin SET MASTER                             calibrate these lights (or flats) with this master
  doit pin SET --undo                             take the latest choice back; with MASTER, that one

SET is a set's name or any folder it is seen in; MASTER its path or its name, as `doit match SET` shows them. What it
differs in is said, here and wherever it is used. A master of another size or binning cannot be pinned, nor one that is
held or unsound. Where SET means several sets, those of another filter or exposure are left out. An accepted set takes
it with the next `doit`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from pipeline.model.answers import CANNOT, OK, Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.frames import Kind
from pipeline.model.masters import Master, Match
from pipeline.model.records import About, Decision
from pipeline.rules.match_words import file_name, kind_word
from pipeline.rules.pins import PIN, Pin, pins_of
from pipeline.rules.racks import Racks, sorted_racks
from pipeline.rules.set_words import set_title
from pipeline.world import decisions as decided
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.master_finder import find_master_named
from pipeline.world.master_shelf import hash_of_master, read_shelf
from pipeline.world.person import who_decides
from pipeline.world.set_finder import find_sets
from pipeline.world.set_masters import match_set, pins_now

_Told = tuple[list[str], dict[str, Any]]
"""Sentences, and the same as data."""
_SERVING = {
    Kind.LIGHT: (Kind.DARK, Kind.FLAT, Kind.BIAS),
    Kind.FLAT: (Kind.FLATDARK, Kind.DARK, Kind.BIAS),
}
"""What sets of each kind are calibrated with."""
_OF_ONE_SET = ("filter ", "exposure ")
"""How reasons begin that tell one set of a night from the next."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument(
        "set", nargs="?", default="", metavar="SET", help="a set's name, or a folder it is seen in"
    )
    parser.add_argument("master", nargs="?", default="", metavar="MASTER", help="its path, or its name")
    parser.add_argument("--undo", action="store_true", help="take the choice back")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the decision")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Pin, or take it back."""
    library = open_library(context.library, context.environment)
    if not arguments.set:
        raise UserError("Pin what? Write `doit pin SET MASTER`; `doit match SET` lists the masters.")
    if not (arguments.master or arguments.undo):
        raise UserError("Pin which master? `doit match SET` lists them; --undo takes a choice back.")
    with Lock(library.root, command="doit pin"):
        found = find_sets(library, [arguments.set], context.folder)
        sets = [look_at_set(book, frames) for book, frames in found if frames.kind in _SERVING]
        if not sets:
            raise UserError("Darks and bias are calibrated with nothing; name a set of lights or flats.")
        masters = read_shelf(library)
        who = who_decides(context.environment)
        if arguments.undo:
            told = [_take_back(now, arguments.master, who, arguments.why) for now in sets]
        else:
            master = find_master_named(arguments.master, context.folder, library.root, masters)
            racks = sorted_racks(masters)
            told = [_pin(now, master, racks, who, arguments.why, alone=len(sets) == 1) for now in sets]
    return _answer(told, undo=arguments.undo)


def _pin(now: SetNow, master: Master, racks: Racks, who: str, why: str, *, alone: bool) -> _Told:
    title, name = set_title(now.frames), file_name(master)
    kind = master.frame.kind.raw if master.frame.kind is not None else None
    if kind not in _SERVING[now.frames.kind]:
        word = kind_word(kind) if kind is not None else "master"
        return [f"{title}: no {word} is ever taken from {_of(now)}."], _data(now, None, master)
    found = match_set(now, racks, pins={**pins_now(now, racks), kind: master.path}).matches.get(kind)
    problem = _why_not(found, master, alone=alone)
    if problem:
        return [f"{title}: {problem}"], _data(now, None, master)
    decision = _write(now, kind, master, who, why)
    lines = [f"{title}: its {kind_word(kind)} is {name}."]
    if found is None:
        lines.append(f"  No {kind_word(kind)} is used as long as it has a dark of its exposure.")
    lines += [f"  {warning}." for warning in (found.warnings if found is not None else ())]
    return lines, _data(now, decision, master)


def _why_not(found: Match | None, master: Master, *, alone: bool) -> str:
    """Why it is not pinned; empty where it is."""
    if found is None:
        return ""
    if found.chosen is None or found.chosen.master.path != master.path:
        return "; ".join(found.warnings) + "."
    other = [one for one in found.chosen.reasons if one.startswith(_OF_ONE_SET)]
    return f"left as it is: {other[0]}." if other and not alone else ""


def _of(now: SetNow) -> str:
    return "lights" if now.frames.kind is Kind.LIGHT else "flats"


def _write(now: SetNow, kind: Kind, master: Master, who: str, why: str) -> Decision:
    library: OpenLibrary = now.book.library
    sha256 = master.sha256 or hash_of_master(library, master)
    return decided.decide(
        library.root,
        PIN,
        About.SET,
        now.frames.id,
        owner=now.frames.owner,
        night=now.frames.night,
        values={"kind": kind.value, "master": master.path, "sha256": sha256},
        who=who,
        why=why,
    )


def _take_back(now: SetNow, word: str, who: str, why: str) -> _Told:
    title = set_title(now.frames)
    pins = pins_of(now.frames, now.book.decisions)
    meant = [one for one in pins.values() if not word or _is_meant(one, word)]
    if not meant:
        return [f"{title}: no {'such ' if word else ''}`doit pin` holds."], _data(now, None, None)
    latest = max(meant, key=lambda one: (one.decision.when, one.decision.id))
    taken = decided.undo(now.book.library.root, latest.decision, who=who, why=why)
    name = latest.path.rpartition("/")[2]
    return [f"{title}: {name} is no longer pinned."], _data(now, taken, None)


def _is_meant(pin: Pin, word: str) -> bool:
    typed = word.replace("\\", "/").casefold()
    name = pin.path.rpartition("/")[2].casefold()
    return pin.path.casefold().endswith(typed) or name.rpartition(".")[0] == typed


def _data(now: SetNow, decision: Decision | None, master: Master | None) -> dict[str, Any]:
    return {
        "set": now.frames.id,
        "decision": decision.id if decision is not None else None,
        "master": master.path if master is not None else None,
    }


def _answer(told: Sequence[_Told], *, undo: bool) -> Answer:
    rows = [data for _, data in told]
    done = any(data["decision"] for data in rows)
    closing = () if undo or not done else ("The next `doit` takes it.",)
    lines = tuple(line for said, _ in told for line in said)
    return Answer(sentences=lines, closing=closing, data=rows, exit_code=OK if done else CANNOT)
