"""Let accepted sets take the masters that would be chosen for them now, in place of those they were accepted with.

  doit rematch SET...                             these sets
  doit rematch --rig RIG --night 2026-01-14       all accepted sets of that night; --target M31 and FROM..TO work too
  doit rematch SET... --undo                      take it back, as long as no `doit` has acted on it

SET is a set's name or any folder it is seen in. What would change is said, set by set; where nothing would, nothing is
written down. The next `doit` puts the new masters beside the lights, takes the old ones from there, and calibrates anew
what the rig's on_new_master asks for. `doit match SET` shows the same and decides nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from pipeline.commands.chosen_sets import Told, add_choice, meant_sets, require_choice
from pipeline.commands.match_told import differing, lone_kinds
from pipeline.model.answers import CANNOT, OK, Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.frames import Kind
from pipeline.model.records import About, Decision
from pipeline.rules.phrases import listed
from pipeline.rules.pins import REMATCH
from pipeline.rules.records import moment
from pipeline.rules.set_words import set_title
from pipeline.world import decisions as decided
from pipeline.world.chosen import holding, is_accepted, live_masters
from pipeline.world.library import open_library
from pipeline.world.lock import Lock
from pipeline.world.looking import SetNow
from pipeline.world.person import who_decides


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    add_choice(parser, undo="take it back, if no `doit` has acted on it")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Ask for other masters, or take it back."""
    library = open_library(context.library, context.environment)
    require_choice(arguments, "Rematch")
    with Lock(library.root, command="doit rematch"):
        found = meant_sets(library, arguments, context)
        lights = [now for now in found if now.frames.kind is Kind.LIGHT]
        if not lights:
            raise UserError("Only sets of lights keep masters; none is meant here.")
        who = who_decides(context.environment)
        speak = _take_back if arguments.undo else _rematch
        told = [speak(now, who, arguments.why) for now in lights]
    return _answer(told, undo=arguments.undo)


def _rematch(now: SetNow, who: str, why: str) -> Told:
    title = set_title(now.frames)
    if not is_accepted(now):
        return [f"{title}: is not accepted yet: until then each `doit` takes the best there are."], _data(
            now, None, []
        )
    if holding(now) is None:
        return [f"{title}: the next `doit` chooses its masters anyway; nothing need be said."], _data(
            now, None, []
        )
    live = live_masters(now)
    changes = differing(now, live)
    if not changes:
        lone = lone_kinds(now, live)
        none = f"no other {listed(lone, last='or')} fits, so it keeps what it has."
        return [f"{title}: {none if lone else 'has the masters that would be chosen now.'}"], _data(
            now, None, []
        )
    one = now.frames
    decision = decided.decide(
        now.book.library.root, REMATCH, About.SET, one.id, owner=one.owner, night=one.night, who=who, why=why
    )
    lines = [f"{title}:"]
    for change in changes:
        lines.append(f"  {change['kind']:<9}  {change['why']}")
        lines.append(f"  {'':<9}  {change['becomes']}")
        lines.append(f"  {'':<9}  in place of {change['was'] or 'none'}")
    lines += [f"  {kind:<9}  no other fits, so it keeps what it has" for kind in lone_kinds(now, live)]
    return lines, _data(now, decision, changes)


def _take_back(now: SetNow, who: str, why: str) -> Told:
    title = set_title(now.frames)
    decision = now.book.decisions.current(About.SET, now.frames.id, REMATCH)
    if decision is None:
        return [f"{title}: no `doit rematch` holds."], _data(now, None, [])
    record = now.book.ledger.matched.get(now.frames.id)
    if record is not None and moment(record["when"]) > decision.when:
        said = "was matched anew already; `doit pin` gives it the master of your choice"
        return [f"{title}: {said}."], _data(now, None, [])
    taken = decided.undo(now.book.library.root, decision, who=who, why=why)
    return [f"{title}: keeps the masters it was accepted with."], _data(now, taken, [])


def _data(now: SetNow, decision: Decision | None, changes: Sequence[dict[str, str]]) -> dict[str, Any]:
    return {
        "set": now.frames.id,
        "decision": decision.id if decision is not None else None,
        "changes": list(changes),
    }


def _answer(told: Sequence[Told], *, undo: bool) -> Answer:
    rows = [data for _, data in told]
    done = any(data["decision"] for data in rows)
    lines = tuple(line for said, data in told if data["decision"] or not done for line in said)
    closing = ("The next `doit` takes them.",) if done and not undo else ()
    return Answer(sentences=lines, closing=closing, data=rows, exit_code=OK if done else CANNOT)
