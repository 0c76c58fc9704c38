"""Which inbox names are due to go: those whose frame is stored, hashed, and has lain there long enough.

Due is not proven: before a name goes, its stored twin is read again (`world/removal`). Duplicates go like the
frames they are twins of; what was given up has no twin any more, and its name stays. Where a backup must have the
frame first, its name goes in a later run than the one that sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pipeline.model.library import RetireAfter
from pipeline.model.survey import Arrival, Fate, Found
from pipeline.rules.ledger import Ledger
from pipeline.rules.records import moment_text

LATER = timedelta(hours=12)
"""What "later" means: a second `doit` in the same evening takes nothing, the next evening's does."""
Policy = Literal["later", "next_run", "manual"] | RetireAfter


class Leaver(NamedTuple):
    """An inbox name that may go once its stored twin is proven. A tuple: an inbox may hold 80,000 of them."""

    inbox: str
    original: str
    size: int
    mtime_ns: int
    stored: str
    sha256: str
    since: str
    """When it was stored, or found to be a duplicate: ISO, UTC."""
    gone_before: str = ""
    """When this name was retired before: a run was killed then, or it was copied here again."""
    is_duplicate: bool = False

    @property
    def needs_reading(self) -> bool:
        """True when size and time alone do not make it the file that was stored."""
        return self.is_duplicate or bool(self.gone_before)


def leavers(arrivals: Iterable[Arrival], ledger: Ledger) -> Iterator[Leaver]:
    """Every inbox name with a stored and hashed twin."""
    for arrival in arrivals:
        if arrival.fate is Fate.KNOWN:
            one = _leaver(arrival.found, ledger)
            if one is not None:
                yield one


def _leaver(found: Found, ledger: Ledger) -> Leaver | None:
    origin, look = found.origin, (found.size, found.mtime_ns)
    fact = ledger.twin_of(origin, *look)
    if fact is None or fact.sha256 is None:
        return None
    is_duplicate = ledger.looks.get(origin) == look
    return Leaver(
        inbox=found.inbox,
        original=found.original,
        size=found.size,
        mtime_ns=found.mtime_ns,
        stored=fact.stored,
        sha256=fact.sha256,
        since=ledger.compared.get(origin, "") if is_duplicate else fact.when,
        gone_before=ledger.retired.get(origin, ""),
        is_duplicate=is_duplicate,
    )


def due(
    found: Iterable[Leaver],
    policy: Policy,
    now: datetime,
    is_kept: Callable[[Leaver], bool] = lambda _one: False,
) -> list[Leaver]:
    """Those whose time has come; none is looked at where none ever is due.

    A clock that jumped back makes none of them due.

    Args:
        found: Names with a stored and hashed twin.
        policy: `retire` of library.toml.
        now: The present.
        is_kept: True when a backup has the stored twin; asked last, and only where that is the policy.
    """
    if policy == "next_run":
        return list(found)
    latest = _latest(policy, now)
    if latest is None:
        return []
    needs_backup = isinstance(policy, RetireAfter) and policy.when == "backed_up"
    old = (one for one in found if one.since and one.since <= latest)
    return [one for one in old if not needs_backup or is_kept(one)]


def _latest(policy: Policy, now: datetime) -> str | None:
    """What was stored until then is due; None: nothing ever is."""
    if policy == "later":
        return moment_text(now - LATER)
    if isinstance(policy, RetireAfter):
        return moment_text(now - timedelta(days=policy.after_days))
    return None  # by hand only
