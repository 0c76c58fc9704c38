"""A backup looked at from outside: which libraries lie in a bucket, what their packs hold, which can be read now.

    libraries_in ─▶ ids      read_packs ─▶ every Pack by its index      standings ─▶ ready, coming back, or asleep

Indexes are kept where they can be read at once, so all this asks for no archived object to be brought back.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.model.backup import Pack
from pipeline.model.backup_policies import Place
from pipeline.model.errors import PassingError, UserError
from pipeline.rules.backup_keys import INDEX, PACKS, pack_of_index, root_of
from pipeline.rules.backup_packs import read_index
from pipeline.world.s3 import Bucket, open_bucket
from pipeline.world.s3_troubles import TROUBLES, code_of

READABLE = frozenset({"", "STANDARD", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "REDUCED_REDUNDANCY"})
"""Classes whose objects are read at once; of any other each object is asked."""
CONNECTIONS = 10
_ASLEEP = frozenset({"InvalidObjectState"})
_COMING = frozenset({"RestoreAlreadyInProgress"})
_NO_SPARE = frozenset({"GlacierExpeditedRetrievalNotAvailable"})


class Ready(StrEnum):
    """Whether an object can be read now."""

    READY = "ready"
    COMING = "coming back"
    ASLEEP = "asleep"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a pack stands in the bucket."""

    ready: Ready
    storage_class: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What the indexes of a library tell."""

    packs: tuple[Pack, ...]
    unread: tuple[str, ...] = ()
    """Indexes that could not be understood."""


def libraries_in(bucket: Bucket) -> list[str]:
    """The ids of the libraries that are kept in a place, opened without one."""
    place = bucket.place
    found: list[str] = []
    with bucket.speaking():
        pages = bucket.client.get_paginator("list_objects_v2").paginate(
            Bucket=place.bucket, Prefix=bucket.root if bucket.root != "/" else "", Delimiter="/"
        )
        for page in pages:
            found += [one["Prefix"].rstrip("/").rpartition("/")[2] for one in page.get("CommonPrefixes", ())]
    return sorted(found)


def read_packs(bucket: Bucket, crew: ThreadPoolExecutor) -> Shelf:
    """Every pack an index in the bucket tells of."""
    keys = bucket.keys(f"{INDEX}/")
    found = list(crew.map(lambda key: _read_index(bucket, key), keys))
    unread = tuple(key for key, pack in zip(keys, found, strict=True) if pack is None)
    return Shelf(packs=tuple(pack for pack in found if pack is not None), unread=unread)


def standings(bucket: Bucket, keys: Iterable[str], crew: ThreadPoolExecutor) -> dict[str, Standing]:
    """How these packs stand: one listing, and a question each only for those that may be asleep."""
    wanted = sorted(set(keys))
    listed = _listed(bucket)

    def look(key: str) -> Standing:
        if key not in listed:
            return Standing(ready=Ready.GONE, storage_class="", size=0)
        storage_class, size = listed[key]
        ready = Ready.READY if storage_class in READABLE else _asked(bucket, key)
        return Standing(ready=ready, storage_class=storage_class or "STANDARD", size=size)

    return dict(zip(wanted, crew.map(look, wanted), strict=True))


def ask_for(bucket: Bucket, key: str, tier: str, days: int) -> bool:
    """Ask for an archived object to be brought back; False where it was asked for before.

    Raises:
        PassingError: the service has no room for that tier just now.
    """
    request = {"Days": days, "GlacierJobParameters": {"Tier": tier}}
    with bucket.speaking():
        try:
            bucket.client.restore_object(**bucket.named(key), RestoreRequest=request)
        except TROUBLES as error:
            if code_of(error) in _COMING:
                return False
            if code_of(error) in _NO_SPARE:
                raise PassingError(
                    f"{bucket.place.bucket}: nothing is brought back as {tier} just now; try again, or --tier Standard"
                ) from error
            raise
    return True


def only_library(place: Place, typed: str) -> tuple[str, Bucket]:
    """The library that is meant: as typed, else the only one there; UserError names those there are."""
    bucket = open_bucket(place, "", connections=CONNECTIONS)
    found = libraries_in(bucket)
    where = f"{place.bucket}{f'/{place.prefix}' if place.prefix else ''}"
    if typed:
        if typed not in found:
            raise UserError(
                f"{where}: no library {typed} is kept there; there are {', '.join(found) or 'none'}"
            )
        return typed, of_library(bucket, typed)
    if not found:
        raise UserError(f"{where}: no library is kept there (another --prefix?)")
    if len(found) > 1:
        raise UserError(f"{where}: which library? Say --library with one of {', '.join(found)}")
    return found[0], of_library(bucket, found[0])


def of_library(bucket: Bucket, library: str) -> Bucket:
    """The same place, for one library: a client takes half a second to make."""
    return replace(bucket, root=root_of(bucket.place.prefix, library))


def _read_index(bucket: Bucket, key: str) -> Pack | None:
    pack = read_index(bucket.read(key))
    if pack is None or pack.key != pack_of_index(key):
        return None
    return replace(pack, place=bucket.place.text)  # as a receipt has it


def _listed(bucket: Bucket) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    with bucket.speaking():
        pages = bucket.client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket.place.bucket, Prefix=f"{bucket.root}{PACKS}/"
        )
        for page in pages:
            for one in page.get("Contents", ()):
                found[one["Key"].removeprefix(bucket.root)] = one.get("StorageClass", ""), one["Size"]
    return found


def _asked(bucket: Bucket, key: str) -> Ready:
    """Asked of the object itself: some services bear the names of cold classes and read them at once."""
    head = bucket.head(key)
    if head is None:
        return Ready.GONE
    if 'ongoing-request="true"' in head.restore:
        return Ready.COMING
    if 'ongoing-request="false"' in head.restore or not head.size:
        return Ready.READY
    with bucket.speaking():
        try:
            bucket.client.get_object(**bucket.named(key), Range="bytes=0-0")["Body"].read()
        except TROUBLES as error:
            if code_of(error) in _ASLEEP:
                return Ready.ASLEEP
            raise
    return Ready.READY
