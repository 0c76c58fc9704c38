"""A person's word on a master: written down, with what follows from it and what does not. For `doit master`."""

from __future__ import annotations

from pipeline.model.answers import CANNOT, Answer, Context
from pipeline.model.errors import FrameError
from pipeline.model.records import About
from pipeline.rules.library_names import is_held
from pipeline.rules.master_words import MASTER, REJECT, REJECTED, values_of
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.world import decisions as decided
from pipeline.world.library import OpenLibrary
from pipeline.world.master_account import told_of
from pipeline.world.master_shelf import Shelved, look_at_shelf
from pipeline.world.person import who_decides
from pipeline.world.said import read_said

_SHOWN = 6


def say_of(library: OpenLibrary, one: Shelved, verdict: str, why: str, context: Context) -> Answer:
    """Write down that a master may be used, or never."""
    master = one.master
    decision = decided.decide(
        library.root,
        MASTER,
        About.MASTER,
        master.path,
        values=values_of(master, verdict=verdict),
        who=who_decides(context.environment),
        why=why,
    )
    keep = _keepers(library, one) if verdict == REJECT else ()
    return Answer(
        sentences=(f"{master.path} {_follows(master.path, verdict)}.", *_kept_by(keep)),
        closing=(*_offer(keep), f"`doit master {as_typed(master.path)} --undo` takes that back."),
        data={"decision": decision.id, "master": master.path, "verdict": verdict, "kept_by": list(keep)},
    )


def take_back(library: OpenLibrary, one: Shelved, why: str, context: Context) -> Answer:
    """Take the latest word on a master back, and say what it is now."""
    if one.word is None:
        return Answer(sentences=(f"{one.master.path}: nothing was said of it.",), exit_code=CANNOT)
    said = read_said(library.root, None, remember=False).wide
    decision = said.by_id(one.word.id)
    assert decision is not None
    taken = decided.undo(library.root, decision, who=who_decides(context.environment), why=why)
    return Answer(
        sentences=(f"{one.master.path}: the latest word on it is taken back. {_stands(library, one)}",),
        data={"decision": taken.id, "master": one.master.path, "verdict": ""},
    )


def _follows(path: str, verdict: str) -> str:
    if verdict == REJECT:
        return "is never chosen"
    return "comes to its place with the next `doit`" if is_held(path) else "may be used"


def _keepers(library: OpenLibrary, one: Shelved) -> tuple[str, ...]:
    """Accepted sets that have it; a word on a master takes none from them."""
    try:
        return told_of(library, one).used_by
    except (FrameError, OSError):  # the word counts also on what cannot be read
        return ()


def _kept_by(sets: tuple[str, ...]) -> list[str]:
    if not sets:
        return []
    more = [f"  and {counted(len(sets) - _SHOWN, 'more set')}"] if len(sets) > _SHOWN else []
    return ["What was accepted with it keeps it:", *(f"  {one}" for one in sets[:_SHOWN]), *more]


def _offer(sets: tuple[str, ...]) -> list[str]:
    if not sets:
        return []
    rest = (
        " gives it another master, if one fits."
        if len(sets) == 1
        else " gives that set another one, if one fits; so for each."
    )
    return [f"`doit rematch {as_typed(sets[0])}`{rest}"]


def _stands(library: OpenLibrary, one: Shelved) -> str:
    """What the master is now that the word is gone."""
    now = next(each for each in look_at_shelf(library, remember=False) if each.master.path == one.master.path)
    if now.master.trouble.startswith(REJECTED):
        return "It is rejected again."
    if now.master.trouble:
        return f"It is not used all the same: {now.master.trouble}."
    if now.master.held:
        return "It is held again: nothing uses it until you have said --ok or --reject."
    if now.made.held:
        name = as_typed(one.master.path)
        return (
            "But a `doit` has acted on it: the master is in its place, may be used, and what stepped aside for it "
            f"stays in `superseded`. `doit master {name} --reject` keeps it from being chosen."
        )
    return "It may be used."
