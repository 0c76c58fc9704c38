"""Which raw calibration frames may go, since their master holds all they had to say: the case for each group.

    frames of a group, and those of it that went before ─digest─▶ the one master made from exactly these ─▶ Case

Bias first, then darks and flat-darks, then flats: what was taken off a master is safe before its own frames go. Held,
rejected and damaged masters prove nothing; frames nobody has looked at yet keep all of their group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pipeline.model.frames import Kind
from pipeline.model.master_groups import Group, joined_digest
from pipeline.model.masters import Master
from pipeline.model.sets import Member
from pipeline.rules.addresses import read_address
from pipeline.rules.ledger import Ledger
from pipeline.rules.master_headers import Made
from pipeline.rules.master_standing import Standing
from pipeline.rules.spoken import counted

ORDER = (Kind.BIAS, Kind.DARK, Kind.FLATDARK, Kind.FLAT)
WORDS = {
    Kind.BIAS: "bias",
    Kind.DARK: "dark",
    Kind.FLATDARK: "flat-dark",
    Kind.FLAT: "flat",
}
"""What frames of a kind are called in a sentence."""
_MADE_INTO = "its master is "
_LEFT_OUT = "left out of its master "


@dataclass(frozen=True, slots=True, kw_only=True)
class Raws:
    """The raw frames of one group as the store has them now."""

    group: Group
    members: tuple[Member, ...]
    """Those that passed: what the master was made from, those it refused too."""
    left_out: tuple[Member, ...] = ()
    """Those of the same sets that did not pass; they go with their group."""
    waiting: int = 0
    """Frames of the same sets that nobody has looked at yet."""
    night: date | None = None
    """Only frames filed under this night are to go; the proof is made with all."""

    @property
    def going(self) -> list[Member]:
        """What the master was made from, and is to go."""
        return [one for one in self.members if self._is_meant(one)]

    @property
    def going_aside(self) -> list[Member]:
        """What did not pass, and is to go with them."""
        return [one for one in self.left_out if self._is_meant(one)]

    def _is_meant(self, one: Member) -> bool:
        address = read_address(one.stored)
        return self.night is None or (address is not None and address.night == self.night)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A group, and why its frames may go or have to stay."""

    raws: Raws
    master: Master | None = None
    made: Made = field(default_factory=Made)
    by_hand: bool = False
    """Another program made the master: which frames went in is matched, not proven."""
    why_not: str = ""
    """Half a sentence; empty: they may go."""

    @property
    def stored(self) -> list[str]:
        """The paths that would go, those left out last."""
        return [one.stored for one in (*self.raws.going, *self.raws.going_aside)]

    @property
    def made_of(self) -> tuple[int, int] | None:
        """How many frames went into the master, of how many it was made from; None where that is not told."""
        told = self.made.frames.partition(":")[0]
        if self.master is None or self.master.frames is None or not told.isdecimal():
            return None
        return self.master.frames, int(told)

    @property
    def title(self) -> str:
        """`20 darks, ZWO ASI2600MM Pro, 300 s, 2026-01-14 to 2026-01-16`."""
        group, frame = self.raws.group, self.raws.group.frame
        first, last = (self.raws.night, self.raws.night) if self.raws.night else group.nights
        told = [counted(len(self.raws.going), WORDS[group.kind], _plural(group.kind)), frame.camera or ""]
        told += [frame.filter or ""] if group.kind is Kind.FLAT else []
        told += [f"{frame.exposure_s:g} s"] if frame.exposure_s and group.kind is not Kind.FLAT else []
        told += [f"{first}" if first == last else f"{first} to {last}"]
        return ", ".join(filter(None, told))


Buried = Mapping[str, Sequence[str]]
"""Hashes of the frames that went because of a master, by the reason their tombstones bear."""


def reason_of(master: Master, *, is_left_out: bool = False) -> str:
    """What the tombstone of a raw frame says."""
    return f"{_LEFT_OUT if is_left_out else _MADE_INTO}{master.path}"


def master_in(reason: str) -> str:
    """The master a tombstone names; empty where it names none."""
    for begun in (_MADE_INTO, _LEFT_OUT):
        if reason.startswith(begun):
            return reason.removeprefix(begun)
    return ""


def buried_in(ledger: Ledger) -> Buried:
    """The frames that went into masters and then away, by reason."""
    found: dict[str, list[str]] = {}
    for stone in ledger.tombstones.values():
        why, sha256 = str(stone.get("why", "")), stone.get("sha256")
        if why.startswith(_MADE_INTO) and isinstance(sha256, str):
            found.setdefault(why, []).append(sha256)
    return found


def in_order(raws: Iterable[Raws]) -> list[Raws]:
    """Bias first, flats last."""
    return sorted(raws, key=lambda one: (ORDER.index(one.group.kind), one.group.path, one.group.nights))


def case_for(raws: Raws, standing: Standing, buried: Buried, hand_made: Case | None = None) -> Case:
    """What is to be said for and against letting the frames of a group go.

    Args:
        raws: The frames.
        standing: The masters there are.
        buried: What went before, because of which master.
        hand_made: The case a master of another program makes, where that was asked for.
    """
    group = raws.group
    if raws.waiting:
        return Case(
            raws=raws, why_not=f"{counted(raws.waiting, 'frame')} beside them still wait to be looked at"
        )
    found = _made_from(raws, standing, buried)
    if found is None and hand_made is not None:
        return hand_made
    if found is None:
        return Case(raws=raws, why_not=_why_no_master(group))
    master, made = found
    return Case(raws=raws, master=master, made=made, why_not=_why_no_proof(master))


def why_not_safe(case: Case, shelf: Iterable[tuple[Master, Made]], unsafe: Iterable[str]) -> str:
    """Why the frames have to wait for the master that was taken off theirs; empty where none was, or it is safe.

    Args:
        case: The group, and its master.
        shelf: The masters there are.
        unsafe: Paths of masters that were found not to be what they should.
    """
    less = case.made.less
    if not less:
        return ""
    found = next((one for one, made in shelf if less in {made.inputs, one.sha256}), None)
    if found is None:
        return f"the master that was taken off them (by {case.master.path if case.master else ''}) is in no library"
    if found.held or found.trouble or found.path in set(unsafe):
        return f"{found.path}, which was taken off them, is not safe itself"
    return ""


def _made_from(raws: Raws, standing: Standing, buried: Buried) -> tuple[Master, Made] | None:
    """The master made from these very frames, and from those of the group that went before."""
    hashes = [one.sha256 for one in raws.members]
    if not all(hashes):
        return None
    own = [one or "" for one in hashes]
    for gone in ([], *buried.values()):
        found = standing.by_frames.get((raws.group.kind, _digest([*own, *gone])))
        if found is not None:
            return found
    return None


def _digest(hashes: Sequence[str]) -> str:
    return f"{len(hashes)}:{joined_digest(hashes)}"


def _why_no_master(group: Group) -> str:
    if not group.digest:
        return "their bytes are not all recorded yet; run `doit` first"
    if group.missing:
        return f"there is no master: {group.count} of the {group.policy.recipe.min_frames} frames it takes"
    return "there is no master made from exactly these frames; run `doit` first"


def _why_no_proof(master: Master) -> str:
    if master.held:
        return f"their master {master.path} is held ({master.held}); look at it, then `doit master`"
    if master.trouble:
        return f"their master {master.path} proves nothing: {master.trouble}"
    return ""


def _plural(kind: Kind) -> str:
    return "bias" if kind is Kind.BIAS else f"{WORDS[kind]}s"
