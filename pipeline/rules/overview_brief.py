"""What a bare `doit status` says: what happened, what waits for you, what to type; a screen, however much there is.

Each thing once, in a line or two: sets by their night, masters that only wait for your eyes with these. Everything
stands in `doit status --all`; of one rig, in `doit status --rig RIG`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.rules.balance import balance_line, state_parts, states_difference
from pipeline.rules.calibrated_standing import calibrated_lines
from pipeline.rules.cull_words import rig_word
from pipeline.rules.master_coming import SEEN_FIRST
from pipeline.rules.overview import Overview, backup_lines, due_words, section
from pipeline.rules.spoken import counted, sized
from pipeline.rules.waiting import ASKED, EYES, NEXT_RUN, UNDERSTOOD, Waiting

_SHOWN: Mapping[str, int] = {"": 4, EYES: 5, UNDERSTOOD: 2, ASKED: 3}
"""How many of a topic are told."""
_ADVICE = 3
_STARTS_A_RUN = (NEXT_RUN, "doit --now")
MORE = "doit status --all tells everything, --rig RIG all of one rig"


def brief_lines(seen: Overview) -> Iterator[str]:
    """The short status, as a person reads it."""
    if seen.running is not None:
        yield from section("Running", [seen.running.says, seen.running.who])
    elif seen.last_run:
        yield from section("Last run", [seen.last_run])
    yield from section("Waits", list(_items(seen.waiting)))
    yield from section("Stuck", list(_items(seen.stuck)))
    yield from section("Masters", list(_masters(seen.missing)))
    yield from section("Calibrated", list(_items(calibrated_lines(seen.calibrated))))
    yield from section("Due", [due_words(seen.due)] if seen.due else [])
    yield from section("Look at", list(_advice(seen.advice)))
    yield from section("Library", list(_library(seen)))
    yield from backup_lines(seen)
    yield from _wrong(seen)
    yield from section("More", [MORE])


def only_of(seen: Overview, rig: str) -> Overview:
    """What of it concerns one rig or camera."""
    named = frozenset({rig, f"{rig_word(rig)},", f"({rig_word(rig)})", f", {rig_word(rig)}"})

    def is_of(*texts: str) -> bool:
        return any(name in text for name in named for text in texts)

    def kept(found: Iterable[Waiting]) -> list[Waiting]:
        return [
            one for one in found if one.owner == rig or is_of(one.what, one.where, one.command, one.or_else)
        ]

    return replace(
        seen,
        waiting=kept(seen.waiting),
        stuck=kept(seen.stuck),
        missing=kept(seen.missing),
        calibrated=[one for one in seen.calibrated if one.rig == rig],
        advice=[one for one in seen.advice if is_of(one)],
    )


def _items(waiting: Iterable[Waiting]) -> Iterator[str]:
    """Each with what to type; of many on one topic the first few."""
    told: Counter[str] = Counter()
    for one in waiting:
        sentence = one.what if one.brief is None else one.brief
        told[one.topic] += bool(sentence)
        if sentence and told[one.topic] <= _SHOWN.get(one.topic, _SHOWN[""]):
            yield sentence
            typed = one.typed or one.command
            yield from [f"  {typed}"] if typed not in _STARTS_A_RUN[:1] else []
    for topic, number in told.items():
        rest = number - _SHOWN.get(topic, _SHOWN[""])
        if rest > 0:
            yield f"and {rest:,} more{f' {topic}' if topic else ''}: doit status --all"


def _masters(missing: Sequence[Waiting]) -> Iterator[str]:
    """Those to be shot, or decided about; those that come when frames were looked at are said together."""
    coming = sum(one.topic == SEEN_FIRST for one in missing)
    yield from _items(missing)
    if coming:
        is_one = coming == 1
        yield (
            f"{counted(coming, 'master is', 'masters are')} made once you have looked at the calibration frames above; "
            f"lights wait for {'it' if is_one else 'them'}"
        )


def _advice(advice: Sequence[str]) -> Iterator[str]:
    yield from advice[:_ADVICE]
    if len(advice) > _ADVICE:
        yield f"and {len(advice) - _ADVICE:,} more: doit status --all"


def _library(seen: Overview) -> Iterator[str]:
    stands, room = seen.standing, seen.room
    if stands.frames:
        there = (
            f"{counted(stands.frames, 'frame')} of {counted(stands.nights, 'night')}, "
            f"{counted(len(stands.rigs), 'rig')}"
        )
        parts = ", ".join(state_parts(seen.life))
        yield f"{there}: {parts}" if parts else there
    free = [f"{sized(room.free_bytes)} free"] if room.free_bytes is not None else []
    yield "; ".join([seen.library, f"{sized(stands.stored_bytes)} stored", *free])


def _wrong(seen: Overview) -> Iterator[str]:
    """The sums, where they do not add up."""
    if seen.sums.difference:
        yield balance_line(seen.sums)
        yield f"The balance is off by {seen.sums.difference}: this is a bug in Nightbuild. Run `doit verify`."
    if seen.running is None and (said := states_difference(seen.standing.frames, seen.life)):
        yield said
