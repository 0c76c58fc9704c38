"""The masters an accepted set keeps: when the choice is made for good, when it is made anew, what it holds.

    live SetMatch ─freeze─▶ Matched in the ledger ─frozen_record─▶ holds until the set is reopened, or a person asks

A set that lacked a master takes that one when it comes, and keeps the others it was accepted with.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pipeline.model.frames import Kind
from pipeline.model.masters import Match, SetMatch
from pipeline.model.records import About, Decision, Matched
from pipeline.rules.decisions import UNDO, Decisions
from pipeline.rules.ledger import Ledger, Record
from pipeline.rules.pins import PIN, REMATCH
from pipeline.rules.records import moment
from pipeline.rules.words import ACCEPT, SetWords

_SAME = ("path", "sha256")


def asked_anew(set_id: str, decisions: Decisions) -> datetime | None:
    """When a person last asked for other masters of this set: a pin, one taken back, a rematch that holds."""
    return max((one.when for one in _asking(set_id, decisions)), default=None)


def kinds_asked(set_id: str, decisions: Decisions, *, since: datetime) -> frozenset[str] | None:
    """The raw kinds that were pinned, or are pinned no more, since then; None: all were asked for, or none was."""
    kinds: set[str] = set()
    pins = {one.id: str(one.values.get("kind", "")) for one in decisions.said if one.kind == PIN}
    for one in _asking(set_id, decisions):
        if one.when >= since:
            if one.kind == REMATCH:
                return None
            kinds.add(pins[one.undoes or one.id])
    return frozenset(kinds) or None


def _asking(set_id: str, decisions: Decisions) -> list[Decision]:
    """The words by which a person asked; a rematch that was taken back asks for nothing."""
    said = [one for one in decisions.said if one.about is About.SET and one.subject == set_id]
    pins = {one.id for one in said if one.kind == PIN}
    holding = {one.id for one in decisions.holding.get((About.SET, set_id), ()) if one.kind == REMATCH}
    return [one for one in said if one.id in pins | holding or (one.kind == UNDO and one.undoes in pins)]


def frozen_record(set_id: str, ledger: Ledger, words: SetWords, asked: datetime | None) -> Record | None:
    """The choice that holds; None: none was made since the set was last reopened, or since a person asked anew."""
    record = ledger.matched.get(set_id)
    if record is None:
        return None
    when = moment(record["when"])
    later = [one for one in (words.reopened, asked) if one is not None and one >= when]
    return None if later else record


def masters_of(record: Record | Matched) -> dict[str, Mapping[str, Any]]:
    """The masters of a choice, by raw kind; what a damaged line says of them is passed over."""
    told = record.masters if isinstance(record, Matched) else record.get("masters", {})
    return {
        kind: said
        for kind, said in (told.items() if isinstance(told, Mapping) else ())
        if kind in Kind.__members__ and isinstance(said, Mapping)
        if isinstance(said.get("path"), str) and isinstance(said.get("sha256"), str)
    }


def missing_of(record: Record | Matched) -> dict[str, str]:
    """The raw kinds a choice lacks, with what to shoot."""
    if isinstance(record, Matched):
        record = {"missing": record.missing, "shoot": record.shoot}
    told, shoot = record.get("missing", ()), record.get("shoot", {})
    texts = shoot if isinstance(shoot, Mapping) else {}
    kinds = [kind for kind in told if kind in Kind.__members__] if isinstance(told, list | tuple) else []
    return {kind: str(texts.get(kind, "")) for kind in kinds}


def unwanted_kinds(set_id: str, decisions: Decisions) -> frozenset[str]:
    """The kinds a person accepted the set without (`doit accept SET --without dark`)."""
    said = decisions.current(About.SET, set_id, ACCEPT)
    named = said.values.get("without") if said is not None else None
    return frozenset(str(one).upper() for one in named) if isinstance(named, list | tuple) else frozenset()


def lacking(match: SetMatch, unwanted: Collection[str] = ()) -> dict[str, str]:
    """The raw kinds that are wanted and not there, with what to shoot; where darks lack, no bias is asked for."""
    none = {kind.value: one.missing for kind, one in match.matches.items() if one.chosen is None}
    if Kind.DARK.value in none:
        none.pop(Kind.BIAS.value, None)
    return {kind: text for kind, text in none.items() if kind not in unwanted}


def freeze(
    set_id: str,
    match: SetMatch,
    hashes: Mapping[str, str],
    before: Record | None,
    *,
    when: datetime,
    unwanted: Collection[str] = (),
) -> Matched:
    """The choice to be written down.

    Args:
        set_id: The set.
        match: What would be chosen now.
        hashes: SHA-256 of each chosen master, by its path.
        before: The choice that holds: what it has is kept, what it lacked is filled in.
        when: The moment it is written.
        unwanted: Kinds a person accepted the set without.
    """
    kept = masters_of(before) if before is not None else {}
    masters: dict[str, Mapping[str, object]] = {}
    for kind, one in match.matches.items():
        if kind.value in kept:
            masters[kind.value] = kept[kind.value]
        elif one.chosen is not None:
            masters[kind.value] = _chosen(one, hashes)
    none = {kind: text for kind, text in lacking(match, unwanted).items() if kind not in masters}
    return Matched(when=when, set=set_id, masters=masters, missing=tuple(none), shoot=none)


def is_same_choice(one: Matched, record: Record) -> bool:
    """True when nothing need be written: the same masters, the same ones missing."""
    same = _masters(one) == _masters(record)
    return same and missing_of(one).keys() == missing_of(record).keys()


def _chosen(one: Match, hashes: Mapping[str, str]) -> dict[str, object]:
    assert one.chosen is not None
    master = one.chosen.master
    said: dict[str, object] = {"path": master.path, "sha256": hashes[master.path], "size": master.size}
    said |= {"why": one.why} if one.why else {}
    return said | ({"scale": one.chosen.scale} if one.chosen.scale != 1.0 else {})


def _masters(record: Record | Matched) -> dict[str, tuple[object, ...]]:
    return {kind: tuple(said.get(key) for key in _SAME) for kind, said in masters_of(record).items()}
