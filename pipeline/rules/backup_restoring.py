"""What is to be brought back, and to where: chosen from the packs by what a person typed, or by what the ledger holds.

    packs ─▶ every version of every file ─chosen─▶ Wanted: a file, its place, the packs that have it
    ledger − packs ─▶ known, not kept: frames the backup was never asked to keep

Of a file that was kept more than once the version first recorded is taken; where nothing was recorded, the latest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pipeline.model.backup import Member, Pack
from pipeline.rules.addresses import read_address
from pipeline.rules.choosing import Filed
from pipeline.rules.layout import night_part
from pipeline.rules.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy of a file in the bucket."""

    pack: Pack
    member: Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file to be brought back."""

    to: str
    """Where it goes, relative to the library or to the folder it is brought back to."""
    path: str
    """What it was kept as."""
    sha256: str
    size: int
    mtime_ns: int
    copies: tuple[Copy, ...]
    """The same bytes, in every pack that has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is brought back, and what cannot be."""

    wanted: tuple[Wanted, ...] = ()
    not_kept: tuple[str, ...] = ()
    """Frames the ledger holds and no pack has."""
    altered: tuple[str, ...] = ()
    """Frames of which the packs have other bytes than those recorded."""
    beyond: tuple[str, ...] = ()
    """Frames that are kept and not in the ledger: they were sent after it was, and come back too."""
    unmatched: tuple[str, ...] = field(default=())
    """Words that mean nothing in this backup."""

    @property
    def bytes(self) -> int:
        """Of all files, as they will lie there."""
        return sum(one.size for one in self.wanted)

    @property
    def packed_bytes(self) -> int:
        """Of what comes over the wire."""
        return sum(one.copies[0].member.packed for one in self.wanted)


def choose_all(packs: Iterable[Pack], ledger: Ledger) -> Chosen:
    """Everything the ledger holds, what was sent after it, what lies on the shelves: masters, the person's own."""
    versions = versions_of(packs)
    wanted: list[Wanted] = []
    not_kept: list[str] = []
    altered: list[str] = []
    for fact in ledger.stored.values():
        copies = versions.get(fact.stored)
        right = _right(copies, fact.sha256) if copies else None
        if right:
            wanted.append(_wanted(right, fact.at))
        else:
            (altered if copies else not_kept).append(fact.stored)
    known = ledger.stored.keys() | ledger.tombstones.keys()
    wanted += [_wanted(_latest(copies), path) for path, copies in versions.items() if path not in known]
    beyond = [path for path in versions if path not in known and read_address(path) is not None]
    return Chosen(
        wanted=_in_order(wanted),
        not_kept=tuple(sorted(not_kept)),
        altered=tuple(sorted(altered)),
        beyond=tuple(sorted(beyond)),
    )


def choose_everything(packs: Iterable[Pack]) -> Chosen:
    """The latest of everything, where no records say what there should be."""
    return Chosen(
        wanted=_in_order(_wanted(_latest(copies), path) for path, copies in versions_of(packs).items())
    )


def choose_words(packs: Iterable[Pack], words: Sequence[str], ledger: Ledger | None = None) -> Chosen:
    """What a person typed: frames, folders, `2026-01-14/<rig>`, targets."""
    versions = versions_of(packs)
    found: dict[str, Wanted] = {}
    unmatched, altered = [], []
    for word in words:
        paths = [path for path in versions if means(word, path)]
        for path in paths:
            fact = ledger.stored.get(path) if ledger is not None else None
            right = _right(versions[path], fact.sha256 if fact is not None else None)
            if right:
                found[path] = _wanted(right, fact.at if fact is not None else path)
            else:
                altered.append(path)
        if not paths:
            unmatched.append(word)
    return Chosen(wanted=_in_order(found.values()), unmatched=tuple(unmatched), altered=tuple(altered))


def versions_of(packs: Iterable[Pack]) -> dict[str, list[Copy]]:
    """Every copy of every file, by what it was kept as."""
    found: dict[str, list[Copy]] = {}
    for pack in sorted(packs, key=lambda one: one.key):
        for member in pack.members:
            found.setdefault(member.path, []).append(Copy(pack=pack, member=member))
    return found


def means(word: str, path: str) -> bool:
    """True when a word a person typed means this file: its path, its name, a folder, a session or a target."""
    plain = word.replace("\\", "/").strip("/")
    if plain in {"", "."}:
        return False
    if path == plain or path.startswith(f"{plain}/") or f"/{plain}/" in f"/{path}":
        return True
    if path.endswith(f"/{plain}"):
        return True
    night, _, rig = plain.partition("/")
    return _is_night(night, rig, path) or Filed(target=plain).holds(path)


def by_pack(wanted: Iterable[Wanted]) -> dict[str, list[Wanted]]:
    """What is brought back from each pack, by its key: of several copies the first is read."""
    found: dict[str, list[Wanted]] = {}
    for one in wanted:
        found.setdefault(one.copies[0].pack.key, []).append(one)
    return found


def fewest_packs(wanted: Iterable[Wanted], ready: Mapping[str, bool]) -> tuple[Wanted, ...]:
    """The same with the copies in order of how easily they are read: ready ones first, then packs used anyway."""
    used: set[str] = set()
    sorted_wanted = []
    for one in wanted:
        copies = sorted(
            one.copies, key=lambda c: (not ready.get(c.pack.key), c.pack.key not in used, c.pack.key)
        )
        used.add(copies[0].pack.key)
        sorted_wanted.append(_wanted(copies, one.to))
    return tuple(sorted_wanted)


def _is_night(night: str, rig: str, path: str) -> bool:
    try:
        part = night_part(date.fromisoformat(night))
    except ValueError:
        return False
    address = read_address(path)
    return part in path.split("/") and (
        not rig or (address is not None and address.owner.casefold() == rig.casefold())
    )


def _right(copies: Sequence[Copy], sha256: str | None) -> list[Copy]:
    """The copies of the version that was recorded; of the latest, where none was."""
    return [one for one in copies if one.member.sha256 == sha256] if sha256 else _latest(copies)


def _latest(copies: Sequence[Copy]) -> list[Copy]:
    newest = max(copies, key=lambda one: (one.member.mtime_ns, one.member.sha256)).member
    return [one for one in copies if one.member.sha256 == newest.sha256]


def _wanted(copies: Sequence[Copy], to: str) -> Wanted:
    member = copies[0].member
    return Wanted(
        to=to,
        path=member.path,
        sha256=member.sha256,
        size=member.size,
        mtime_ns=member.mtime_ns,
        copies=tuple(copies),
    )


def _in_order(wanted: Iterable[Wanted]) -> tuple[Wanted, ...]:
    return tuple(sorted(wanted, key=lambda one: (one.copies[0].pack.key, one.copies[0].member.at)))
