"""Where a frame is seen now, of all the places it was ever given: in whose folder, and whether a person emptied one.

The ledger knows each link and what became of it; a link that was moved lies where it was found (`to`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from pipeline.model.records import LinkFact
from pipeline.rules.layout import BLINK, CALIBRATION, DATA, REJECT
from pipeline.rules.records import moment

Links = Mapping[str, Sequence[LinkFact]]
"""Stored path to every place the frame was given, in the order it was."""


class Place(StrEnum):
    """In which of the person's folders a frame ought to be seen."""

    NOWHERE = "nowhere"
    """In the store alone; of a path: somewhere that is the person's own (30_Master and beyond)."""
    BLINK = "10_Blink"
    REJECT = "_Reject"
    DATA = "20_Data"


def stage_of(path: str) -> Place:
    """Which of the person's folders a path of the library lies in."""
    parts = path.split("/", 3)
    if parts[0] == REJECT:
        return Place.REJECT
    place = 2 if parts[0] == CALIBRATION else 1  # further down it is the name of a target
    stage = parts[place] if len(parts) > place else ""
    return {BLINK: Place.BLINK, DATA: Place.DATA}.get(stage, Place.NOWHERE)


def lies_at(link: LinkFact) -> str:
    """Where a link's name is now; empty when there is none."""
    if link.state == "delivered":
        return link.link
    return link.to if link.state == "moved_on" else ""


def last_seen(link: LinkFact) -> str:
    """Where a link's name is, or was before it went."""
    return lies_at(link) or (link.at if link.state == "absent" and link.at else link.link)


def seen_in(links: Sequence[LinkFact], place: Place) -> Iterator[LinkFact]:
    """The links whose names are in this place now, the latest first."""
    return (link for link in reversed(links) if lies_at(link) and stage_of(lies_at(link)) is place)


def is_left_empty(links: Sequence[LinkFact], place: Place, spoken: datetime | None) -> bool:
    """True when a person took the frame out of this place: it is not put there again.

    Args:
        links: Every place the frame was given.
        place: Where it ought to be seen.
        spoken: When a person last spoke of the frame: a later word outranks what the folder says.
    """
    there = [link for link in links if place in {stage_of(link.link), stage_of(last_seen(link))}]
    if not there or there[-1].state not in {"absent", "moved_on"}:
        return False
    since = moment(there[-1].since)
    if spoken is not None and (spoken > since or (spoken == since and place is Place.REJECT)):
        return False  # restored by hand once, then put aside again: the very move says it belongs in _Reject
    return not any(moment(link.delivered) > since for link in links)


def is_gone(links: Sequence[LinkFact], spoken: datetime | None = None) -> bool:
    """True when the place a frame was offered in is empty and nobody has said why."""
    there = [link for link in links if stage_of(link.link) is Place.BLINK]
    is_missing = bool(there) and there[-1].state == "absent" and stage_of(last_seen(there[-1])) is Place.BLINK
    return is_missing and is_left_empty(links, Place.BLINK, spoken)
