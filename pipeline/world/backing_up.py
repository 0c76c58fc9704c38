"""One night, or one shelf, sent to the bucket: what no pack has yet is packed, sent and written into its receipt.

    items − receipt ─▶ also not in the bucket? ─▶ left by a killed run? ─▶ packs ─▶ sent ─▶ index beside it ─▶ receipt

A pack counts once its index lies beside it: whoever is killed in between leaves nothing that is believed. The bucket
is asked before anything is packed, so that two computers do not send the same frames twice.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.model.backup import Item, Kept, Pack, Receipt, Sent
from pipeline.model.backup_policies import Backup, Place
from pipeline.model.errors import ConfigError, UserError
from pipeline.model.prices import PriceTable
from pipeline.rules.backup_keys import INDEX, PACKS, index_key, pack_of_index
from pipeline.rules.backup_packs import index_bytes, read_index
from pipeline.rules.backup_shapes import shaped
from pipeline.rules.backup_wanted import lying_here, missing
from pipeline.world.backup_checks import is_as_sent
from pipeline.world.library import OpenLibrary
from pipeline.world.packs import Build, Staged, build_pack, forget, staged_packs
from pipeline.world.prices import read_prices
from pipeline.world.receipts import read_receipt, with_pack, write_receipt
from pipeline.world.s3 import Bucket, open_bucket
from pipeline.world.s3_body import Stopped
from pipeline.world.s3_upload import Arrived, Line, Throttle, upload
from pipeline.world.selected import ID_FILE

STAGING = "backup"
_STAGED_BYTES = 2_500_000_000
"""Packs under way take no more room than this, unless two of them do."""
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """What packs and sends, for as long as one home takes."""

    library: OpenLibrary
    settings: Backup
    packers: ThreadPoolExecutor
    senders: ThreadPoolExecutor
    throttle: Throttle
    prices: PriceTable | None
    """What requests cost; None: it is not known."""
    keeps_sha256: threading.Event
    """Cleared where the service keeps no SHA-256 of parts."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set: what is being packed or sent is let go."""
    buckets: dict[Place, Bucket] = field(default_factory=dict)
    """Those that were opened."""

    def bucket(self, kind: Kept) -> Bucket:
        """Where files of this kind go."""
        place = self.settings.place(kind)
        if place not in self.buckets:
            self.buckets[place] = bucket_of(self.library, self.settings, kind)
        return self.buckets[place]

    def line(self, told: Callable[[int], None]) -> Line:
        """The line to the bucket, and who is told what went over it."""
        return Line(
            crew=self.senders,
            told=told,
            throttle=self.throttle,
            keeps_sha256=self.keeps_sha256,
            stop=self.stop,
        )


class _Course:
    """How far it is: each byte counts once when it is packed, and once when it is sent."""

    def __init__(self, told: Told, total: int, stop: threading.Event) -> None:
        self._told, self._total, self._done, self._stop = told, total, 0.0, stop
        self._guard = threading.Lock()

    def step(self, size: float) -> None:
        """So many bytes further; called from any thread. Raises Stopped when no more is to be done."""
        if self._stop.is_set():
            raise Stopped
        with self._guard:
            self._done += size / 2
            done = min(int(self._done), self._total)
        self._told(done, self._total)


