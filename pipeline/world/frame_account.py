"""One stored frame looked up in its night: its set, its row of measures, what the limits said, where it is seen.

Nothing is written, not even a cache: asked by `doit why`.
"""

from __future__ import annotations

from pipeline.model.frames import Kind
from pipeline.model.masters import SetMatch
from pipeline.model.verdicts import State
from pipeline.rules.decisions import Decisions
from pipeline.rules.frame_account import FrameAccount
from pipeline.rules.positions import lies_at
from pipeline.rules.states import ledger_states
from pipeline.world.calibrated_manifest import read_calibrated
from pipeline.world.library import OpenLibrary
from pipeline.world.looking import look_at_set
from pipeline.world.manifests import read_measures
from pipeline.world.master_status import said_match
from pipeline.world.nightbook import NightBook, address_of, read_book
from pipeline.world.open_nights import is_over


def account_of(library: OpenLibrary, stored: str, decisions: Decisions) -> FrameAccount | None:
    """What follows the store for this frame; None for a log, or what the ledger of its night does not know."""
    where = address_of(stored)
    if where is None:
        return FrameAccount(stored=stored)
    book = read_book(library, *where, decisions, remember=False)
    by_ledger = ledger_states(book.ledger)
    if stored not in by_ledger:
        return None
    for frames in book.sets:
        if stored in frames.by_stored:
            return _in_set(book, stored, frames.id, by_ledger[stored])
    return FrameAccount(stored=stored)


def _in_set(book: NightBook, stored: str, set_id: str, by_ledger: State) -> FrameAccount:
    now = look_at_set(book, book.by_id[set_id])
    told = now.standings[stored]
    places = [place for link in reversed(book.links.get(stored, ())) if (place := lies_at(link))]
    return FrameAccount(
        stored=stored,
        frames=now.frames,
        row=read_measures(book.library, set_id).get(stored),
        verdict=now.verdict,
        standing=told,
        state=by_ledger if told.state is State.STORED else told.state,
        lies_at=next(iter(places), ""),
        looked=now.words.seen.get(stored),
        cull=now.rig.cull,
        over=set_id in book.ledger.judged or is_over(now.frames),
        calibrated=read_calibrated(book.library, set_id).get(stored),
        masters=said_match(now, book.decisions) if now.frames.kind is Kind.LIGHT else SetMatch(),
    )
