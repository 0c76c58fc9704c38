"""What of the sets a person is to look at, answer or know: the lines of `doit status` about them, with what to type.

asks        would lose 31 of 60 (52 %)                       doit cull SET --apply, or --keep
eyes        2 sets of a night wait, the oldest first         its page, its folder, doit blink FOLDER
late        40 accepted, 2 came after you had looked         the same
short       looked at, and not enough for its rig            doit accept SET; stuck after its rig's `stuck_days`
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from pipeline.model.verdicts import Fate, SetVerdict, State
from pipeline.rules.cull_words import question, rig_word, summary
from pipeline.rules.set_seen import EYES, SetSeen
from pipeline.rules.spoken import common_folder, counted
from pipeline.rules.standings import DONE, NOT_SEEN, why_not_accepted
from pipeline.rules.touched import IN_USE
from pipeline.rules.typed import as_typed
from pipeline.rules.waiting import ASKED, NEXT_RUN, Waiting
from pipeline.rules.waiting import EYES as FOR_EYES

_HOW = "When you have looked, leave a file BLINKED in the folder, or type"
_LOOK = (
    "Look at _Reports/blink or in 10_Blink. When you have looked, leave a file BLINKED in the folder, or type, as for "
    "the first of these:"
)
_LOOK_ALONE = (
    "Look at _Reports/blink or in 10_Blink. When you have looked, leave a file BLINKED in the folder, or type"
)
_NIGHTS_SHOWN = 6
_SETS_SHOWN = 4


def asking(sets: Iterable[SetSeen]) -> list[Waiting]:
    """The sets that would lose too many, each with its question."""
    held = [one for one in sets if _is_held(one)]
    alike = Counter(_choice(one) for one in held)
    return [_asks(one, is_alone=alike[_choice(one)] == 1) for one in held]


def waiting_for_you(sets: Sequence[SetSeen], now: datetime) -> list[Waiting]:
    """What waits for eyes, and what is short of its rig's criteria."""
    short = [_short(one, why) for one in sets if (why := _why_short(one)) and not is_overdue(one, now)]
    return [*_eyes(sets, now), *map(_late, filter(_is_late, sets)), *short]


def stuck_sets(sets: Sequence[SetSeen], now: datetime) -> list[Waiting]:
    """What has waited longer than its rig allows, and what could not be placed or measured."""
    overdue = [one for one in sets if is_overdue(one, now)]
    short = [_short(one, why, now) for one in overdue if (why := _why_short(one))]
    unlooked = [one for one in overdue if not _why_short(one)]
    return [
        *short,
        *_unlooked(unlooked, now),
        *(line for one in sets for line in (*_unplaced(one), *_unmeasured(one))),
    ]


def not_over(sets: Iterable[SetSeen]) -> list[Waiting]:
    """What waits for its night to end; a line a rig and night."""
    nights: dict[tuple[str, date], list[SetSeen]] = {}
    for one in sets:
        if not one.over and one.count(State.STORED):
            nights.setdefault((one.frames.owner, one.frames.night), []).append(one)
    return [
        Waiting(
            what=f"{counted(len(found), 'set')} of {owner}, night of {night}, {'is' if len(found) == 1 else 'are'} "
            "judged when the night is over: the sun up at the site, or no new file for 3 hours",
            where="",
            command="doit --now",
        )
        for (owner, night), found in sorted(nights.items())
    ]


def further_nights(number: int) -> list[Waiting]:
    """That so many older nights were counted, but not looked into."""
    if not number:
        return []
    what = (
        f"In {counted(number, 'older night')} frames wait too; they follow when the newer ones are dealt with"
    )
    return [Waiting(what=what, where="", command=NEXT_RUN)]


def to_know(sets: Iterable[SetSeen]) -> list[str]:
    """What nothing waits for, and a person may want to know."""
    return [line for one in sets for line in _known(one)]


def is_overdue(one: SetSeen, now: datetime) -> bool:
    """True for a set that has waited longer than its rig's `stuck_days`."""
    if one.is_unasked or not _why_short(one):
        since = one.offered_since() if one.is_unasked or one.to_be_looked_at else None
    else:
        since = one.looked
    return since is not None and (now - since).total_seconds() > one.accept.stuck_days * 86_400


