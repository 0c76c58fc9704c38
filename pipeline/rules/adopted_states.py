"""Where an adopted frame is in its life: as the folders of its person say, since nothing of ours was done to it.

10_Blink                          offered            20_Data, and any accept/    accepted
_Reject, reject/, bad/            blinked away       30_Master … 70_Abandon      moved on
anywhere else                     stored, or accepted where the person said so (`doit adopt --accepted`)
gone from 10_Blink or _Reject     given up           gone from anywhere further  taken out
"""

from __future__ import annotations

from datetime import date

from pipeline.model.frames import Kind
from pipeline.model.records import LinkFact, StoredFact
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import State
from pipeline.rules.layout import ACCEPT, STAGES
from pipeline.rules.ledger import Ledger, Record
from pipeline.rules.positions import Place, stage_of
from pipeline.rules.standings import Standing
from pipeline.rules.typed import as_typed

REJECTING = frozenset({"reject", "rejected", "rejects", "bad", "badframes"})
"""Folders into which people put what they do not want."""
_PLACES = {State.OFFERED: Place.BLINK, State.ACCEPTED: Place.DATA, State.REJECTED: Place.REJECT}


def state_of_adopted(record: Record, fact: StoredFact, link: LinkFact | None) -> State:
    """The state of one adopted frame.

    Args:
        record: Of its adoption.
        fact: What the ledger knows of it.
        link: Its own place.
    """
    if record.get("kind") != Kind.LIGHT:
        return State.ASIDE
    state = state_of_folders(fact.at)
    if state is State.STORED and record.get("accepted"):
        state = State.ACCEPTED
    if link is not None and link.state == "absent":
        return State.GIVEN_UP if state in {State.OFFERED, State.REJECTED} else State.TAKEN_OUT
    return state


def state_of_folders(path: str) -> State:
    """What the folders of a path say of the light that lies there."""
    folders = [part.casefold() for part in path.split("/")[:-1]]
    if stage_of(path) is Place.REJECT or not REJECTING.isdisjoint(folders):
        return State.REJECTED
    stage = stage_in(path)
    if stage in STAGES[3:]:
        return State.MOVED_ON
    if stage == STAGES[2] or ACCEPT in folders:
        return State.ACCEPTED
    return State.OFFERED if stage == STAGES[1] else State.STORED


def stage_in(path: str) -> str:
    """The stage folder a path lies in, wherever its rig is; empty: none."""
    return next((part for part in path.split("/")[:-1] if part in STAGES), "")


def not_acted_on(word: str, folder: str) -> str:
    """The sentence for whoever asks a command to act on adopted frames; how the same is said by their folders."""
    return (
        f"{word} is adopted: registered where it lies. Adopted sets keep what their folders say; no command or marker "
        "acts on them. To accept, move it into accept/ or 20_Data; to reject, into reject/, or delete it; to let it "
        "take part like all others, type: "
        f"doit adopt {as_typed(folder)} --link"
    )


def adopted_night(record: Record) -> date | None:
    """The night an adopted frame is filed under, as the record of its adoption has it."""
    try:
        return date.fromisoformat(str(record.get("night")))
    except ValueError:
        return None


def adopted_standings(frames: FrameSet, ledger: Ledger) -> dict[str, Standing]:
    """How the frames of an adopted set stand."""
    return {member.stored: _standing(ledger, member.stored) for member in frames.members}


def _standing(ledger: Ledger, stored: str) -> Standing:
    fact, link = ledger.stored[stored], ledger.links.get(stored)
    state = state_of_adopted(ledger.adopted.get(stored, {}), fact, link)
    why = fact.at if state is State.MOVED_ON else ""
    return Standing(state=state, place=_PLACES.get(state, Place.NOWHERE), why=why)
