"""What a backup says: how much was sent, what lies where, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.model.backup import Item, Kept, Sent
from pipeline.model.backup_policies import Backup
from pipeline.rules.backup_packs import grouped
from pipeline.rules.spoken import counted, sized

PART_BYTES = 16 << 20
"""Of a pack sent in parts."""


def sent_words(what: str, sent: Sent) -> str:
    """`C8E  2026-01-14  38 files, 1.98 GB sent as 1.02 GB in 2 packs`; empty where nothing was."""
    said = []
    if sent.files:
        packs = counted(sent.packs, "pack")
        said.append(
            f"{counted(sent.files, 'file')}, {sized(sent.bytes)}, in {packs}, {sized(sent.sent_bytes)} sent"
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


def dry_words(homes: Sequence[Sequence[Item]], settings: Backup) -> tuple[list[str], dict[str, Any]]:
    """What a backup would send, by kind, as sentences and as data."""
    items = [item for home in homes for item in home]
    packs = [pack for home in homes for pack in grouped(home, settings.pack_mb * 1_000_000)]
    lines, rows = [], []
    for kind in Kept:
        files = [one for one in items if one.kind is kind]
        if not files:
            continue
        number = sum(1 for told, _ in packs if told is kind)
        size = sum(one.size for one in files)
        lines.append(
            f"{said_of(kind)}: {counted(len(files), 'file')}, {sized(size)} before packing, "
            f"in {counted(number, 'pack')} of class {settings.class_of(kind)}"
        )
        rows.append({"kind": kind.value, "files": len(files), "bytes": size, "packs": number})
    requests = sum(2 + -(-sum(one.size for one in files) // PART_BYTES) for _, files in packs)
    lines.append(f"About {counted(requests, 'request')}." if rows else "Nothing is to be sent.")
    return lines, {"kinds": rows, "requests": requests}


def said_of(kind: Kept) -> str:
    """A kind in words."""
    return kind.value.replace("_", " ")
