"""The bucket's own rules, as far as they are ours: what the service does by itself with packs and old versions.

    nightbuild-<library>-archive    packs move into a colder class after some days        only where it was asked for
    nightbuild-<library>-keep       versions that were written over or deleted stay 30 days at least, then go;
                                    uploads nobody finished go after a week

Every other rule of the bucket is carried over as it stands, also those of another library in the same bucket.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.model.errors import UserError
from pipeline.rules.phrases import listed

Rule = Mapping[str, Any]

TRANSITION_CLASSES = (
    "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE",
)  # fmt: skip
"""The names the API takes; `GLACIER_FLEXIBLE_RETRIEVAL` of the price lists is refused by it."""
KEEP_DAYS = 30
"""Versions that were written over are kept so long at least: time to notice."""
ABANDONED_DAYS = 7
"""Uploads begun so long ago are not going to be finished."""
_WARM_DAYS = 30
"""The least age at which STANDARD_IA and ONEZONE_IA take objects."""
_PREFIX = "nightbuild-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What our rules are to say."""

    library: str
    """The library's id."""
    base: str
    """What all its keys begin with, a slash at the end."""
    into: str = ""
    """The class packs move into; empty: they stay in the one they were put in."""
    after_days: int = 0
    keep_days: int = KEEP_DAYS


def id_prefix(library: str) -> str:
    """What the ids of this library's rules begin with."""
    return f"{_PREFIX}{library[:16]}-"


def is_ours(rule: Rule, library: str) -> bool:
    """True for a rule that we wrote for this library."""
    return str(rule.get("ID", "")).startswith(id_prefix(library))


def our_rules(wanted: Wanted) -> list[Rule]:
    """Our rules as the API takes them; UserError for what it would refuse."""
    _require_possible(wanted)
    rules: list[Rule] = [_keep(wanted)]
    return [_archive(wanted), *rules] if wanted.into else rules


def merge(existing: Iterable[Rule], ours: Iterable[Rule], library: str) -> list[Rule]:
    """The bucket's rules with ours in place of our earlier ones; the others stay, in their order."""
    return [*without(existing, library), *ours]


def without(existing: Iterable[Rule], library: str) -> list[Rule]:
    """The bucket's rules without ours."""
    return [rule for rule in existing if not is_ours(rule, library)]


def same_rules(one: Iterable[Rule], other: Iterable[Rule]) -> bool:
    """True when both say the same, in whatever order."""
    return sorted(map(_plain, one)) == sorted(map(_plain, other))


def wanted_as_set(existing: Iterable[Rule], wanted: Wanted) -> Wanted:
    """What our rules in the bucket say now, so that applying anew without flags changes nothing a person chose."""
    mine = [rule for rule in existing if is_ours(rule, wanted.library)]
    moves = [move for rule in mine for move in rule.get("Transitions", ())]
    kept = [rule["NoncurrentVersionExpiration"] for rule in mine if "NoncurrentVersionExpiration" in rule]
    return Wanted(
        library=wanted.library,
        base=wanted.base,
        into=str(moves[0].get("StorageClass", "")) if moves else "",
        after_days=int(moves[0].get("Days", 0)) if moves else 0,
        keep_days=int(kept[0].get("NoncurrentDays", KEEP_DAYS)) if kept else KEEP_DAYS,
    )


def rule_words(rule: Rule) -> str:
    """What a rule does, for people."""
    said = [
        f"into {move.get('StorageClass')} after {move.get('Days', '?')} days"
        for move in rule.get("Transitions", ())
    ]
    if days := rule.get("Expiration", {}).get("Days"):
        said.append(f"deleted after {days} days")
    if rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker"):
        said.append("delete markers with nothing behind them go")
    for move in rule.get("NoncurrentVersionTransitions", ()):
        said.append(
            f"old versions into {move.get('StorageClass')} after {move.get('NoncurrentDays', '?')} days"
        )
    if days := rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"):
        said.append(f"old versions go after {days} days")
    if days := rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"):
        said.append(f"unfinished uploads go after {days} days")
    return listed(said) or "nothing we know"


def rule_prefix(rule: Rule) -> str:
    """Which keys a rule is for, in either of the ways a rule can say it."""
    found = rule.get("Filter") or {}
    return str(found.get("Prefix") or found.get("And", {}).get("Prefix") or rule.get("Prefix") or "")


def stranger_expiry(existing: Iterable[Rule], wanted: Wanted) -> Sequence[Rule]:
    """Rules of others that would delete what we keep, or our old versions before time: to be warned of."""
    return [
        rule
        for rule in without(existing, wanted.library)
        if rule.get("Status") == "Enabled"
        and (wanted.base.startswith(rule_prefix(rule)) or rule_prefix(rule).startswith(wanted.base))
        and (
            "Days" in rule.get("Expiration", {})
            or "Date" in rule.get("Expiration", {})
            or rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", KEEP_DAYS) < KEEP_DAYS
        )
    ]


def _keep(wanted: Wanted) -> Rule:
    return {
        "ID": f"{id_prefix(wanted.library)}keep",
        "Status": "Enabled",
        "Filter": {"Prefix": wanted.base},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "NoncurrentVersionExpiration": {"NoncurrentDays": wanted.keep_days},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABANDONED_DAYS},
    }


def _archive(wanted: Wanted) -> Rule:
    """Packs alone: indexes and records stay where they can be read at once."""
    return {
        "ID": f"{id_prefix(wanted.library)}archive",
        "Status": "Enabled",
        "Filter": {"Prefix": f"{wanted.base}packs/"},
        "Transitions": [{"Days": wanted.after_days, "StorageClass": wanted.into}],
    }


def _require_possible(wanted: Wanted) -> None:
    if wanted.keep_days < KEEP_DAYS:
        raise UserError(
            f"Old versions are kept {KEEP_DAYS} days at least, found {wanted.keep_days}: "
            "a bad overwrite has to be noticed first."
        )
    if not wanted.into:
        return
    if wanted.into not in TRANSITION_CLASSES:
        raise UserError(
            f"{wanted.into}: no class the API moves objects into; it takes {listed(TRANSITION_CLASSES, last='or')}. "
            "(GLACIER is what price lists call Flexible Retrieval.)"
        )
    if wanted.into in {"STANDARD_IA", "ONEZONE_IA"} and wanted.after_days < _WARM_DAYS:
        raise UserError(
            f"{wanted.into} takes objects after {_WARM_DAYS} days, not after {wanted.after_days}."
        )


def _plain(rule: Rule) -> str:
    """One spelling of a rule: a server may say an empty prefix, or leave it out."""
    return json.dumps(
        {key: value for key, value in rule.items() if value not in ({}, [], "")}, sort_keys=True
    )
