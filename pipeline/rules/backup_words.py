"""What a backup says: how much was sent, what lies where, in words."""

from __future__ import annotations

from pipeline.model.backup import Kept, Sent
from pipeline.rules.spoken import counted, sized


def sent_words(what: str, sent: Sent) -> str:
    """`C8E  2026-01-14  38 files, 1.98 GB sent as 1.02 GB in 2 packs`; empty where nothing was."""
    said = []
    if sent.files:
        is_packed = sent.packs < sent.files or sent.files == 1
        how = f"in {counted(sent.packs, 'pack')}" if is_packed else "each an object of its own"
        said.append(
            f"{counted(sent.files, 'file')}, {sized(sent.bytes)}, {how}, {sized(sent.sent_bytes)} sent"
        )
    if sent.found:
        said.append(f"{counted(sent.found, 'file')} there already")
    return f"{what}  {'; '.join(said)}" if said else ""


def added(sums: Sent, sent: Sent) -> Sent:
    """Both together."""
    return Sent(
        files=sums.files + sent.files,
        bytes=sums.bytes + sent.bytes,
        packs=sums.packs + sent.packs,
        sent_bytes=sums.sent_bytes + sent.sent_bytes,
        found=sums.found + sent.found,
        troubles=(*sums.troubles, *sent.troubles),
    )


def said_of(kind: Kept | str) -> str:
    """A kind in words."""
    return str(kind).replace("_", " ")
