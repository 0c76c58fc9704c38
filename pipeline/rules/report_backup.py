"""The page of the backup: what the bucket has and what only the library has, how large it is, what it costs a month.

    NightCoverage of each night, masters, packs, when each was read back ─▶ Page `_Reports/backup.html`

Made behind the backup itself, so that it tells of what this very run sent. Nothing on it comes from a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pipeline.model.backup import Kept
from pipeline.model.reports import Ground, Link, Page
from pipeline.rules.backup_coverage import (
    NO_FILES,
    NightCoverage,
    Share,
    by_kind,
    coverage_record,
    lost_words,
    total,
    with_masters,
)
from pipeline.rules.backup_held import PackSum
from pipeline.rules.backup_words import said_of
from pipeline.rules.record_places import report_page
from pipeline.rules.report_words import Column, as_of, night_link, percent, rig_link, short_rig
from pipeline.rules.spoken import counted, sized

PAGE = report_page("backup")
_NIGHTS = 40
"""Nights not kept whole that are shown; more follow below."""
_COVERAGE = (
    Column(name="Rig or camera"),
    Column(name="What"),
    Column(name="Frames", is_number=True),
    Column(name="In the bucket", is_number=True),
    Column(name="Only here", is_number=True),
    Column(name="Only here, room", is_number=True),
)
_SIZES = (
    Column(name="What"),
    Column(name="Files", is_number=True),
    Column(name="As they lie here", is_number=True),
    Column(name="As they were sent", is_number=True),
    Column(name="Share", is_number=True),
)
_CLASSES = (
    Column(name="Storage class"),
    Column(name="Packs", is_number=True),
    Column(name="Room", is_number=True),
    Column(name="A month", is_number=True),
)
_LACKING = (
    Column(name="Night"),
    Column(name="Rig or camera"),
    Column(name="Frames", is_number=True),
    Column(name="Only here", is_number=True),
    Column(name="Packs", is_number=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backed:
    """Everything the page tells of."""

    place: str
    """The bucket, in words."""
    nights: Sequence[NightCoverage]
    masters: Share = NO_FILES
    shelves: Sequence[PackSum] = ()
    """Packs of masters, calibrated lights and your own folders."""
    broken: int = 0
    """Packs found damaged or gone, on shelves."""
    verified: Mapping[str, str] = field(default_factory=dict)
    """Pack to the moment it was last read back, in UTC."""
    months: Mapping[str, float] = field(default_factory=dict)
    """Storage class to what it costs a month."""
    prices: str = ""
    """The list those are from, in words; empty: none is known for this service."""
    currency: str = ""

    @property
    def packs(self) -> list[PackSum]:
        """All sound packs, nights first."""
        return [*(pack for one in self.nights for pack in one.packs), *self.shelves]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPage:
    """The page's value."""

    title: str
    as_of: str
    crumbs: tuple[Link, ...]
    lead: str
    lost: str
    """What would be lost tonight; empty: nothing."""
    broken: str
    coverage_columns: tuple[Column, ...] = _COVERAGE
    coverage: tuple[tuple[Link, ...], ...]
    size_columns: tuple[Column, ...] = _SIZES
    sizes: tuple[tuple[Link, ...], ...]
    class_columns: tuple[Column, ...] = _CLASSES
    classes: tuple[tuple[Link, ...], ...]
    cost: str
    verified: tuple[str, ...]
    night_columns: tuple[Column, ...] = _LACKING
    lacking: tuple[tuple[Link, ...], ...]
    more_lacking: tuple[tuple[Link, ...], ...]


def backup_link(ground: Ground) -> Link | None:
    """To the page, from the overview; None where nothing is backed up."""
    if not ground.configuration.library.backup.enabled:
        return None
    return Link(text="What the backup has, and what it costs", path=PAGE)


def backup_page(backed: Backed) -> Page:
    """The page."""
    told = [coverage_record(one) for one in backed.nights]
    seen = {pack.key: backed.verified.get(pack.key, "") for pack in backed.packs}
    return Page(
        path=PAGE,
        template="report/backup.html.j2",
        made_from=[
            backed.place,
            told,
            list(backed.masters),
            [list(one) for one in backed.shelves],
            backed.broken,
            seen,
            dict(backed.months),
            backed.prices,
            backed.currency,
        ],
        build=partial(build_backup, backed),
    )


def build_backup(backed: Backed) -> BackupPage:
    """The page's value."""
    kinds = by_kind(backed.nights)
    lacking = tuple(_lacking(backed.nights))
    return BackupPage(
        title="Backup",
        as_of=as_of(one.night for one in backed.nights),
        crumbs=(Link(text="Overview", path="_Reports/index.html"),),
        lead=_lead(total(kinds.values()), backed),
        lost=_sentence(lost_words(with_masters(kinds, backed.masters))),
        broken=_broken(backed.broken + sum(one.broken for one in backed.nights)),
        coverage=tuple(_coverage(backed)),
        sizes=tuple(_sizes(backed.packs)),
        classes=tuple(_classes(backed)),
        cost=_cost(backed),
        verified=tuple(_verified(backed)),
        lacking=lacking[:_NIGHTS],
        more_lacking=lacking[_NIGHTS:],
    )


