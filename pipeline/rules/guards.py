"""Whether what held frames is still there: asked before anything is judged, stored, retired or withdrawn.

An unmounted disk looks like a person who deleted everything (DESIGN §2.6). The ledger knows what lay where, so the
question needs no memory of its own: it is answered as well when every cache was deleted.

    rules/outline ─held_homes, held_names─▶ what must be there  world/guards ─▶ what is there  guard_of ─▶ what waits
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.model.records import Stays
from pipeline.model.survey import Arrival, Fate, InboxScan
from pipeline.rules.addresses import read_address
from pipeline.rules.escape import is_shortened, unescape
from pipeline.rules.ledger import Ledger, owner_part
from pipeline.rules.packed import is_member
from pipeline.rules.spoken import counted
from pipeline.rules.waiting import NEXT_RUN, Waiting

_SIGNATURE_CHARS = len("~0123456789")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What nothing may be done about, until it is back."""

    homes: Mapping[str, str] = field(default_factory=dict)
    """Store folders (`<rig>/00_Frames`) to why they must wait, as half a sentence."""
    owners: frozenset[str] = frozenset()
    """The rigs and cameras these belong to."""
    waits: tuple[Waiting, ...] = ()
    """The same for a person: inboxes too."""
    inbox_away: bool = False
    """True: what lies in the inboxes is not known as a whole."""

    def why(self, stored: str) -> str:
        """Why a stored path must wait; empty when it need not."""
        return self.homes.get(home_of(stored), "") if self.homes else ""


def home_of(stored: str) -> str:
    """The folder that is there or away as a whole: `<rig>/00_Frames`, `_Calibration/<camera>`."""
    return "/".join(stored.split("/", 2)[:2])


def held_homes(ledger: Ledger) -> Counter[str]:
    """How many files the ledger knows in each store folder."""
    kept = (
        fact.stored
        for fact in ledger.stored.values()
        if fact.stays != Stays.MASTER and not fact.is_adopted  # a place of its person's, looked after as such
    )
    return Counter(
        map(home_of, kept)
    )  # libraries of masters are tidied by hand: an empty one is no lost disk


def held_names(inbox: str, ledger: Ledger) -> int:
    """How many files were received from an inbox and never taken out of it by us; members of archives apart."""
    received = {(fact.inbox, fact.original) for fact in ledger.stored.values()} | set(ledger.duplicates)
    return sum(
        at == inbox and not is_member(name) and (at, name) not in ledger.retired for at, name in received
    )


def is_unlisted(home: str, ledger_folders: Collection[str]) -> bool:
    """True for a store folder whose rig or camera has no folder in the ledger."""
    owner = _folded(home.removeprefix("_Calibration/").partition("/")[0])
    known = {_folded(folder) for folder in ledger_folders}
    if is_shortened(owner):  # store and ledger cut long names at different lengths
        return not any(folder.startswith(owner[:-_SIGNATURE_CHARS]) for folder in known)
    return owner not in known


def guard_of(
    held: Mapping[str, int],
    is_there: Callable[[str], bool],
    unlisted: Sequence[str],
    scans: Iterable[InboxScan],
) -> Guard:
    """What must wait.

    Args:
        held: Store folders to the number of files the ledger knows there.
        is_there: Whether such a folder exists and holds anything.
        unlisted: Store folders with nights in them that the ledger knows nothing of.
        scans: The inboxes, as they were listed.
    """
    gone = {home: number for home, number in sorted(held.items()) if not is_there(home)}
    away = [scan for scan in scans if not scan.reachable]
    homes = {home: f"{home} is gone or empty (disk not mounted?)" for home in gone}
    homes |= {home: f"the ledger of {home} is gone" for home in unlisted}
    owners = {address.owner for home in homes if (address := read_address(f"{home}/DATE_/KIND/x/x"))}
    waits = [*_gone(gone), *map(_unlisted, unlisted), *map(_away, away)]
    return Guard(homes=homes, owners=frozenset(owners), waits=tuple(waits), inbox_away=bool(away))


def hold_back(arrivals: Iterable[Arrival], guard: Guard) -> list[Arrival]:
    """The arrivals; a frame whose store folder is away waits in its inbox: stored anew it would hide the loss."""
    if not guard.homes:
        return list(arrivals)
    return [
        replace(arrival, fate=Fate.LATER, why=why)
        if arrival.fate is Fate.STORE and (why := guard.why(arrival.stored))
        else arrival
        for arrival in arrivals
    ]


def mark_away(scan: InboxScan, held_names: Callable[[str], int]) -> InboxScan:
    """The scan; an inbox with nothing in it that held files at the last look is not reachable."""
    if not scan.reachable or not scan.bare:
        return scan
    number = held_names(scan.inbox)
    if not number:
        return scan
    why = (
        f"is empty, though {counted(number, 'received file')} lay in it: nothing is judged of it. "
        "Is its disk mounted? If you emptied it yourself, put an empty file named .keep into it"
    )
    return replace(scan, reachable=False, why=why)


def lost_ledger(unlisted: Sequence[str]) -> str:
    """The sentence for a store without any ledger: to store on would store everything again."""
    return (
        f"Frames are stored in {_several(unlisted)}, but the ledger (_Ledger) is gone or empty. Nothing was judged or "
        "changed. Put _Ledger back from a backup, then run `doit`."
    )


def _gone(gone: Mapping[str, int]) -> list[Waiting]:
    if not gone:
        return []
    homes = list(gone)
    holds = "hold" if len(homes) > 1 else "holds"
    files = counted(sum(gone.values()), "file")
    owner = owner_part(unescape(homes[0].removeprefix("_Calibration/").partition("/")[0]))
    what = (
        f"{_several(homes)} {holds} nothing, though the ledger knows {files} there: nothing is done that concerns "
        f"{'them' if len(homes) > 1 else 'it'}. Is the disk mounted? What you removed for good must go from the ledger "
        f"too: move _Ledger/{owner} away"
    )
    return [Waiting(what=what, where=homes[0], command=NEXT_RUN)]


def _unlisted(home: str) -> Waiting:
    what = f"Frames are stored in {home}, but its ledger is gone or empty: nothing is done that concerns it"
    return Waiting(
        what=what, where=home, command="put its folder in _Ledger back from a backup, then type: doit"
    )


def _away(scan: InboxScan) -> Waiting:
    why = scan.why or "is not reachable: nothing is judged of it until it is back"
    return Waiting(what=f"The inbox {scan.inbox} {why}", where=scan.inbox, command=NEXT_RUN)


def _several(homes: Sequence[str]) -> str:
    return homes[0] if len(homes) == 1 else f"{homes[0]} and {len(homes) - 1} more"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
