"""How the backup stands: what the bucket has, what is still to be sent, what would be lost tonight; in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.model.backup import Kept
from pipeline.model.backup_policies import Backup
from pipeline.model.errors import UserError
from pipeline.model.prices import PriceTable
from pipeline.rules.backup_costs import REGION, Load, bill, class_of, region_of
from pipeline.rules.backup_keys import moment_words, records_of
from pipeline.rules.backup_words import said_of
from pipeline.rules.spoken import counted, sized


@dataclass(slots=True)
class Amount:
    """Files and their bytes."""

    files: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """One file more."""
        self.files += 1
        self.bytes += size


@dataclass(slots=True, kw_only=True)
class Standing:
    """Receipts and ledger, added up."""

    kept: dict[Kept, Amount] = field(default_factory=dict)
    packed: dict[str, Amount] = field(default_factory=dict)
    """Storage class to the packs sent with it."""
    billed: dict[tuple[Kept, str], Amount] = field(default_factory=dict)
    """Kind and storage class to the packs: what is paid for each month."""
    due: dict[Kept, Amount] = field(default_factory=dict)
    """To be kept by the policy, and in no pack."""
    lost: dict[str, Amount] = field(default_factory=dict)
    """In words, such as `unblinked`, to frames that no pack has."""
    broken: list[str] = field(default_factory=list)
    """Packs that were found damaged."""
    unverified: int = 0
    """Packs that were never read back."""
    oldest: str = ""
    """When the pack was read back that has waited longest; empty: none was."""
    records: str = ""
    """When the last snapshot was sent."""


def month_of(standing: Standing, settings: Backup, table: PriceTable) -> float | None:
    """What the packs cost a month, as the classes they were sent with; None where prices are not known of all."""
    total = 0.0
    for (kind, name), packs in standing.billed.items():
        place = settings.place(kind)
        if place.endpoint_url:
            return None
        try:
            where = region_of(table, place.region or REGION)
            total += bill(
                where, class_of(where, name), Load(size_bytes=packs.bytes, objects=packs.files)
            ).month
        except UserError:
            return None
    return round(total, 4)


def standing_words(
    standing: Standing, settings: Backup, table: PriceTable
) -> tuple[list[str], dict[str, Any]]:
    """As sentences, and as data."""
    month = month_of(standing, settings, table) if standing.billed else None
    lines = (
        []
        if settings.enabled
        else ["Backup is off: `enabled = true` in [backup] of library.toml turns it on."]
    )
    packs = sum(one.files for one in standing.packed.values())
    size = sum(one.bytes for one in standing.packed.values())
    lines.append(f"In the bucket: {_sum(standing.kept)}, in {counted(packs, 'pack')} of {sized(size)}.")
    lines += [
        f"    {said_of(kind)}: {_amount(one)}" for kind, one in sorted(standing.kept.items()) if one.files
    ]
    lines += [
        f"    sent as {name}: {counted(one.files, 'pack')}, {sized(one.bytes)}" for name, one in _by(standing)
    ]
    if month is not None:
        lines.append(
            f"    costs about {month:,.2f} {table.currency} a month (prices as of {table.as_of.isoformat()})"
        )
    if standing.records:
        lines.append(f"    last snapshot of the records: {_moment(standing.records)}")
    if standing.due:
        lines.append(f"Still to be sent: {_sum(standing.due)}. Type: doit backup")
    lines.append(_lost_words(standing))
    lines += [
        f"{key}: was found damaged or gone; `doit backup` sends its files again" for key in standing.broken
    ]
    if standing.unverified or standing.oldest:
        waited = f"the oldest read back {standing.oldest}" if standing.oldest else "none was read back yet"
        never = f"{counted(standing.unverified, 'pack')} never read back; " if standing.unverified else ""
        lines.append(f"Verified: {never}{waited}. Type: doit backup-verify --sample 3")
    return lines, {**_data(standing), "month": month, "currency": table.currency}


def _lost_words(standing: Standing) -> str:
    if not standing.lost:
        return "Would be lost tonight: nothing."
    parts = ", ".join(f"{what} {one.files:,}" for what, one in sorted(standing.lost.items()))
    return f"Would be lost tonight: {_sum(standing.lost, 'frame')}: {parts}."


def _moment(key: str) -> str:
    """`2026-01-15 09:12 UTC`, of a snapshot's key."""
    found = records_of(key)
    return moment_words(found[0]) if found else key


def _by(standing: Standing) -> list[tuple[str, Amount]]:
    return sorted(standing.packed.items())


def _sum(amounts: Mapping[Any, Amount], noun: str = "file") -> str:
    total = Amount(sum(one.files for one in amounts.values()), sum(one.bytes for one in amounts.values()))
    return _amount(total, noun)


def _amount(one: Amount, noun: str = "file") -> str:
    return f"{counted(one.files, noun)}, {sized(one.bytes)}"


def _data(standing: Standing) -> dict[str, Any]:
    def plain(amounts: Mapping[Any, Amount]) -> dict[str, dict[str, int]]:
        return {str(name): {"files": one.files, "bytes": one.bytes} for name, one in sorted(amounts.items())}

    return {
        "kept": plain(standing.kept),
        "classes": plain(standing.packed),
        "due": plain(standing.due),
        "lost": plain(standing.lost),
        "broken": standing.broken,
        "unverified": standing.unverified,
        "oldest": standing.oldest,
        "records": standing.records,
    }
