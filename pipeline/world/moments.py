"""The moment of what is written next: now, or just after the last thing known, should the clock have been set back.

What speaks is decided by what came later: a marker for the frames delivered before it, a word on what was done since.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pipeline.rules.ledger import Ledger
from pipeline.rules.records import moment

_TICK = timedelta(microseconds=1)


def just_after(said: Iterable[datetime], ledger: Ledger) -> datetime:
    """The first moment after all these words, and after all that became of the places given in a night."""
    texts = (text for link in ledger.links.values() for text in (link.delivered, link.since))
    last = max(texts, default="")
    moments = [*said, *([moment(last)] if last else ())]
    return max(moments, default=datetime(1, 1, 1, tzinfo=UTC)) + _TICK


def not_before(floor: datetime) -> datetime:
    """Now, or that moment where the clock stands before it."""
    return max(datetime.now(UTC), floor)
