"""Store against ledger, both ways: what is missing, what nobody recorded, what is not as it was.

listing + ledger ─compare─▶ findings, and what must be read ─order─▶ the oldest unverified first
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.model.records import StoredFact


class Wrong(StrEnum):
    """What can be wrong with a stored file."""

    MISSING = "missing"
    """In the ledger, not on the disk."""
    EXTRA = "extra"
    """In the store, not in the ledger."""
    CHANGED = "changed"
    """Not the bytes that were recorded."""
    UNREADABLE = "unreadable"
    """There, but it cannot be read."""
    EDITED = "edited"
    """In 10_Blink, _Reject or 20_Data under the name of a frame or master, and not that one."""
    OUTDATED = "outdated"
    """A row of the catalogue without a frame."""
    UNCATALOGUED = "uncatalogued"
    """A frame without a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    wrong: Wrong
    path: str
    says: str
    """Half a sentence."""
    mend: str = ""
    """What to type or do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What the listing alone shows."""

    findings: list[Finding] = field(default_factory=list)
    to_read: list[StoredFact] = field(default_factory=list)
    """Those that have the right size: only reading shows more."""


def compare(
    facts: Iterable[StoredFact], files: Mapping[str, tuple[int, int]], unread: Iterable[str] = ()
) -> Compared:
    """What is missing or has another size; the rest is to be read.

    Args:
        facts: What the ledger holds.
        files: Path to size (-1: no plain file) and time, of what lies there.
        unread: Folders that could not be listed.
    """
    compared, dark = Compared(), tuple(f"{folder}/" for folder in unread)
    for fact in facts:
        finding = _at_sight(
            fact, files.get(fact.stored), is_dark=fact.stored.startswith(dark) if dark else False
        )
        if finding is None:
            compared.to_read.append(fact)
        else:
            compared.findings.append(finding)
    return compared


def _at_sight(fact: StoredFact, seen: tuple[int, int] | None, *, is_dark: bool) -> Finding | None:
    if seen is None and is_dark:
        return Finding(wrong=Wrong.UNREADABLE, path=fact.stored, says="its folder cannot be listed")
    if seen is None:
        return Finding(wrong=Wrong.MISSING, path=fact.stored, says="is not there any more")
    size, mtime_ns = seen
    if size == -1:
        return Finding(wrong=Wrong.CHANGED, path=fact.stored, says="is a link or a device now, no plain file")
    if size != fact.size:
        said = f"has {size:,} bytes, recorded were {fact.size:,}"
        return Finding(wrong=Wrong.CHANGED, path=fact.stored, says=said)
    if fact.sha256 is None and mtime_ns != fact.mtime_ns:
        said = "was written to before its SHA-256 was recorded, so what it should be is not known"
        return Finding(wrong=Wrong.CHANGED, path=fact.stored, says=said)
    return None


def judge(fact: StoredFact, sha256: str, mtime_ns: int) -> Finding | None:
    """What reading a file shows."""
    if sha256 == fact.sha256:
        return None
    how = (
        "with its time unchanged: a disk that forgets?" if mtime_ns == fact.mtime_ns else "it was written to"
    )
    said = f"its bytes are not those first recorded ({how})"
    return Finding(wrong=Wrong.CHANGED, path=fact.stored, says=said)


def extras(files: Iterable[str], known: Mapping[str, object]) -> list[str]:
    """What lies in the store and is not in the ledger."""
    return [path for path in files if path not in known]


def oldest_first(facts: Iterable[StoredFact], verified: Mapping[str, str]) -> list[StoredFact]:
    """Those never verified first, by when they were stored, then by when they were last verified."""
    return sorted(facts, key=lambda fact: (verified.get(fact.stored, ""), fact.when, fact.stored))


def within(facts: Iterable[StoredFact], limit_bytes: float | None) -> list[StoredFact]:
    """As many from the front as fit the limit, but at least one, so that every run gets on."""
    chosen: list[StoredFact] = []
    left = limit_bytes
    for fact in facts:
        if left is not None and chosen and fact.size > left:
            break
        chosen.append(fact)
        left = None if left is None else left - fact.size
    return chosen
