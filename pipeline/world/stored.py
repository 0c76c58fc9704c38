"""Stored frames understood: header, original path, and what a person corrected, as one `Frame`.

A stored name is an address, not evidence (DESIGN §2.2): whoever asks what a stored frame *is* asks here, so that it is
the same frame it was in the inbox, and a correction is heard everywhere at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipeline.model.errors import UserError
from pipeline.model.frames import Evidence, Frame, Problem
from pipeline.model.records import StoredFact
from pipeline.model.survey import Found, Sighting, Sort
from pipeline.rules.corrections import overlaid
from pipeline.rules.identity import Clues, identify
from pipeline.world.index import index_of
from pipeline.world.survey import Seen

STORE = "store:"
"""Where the index keeps what was read of stored frames: no inbox is called so."""


def frame_of_stored(seen: Seen, stored: str, *, remember: bool = False) -> Frame:
    """The frame stored under this path (relative to the library, with `/`).

    Raises:
        UserError: the ledger knows no such frame.
    """
    fact = seen.ledger.stored.get(stored)
    if fact is None:
        raise UserError(f"{stored}: no stored frame has this path.")
    return next(frame for _, frame in frames_of_stored(seen, [fact], remember=remember))


def frames_of_stored(
    seen: Seen, facts: Iterable[StoredFact], *, remember: bool = True
) -> Iterator[tuple[StoredFact, Frame]]:
    """What each of these stored frames is, in their order; headers that were read before are not read again.

    One that cannot be read is what its path and the person say, with the problem `unreadable` or `not-a-frame`.
    """
    asked = {fact.stored: fact for fact in facts}
    clues = {stored: _clues(seen, fact) for stored, fact in asked.items()}
    sightings = _look(seen, asked.values(), clues, remember=remember, again=False)
    later: dict[str, Clues] = {}
    for stored, sighting in sightings.items():
        frame = _frame(sighting, clues[stored], seen)
        night = seen.corrections.of_night(frame)
        if night is not None:
            later[stored] = replace(clues[stored], corrections=overlaid(clues[stored].corrections, night))
    sightings |= _look(seen, (asked[s] for s in later), later, remember=remember, again=True)
    for stored, fact in asked.items():
        yield fact, _frame(sightings[stored], later.get(stored, clues[stored]), seen)


def _look(
    seen: Seen, facts: Iterable[StoredFact], clues: dict[str, Clues], *, remember: bool, again: bool
) -> dict[str, Sighting]:
    library = seen.library
    lying = {fact.at: fact for fact in facts}
    files = [Found(STORE, at, fact.size, fact.mtime_ns, Sort.FRAME) for at, fact in lying.items()]
    look, readers = index_of(library, remember=remember).look, library.configuration.library.limits.readers
    found = look(
        files, library.root, library.known, lambda f: clues[lying[f.original].stored], readers, again=again
    )
    return {lying[sighting.found.original].stored: sighting for sighting in found}


def _clues(seen: Seen, fact: StoredFact) -> Clues:
    """All that is known of it beside its header; where it lay before decides what its folders mean."""
    said: Evidence | None = seen.corrections.of_stored(fact)
    rig = next((inbox.rig for inbox, _ in seen.library.inboxes if inbox.path == fact.inbox), None)
    original = fact.stored if fact.moved else fact.original or None
    if fact.is_adopted and (named := seen.near.adopted.get(fact.stored, {}).get("rig")):
        rig, original = str(named), fact.stored
    return Clues(path=fact.at, original=original, inbox_rig=rig, corrections=said)


def _frame(sighting: Sighting, clues: Clues, seen: Seen) -> Frame:
    if sighting.frame is not None:
        return sighting.frame
    frame = identify(clues, seen.library.known)
    code = "unreadable" if sighting.passing else "not-a-frame"
    return replace(frame, problems=(Problem(code, sighting.refusal), *frame.problems))
