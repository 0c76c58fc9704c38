"""What the last `doit verify` found missing or changed, told by `doit status` until a later one finds it whole.

findings ─keep_harms─▶ .nightbuild/verified.sqlite ─told_harms─▶ Stuck, each with what mends it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from pipeline.rules.ledger import Ledger
from pipeline.rules.records import moment, moment_text
from pipeline.rules.spoken import counted
from pipeline.rules.verifying import Finding, Wrong
from pipeline.rules.waiting import Waiting
from pipeline.world.library import OpenLibrary
from pipeline.world.local_time import local_words
from pipeline.world.verified import Harm, Verified

_KINDS = frozenset({Wrong.MISSING, Wrong.CHANGED, Wrong.UNREADABLE})
_TYPED = ("doit ", "cp ", "rm ", "copy ")
"""How a mending begins that can be typed; any other is advice."""
_NAMED = 5


def keep_harms(verified: Verified, findings: Iterable[Finding], ledger: Ledger) -> None:
    """Remember what is wrong with stored frames; what was given up since is forgotten."""
    now = moment_text(datetime.now(UTC))
    verified.harmed(Harm(one.path, one.says, one.mend, now) for one in findings if one.wrong in _KINDS)
    verified.mended(one.stored for one in verified.harms() if not _is_kept(one.stored, ledger))


def _is_kept(stored: str, ledger: Ledger) -> bool:
    """True for a frame there ought to be; an adopted one may have been deleted by its person."""
    fact, link = ledger.stored.get(stored), ledger.links.get(stored)
    return fact is not None and not (fact.is_adopted and link is not None and link.state == "absent")


def told_harms(library: OpenLibrary, ledger: Callable[[], Ledger]) -> list[Waiting]:
    """What is still wrong, the first few by name; the ledger is only read where there is anything."""
    harms = Verified(library.state).harms()
    if not harms:
        return []
    known = ledger()
    harms = [one for one in harms if _is_kept(one.stored, known)]
    told = [_told(one) for one in harms[:_NAMED]]
    if len(harms) > _NAMED:
        what = f"{counted(len(harms) - _NAMED, 'further frame')} found missing or changed"
        told.append(Waiting(what=what, where=harms[_NAMED].stored, command="doit verify"))
    return told


def _told(one: Harm) -> Waiting:
    what = f"{one.stored}: {one.says} (`doit verify`, {local_words(moment(one.at))})"
    if one.mend.startswith(_TYPED):
        return Waiting(what=f"{what}; then `doit verify` again", where=one.stored, command=one.mend)
    return Waiting(what=f"{what}; {one.mend}", where=one.stored, command="doit verify")