def library_id(library: OpenLibrary) -> str:
    """What keys in the bucket tell this library by."""
    try:
        told = json.loads((library.root / ID_FILE).read_bytes())
        return str(told["library"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{library.root / ID_FILE}: names no library; a backup needs its name") from error


def bucket_of(library: OpenLibrary, settings: Backup, kind: Kept) -> Bucket:
    """The library's place for files of this kind; nothing is asked yet."""
    return open_bucket(settings.place(kind), library_id(library), connections=settings.concurrency + 2)


def _prices_of(library: OpenLibrary) -> PriceTable | None:
    """What requests cost; a table that cannot be read stops no backup."""
    try:
        return read_prices(library.root, os.environ.get("NIGHTBUILD_RIGS"))
    except ConfigError:
        return None


@contextmanager
def carrier(library: OpenLibrary, settings: Backup) -> Iterator[Carrier]:
    """Hands that pack and send."""
    keeps_sha256 = threading.Event()
    keeps_sha256.set()
    hands = library.configuration.library.limits.workers or os.cpu_count() or 1
    with (
        ThreadPoolExecutor(hands, thread_name_prefix="pack") as packers,
        ThreadPoolExecutor(settings.concurrency, thread_name_prefix="send") as senders,
    ):
        yield Carrier(
            library=library,
            settings=settings,
            packers=packers,
            senders=senders,
            prices=_prices_of(library),
            throttle=Throttle(settings.max_mb_s),
            keeps_sha256=keeps_sha256,
        )


def send_home(using: Carrier, home: str, items: Sequence[Item], told: Told) -> Sent:
    """Send what is not kept yet of one home."""
    root = using.library.root
    before = lying_here(read_receipt(root, home), using.settings)
    if not missing(items, before):
        return Sent()
    receipt = _with_found(using, before, {item.kind for item in missing(items, before)})
    due = missing(items, receipt)
    sent = Sent(found=len(missing(items, before)) - len(due))
    course = _Course(told, sum(item.size for item in due), using.stop)
    build = Build(
        root=root,
        folder=using.library.state / STAGING / home,
        home=home,
        crew=using.packers,
        progress=course.step,
    )
    receipt, sent = _send_left(using, build, receipt, due, sent)
    return _send_new(using, build, receipt, missing(items, receipt), sent, course)


def _with_found(using: Carrier, receipt: Receipt, kinds: set[Kept]) -> Receipt:
    """The receipt with the packs of this home that somebody else sent."""
    known, found = {pack.key for pack in receipt.packs} | set(receipt.broken), receipt
    for bucket in {using.settings.place(kind): using.bucket(kind) for kind in sorted(kinds)}.values():
        there = bucket.sizes(f"{INDEX}/{receipt.home}/")
        fresh = [key for key in sorted(there) if pack_of_index(key) not in known]
        sizes = bucket.sizes(f"{PACKS}/{receipt.home}/") if fresh else {}
        for key in fresh:
            pack = read_index(bucket.read_ours(key) or b"")
            if pack is None or pack.key != pack_of_index(key) or sizes.get(pack.key) != pack.size:
                continue
            if is_as_sent(bucket, pack):
                found = with_pack(found, replace(pack, place=bucket.place.text))
    if found != receipt:
        write_receipt(using.library.root, found)
    return found


def _send_left(
    using: Carrier, build: Build, receipt: Receipt, due: Sequence[Item], sent: Sent
) -> tuple[Receipt, Sent]:
    """Packs that lie ready since an earlier run was cut off."""
    wanted = {item.path for item in due}
    for staged in staged_packs(build.folder):
        if wanted & {member.path for member in staged.pack.members}:
            may_be_there = staged.pack.key not in receipt.broken
            pack, sent_bytes = _send(using, staged, lambda _size: None, may_be_there=may_be_there)
            receipt, sent = _noted(using, receipt, sent, pack, sent_bytes)
        forget(staged)
    return receipt, sent


def _send_new(
    using: Carrier, build: Build, receipt: Receipt, due: Sequence[Item], sent: Sent, course: _Course
) -> Sent:
    """Pack and send side by side: while some packs are on their way others are made."""
    groups = shaped(due, using.settings, using.prices)
    troubles: list[str] = []
    going: list[Future[tuple[Pack | None, int, list[str]]]] = []

    def carry(kind: Kept, items: Sequence[Item]) -> tuple[Pack | None, int, list[str]]:
        staged, said = build_pack(build, kind, using.settings.class_of(kind), items)
        return (*(_send(using, staged, course.step) if staged is not None else (None, 0)), said)

    with (
        ThreadPoolExecutor(_hands(using.settings, groups), thread_name_prefix="pack-maker") as makers,
        _stopping(using, going),
    ):
        going += [makers.submit(carry, kind, items) for kind, items in groups]
        for done in as_completed(going):
            pack, sent_bytes, said = done.result()
            troubles += said
            if pack is not None:
                receipt, sent = _noted(using, receipt, sent, pack, sent_bytes)
    return replace(sent, troubles=(*sent.troubles, *sorted(troubles)))


@contextmanager
def _stopping(using: Carrier, going: Sequence[Future[Any]]) -> Iterator[None]:
    """Where one pack fails, or somebody types Ctrl-C, the others are let go: the next run goes on with them."""
    try:
        yield
    except BaseException:
        using.stop.set()
        for one in going:
            one.cancel()
        raise


def _hands(settings: Backup, groups: Sequence[tuple[Kept, Sequence[Item]]]) -> int:
    """How many packs are under way at once: as many as parts are sent, but not more than the disk should hold."""
    largest = max((sum(item.size for item in items) for _, items in groups), default=0)
    return max(min(settings.concurrency, _STAGED_BYTES // max(largest, 1)), 2)


def _send(
    using: Carrier, staged: Staged, told: Callable[[float], None], *, may_be_there: bool = False
) -> tuple[Pack, int]:
    """One pack, then its index; `may_be_there`: a killed run may have sent all of the pack, and no index."""
    pack = staged.pack
    bucket = using.bucket(pack.kind)
    scale = pack.bytes / max(pack.size, 1)
    line = using.line(lambda size: told(size * scale))
    beside = {"sha256": pack.sha256, "index-at": str(staged.index_at)}
    head = bucket.head(pack.key) if may_be_there else None
    if head is not None and (head.size, head.sha256) == (pack.size, pack.sha256):
        arrived = Arrived(0, head.etag)
    else:
        arrived = upload(bucket, pack.key, staged.path, line, beside, pack.storage_class)
    whole = replace(pack, etag=arrived.etag, place=bucket.place.text)
    bucket.put(index_key(pack.key), index_bytes(whole))
    forget(staged)
    return whole, arrived.sent


def _noted(using: Carrier, receipt: Receipt, sent: Sent, pack: Pack, sent_bytes: int) -> tuple[Receipt, Sent]:
    noted = with_pack(receipt, pack)
    write_receipt(using.library.root, noted)
    more = replace(
        sent,
        files=sent.files + len(pack.members),
        bytes=sent.bytes + pack.bytes,
        packs=sent.packs + 1,
        sent_bytes=sent.sent_bytes + sent_bytes,
    )
    return noted, more
