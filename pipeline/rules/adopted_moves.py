"""What became of adopted frames in their person's folders: only where they lie is written down, nothing is judged.

    moved elsewhere in the library ─▶ moved on        gone, and its folder quiet ─▶ absent        back ─▶ seen again

Where half of a target is still being moved, the next look sees the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from pipeline.model.records import LedgerEntry, MovedOn, SeenAbsent, SeenAgain
from pipeline.model.watching import Absorption, Look, Observation, Sight
from pipeline.rules.absences import is_news


def with_adopted(
    found: Absorption, seen: Observation, nights: Mapping[str, date], now: datetime
) -> Absorption:
    """What an observation comes to, adopted frames included.

    Args:
        found: What it comes to without them.
        seen: The folders as they were seen.
        nights: Address of each adopted frame to the night it is filed under.
        now: The moment of the look.
    """
    if seen.away:
        return found
    entries: dict[date, list[LedgerEntry]] = {night: list(told) for night, told in found.entries.items()}
    for look in seen.looks:
        if look.link.is_own and look.link.stored in nights:
            for entry in _entries(look, now):
                entries.setdefault(nights[look.link.stored], []).append(entry)
    if not entries:
        return found
    return replace(found, when=now, entries={night: tuple(told) for night, told in entries.items()})


def _entries(look: Look, now: datetime) -> Iterator[LedgerEntry]:
    link = look.link
    if look.sight is Sight.FOUND:
        yield MovedOn(when=now, link=link.link, to=look.at)
    elif look.sight is Sight.BACK:
        yield SeenAgain(when=now, link=link.link)
    elif look.sight is Sight.ABSENT and look.quiet and is_news(link):
        yield SeenAbsent(when=now, link=link.link)
