"""What the next run would do with sets, looked up without writing anything: for `doit plan`.

open nights (LibraryStates) + frames about to be stored ─▶ SetComing
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pipeline.model.sets import FrameSet, Member
from pipeline.model.survey import Fate
from pipeline.rules.absorb_words import diary_line
from pipeline.rules.addresses import read_address
from pipeline.rules.corrected import heed
from pipeline.rules.deliveries import ACCEPTING, OFFERING
from pipeline.rules.forecast import Step
from pipeline.rules.forecast_sets import SetComing, set_steps, taken_up_steps
from pipeline.rules.grouping import is_shown
from pipeline.rules.ledger import Ledger, ledger_file
from pipeline.rules.summaries import target_folders
from pipeline.rules.views_away import ViewsAway
from pipeline.world import ledger as ledgers
from pipeline.world.attention import heard_in_folders, is_done
from pipeline.world.coming_masters import steps_of_masters
from pipeline.world.guards import views_away
from pipeline.world.library_states import LibraryStates, states_of
from pipeline.world.looking import SetNow
from pipeline.world.manifests import read_measures
from pipeline.world.nightbook import sets_of
from pipeline.world.open_nights import is_over
from pipeline.world.survey import Seen
from pipeline.world.tallies import read_tallies

Night = tuple[str, date]


def steps_of_sets(seen: Seen) -> list[Step]:
    """What the next run would do with sets and masters, and what it would take up of what a person did."""
    away = views_away_now(seen)
    held = away.owners | seen.guard.owners
    states = states_of(seen.library, seen.outline, seen.decisions, remember=False)
    heard = heard_in_folders(states, held)
    said = {owner: diary_line(owner, absorbed) for owner, absorbed in heard.items()}
    coming = [one for one in coming_sets(seen, states) if one.frames.owner not in held]
    return [
        *taken_up_steps(said),
        *set_steps(coming),
        *steps_of_masters(seen.library, states, coming, seen.decisions),
    ]


def ledger_ahead(seen: Seen) -> Ledger:
    """What the ledger says of all that a forecast of files asks for, the rest unread.

    That is: of what lies in the inboxes, of the nights into which something is to be stored, and of frames whose hash
    is still to be taken.
    """
    outline = seen.outline
    arriving = {arrival.night for arrival in seen.survey.arrivals if arrival.fate is Fate.STORE}
    nights = {night for night in outline.nights if night[1] in arriving}
    for tally in read_tallies(seen.library.root, seen.library.state, remember=False):
        places = (read_address(one.stored) for one in tally.unhashed)
        nights |= {(place.owner, place.night) for place in places if place is not None and place.night}
    names = [found.origin for scan in seen.survey.scans for found in scan.files]
    of_nights = {ledger_file(*night) for night in outline.nights}
    wanted = {*outline.speaking_of(names, nights), *(outline.journals.keys() - of_nights)}
    return ledgers.read_some(
        seen.library.root, (journal for journal in outline.journals if journal in wanted)
    )


def views_away_now(seen: Seen) -> ViewsAway:
    """The folders a person works in that are gone as a whole."""
    return views_away(seen.library, seen.outline, seen.guard)


def coming_sets(seen: Seen, states: LibraryStates) -> list[SetComing]:
    """The sets about which something is due, by night."""
    arriving = dict(_arriving(seen))
    found = [
        _growing(seen, one) for night in sorted(arriving) for one in _grown(seen, night, arriving[night])
    ]
    growing = {one.frames.id for one in found}
    return [
        *found,
        *(_standing(now) for now in states.sets if now.frames.id not in growing and not is_done(now)),
    ]


def _standing(now: SetNow) -> SetComing:
    """A set all of which is stored."""
    rows = read_measures(now.book.library, now.frames.id)
    judged = now.verdict.frames if now.verdict is not None else {}
    return SetComing(
        frames=now.frames,
        unmeasured=sum(stored not in rows for stored in now.frames.by_stored),
        unjudged=any(stored not in judged for stored in now.frames.by_stored),
        over=now.frames.id in now.book.ledger.judged or is_over(now.frames),
        shown=is_shown(now.frames.kind, now.rig.blink),
        offering=now.moves(OFFERING),
        accepting=now.moves(ACCEPTING),
    )


def _growing(seen: Seen, one: FrameSet) -> SetComing:
    """A set that gets frames which are still in an inbox."""
    rows = read_measures(seen.library, one.id)
    rig = seen.library.configuration.rig(one.rig) or seen.library.configuration.stranger
    return SetComing(
        frames=one,
        unmeasured=sum(member.stored not in rows for member in one.members),
        unjudged=True,
        over=is_over(one),
        shown=is_shown(one.kind, rig.blink),
    )


def _grown(seen: Seen, night: Night, arriving: list[Member]) -> Iterator[FrameSet]:
    """The sets of a night as they will be, of those that get frames."""
    ledger = ledgers.read_night(seen.library.root, *night)
    near = Seen(
        library=seen.library,
        said=seen.said,
        near=ledger,
        corrections=heed(seen.said.wide, ledger),
    )
    folders = target_folders([one.stored for one in arriving]) | seen.outline.target_folders()
    new = {one.stored for one in arriving}
    own = [fact for fact in ledger.stored.values() if not fact.is_adopted]
    sets = sets_of(near, own, *night, arriving, folders, remember=False)
    yield from (one for one in sets if not new.isdisjoint(one.by_stored))


def _arriving(seen: Seen) -> Iterator[tuple[Night, list[Member]]]:
    found: dict[Night, list[Member]] = {}
    for arrival in seen.survey.arrivals:
        if arrival.fate is Fate.STORE and arrival.night is not None and arrival.frame is not None:
            member = Member(
                stored=arrival.stored,
                name=arrival.stored.rpartition("/")[2],
                size=arrival.found.size,
                mtime_ns=arrival.found.mtime_ns,
                sha256=None,
                frame=arrival.frame,
            )
            found.setdefault((arrival.owner, arrival.night), []).append(member)
    yield from found.items()