def _is_held(one: SetSeen) -> bool:
    return one.verdict is not None and one.verdict.held and one.count(State.HELD) > 0


def _choice(one: SetSeen) -> str:
    """The rig's night a set is of, as it is typed; by a short name any command takes."""
    return f"--rig {as_typed(rig_word(one.frames.owner))} --night {one.frames.night}"


def _asks(one: SetSeen, *, is_alone: bool) -> Waiting:
    verdict = one.verdict or SetVerdict()
    why = summary(told for told in verdict.frames.values() if told.fate is Fate.SUSPECT)
    command = f"doit cull {as_typed(one.frames.id)}"
    stays = "it is offered whole" if one.shown else "none of it is accepted"  # its rig shows nothing to eyes
    return Waiting(
        what=f"{one.title} {question(verdict)}: {why}. Shall they go? Until you answer {stays}",
        where=one.frames.blink if one.shown else "",
        command=f"{command} --apply",
        or_else=f"{command} --keep",
        brief=f"{one.title} {question(verdict)}: {why}. Shall they go?",
        typed=f"doit cull {_choice(one)} --apply  (or --keep)" if is_alone else "doit cull",
        topic=ASKED,
    )


def _eyes(sets: Iterable[SetSeen], now: datetime) -> Iterator[Waiting]:
    nights: dict[tuple[date, str], list[SetSeen]] = {}
    for one in sets:
        if one.to_be_looked_at and not _is_late(one) and not _is_held(one):
            nights.setdefault((one.frames.night, one.frames.owner), []).append(one)
    ordered = [found for _, found in sorted(nights.items())]
    if len(ordered) > 1:
        yield _all_eyes(ordered, now)
    yield from (_night_of_eyes(found, is_alone=len(ordered) == 1) for found in ordered[:_NIGHTS_SHOWN])


def _all_eyes(nights: Sequence[Sequence[SetSeen]], now: datetime) -> Waiting:
    sets = [one for found in nights for one in found]
    frames = sum(len(one.to_be_looked_at) for one in sets)
    rest = len(nights) - _NIGHTS_SHOWN
    more = f"; the oldest {_NIGHTS_SHOWN} nights of {len(nights)} follow" if rest > 0 else ""
    dates = counted(len({found[0].frames.night for found in nights}), "night")
    wait = f"{counted(len(sets), 'set')} of {dates}, {counted(frames, 'frame')}, wait for your eyes"
    return Waiting(
        what=f"{wait}, the oldest {_for_days(sets, now)}{more}. {_HOW}, as below",
        where="",
        command=NEXT_RUN,
        brief=f"{wait}, the oldest {_for_days(sets, now)}. {_LOOK}",
        typed=f"doit blink {_choice(nights[0][0])}",
    )


def _night_of_eyes(sets: Sequence[SetSeen], *, is_alone: bool) -> Waiting:
    first, is_one = sets[0].frames, len(sets) == 1
    named = ", ".join(f"{one.frames.label} ({len(one.to_be_looked_at)})" for one in sets[:_SETS_SHOWN])
    more = f" and {len(sets) - _SETS_SHOWN} more" if len(sets) > _SETS_SHOWN else ""
    which = as_typed(first.id) if is_one else f"--rig {as_typed(first.owner)} --night {first.night}"
    wait, short = f"{'waits' if is_one else 'wait'} for your eyes: {named}{more}", rig_word(first.owner)
    alone = f"{counted(len(sets), 'set')} of {short}, night of {first.night}, {wait}. {_LOOK_ALONE}"
    return Waiting(
        what=f"{counted(len(sets), 'set')} of {first.owner}, night of {first.night}, {wait}"
        f"{f'. {_HOW}' if is_alone else ''}",
        where=sets[0].page or common_folder([f"{one.frames.blink}/x" for one in sets] * 2),
        command=f"doit blink {which}",
        brief=alone if is_alone else f"  {short}, {first.night}: {named}{more}",
        typed=f"doit blink {_choice(sets[0])}" if is_alone else NEXT_RUN,
        topic=FOR_EYES,
    )