def _lead(all_: Share, backed: Backed) -> str:
    if not backed.packs:
        return f"Nothing is in {backed.place} yet: `doit backup` sends it."
    return (
        f"{all_.kept:,} of {counted(all_.files, 'frame')} are in {backed.place}, "
        f"in {counted(len(backed.packs), 'pack')}."
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _broken(number: int) -> str:
    if not number:
        return ""
    was = "was" if number == 1 else "were"
    return f"{counted(number, 'pack')} {was} found damaged or gone: `doit backup` sends the files again."


def _coverage(backed: Backed) -> Iterable[tuple[Link, ...]]:
    owners: dict[str, list[NightCoverage]] = {}
    for one in backed.nights:
        owners.setdefault(one.owner, []).append(one)
    for owner, nights in sorted(owners.items()):
        for kind, share in by_kind(nights).items():
            yield (rig_link(owner, short_rig(owner)), Link(text=said_of(kind)), *_share(share))
    if backed.masters.files:
        yield (Link(text="the libraries"), Link(text=said_of(Kept.MASTERS)), *_share(backed.masters))


def _share(share: Share) -> tuple[Link, ...]:
    return (
        Link(text=f"{share.files:,}"),
        Link(text=f"{share.kept:,}"),
        Link(text=f"{share.lost:,}" if share.lost else "–"),
        Link(text=sized(share.lost_bytes) if share.lost else "–"),
    )


def _sizes(packs: Iterable[PackSum]) -> Iterable[tuple[Link, ...]]:
    sums: dict[str, tuple[int, int, int]] = {}
    for pack in packs:
        files, size, packed = sums.get(pack.kind, (0, 0, 0))
        sums[pack.kind] = (files + pack.files, size + pack.bytes, packed + pack.packed)
    rows = [(said_of(kind), *mine) for kind, mine in sorted(sums.items())]
    if len(rows) > 1:
        files, size, packed = map(sum, zip(*sums.values(), strict=True))
        rows.append(("together", files, size, packed))
    for name, files, size, packed in rows:
        words = (name, f"{files:,}", sized(size), sized(packed), percent(packed, size) if size else "")
        yield tuple(Link(text=word) for word in words)


def _classes(backed: Backed) -> Iterable[tuple[Link, ...]]:
    sums: dict[str, tuple[int, int]] = {}
    for pack in backed.packs:
        number, size = sums.get(pack.storage_class, (0, 0))
        sums[pack.storage_class] = (number + 1, size + pack.packed)
    for name, (number, size) in sorted(sums.items()):
        month = f"{backed.months[name]:,.2f} {backed.currency}" if name in backed.months else "not known"
        yield tuple(Link(text=word) for word in (name, f"{number:,}", sized(size), month))


def _cost(backed: Backed) -> str:
    if not backed.months:
        return "No price list is known for this service: see what it asks for a GB and month."
    together = sum(round(month, 2) for month in backed.months.values())
    return (
        f"{together:,.2f} {backed.currency} a month for what is kept now, by {backed.prices}. "
        "Bringing it back costs extra: `doit backup-costs`."
    )


def _verified(backed: Backed) -> Iterable[str]:
    packs = backed.packs
    never = [pack for pack in packs if pack.key not in backed.verified]
    moments = sorted(backed.verified[pack.key] for pack in packs if pack.key in backed.verified)
    if moments:
        read = f"{len(moments):,} of {counted(len(packs), 'pack')} {_were(len(moments))} read back and found whole"
        yield f"{read}; the one that has waited longest on {_day(moments[0])}."
    if never:
        first = min((one for one in backed.nights if _waits(one, backed.verified)), key=_night, default=None)
        since = f"; the oldest is of the night of {first.night}, {first.owner}" if first is not None else ""
        yield f"{counted(len(never), 'pack')} {_were(len(never))} never read back{since}."


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _waits(one: NightCoverage, verified: Mapping[str, str]) -> bool:
    return any(pack.key not in verified for pack in one.packs)


def _night(one: NightCoverage) -> tuple[str, str]:
    return one.night, one.owner


def _day(moment: str) -> str:
    """`2026-01-15, 09:12 UTC`."""
    return f"{moment[:10]}, {moment[11:16]} UTC"


def _lacking(nights: Iterable[NightCoverage]) -> Iterable[tuple[Link, ...]]:
    """Nights of which something is only here, the latest first."""
    for one in sorted(nights, key=_night, reverse=True):
        frames = one.frames
        if frames.lost:
            yield (
                night_link(one.owner, one.night),
                rig_link(one.owner, short_rig(one.owner)),
                Link(text=f"{frames.files:,}"),
                Link(text=f"{frames.lost:,}"),
                Link(text=f"{len(one.packs):,}"),
            )
