"""The index of a pack and the receipt of a night, as JSON and back; the same values give the same bytes.

An index lies inside its pack, as the last member, and beside it in the bucket. What was written by others, or cut, is
no index of ours and reads as None.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pipeline.model.backup import Item, Kept, Member, Pack, Receipt, Span
from pipeline.rules.backup_keys import pack_key

FORMAT = 1
INDEX_NAME = "index.json"
"""Of the index inside a pack."""
ENDINGS: Mapping[str, str] = {"none": "", "zst": ".zst", "planes": ".nbz"}
"""What a member's name in the tar ends with, by codec."""
_HEX = frozenset("0123456789abcdef")
_NOT_OURS = (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)
_LONGEST_NAME = 255
_LARGEST = 1 << 63


def member_record(member: Member) -> dict[str, Any]:
    """A member as a record."""
    return {name: value for name, value in asdict(member).items() if value is not None}


def inner_index(kind: Kept, members: Iterable[Member]) -> bytes:
    """The index inside a pack: it cannot say the pack's own size and SHA-256."""
    return _json({"format": FORMAT, "kind": kind.value, "members": [member_record(one) for one in members]})


def index_bytes(pack: Pack) -> bytes:
    """The index beside a pack."""
    return _json({"format": FORMAT, **_pack_record(pack)})


def read_index(data: bytes) -> Pack | None:
    """The pack an index tells of; None where it is none of ours."""
    try:
        return _pack(json.loads(data))
    except _NOT_OURS:
        return None


def receipt_bytes(receipt: Receipt) -> bytes:
    """A receipt as it lies in the library."""
    packs = sorted(receipt.packs, key=lambda pack: pack.key)
    record: dict[str, Any] = {
        "format": FORMAT,
        "home": receipt.home,
        "packs": [{**_pack_record(p), "place": p.place} for p in packs],
    }
    if receipt.broken:
        record["broken"] = sorted(receipt.broken)
    return _json(record)


def read_receipt(data: bytes, home: str) -> Receipt:
    """The receipt in these bytes; an empty one where they are none of ours: the bucket knows what it has."""
    try:
        record = json.loads(data)
        packs, broken = tuple(map(_pack, record["packs"])), tuple(map(str, record.get("broken", ())))
    except _NOT_OURS:
        return Receipt(home=home)
    return Receipt(home=home, packs=packs, broken=broken)


def grouped(items: Iterable[Item], bound_bytes: int) -> list[tuple[Kept, list[Item]]]:
    """Files in packs of one kind each, in the order of their paths, none much larger than the bound."""
    found: list[tuple[Kept, list[Item]]] = []
    room = 0
    for item in sorted(items, key=lambda one: (one.kind.value, one.path)):
        if not found or found[-1][0] is not item.kind or item.size > room:
            found.append((item.kind, []))
            room = bound_bytes
        found[-1][1].append(item)
        room -= item.size
    return found


def _pack_record(pack: Pack) -> dict[str, Any]:
    return {
        "key": pack.key,
        "kind": pack.kind.value,
        "size": pack.size,
        "sha256": pack.sha256,
        "storage_class": pack.storage_class,
        "etag": pack.etag,
        "members": [member_record(one) for one in pack.members],
    }


def _pack(record: Mapping[str, Any]) -> Pack:
    kind, key, sha256 = Kept(record["kind"]), str(record["key"]), str(record["sha256"])
    home = key.removeprefix("packs/").rpartition("/")[0]
    if key != pack_key(home, kind, sha256):
        raise ValueError(key)
    size, members = _count(record["size"]), tuple(map(read_member, record["members"]))
    if any(one.at + one.packed > size for one in members):
        raise ValueError("a file of it lies behind its end")
    return Pack(
        key=key,
        kind=kind,
        size=size,
        sha256=_sha256(sha256),
        storage_class=str(record["storage_class"]),
        etag=str(record.get("etag", "")),
        place=str(record.get("place", "")),
        members=members,
    )


def is_sound_path(path: str) -> bool:
    """True for a path that leads nowhere but into the library, on any system; of such alone packs are made."""
    parts = path.replace("\\", "/").split("/")  # on Windows either parts a name; elsewhere `a\\b` is one
    try:
        path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # no disk has such a name
        return False
    is_long = max(map(len, parts)) > _LONGEST_NAME
    return not ({"", ".", ".."} & set(parts) or "\0" in path or parts[0][1:2] == ":" or is_long)


def read_member(record: Mapping[str, Any]) -> Member:
    """A member of a record; ValueError, TypeError or KeyError where it is none, or leads out of the library."""
    path, span = str(record["path"]), record.get("span")
    if not is_sound_path(path) or record["codec"] not in ENDINGS:
        raise ValueError(path)
    return Member(
        path=path,
        size=_count(record["size"]),
        mtime_ns=_count(record["mtime_ns"], -_LARGEST),
        sha256=_sha256(record["sha256"]),
        codec=str(record["codec"]),
        at=_count(record["at"]),
        packed=_count(record["packed"]),
        span=None if span is None else _span(span),
    )


def _span(record: Mapping[str, Any]) -> Span:
    if record["order"] not in {">", "<"}:
        raise ValueError(record["order"])
    at, size, step = (_count(record[name]) for name in ("at", "size", "step"))
    return Span(at=at, size=size, order=record["order"], step=step)


def _count(found: Any, least: int = 0) -> int:  # noqa: ANN401 - whatever a stranger wrote
    if type(found) is not int or not least <= found < _LARGEST:
        raise ValueError(found)
    return found


def _sha256(found: Any) -> str:  # noqa: ANN401 - whatever a stranger wrote
    if not isinstance(found, str) or len(found) != 64 or not _HEX.issuperset(found):
        raise ValueError(found)
    return found


def _json(record: Mapping[str, Any]) -> bytes:
    return (
        json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n"
    )
