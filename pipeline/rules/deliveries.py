"""What is to be delivered and what withdrawn, so that each frame of a set is seen where it ought to be.

    standings (where it ought to be) + links (where it is) ─plan_moves─▶ Moves(deliver, withdraw, left)

A frame gets its new place before the old one goes: a kill leaves two, never none. What a person took out of a folder
is not put there again, unless they have spoken since (deliver once, DESIGN §2.5).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.model.records import LinkFact
from pipeline.model.sets import FrameSet, Member
from pipeline.model.verdicts import State
from pipeline.rules.layout import twin_path
from pipeline.rules.positions import Links, Place, is_left_empty, lies_at, seen_in, stage_of
from pipeline.rules.standings import DONE, Standing, spoken_of
from pipeline.rules.words import SetWords

OFFERING = frozenset({State.OFFERED, State.HELD, State.LATE, State.CULLED, State.REJECTED, State.GIVEN_UP})
"""The states that bring a frame into 10_Blink or _Reject, or out of both. In the others nothing is offered."""
ACCEPTING = DONE
"""The states of a frame that no longer waits for eyes."""
_GONE_FOR_GOOD = frozenset({State.MOVED_ON, State.TAKEN_OUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A frame that gets a place."""

    stored: str
    link: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A place we gave that goes."""

    link: str
    """As the ledger knows it."""
    at: str
    """Where its name lies: elsewhere, when a person moved it."""
    stored: str
    why: str
    accepted_to: str | None = None
    """Where the accepted frame lies now, empty for calibration frames; None: it was not accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """The difference between where frames are seen and where they ought to be."""

    first: tuple[Withdrawal, ...] = ()
    """Withdrawn before anything is delivered: the ledger knows it by the very name the frame gets again."""
    deliver: tuple[Delivery, ...] = ()
    withdraw: tuple[Withdrawal, ...] = ()
    left: tuple[str, ...] = ()
    """Sentences about what stays although it ought to go."""

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to do."""
        return not (self.first or self.deliver or self.withdraw)

    def without(self, unplaced: Collection[str]) -> Moves:
        """The same, but nothing is done about these frames: what does not get its new place keeps its old one."""
        return replace(
            self,
            first=tuple(one for one in self.first if one.stored not in unplaced),
            deliver=tuple(one for one in self.deliver if one.stored not in unplaced),
            withdraw=tuple(one for one in self.withdraw if one.stored not in unplaced),
        )


def plan_moves(
    frames: FrameSet,
    standings: Mapping[str, Standing],
    links: Links,
    words: SetWords,
    states: Collection[State],
) -> Moves:
    """The moves of a set.

    Args:
        frames: The set.
        standings: Where each member ought to be.
        links: Every place each frame was ever given, of the whole night.
        words: What a person said.
        states: Only members in these states are moved.
    """
    taken = {link.link.casefold(): stored for stored, held in links.items() for link in held}
    deliver: list[Delivery] = []
    withdraw: list[Withdrawal] = []
    left: list[str] = []
    for member in frames.members:
        told = standings[member.stored]
        if told.state not in states:
            continue
        held = links.get(member.stored, ())
        place = next(map(lies_at, seen_in(held, told.place)), "")
        if not place and _may_be_placed(member, told, held, words):
            place = _link_of(frames, member, told.place, held, taken)
            deliver.append(Delivery(stored=member.stored, link=place, place=told.place))
        if place or told.place is Place.NOWHERE or told.state in _GONE_FOR_GOOD:
            withdraw += _withdrawals(member, told, held, place or told.why)
            left += _left(told, held)
    again = {one.link for one in deliver}
    return Moves(
        first=tuple(replace(one, accepted_to=None) for one in withdraw if one.link in again),
        deliver=tuple(deliver),
        withdraw=tuple(one for one in withdraw if one.link not in again),
        left=tuple(left),
    )


def lingering(
    frames: FrameSet, standings: Mapping[str, Standing], links: Links, wanted: Collection[str]
) -> Iterator[tuple[Withdrawal, str]]:
    """Names that were said to go and may still be there, where a run was killed in between.

    With each, a place where the frame must be seen before the name may go; empty: none needs to be.

    Args:
        frames: The set.
        standings: Where each member ought to be.
        links: Every place each frame was ever given.
        wanted: Links that are to be delivered.
    """
    for member in frames.members:
        held = links.get(member.stored, ())
        lying = [lies_at(link) for link in reversed(held) if lies_at(link)]
        now = lying[0] if lying else ""
        needs_none = standings[member.stored].state in {State.PASSED, State.GIVEN_UP}
        for link in held:
            at = link.at or link.link
            is_awaited = link.link in wanted and at != link.link
            may_go = at not in {*lying, *wanted} and (now or needs_none or is_awaited)
            if may_go and link.state in {"withdrawn", "accepted"}:
                yield Withdrawal(link=link.link, at=at, stored=member.stored, why="said to have gone"), now


def folder_of(frames: FrameSet, place: Place) -> str:
    """The set's folder in one of the person's places; empty where it has none."""
    return {Place.BLINK: frames.blink, Place.REJECT: frames.reject, Place.DATA: frames.data}.get(place, "")


def _may_be_placed(member: Member, told: Standing, held: Sequence[LinkFact], words: SetWords) -> bool:
    if told.place is Place.NOWHERE or told.state in _GONE_FOR_GOOD:
        return False
    return not is_left_empty(held, told.place, spoken_of(member.stored, words))


def _link_of(
    frames: FrameSet, member: Member, place: Place, held: Sequence[LinkFact], taken: dict[str, str]
) -> str:
    """The name it had there before, or its own; where another frame of the night had that, the next free one."""
    folder = folder_of(frames, place)
    before = [link.link for link in held if link.link.rpartition("/")[0] == folder]
    if before:
        return before[-1]
    number, link = 1, f"{folder}/{member.name}"
    while taken.setdefault(link.casefold(), member.stored) != member.stored:
        number += 1
        link = twin_path(f"{folder}/{member.name}", number)
    return link


def _withdrawals(
    member: Member, told: Standing, held: Sequence[LinkFact], place: str
) -> Iterator[Withdrawal]:
    for link in held:
        at = lies_at(link)
        if not at or _belongs(link, told, place) or not _is_ours_to_take(link, told):
            continue
        accepted_to = (place if told.place is Place.DATA else "") if told.state in ACCEPTING else None
        yield Withdrawal(
            link=link.link, at=at, stored=member.stored, why=_why(told, at), accepted_to=accepted_to
        )


def _belongs(link: LinkFact, told: Standing, place: str) -> bool:
    """True for what lies where it ought to; of two names in 10_Blink or in _Reject, for the one it is seen by.

    A frame was put aside, the run killed before the old name went, and the new one moved back there by its person.
    """
    if stage_of(lies_at(link)) is not told.place:
        return False
    return told.place is Place.DATA or link.is_own or lies_at(link) == place


def _is_ours_to_take(link: LinkFact, told: Standing) -> bool:
    """True for what lies in 10_Blink or _Reject; of 20_Data, what is where we put it and is accepted no more."""
    where = stage_of(lies_at(link))
    if where is Place.DATA:
        return link.state == "delivered" and told.state not in ACCEPTING | {State.GIVEN_UP}
    return where in {Place.BLINK, Place.REJECT}


def _why(told: Standing, at: str) -> str:
    if told.state in {State.CULLED, State.REJECTED, State.GIVEN_UP}:
        return str(told.state)
    if told.state in ACCEPTING:
        return "accepted"
    return "reopened" if stage_of(at) is Place.DATA else "back in 10_Blink"


def _left(told: Standing, held: Sequence[LinkFact]) -> Iterator[str]:
    """What the person moved on and now ought to be elsewhere: named, and let be."""
    if told.state not in {State.REJECTED, State.GIVEN_UP}:
        return
    for link in held:
        at = lies_at(link)
        if at and link.state == "moved_on" and stage_of(at) in {Place.DATA, Place.NOWHERE}:
            yield f"{at}: {told.state}, but you moved it there: it stays"
