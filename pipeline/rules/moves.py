"""What it means that a person moved a frame: read from where it was offered and where it was found.

    10_Blink/M31/…      ─▶ …/accept/…, 20_Data/…           accepted
    10_Blink/M31/…      ─▶ …/bad/…, _Reject/…              rejected
    10_Blink/M31/…      ─▶ 10_Blink/Andromeda/…            renamed: still offered, there
    _Reject/…           ─▶ 10_Blink/…                      restored
    20_Data/…           ─▶ 10_Blink/…                      to be looked at again
    20_Data/…, and any  ─▶ 30_Master … 70_Abandon          moved on: its own affair

Only identity counts: what a program wrote under a similar name (`_a.xisf`, `_c.fits`) is none of this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.rules.layout import ACCEPT, BLINK
from pipeline.rules.positions import Place, stage_of
from pipeline.rules.words import ACCEPT as ACCEPTED
from pipeline.rules.words import REJECT, RESTORE, WAIT

_OURS = re.compile(r"(DATE|FILTER|EXP|SETTEMP|PANEL)_", re.IGNORECASE)
"""How the folders begin that we make, or that older layouts had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a move says of the frame."""

    says: str = ""
    """`accept`, `reject`, `restore` or `wait`; empty: nothing, it only lies elsewhere now."""
    why: str = ""


def meaning_of(link: str, found: str, *, home: bool, lay: str = "") -> Meaning:
    """What it means that the frame delivered as `link` lies at `found`.

    Args:
        link: Where we put it.
        found: Where it is now.
        home: True when the folder it was put into is still there, so that it was not renamed.
        lay: Where it had been moved before: what comes out of _Reject is restored, wherever we had put it.
    """
    before, now = Place.REJECT if stage_of(lay) is Place.REJECT else stage_of(link), stage_of(found)
    if before is Place.DATA:
        return _out_of_data(now)
    if now is Place.DATA:
        return Meaning(says=ACCEPTED, why="moved into 20_Data")
    if now is Place.BLINK:
        return _within_blink(link, found, home=home)
    if now is Place.REJECT and before is Place.BLINK:
        return Meaning(says=REJECT, why="moved into _Reject")
    return Meaning()


def _out_of_data(now: Place) -> Meaning:
    """What it means that an accepted frame lies elsewhere; in 20_Data, or beyond it, it was only put in order."""
    if now is Place.REJECT:
        return Meaning(says=REJECT, why="moved into _Reject")
    return Meaning(says=WAIT, why="moved back into 10_Blink") if now is Place.BLINK else Meaning()


def _within_blink(link: str, found: str, *, home: bool) -> Meaning:
    """What a place below 10_Blink means for a frame that was offered, or rejected, elsewhere."""
    was, now = _below_blink(link), _below_blink(found)
    strange = [part for part in now if part.casefold() not in {one.casefold() for one in was}]
    if any(part.casefold() == ACCEPT for part in strange):
        return Meaning(says=ACCEPTED, why="moved into accept/")
    aside = _aside(was, now, strange, home=home)
    if aside:
        return Meaning(says=REJECT, why=f"moved into {aside}/")
    if stage_of(link) is Place.REJECT:
        return Meaning(says=RESTORE, why="moved back into 10_Blink")
    return Meaning()


def _aside(was: list[str], now: list[str], strange: list[str], *, home: bool) -> str:
    """The sub-folder of the person's own that a frame was put aside into; empty for a folder that was renamed."""
    theirs = [part for part in strange if not _OURS.match(part)]
    if not theirs or [part.casefold() for part in now[:1]] != [part.casefold() for part in was[:1]]:
        return ""
    whole = [part for part in now if part not in theirs]
    is_inserted = [part.casefold() for part in whole] == [part.casefold() for part in was]
    return theirs[0] if is_inserted or home else ""


def _below_blink(path: str) -> list[str]:
    """The folders below 10_Blink; of a place in _Reject, those it has there."""
    folders = path.split("/")[:-1]
    return folders[folders.index(BLINK) + 1 :] if BLINK in folders else []
