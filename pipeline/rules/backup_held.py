"""Which pack holds a file: asked by whoever must know that a backup has it, before it lets go or when a person asks.

    _Backup/<home>.json ─held_in─▶ Holding ─of(path, sha256)─▶ Held(pack, class), or None: no backup has it

Only sound packs count, and only those of the bucket that is named now: one found damaged, gone, or left behind in
another bucket holds nothing. A receipt that is missing or cannot be read holds nothing either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from pipeline.model.backup import Kept
from pipeline.model.backup_policies import Backup


class Held(NamedTuple):
    """Where a file is kept."""

    pack: str
    """The pack's key."""
    storage_class: str
    """It was sent with."""


class PackSum(NamedTuple):
    """A sound pack, counted."""

    key: str
    kind: str
    storage_class: str
    files: int
    bytes: int
    """Of its files, as they lie in the library."""
    packed: int
    """Of the pack itself."""


@dataclass(frozen=True)
class Holding:
    """What the bucket has of one home."""

    by_sha256: Mapping[tuple[str, str], Held] = field(default_factory=dict)
    """By path and SHA-256."""
    sizes: Sequence[tuple[str, int, Held]] = ()
    """Path, size and pack of each file."""
    packs: tuple[PackSum, ...] = ()
    broken: int = 0
    """Packs that were found damaged or gone."""

    @cached_property
    def by_size(self) -> Mapping[tuple[str, int], Held]:
        """By path and size: of what was never hashed here."""
        return {(path, size): held for path, size, held in self.sizes}

    @cached_property
    def by_bytes(self) -> Mapping[str, Held]:
        """By SHA-256 alone: a master that stepped aside has another name now."""
        return {sha256: held for (_, sha256), held in self.by_sha256.items()}

    def of(self, path: str, sha256: str | None, size: int | None = None) -> Held | None:
        """The pack that has this file; without a SHA-256 its size decides, where that is told."""
        if sha256:
            return self.by_sha256.get((path, sha256))
        return self.by_size.get((path, size)) if size is not None else None

    def of_master(self, path: str, sha256: str | None, size: int | None = None) -> Held | None:
        """The same of a master, whatever it was called when it was sent."""
        return self.by_bytes.get(sha256) if sha256 else self.of(path, None, size)


NOTHING = Holding()


def held_in(receipt: bytes, settings: Backup) -> Holding:
    """What a receipt's bytes say; nothing where they are no receipt."""
    try:
        record = _read(receipt)
        broken = frozenset(record.get("broken", ()))
        sound = [one for one in record["packs"] if one["key"] not in broken and _lies_here(one, settings)]
        return _holding(sound, len(broken))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return NOTHING


def _read(receipt: bytes) -> Any:  # noqa: ANN401 - it is judged by who asked
    try:
        return orjson.loads(receipt)
    except orjson.JSONDecodeError:  # it takes no name that is no UTF-8; slower, but it is in there
        return json.loads(receipt)


def _lies_here(pack: Mapping[str, Any], settings: Backup) -> bool:
    return bool(pack.get("place", "") == settings.place(Kept(pack["kind"])).text)


def _holding(packs: list[dict[str, Any]], broken: int) -> Holding:
    by_sha256: dict[tuple[str, str], Held] = {}
    sizes: list[tuple[str, int, Held]] = []
    sums = []
    for pack in packs:
        held, members = Held(pack["key"], pack["storage_class"]), pack["members"]
        by_sha256 |= {(one["path"], one["sha256"]): held for one in members}
        mine = [(one["path"], one["size"], held) for one in members]
        sizes += mine
        size = sum(one for _, one, _ in mine)
        sums.append(PackSum(held.pack, pack["kind"], held.storage_class, len(mine), size, pack["size"]))
    return Holding(by_sha256, sizes, tuple(sums), broken)
