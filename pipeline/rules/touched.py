"""A set a person has worked in is left as it lies: changed limits move nothing in it.

Where they have looked at a set, or accepted, rejected or put back a frame of it, what lies in 10_Blink stays there and
what was culled stays culled. Late frames are judged as ever, and an answer given after that work holds. What "they go"
was said of goes, also where somebody says before the next run that they have looked at the set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.model.records import LinkFact
from pipeline.model.verdicts import Fate, Judgement, SetVerdict
from pipeline.rules.positions import Links, Place, lies_at, stage_of
from pipeline.rules.records import moment
from pipeline.rules.words import ACCEPT, REJECT, WAIT, SetWords

IN_USE = "you have worked in this set"
CULLED_BEFORE = "culled before you worked in this set"


def leave_touched(verdict: SetVerdict, links: Links, words: SetWords) -> SetVerdict:
    """The verdict, but for frames of a touched set that have a place already."""
    if not is_touched(links, words):
        return verdict
    return replace(
        verdict,
        frames={
            stored: judged
            if stored in words.dropped and place_of(links.get(stored, ()), words) is Place.BLINK
            else _left(judged, place_of(links.get(stored, ()), words))
            for stored, judged in verdict.frames.items()
        },
    )


def is_touched(links: Links, words: SetWords) -> bool:
    """True when somebody has worked in the set, and has not answered the cull's question since."""
    latest = max(_touches(links, words), default=None)
    return latest is not None and (words.answered is None or words.answered <= latest)


def place_of(links: Sequence[LinkFact], words: SetWords) -> Place:
    """Where a frame lies in the person's folders now, by the ledger."""
    if any(_is_accepted(link, words) for link in links):
        return Place.DATA
    there = {stage_of(path) for link in links if (path := lies_at(link))}
    return next((place for place in (Place.DATA, Place.BLINK, Place.REJECT) if place in there), Place.NOWHERE)


def _left(judged: Judgement, place: Place) -> Judgement:
    if judged.fate is Fate.CULLED and place in {Place.BLINK, Place.DATA}:
        return replace(judged, fate=Fate.KEPT, because=IN_USE)
    if judged.fate is Fate.KEPT and not judged.because and place is Place.REJECT:
        return replace(judged, fate=Fate.CULLED, because=CULLED_BEFORE)
    return judged


def _touches(links: Links, words: SetWords) -> Iterator[datetime]:
    """When somebody looked, spoke of a frame, or had it accepted."""
    yield from words.seen.values()
    yield from (word.when for word in words.frames.values() if word.says in {REJECT, ACCEPT, WAIT})
    yield from (
        moment(link.delivered) for found in links.values() for link in found if _is_accepted(link, words)
    )


def _is_accepted(link: LinkFact, words: SetWords) -> bool:
    """True for a place in 20_Data, there or gone, that was given since the set was last reopened."""
    if stage_of(link.link) is not Place.DATA or link.state not in {"delivered", "moved_on", "absent"}:
        return False
    return words.reopened is None or moment(link.delivered) >= words.reopened