def _is_late(one: SetSeen) -> bool:
    return one.count(State.LATE) > 0


def _late(one: SetSeen) -> Waiting:
    late = one.count(State.LATE)
    what = (
        f"{one.title}: {one.count(*DONE)} accepted, {late} late: {'it' if late == 1 else 'they'} came after you had "
        f"looked. {_HOW}"
    )
    return Waiting(what=what, where=one.frames.blink, command=f"doit blink {as_typed(one.frames.id)}")


def _why_short(one: SetSeen) -> str:
    """What its rig's criteria still ask for, once somebody has looked; empty where nothing is short."""
    if not (one.words.seen or one.is_unasked) or not one.count(*EYES):
        return ""
    settled = {stored for stored, told in one.standings.items() if told.state in DONE}
    return why_not_accepted(
        one.frames, one.words, one.verdict, one.accept, settled=settled, unasked=one.is_unasked
    )


def _short(one: SetSeen, why: str, now: datetime | None = None) -> Waiting:
    since = f" for {_days(one.looked or one.offered_since(), now)}" if now is not None else ""
    looked = "was looked at, and waits" if one.words.seen else "waits"
    return Waiting(
        what=f"{one.title} {looked}{since} to be accepted: {why}",
        where=one.frames.blink,
        command=f"doit accept {as_typed(one.frames.id)}",
    )


def _unlooked(sets: Sequence[SetSeen], now: datetime) -> Iterator[Waiting]:
    if sets:
        oldest = min(sets, key=lambda one: one.offered_since() or now)
        limit = f"{oldest.accept.stuck_days:g} days"
        what = f"{counted(len(sets), 'set')} waited more than {limit} for your eyes, the oldest {_for_days(sets, now)}"
        yield Waiting(
            what=f"{what}: {oldest.title}",
            where=oldest.frames.blink,
            command=f"doit blink {as_typed(oldest.frames.id)}",
        )


def _unplaced(one: SetSeen) -> Iterator[Waiting]:
    if one.stuck:
        more = f" (and {len(one.stuck) - 1} more)" if len(one.stuck) > 1 else ""
        yield Waiting(what=f"{one.title}: {one.stuck[0]}{more}", where=one.frames.blink, command=NEXT_RUN)


def _unmeasured(one: SetSeen) -> Iterator[Waiting]:
    if one.troubles:
        stored, why = next(iter(one.troubles.items()))
        number = counted(len(one.troubles), "frame")
        was = "was" if len(one.troubles) == 1 else "were"
        what = f"{number} of {one.title} {was} not measured, and {was} not judged: {stored.rpartition('/')[2]}: {why}"
        yield Waiting(what=what, where=stored, command=f"doit why {as_typed(stored)}")


def _known(one: SetSeen) -> Iterator[str]:
    judged = one.verdict.frames.values() if one.verdict is not None else ()
    left = sum(told.because == IN_USE for told in judged)
    if left:
        exceed, stay = ("exceeds", "stays") if left == 1 else ("exceed", "stay")
        yield (
            f"{one.title}: {counted(left, 'frame')} {exceed} the limits as they are now, and {stay}: you have worked "
            f"in this set. `doit cull {as_typed(one.frames.id)} --apply` takes them all the same"
        )
    unseen = sum(told.why == NOT_SEEN and not told.seen for told in one.standings.values())
    if unseen:
        yield f"{one.title}: {counted(unseen, 'frame')} accepted by its rig's file, {NOT_SEEN} by anybody"


def _for_days(sets: Iterable[SetSeen], now: datetime) -> str:
    since = min((when for one in sets if (when := one.offered_since()) is not None), default=now)
    return f"for {_days(since, now)}"


def _days(since: datetime | None, now: datetime | None) -> str:
    days = int((now - since).total_seconds() // 86_400) if since is not None and now is not None else 0
    return counted(days, "day") if days else "less than a day"
