"""Which sets nobody need look into any more: every frame is settled, and no word on them is waiting to be heeded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.model.frames import Kind
from pipeline.model.records import LinkFact
from pipeline.model.sets import FrameSet
from pipeline.rules.decisions import Decisions
from pipeline.rules.places import accepted_folders, is_settled
from pipeline.rules.positions import Links
from pipeline.rules.records import moment_text
from pipeline.rules.words import words_of


def unsettled(sets: Iterable[FrameSet], links: Links, decisions: Decisions) -> list[FrameSet]:
    """The sets in which something waits, or of which a person spoke since they were settled.

    Args:
        sets: Sets of a few nights.
        links: Every place each frame of those nights was given.
        decisions: All there are.
    """
    done = accepted_folders(link for held in links.values() for link in held)
    return [one for one in sets if _waits(one, links, done) or _is_spoken_of(one, links, decisions)]


def _waits(one: FrameSet, links: Links, done: set[str]) -> bool:
    is_light = one.kind is Kind.LIGHT
    return not all(is_settled(held, done, is_light=is_light) for held in _places(one, links))


def _is_spoken_of(one: FrameSet, links: Links, decisions: Decisions) -> bool:
    """True when the last word on a set is later than the last thing that was done about it."""
    words = words_of(one, decisions)
    said = [word.when for word in words.frames.values()] + [*words.seen.values()]
    said += [when for when in (words.answered, words.reopened, words.rejudge) if when is not None]
    did = max((max(link.since, link.delivered) for held in _places(one, links) for link in held), default="")
    return bool(said) and moment_text(max(said)) > did


def _places(one: FrameSet, links: Links) -> list[Sequence[LinkFact]]:
    return [links.get(member.stored, ()) for member in one.members]
