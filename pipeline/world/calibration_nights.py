"""What each night's calibration frames come to, kept between runs: which have passed, and in what they are alike.

journal, decisions, settings ─▶ NightBatches (a few rows a night)        read again only when one of them changed

Passed is what the ledger says: a frame whose set was looked at and that is not among the rejects, or one whose rig asks
for no eyes. Manifests are not asked, so that nothing here changes when the caches are deleted.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path

from pipeline.model.frames import Kind
from pipeline.model.master_groups import Batch, NightBatches, joined_digest
from pipeline.model.records import About, Decision, LinkFact, Stays
from pipeline.model.sets import FrameSet, Member
from pipeline.model.verdicts import State
from pipeline.rules.addresses import read_address
from pipeline.rules.batches import lighten, load_night
from pipeline.rules.corrected import heed
from pipeline.rules.corrections import CORRECT
from pipeline.rules.escape import unescape
from pipeline.rules.grouping import is_shown
from pipeline.rules.ledger import Ledger
from pipeline.rules.places import has_passed
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.rules.standings import stand
from pipeline.rules.words import words_of
from pipeline.world import journals
from pipeline.world import ledger as ledgers
from pipeline.world.library import OpenLibrary
from pipeline.world.nightbook import NightBook, sets_of
from pipeline.world.open_nights import is_over
from pipeline.world.outlines import Outlined, read_outlined
from pipeline.world.said import Said, home_of, read_said
from pipeline.world.survey import Seen

FILE = "calibration.json"
_VERSION = 2
_KINDS = frozenset({Kind.BIAS, Kind.DARK, Kind.FLAT, Kind.FLATDARK})
_SIGNS = (*(f"/{kind.value}/".encode() for kind in _KINDS), b"promoted")

_BELIEVED_S = 60.0
"""How long a process goes without asking whether a night has ended meanwhile."""
_guard = threading.Lock()
_kept: dict[str, tuple[str, float, dict[str, NightBatches]]] = {}

Words = Mapping[str, list[tuple[str, journals.Look]]]
"""The files of decisions as they look, by folder."""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """How everything looks that the batches follow from: equal means that nothing changed."""

    library: OpenLibrary
    said: Said
    ledger: Mapping[str, journals.Look]

    @cached_property
    def mark(self) -> str:
        """One text for all of it."""
        told = (list(self.ledger.items()), list(self.said.looks.items()), self.library.mark)
        return sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def latest_ns(self) -> int:
        """When anything of it changed last."""
        both = (*self.ledger.values(), *self.said.looks.values())
        return max((at for _, at in both), default=0)

    def by_journal(self) -> dict[str, journals.Look]:
        """For each a number for all its own answer depends on, and when the last of that changed."""
        words: dict[str, list[tuple[str, journals.Look]]] = {}
        for name, at in self.said.looks.items():
            words.setdefault(name.rpartition("/")[0], []).append((name, at))
        return {name: _look(self.library, words, name, look) for name, look in self.ledger.items()}


def look_at_nights(library: OpenLibrary) -> Looked:
    """A look at ledger and decisions; nothing of them is read."""
    said = read_said(library.root, library.state if library.state.is_dir() else None, remember=False)
    return Looked(library=library, said=said, ledger=dict(journals.looks_below(library.root, "_Ledger")))


def read_batches(
    library: OpenLibrary, looked: Looked | None = None, *, remember: bool = True
) -> dict[str, NightBatches]:
    """What the calibration frames of each journal come to, by the journal's path in the library."""
    looked = looked or look_at_nights(library)
    key, mark = str(library.root), looked.mark
    with _guard:
        kept = _kept.get(key)
        if kept is None or kept[0] != mark or time.monotonic() - kept[1] > _BELIEVED_S:
            state = library.state if remember or library.state.is_dir() else None
            make = partial(_made, library, looked.said)
            kind = Outlined(file=FILE, version=_VERSION, make=make, load=load_night)
            found = read_outlined(library.root, looked.by_journal(), state, kind, remember=remember)
            kept = _kept[key] = mark, time.monotonic(), found
        return kept[2]


def batches_of(one: FrameSet, passed: Iterable[Member]) -> Iterator[tuple[Batch, list[Member]]]:
    """Frames of a set, those that are alike together."""
    alike: dict[tuple[object, ...], list[Member]] = {}
    for member in passed:
        frame = member.frame
        turned = None if frame.rotator_deg is None else round(frame.rotator_deg)
        size = frame.width_px, frame.height_px
        key = (*size, frame.focal_length_mm, frame.camera_id, frame.optic, frame.exposure_s, turned)
        alike.setdefault(key, []).append(member)
    for found in alike.values():
        warm = [each for member in found if (each := member.frame.sensor_temp_c) is not None]
        hashes = [member.sha256 for member in found]
        batch = Batch(
            owner=one.owner,
            filed=one.night,
            set_id=one.id,
            frame=found[0].frame,
            count=len(found),
            sensor_temp_c=statistics.median(warm) if warm else None,
            digest=joined_digest(each or "" for each in hashes) if all(hashes) else "",
            mark="" if all(hashes) else joined_digest(map(_mark_of, found)),
        )
        yield batch, found


