"""The bucket held against the receipts: what is asked for each pack, or read back whole and unpacked.

quick: size, ETag and the SHA-256 beside it, of packs and of their indexes
sample, full: every byte, every member to its recorded SHA-256
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from pipeline.model.backup import Member, Pack
from pipeline.model.errors import FrameError, UserError
from pipeline.rules.backup_keys import index_key
from pipeline.rules.backup_packs import index_bytes, read_index
from pipeline.world.packing import unpack_member
from pipeline.world.s3 import Bucket
from pipeline.world.s3_troubles import TROUBLES, code_of, said

_PIECE = 4 << 20
_IN_MEMORY = 32 << 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of looking at one pack."""

    pack: Pack
    wrong: str = ""
    """Half a sentence; empty where nothing is."""
    later: str = ""
    """Why it could not be looked at: archived, for one."""
    bytes: int = 0
    """That were read back."""


def ask(bucket: Bucket, packs: Sequence[Pack], crew: ThreadPoolExecutor) -> list[Checked]:
    """What the bucket says of each pack, without reading it."""
    return list(crew.map(lambda pack: _ask(bucket, pack), packs))


def read_back(bucket: Bucket, pack: Pack, told: Callable[[int], None]) -> Checked:
    """Read a pack, unpack every member, and hold all of it against what was recorded."""
    quick = _ask(bucket, pack)
    if quick.wrong:
        return quick
    if wrong := _index_wrong(bucket, pack, is_read=True):
        return Checked(pack, wrong=wrong)
    try:
        return _read_back(bucket, pack, told)
    except TROUBLES as error:
        if code_of(error) == "InvalidObjectState":
            return Checked(pack, later="is archived: it can be read back only after a restore")
        raise said(error, bucket.place) from error


def is_as_sent(bucket: Bucket, pack: Pack) -> bool:
    """True where the SHA-256 beside the object is the pack's: whoever writes over it leaves another, or none."""
    head = bucket.head(pack.key)
    return head is not None and (head.size, head.sha256) == (pack.size, pack.sha256)


def _ask(bucket: Bucket, pack: Pack) -> Checked:
    head = bucket.head(pack.key)
    if head is None:
        return Checked(pack, wrong="is not in the bucket any more")
    if head.size != pack.size:
        return Checked(pack, wrong=f"has {head.size:,} bytes in the bucket, not {pack.size:,}")
    if head.sha256 != pack.sha256 or (pack.etag and head.etag != pack.etag):
        return Checked(pack, wrong="is another object than the one that was sent")
    return Checked(pack, wrong=_index_wrong(bucket, pack))


def _index_wrong(bucket: Bucket, pack: Pack, *, is_read: bool = False) -> str:
    """What is wrong with the index beside a pack; it is read only when asked to, or when it looks otherwise."""
    key, data = index_key(pack.key), index_bytes(pack)
    head = bucket.head(key)
    if head is None:
        return "has lost the index beside it"
    if not is_read and (head.size, head.sha256) == (len(data), hashlib.sha256(data).hexdigest()):
        return ""
    is_same = read_index(bucket.read(key)) == replace(pack, place="")
    return "" if is_same else "has another index beside it than the one that was sent"


def _read_back(bucket: Bucket, pack: Pack, told: Callable[[int], None]) -> Checked:
    """Streamed once: the whole is hashed while each member is set aside and unpacked in its turn."""
    whole, at, wrong = hashlib.sha256(), 0, ""
    body = bucket.client.get_object(**bucket.named(pack.key))["Body"]
    with body:
        for member in sorted(pack.members, key=lambda one: one.at):
            at += _pass(body, member.at - at, whole, told)
            with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as aside:
                at += _pass(body, member.packed, whole, told, aside)
                aside.seek(0)
                wrong = wrong or _unpacked_wrong(cast(BinaryIO, aside), member)
        at += _pass(body, pack.size - at, whole, told)
    if whole.hexdigest() != pack.sha256:
        wrong = wrong or "does not hold the bytes that were sent"
    return Checked(pack, wrong=wrong, bytes=at)


def _pass(
    body: BinaryIO,
    size: int,
    whole: hashlib._Hash,
    told: Callable[[int], None],
    aside: tempfile.SpooledTemporaryFile[bytes] | None = None,
) -> int:
    """Read so many bytes on; how many came."""
    left = size
    while left > 0 and (piece := body.read(min(_PIECE, left))):
        whole.update(piece)
        told(len(piece))
        left -= len(piece)
        if aside is not None:
            aside.write(piece)
    return size - left


def _unpacked_wrong(packed: BinaryIO, member: Member) -> str:
    try:
        sha256 = unpack_member(packed, member, lambda _block: None)
    except FrameError:
        return f"holds a damaged {member.path}"
    return "" if sha256 == member.sha256 else f"holds another {member.path} than was recorded"


def require_something(packs: Sequence[Pack]) -> None:
    """Raise where there is nothing to verify."""
    if not packs:
        raise UserError(
            "No receipt names a pack: `doit backup` sends the first, or `--rebuild-receipts` finds them."
        )
