"""What `doit why` says of the backup: which pack has a frame or master, and when that was last read back.

Only where something is backed up at all; a person who keeps no backup is told nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.model.answers import Answer
from pipeline.rules.backup_held import Held
from pipeline.rules.overview import section
from pipeline.rules.purge_needs import why_missing
from pipeline.world.backup_held import InBucket
from pipeline.world.backup_seen import verified_at
from pipeline.world.library import OpenLibrary


def with_backup_said(answer: Answer, library: OpenLibrary, stored: str, sha256: str) -> Answer:
    """The answer, and whether the bucket has the file; unchanged for what is not stored."""
    settings = library.configuration.library.backup
    if not settings.enabled or not stored:
        return answer
    held = InBucket(library).of_stored(stored, sha256 or None)
    verified = verified_at(library).get(held.pack, "") if held is not None else ""
    lines = (
        _kept(held, verified)
        if held is not None
        else [f"no, {why_missing(stored, sha256 or None, settings)}"]
    )
    data: dict[str, Any] = {
        "pack": held.pack if held is not None else None,
        "storage_class": held.storage_class if held is not None else None,
        "read_back": verified or None,
    }
    whole = answer.data if isinstance(answer.data, dict) else {}
    return replace(
        answer, sentences=(*answer.sentences, *section("Backed up", lines)), data={**whole, "backup": data}
    )


def _kept(held: Held, verified: str) -> Sequence[str]:
    read = f"read back {verified[:10]} {verified[11:16]} UTC" if verified else "never read back"
    return [f"yes, as {held.storage_class}, {read}", f"  {held.pack}"]