def _mark_of(member: Member) -> str:
    """Its bytes, or what stands for them: a frame that is lost before it was hashed never has a hash."""
    look = f"{member.stored} {member.size} {member.mtime_ns}"
    return member.sha256 or sha256(look.encode("utf-8", "surrogatepass")).hexdigest()


def passed_of(book: NightBook, one: FrameSet) -> list[Member]:
    """The frames of a set that may become a master, in the order they were taken."""
    rig = book.rig_of(one)
    words = words_of(one, book.decisions)
    standings = stand(one, book.links, words, None, accept=rig.accept, blink=rig.blink)
    shown = is_shown(one.kind, rig.blink)
    return [
        member
        for member in one.members
        if standings[member.stored].state is State.PASSED
        and _is_let_through(book.links.get(member.stored, ()), shown=shown)
    ]


def calibration_sets(book: NightBook) -> tuple[FrameSet, ...]:
    """The sets of a night's calibration frames: lights cost headers, and nothing here asks for them."""
    corrections = heed(book.decisions, book.ledger)
    told = {one.subject for one in book.decisions.of_kind(CORRECT) if one.about is About.FRAME}
    is_told = any(_may_speak_of(one, book) for one in book.decisions.of_kind(CORRECT))
    facts = [
        fact
        for fact in book.ledger.stored.values()
        if fact.stays == Stays.FRAME and (is_told or fact.stored in told or _is_calibration(fact.stored))
    ]
    seen = Seen(library=book.library, near=book.ledger, corrections=corrections)
    found = sets_of(seen, facts, book.owner, book.night, folders={})
    return tuple(one for one in found if one.kind in _KINDS)


def _may_speak_of(one: Decision, book: NightBook) -> bool:
    """True for a correction of more than one frame that may be of this night."""
    return (
        one.about is not About.FRAME and one.owner in {None, book.owner} and one.night in {None, book.night}
    )


def is_ripe(one: FrameSet, ledger: Ledger) -> bool:
    """True when no more frames of a set are to be expected."""
    return one.id in ledger.judged or is_over(one)


def _is_calibration(stored: str) -> bool:
    address = read_address(stored)
    return address is not None and address.kind in _KINDS


def _is_let_through(links: Iterable[LinkFact], *, shown: bool) -> bool:
    """True when no name of it lies among the rejects, and eyes have seen it where they are asked for."""
    links = tuple(links)
    is_aside = any(stage_of(lies_at(link)) is Place.REJECT for link in links if lies_at(link))
    return not is_aside and (not shown or any(map(has_passed, links)))


def _look(library: OpenLibrary, words: Words, journal: str, look: journals.Look) -> journals.Look:
    """All a night's answer depends on as one number, and the time of what changed last."""
    owner, night = _filed(journal)
    homes = {home_of(*filed) for filed in ((owner, night), (owner, None), (None, night), (None, None))}
    told = [(name, at) for home in sorted(homes) for name, at in words.get(home, ())]
    text = repr((look, told, library.mark)).encode()
    return int(sha256(text).hexdigest()[:15], 16), max(look[1], *(at[1] for _, at in told), 0)


def _filed(journal: str) -> tuple[str, date | None]:
    """The rig or camera and the night a journal is of."""
    parts = journal.split("/")
    try:
        return unescape(parts[1]), date.fromisoformat(parts[-1].removeprefix("DATE_").removesuffix(".jsonl"))
    except (ValueError, IndexError):
        return "", None


def _made(library: OpenLibrary, said: Said, path: Path) -> tuple[NightBatches, bool]:
    """What a journal comes down to, and whether it stays so: a set whose night is not over may grow."""
    data = path.read_bytes()
    owner, night = _filed(path.relative_to(library.root).as_posix())
    is_corrected = any((one.owner, one.night) == (owner, night) for one in said.wide.of_kind(CORRECT))
    if night is None or not (is_corrected or any(sign in data for sign in _SIGNS)):
        return NightBatches(), True
    owner = _owner_of(path, owner)
    book = NightBook(library, owner, night, ledgers.read_night(library.root, owner, night), said.all)
    sets = calibration_sets(book)
    ripe = [one for one in sets if is_ripe(one, book.ledger)]
    passed = [(one, passed_of(book, one)) for one in ripe]
    found = NightBatches(
        batches=tuple(lighten(batch) for one, members in passed for batch, _ in batches_of(one, members)),
        unripe=len(sets) - len(ripe),
        waiting=sum(len(one.members) - len(members) for one, members in passed),
        promoted=tuple(fact.stored for fact in book.ledger.stored.values() if fact.stays == Stays.MASTER),
    )
    return found, len(ripe) == len(sets)


def _owner_of(path: Path, owner: str) -> str:
    """The owner as frames are filed under it: a folder cut short says it in its records."""
    if "~" not in path.parent.name:
        return owner
    for record in journals.read(path).records:
        address = read_address(str(record.get("stored", "")))
        if address is not None:
            return address.owner
    return owner
