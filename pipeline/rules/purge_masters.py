"""Which masters may go: superseded ones and those no set uses; never one a set points to, never one made again at once.

shelf, what sets use, groups ─▶ Spare (with its reason) or Kept (with its reason)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from pipeline.model.master_groups import Group
from pipeline.model.masters import Master
from pipeline.rules.ledger import Ledger
from pipeline.rules.master_headers import Made
from pipeline.rules.master_standing import Standing, is_due, made_for, name_of, stand
from pipeline.rules.master_words import REJECTED
from pipeline.rules.spoken import counted

Shelf = Sequence[tuple[Master, Made]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What points to masters."""

    by_path: Mapping[str, str] = field(default_factory=dict)
    """Path to the set that would be calibrated with it now, or to what else needs it."""
    by_sha256: Mapping[str, str] = field(default_factory=dict)
    """Hash to the set that was accepted with it, or to the place it was given."""
    by_inputs: Mapping[str, str] = field(default_factory=dict)
    """What a master of ours was made of, to the one it was taken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """A master that may go."""

    master: Master
    made: Made
    why: str
    """Half a sentence: `superseded, and no set uses it`."""
    is_only: bool = False
    """True: its raw frames are gone, or another program made it: nothing can make it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One that stays."""

    path: str
    why: str


def uses_in(ledger: Ledger) -> Uses:
    """What the ledger says: the latest choice of every accepted set, and every place a master has."""
    by_sha256: dict[str, str] = {}
    for link, record in ledger.masters.items():
        if record["event"] == "master_given":
            by_sha256[str(record.get("sha256"))] = f"it lies at {link}"
    for name, record in ledger.matched.items():
        told = record.get("masters", {})
        for one in told.values() if isinstance(told, Mapping) else ():
            by_sha256[str(one.get("sha256"))] = f"{name} was accepted with it"
    return Uses(by_sha256=by_sha256)


def taken_off(shelf: Shelf, standing: Standing) -> dict[str, str]:
    """What is still needed to make flats again: inputs, or hash, of the masters that were taken off them."""
    return {
        made.less: f"it was taken off {master.path}"
        for master, made in shelf
        if made.less and master.path not in standing.promoted
    }


def sort_out(
    shelf: Shelf, uses: Uses, *, older_than_days: float | None, today: date
) -> tuple[list[tuple[Master, Made]], list[Kept]]:
    """The masters nothing known by path points to, and why the others stay; hashes are asked afterwards."""
    free: list[tuple[Master, Made]] = []
    kept: list[Kept] = []
    for master, made in shelf:
        if master.frame.kind is None or not master.frame.kind.is_master:
            continue
        why = _why_kept(master, made, uses, older_than_days, today)
        if why:
            kept.append(Kept(path=master.path, why=why))
        else:
            free.append((master, made))
    return free, kept


def without_used(
    free: Shelf, uses: Uses, hash_of: Callable[[Master], str]
) -> tuple[list[tuple[Master, Made]], list[Kept]]:
    """The same, now that each is known by its bytes."""
    spare: list[tuple[Master, Made]] = []
    kept: list[Kept] = []
    for master, made in free:
        sha256 = hash_of(master)
        why = uses.by_sha256.get(sha256, "") if sha256 else "it cannot be read to its end; run `doit verify`"
        if why:
            kept.append(Kept(path=master.path, why=why))
        else:
            spare.append((master, made))
    return spare, kept


def without_due(
    free: Shelf, shelf: Shelf, groups: Iterable[Group], standing: Standing, tried: Mapping[str, str]
) -> tuple[list[Spare], list[Kept]]:
    """Those whose raw frames would not make them again at once."""
    groups = tuple(groups)
    due = {id(group) for group in groups if is_due(group, standing, tried)}
    going = {master.path: (master, made) for master, made in free}
    kept: list[Kept] = []
    while True:
        left = stand(((m, made) for m, made in shelf if m.path not in going), standing.promoted)
        anew = [group for group in groups if id(group) not in due and is_due(group, left, tried)]
        held_back = {path for group in anew for path in _standing_for(group, standing, going)}
        if not held_back:
            break
        for path in sorted(held_back):
            why = "its raw frames are in the store, so the next `doit` would make it again"
            kept.append(Kept(path=path, why=f"{why}; `doit purge --raw-calibration` first"))
            del going[path]
    return [_spare(master, made, standing) for master, made in going.values()], kept


def _standing_for(group: Group, standing: Standing, going: Mapping[str, object]) -> Iterable[str]:
    """The masters that are to go and without which a group would be due."""
    made = made_for(group, standing)
    named = [master.path for master, _ in standing.by_name.get(name_of(group.path), ())]
    told = [path for path in ([made[0].path] if made is not None else named) if path in going]
    return told or list(going)  # not known which: none of them goes


def _spare(master: Master, made: Made, standing: Standing) -> Spare:
    why = "superseded, and no set uses it" if master.superseded else "no set uses it"
    return Spare(
        master=master, made=made, why=why, is_only=master.path in standing.promoted or not made.is_ours
    )


def _why_kept(master: Master, made: Made, uses: Uses, older_than_days: float | None, today: date) -> str:
    if master.held:
        return "it is held: look at it, then `doit master`"
    if master.trouble and not master.trouble.startswith(REJECTED):
        return f"{master.trouble}; look at it yourself"
    if master.path in uses.by_path or made.inputs in uses.by_inputs:
        return uses.by_path.get(master.path) or uses.by_inputs[made.inputs]
    days = age_days(master, made, today)
    if older_than_days is not None and days <= older_than_days:
        return f"it is {counted(days, 'day')} old"
    return ""


def age_days(master: Master, made: Made, today: date) -> int:
    """Days since its last exposure; where no night is known, since its file was written."""
    night = made.nights[1] if made.nights is not None else master.frame.night
    written = datetime.fromtimestamp(master.mtime_ns / 1e9, UTC).date()
    return (today - (night or written)).days
