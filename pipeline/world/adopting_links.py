"""Adopted frames linked into the store: an import that leaves its files where they lie.

    candidates ─store_frames (hard link, else as links go)─▶ 00_Frames ─▶ Received; in a stage folder: Delivered
    in accept/, bad/ or reject/: their person looked at them long ago ─▶ a word on each frame, in _Decisions

From then on they are frames like all others: what lies in 10_Blink is judged, a marker speaks for it, and what lies in
20_Data or beyond has its place there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import groupby

from pipeline.model.adopting import Candidate
from pipeline.model.errors import UserError
from pipeline.model.frames import Kind
from pipeline.model.records import About, Delivered, LedgerEntry, Released
from pipeline.model.verdicts import State
from pipeline.model.watching import Saying
from pipeline.rules.adopted_states import adopted_night
from pipeline.rules.layout import twin_path
from pipeline.rules.ledger import Ledger
from pipeline.rules.positions import Place, stage_of
from pipeline.rules.spoken import counted, sized
from pipeline.rules.words import ACCEPT, BLINK, REJECT
from pipeline.world import decisions as decided
from pipeline.world import ledger as ledgers
from pipeline.world.absorbing import say
from pipeline.world.adopting import Ground
from pipeline.world.storing import Item, store_frames

_PLACED = frozenset({State.OFFERED, State.ACCEPTED, State.MOVED_ON})


def require_links(ground: Ground, candidates: Sequence[Candidate], *, copy: bool) -> None:
    """Raise `UserError` where linking would mean copying, and nobody asked for that."""
    here = ground.library.root.stat().st_dev
    far = [one for one in candidates if (ground.base / one.path).stat().st_dev != here]
    if far and not copy:
        size = sized(sum(one.found.size for one in far))
        raise UserError(
            f"{counted(len(far), 'frame')} ({size}) lie on another disk than the library, so they cannot be linked, "
            "only copied. Say --copy if you want that; nothing was done."
        )


def link_all(
    ground: Ground,
    candidates: Sequence[Candidate],
    ledger: Ledger,
    tell: Callable[[int, int], None],
) -> Counter[str]:
    """Link every frame that is not in the store yet; how many were `stored`, `duplicates` or `left`."""
    counts: Counter[str] = Counter()
    lying = {fact.at: stored for stored in ledger.adopted if (fact := ledger.stored.get(stored)) is not None}
    for (owner, night), group in groupby(sorted(candidates, key=_night_of), key=_night_of):
        frames = list(group)
        _release(ground, frames, ledger, lying)
        fresh = [one for one in frames if not _is_stored(ground, one, ledger)]
        items = (_item(ground, one) for one in fresh)
        counts += store_frames(
            ground.library.root,
            owner,
            night,
            items,
            keep=ground.library.configuration.library.keep_free,
        )
        _say_judged(ground, owner, night, frames)
        if ground.is_inside:
            _give_places(ground, owner, night, frames)
        counts["done"] += len(frames)
        tell(counts["done"], len(candidates))
    return counts


def _night_of(one: Candidate) -> tuple[str, date]:
    return one.owner, one.night


def _item(ground: Ground, one: Candidate) -> Item:
    found = replace(one.found, inbox=ground.inbox)
    return Item(ground.base / one.path, found, partial(twin_path, one.address))


def _is_stored(ground: Ground, one: Candidate, ledger: Ledger) -> bool:
    return ledger.holds((ground.inbox, one.path), one.found.size, one.found.mtime_ns)


def _release(ground: Ground, frames: Iterable[Candidate], ledger: Ledger, lying: Mapping[str, str]) -> None:
    """What was registered where it lies is no longer: it is about to be in the store."""
    for one in frames:
        if one.path in lying:
            record = ledger.adopted[lying[one.path]]
            entry = Released(when=datetime.now(UTC), stored=lying[one.path])
            ledgers.write(ground.library.root, str(record["owner"]), adopted_night(record), [entry])


def _say_judged(ground: Ground, owner: str, night: date, frames: Iterable[Candidate]) -> None:
    """Write down what the folders of their person say: these were accepted, those blinked away, and long ago."""
    verdicts = {one.path: _verdict(ground, one) for one in frames}
    if not any(verdicts.values()):
        return
    known, root = ledgers.read_night(ground.library.root, owner, night), ground.library.root
    spoken_of = {one.subject for one in decided.read_night(root, owner, night).said}
    sayings = []
    for path, verdict in verdicts.items():
        fact = known.stored.get(known.of_origin(ground.inbox, path) or "")
        # a copy of what came otherwise says nothing of it, and a word of the person's own is not spoken over
        if verdict and fact is not None and fact.original == path and fact.stored not in spoken_of:
            sayings.append(_saying(owner, night, fact.stored, verdict, path))
    say(root, sayings)


def _verdict(ground: Ground, one: Candidate) -> str:
    """What is to be said of a frame; empty where nobody judged it, or its place says enough."""
    if one.frame.kind is not Kind.LIGHT:
        return ""
    if one.state is State.REJECTED:
        return REJECT
    if ground.is_inside:
        return ACCEPT if one.state is State.ACCEPTED and stage_of(one.path) is Place.BLINK else ""
    return ACCEPT if one.state in {State.ACCEPTED, State.MOVED_ON} else ""


def _saying(owner: str, night: date, stored: str, verdict: str, path: str) -> Saying:
    return Saying(
        kind=BLINK,
        about=About.FRAME,
        subject=stored,
        owner=owner,
        night=night,
        values={"verdict": verdict},
        why=f"lay in {path.rpartition('/')[0]} when it was adopted",
    )


def _has_place(one: Candidate) -> bool:
    """True for what is seen where it lies: of rejected frames those in 10_Blink, which go on to _Reject."""
    return one.state in _PLACED or (one.state is State.REJECTED and stage_of(one.path) is Place.BLINK)


def _give_places(ground: Ground, owner: str, night: date, frames: Iterable[Candidate]) -> None:
    """Say of each frame where its person has it, as if it had been given that place."""
    known = ledgers.read_night(ground.library.root, owner, night)
    entries: list[LedgerEntry] = []
    for one in frames:
        stored = known.of_origin(ground.inbox, one.path)
        if stored in known.stored and _has_place(one) and one.path not in known.links:
            entries.append(Delivered(when=datetime.now(UTC), link=one.path, stored=stored, how="found"))
    if entries:
        ledgers.write(ground.library.root, owner, night, entries)
