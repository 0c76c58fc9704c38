"""Entries and decisions as JSON records, and back: what a line of a journal says.

Times are UTC and ISO, nights are dates, what is empty is left out. A record of a kind, or with a field,
that a newer version wrote is no error: the kind yields None, the field is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from pipeline.model.records import ENTRY_TYPES, About, Decision, LedgerEntry, Stays

Record = Mapping[str, Any]
_BY_EVENT = {entry.event: entry for entry in ENTRY_TYPES}


def moment_text(when: datetime) -> str:
    """`2026-01-14T21:03:05.120000Z`: texts sort as the moments do."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The moment a text says; without a zone it is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_READ: dict[str, Callable[[Any], object]] = {
    "when": moment,
    "night": date.fromisoformat,
    "stays": Stays,
    "about": About,
}


def entry_record(entry: LedgerEntry) -> dict[str, Any]:
    """A ledger entry as a record."""
    return {"event": entry.event, **_filled(entry)}


def entry_of(record: Record) -> LedgerEntry | None:
    """The entry a record says; None when its kind is not known, or it lacks what it needs."""
    known = _BY_EVENT.get(str(record.get("event")))
    try:
        return None if known is None else known(**_arguments(known, record))
    except (KeyError, TypeError, ValueError):
        return None


def decision_record(decision: Decision) -> dict[str, Any]:
    """A decision as a record."""
    return _filled(decision)


def decision_of(record: Record) -> Decision | None:
    """The decision a record says; None when it lacks what it needs."""
    try:
        found = Decision(**_arguments(Decision, record))
    except (KeyError, TypeError, ValueError):
        return None
    texts = (found.id, found.kind, found.subject)
    return (
        found if all(isinstance(text, str) for text in texts) and isinstance(found.values, Mapping) else None
    )


def _filled(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any of our frozen values
    pairs = ((spec, getattr(value, spec.name)) for spec in fields(value))
    return {spec.name: _write(item) for spec, item in pairs if not _is_silent(spec, item)}


def _is_silent(spec: Field[Any], item: object) -> bool:
    return item is None or (item == spec.default) or (spec.default_factory is not MISSING and not item)


def _write(item: object) -> object:
    if isinstance(item, datetime):
        return moment_text(item)
    if isinstance(item, Mapping):
        return dict(item)
    return item.isoformat() if isinstance(item, date) else item


def _arguments(known: type, record: Record) -> dict[str, Any]:
    names = [name for name in _names(known) if name in record]
    return {name: _READ[name](record[name]) if name in _READ else record[name] for name in names}


@cache
def _names(known: type) -> tuple[str, ...]:
    return tuple(spec.name for spec in fields(known))
