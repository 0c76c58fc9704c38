"""In which state of its life each stored frame is (DESIGN §4), as far as the ledger alone can tell; and the sums.

    a journal ─ledger_states─▶ frame to state ─▶ its summary ─┐
    sets of nights in which something waits (rules/standings) ┴─▶ all stored frames, each counted once

For a night in which nothing waits this is all there is to know, but for one thing: what lies in _Reject was culled, or
blinked away, which the decisions say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from pipeline.model.frames import Kind
from pipeline.model.records import About, LinkFact, Stays, StoredFact
from pipeline.model.summaries import NightSummary
from pipeline.model.verdicts import State
from pipeline.rules.addresses import read_address
from pipeline.rules.adopted_states import state_of_adopted
from pipeline.rules.decisions import Decisions
from pipeline.rules.grouping import OFFERED_KINDS
from pipeline.rules.ledger import Ledger
from pipeline.rules.places import has_passed
from pipeline.rules.positions import Place, last_seen, lies_at, stage_of
from pipeline.rules.sayings import FRAME_WORDS, word_on, word_says
from pipeline.rules.words import GIVE_UP, REJECT

Night = tuple[str, date]
_SHOWN = frozenset(kind.value for kind in OFFERED_KINDS)


def ledger_states(ledger: Ledger) -> dict[str, State]:
    """Each stored frame's state, by its address; logs beside the frames are none."""
    links: dict[str, list[LinkFact]] = {}
    for link in ledger.links.values():
        links.setdefault(link.stored, []).append(link)
    return {
        stored: _state(fact, links.get(stored, ()), ledger)
        for stored, fact in ledger.stored.items()
        if fact.stays != Stays.WITNESS
    }


def _state(fact: StoredFact, links: Sequence[LinkFact], ledger: Ledger) -> State:
    if fact.is_adopted:
        return state_of_adopted(ledger.adopted.get(fact.stored, {}), fact, ledger.links.get(fact.stored))
    address = read_address(fact.stored) if fact.stays == Stays.FRAME else None
    if address is None or address.kind not in _SHOWN:
        return State.ASIDE
    lying = {stage_of(path) for link in links if (path := lies_at(link))}
    if Place.BLINK in lying:
        return State.OFFERED
    for place, state in (
        (Place.DATA, State.ACCEPTED),
        (Place.REJECT, State.CULLED),  # reopened since it was moved on, and then put aside
        (Place.NOWHERE, State.MOVED_ON),
    ):
        if place in lying:
            return state
    return _of_what_is_gone(links, is_light=address.kind == Kind.LIGHT)


def _of_what_is_gone(links: Sequence[LinkFact], *, is_light: bool) -> State:
    """The state of a frame that is seen nowhere but in the store."""
    left = [link for link in links if link.state in {"absent", "moved_on"}]
    gone = {stage_of(link.link) for link in left}
    if Place.DATA in gone:
        return State.TAKEN_OUT
    accepted = [link for link in links if link.state == "accepted"]
    if accepted:
        return State.ACCEPTED if is_light and not all(map(has_passed, accepted)) else State.PASSED
    last = {
        stage_of(last_seen(link)) for link in left
    }  # of one put aside and moved back by hand that is 10_Blink
    if Place.REJECT in last:
        return State.GIVEN_UP
    return State.GONE if Place.BLINK in last | gone else State.STORED


def is_open(summary: NightSummary, is_asked_for: Callable[[Kind], bool]) -> bool:
    """True for a night with frames that wait: given a place already, or of a kind that some rig shows to eyes."""
    return any(
        number > summary.unoffered.get(kind, 0) or kind == Kind.LIGHT or is_asked_for(Kind(kind))
        for kind, number in summary.unsettled.items()
    )


def settled_states(
    summary: NightSummary, words: Mapping[str, int], is_asked_for: Callable[[Kind], bool]
) -> Counter[str]:
    """The states of a night in which nothing waits.

    Args:
        summary: What its journal comes down to.
        words: How many of its frames a person rejected (`reject`) and gave up (`give-up`).
        is_asked_for: Whether any rig shows frames of a kind to eyes; the others have passed.
    """
    states = Counter(summary.states)
    unseen = words.get(
        REJECT, 0
    )  # those of them that were deleted lie in _Reject no more, and are gone for the ledger
    unseen -= _move(states, State.GONE, State.REJECTED, unseen)
    _move(states, State.CULLED, State.REJECTED, unseen)
    missing = words.get(GIVE_UP, 0) - states[State.GIVEN_UP]
    for before in (State.CULLED, State.STORED, State.TAKEN_OUT):
        missing -= _move(states, before, State.GIVEN_UP, missing)
    unasked = sum(
        number
        for kind, number in summary.unoffered.items()
        if kind != Kind.LIGHT and not is_asked_for(Kind(kind))
    )
    _move(states, State.STORED, State.PASSED, unasked)
    return Counter({state: number for state, number in states.items() if number})


def _move(states: Counter[str], before: State, after: State, number: int) -> int:
    """Count so many frames under another state, at most those there are; how many these were."""
    moved = max(0, min(number, states[before]))
    states[before] -= moved
    states[after] += moved
    return moved


def words_by_night(decisions: Decisions) -> dict[Night, Counter[str]]:
    """How many frames of each night a person rejected, and how many they gave up."""
    said = {one.subject for one in decisions.said if one.about is About.FRAME and one.kind in FRAME_WORDS}
    found: dict[Night, Counter[str]] = {}
    for stored in said:
        address, says = read_address(stored), word_says(word_on(stored, decisions))
        if address is not None and address.night is not None and says in {REJECT, GIVE_UP}:
            found.setdefault((address.owner, address.night), Counter())[says] += 1
    return found


def in_life_order(states: Mapping[str, int]) -> dict[str, int]:
    """The states in the order of a frame's life; what is empty is left out."""
    return {state.value: states[state] for state in _LIFE if states.get(state)}


def added(each: Iterable[Mapping[str, int]]) -> Counter[str]:
    """The sums of all."""
    whole: Counter[str] = Counter()
    for one in each:
        whole.update(one)
    return whole


_LIFE = (
    State.STORED,
    State.OFFERED,
    State.HELD,
    State.LATE,
    State.ACCEPTED,
    State.MOVED_ON,
    State.TAKEN_OUT,
    State.PASSED,
    State.CULLED,
    State.REJECTED,
    State.GIVEN_UP,
    State.GONE,
    State.ASIDE,
)
