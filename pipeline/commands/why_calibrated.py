"""A calibrated light told by `doit why`: whose copy it is, what was done to it by which masters, its score."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.model.answers import Answer
from pipeline.model.frames import Kind
from pipeline.model.verdicts import State
from pipeline.rules.match_words import kind_word
from pipeline.rules.overview import section
from pipeline.rules.typed import as_typed
from pipeline.world.calibrated_account import CalibratedAccount, UsedMaster

_STEPS = {
    "BIAS": "bias subtracted",
    "DARK": "dark subtracted",
    "DARK SCALED": "dark scaled, then subtracted",
    "FLAT": "divided by the flat",
    "DEFECTS": "defects filled from their neighbours",
    "PEDESTAL": "pedestal added",
}
_COUNTS = (
    ("CALNEG", "below 0, set to 0"),
    ("CALCLIP", "above the top, set to it"),
    ("CALUNDIV", "too dark in the flat, not divided"),
    ("CALFILL", "defects filled"),
)


def why_calibrated(account: CalibratedAccount) -> Answer:
    """All of it, for people and for programs."""
    return Answer(sentences=tuple(_lines(account)), data=_data(account))


def _lines(account: CalibratedAccount) -> Iterator[str]:
    cards, told = account.cards, account.in_set
    yield account.path
    yield from section("State", list(_state(account)))
    yield from section("Copy of", [account.light or "a light that is not in the store by its hash"])
    if told is not None and told.frames is not None:
        yield from section("Set", [told.frames.label, f"  {told.frames.id}"])
    yield from section("Masters", [_master_line(one) for one in account.masters])
    yield from section("Done", [_STEPS.get(step, step.lower()) for step in _steps(account)])
    counts = [f"{cards[key]:,} px {words}" for key, words in _COUNTS if type(cards.get(key)) is int]
    yield from section("Pixels", [line for line in counts if not line.startswith("0 ")])
    yield from section(
        "Made", [f"by {cards.get('CALSOFT')}, newest time of its light and masters {_time(account)}"]
    )


def _state(account: CalibratedAccount) -> Iterator[str]:
    told, score = account.in_set, account.cards.get("CALSCORE")
    said = f", score {score:.0f} of 100" if isinstance(score, (int, float)) else ""
    reasons = told.calibrated.reasons if told is not None and told.calibrated is not None else ()
    yield f"calibrated{said}{': ' if reasons else ''}{'; '.join(reasons)}"
    if not account.is_whole:
        yield "changed since: its pixels are not those it was written with, so it is never written over"
    if told is not None and told.state not in {State.ACCEPTED, State.MOVED_ON}:
        yield f"its light is {told.state.value}: the next `doit` takes this copy away"
    if account.light:
        yield f"  doit why {as_typed(account.light)}"


def _master_line(one: UsedMaster) -> str:
    if one.path:
        return f"{kind_word(one.kind):<9}  {one.path}"
    where = "taken from the flats when theirs was made" if one.kind is Kind.FLATDARK else "in no library now"
    return f"{kind_word(one.kind):<9}  {one.name} ({where})"


def _steps(account: CalibratedAccount) -> list[str]:
    said = account.cards.get("CALSTEPS")
    return [step for step in str(said or "").split(" + ") if step and step != "NONE"]


def _time(account: CalibratedAccount) -> str:
    said = account.cards.get("CALDATE")
    return said if isinstance(said, str) and said else "not known"


def _data(account: CalibratedAccount) -> dict[str, Any]:
    told = account.in_set
    row = told.calibrated if told is not None else None
    return {
        "path": account.path,
        "state": "calibrated",
        "stored": account.light,
        "set": told.frames.id if told is not None and told.frames is not None else "",
        "masters": [
            {"kind": one.kind.value, "name": one.name, "sha256": one.sha256, "path": one.path}
            for one in account.masters
        ],
        "steps": _steps(account),
        "score": account.cards.get("CALSCORE"),
        "reasons": list(row.reasons) if row is not None else [],
        "whole": account.is_whole,
        "by": account.cards.get("CALSOFT"),
    }
