"""What a file is: all its witnesses heard, its rig recognised, its night told.

    identify(path, header, original, corrections) ─▶ Frame

Read in the inbox or in the store, a frame is the same frame: its original path and its header speak, the stored path
only for what nothing else holds (DESIGN §2.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from pipeline.model.frames import Evidence, Frame, Header
from pipeline.model.rigs import NameRules, Rig, Site
from pipeline.rules import names
from pipeline.rules.headers import read_header
from pipeline.rules.layout import FRAMES, rig_folder
from pipeline.rules.recognise import Parts, Recognised, is_one_thing, recognise, same_rig
from pipeline.rules.settling import (
    Settled,
    missing,
    parts_from,
    settle_filter,
    settle_guiding,
    settle_rig,
    settle_time,
)
from pipeline.rules.weighing import STORED, VALUES, Disagreement, Weighed, Witness, weigh

VERSION = 4
"""Raised when the same witnesses would yield another frame: the header index is then built anew."""

_NO_FIELDS = frozenset(VALUES) - {f.name for f in fields(Frame)}
_NO_RULES = NameRules()
_MOST_SEEN = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the configuration tells identity: the rigs there are and the places one observes from."""

    rigs: Sequence[Rig] = ()
    sites: Sequence[Site] = ()
    _seen: dict[tuple[Parts, str | None], Recognised] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def recognise(self, parts: Parts, inbox_rig: str | None) -> Recognised:
        """The rig of these parts; a night has thousands of frames and one answer."""
        found = self._seen.get((parts, inbox_rig))
        if found is None:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            found = self._seen[parts, inbox_rig] = recognise(parts, self.rigs, inbox_rig)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """Everything that is at hand about one file."""

    path: str
    """Where it is now."""
    header: Header | None = None
    """Its header, where it could be read."""
    original: str | None = None
    """The path it came from, where the ledger kept one."""
    inbox_rig: str | None = None
    """The rig its inbox belongs to."""
    corrections: Evidence | None = None
    """What a person said of it; outranks everything."""
    adopted: bool | None = None
    """True where folders made by a person outrank the clock; None: inside a stage folder they do."""


def identify(clues: Clues, known: Known) -> Frame:
    """Everything that can be said of a file. The rig it turns out to be of may read names its own way: then again."""
    witnesses = _witnesses(clues, _NO_RULES)
    weighed = weigh(witnesses)
    parts, found = _recognise(weighed, clues, known)
    if found.rig is not None and found.rig.names != _NO_RULES:
        witnesses = _witnesses(clues, found.rig.names)
        weighed = weigh(witnesses, found.rig.names.header_wins)
        parts, found = _recognise(weighed, clues, known)
    return _frame(clues, weighed, witnesses, known, parts, found)


def _recognise(weighed: Weighed, clues: Clues, known: Known) -> tuple[Parts, Recognised]:
    """The rig; one that a person named outright is it, whatever serial number the header bears."""
    said = clues.corrections
    named = (
        rig_folder(said.optic, said.focal_ratio, said.camera) if said and said.optic and said.camera else None
    )
    parts = parts_from(weighed.values, weighed.sources)
    rig = next((rig for rig in known.rigs if same_rig(rig.name, named)), None) if named is not None else None
    return parts, Recognised(rig=rig) if rig else known.recognise(parts, clues.inbox_rig)


def _witnesses(clues: Clues, rules: NameRules) -> list[Witness]:
    found = [Witness("correction", clues.corrections)] if clues.corrections is not None else []
    found.append(
        Witness(
            "name", names.read_path(clues.path if clues.original is None else clues.original, rules.pattern)
        )
    )
    if clues.header is not None:
        found.append(Witness("header", read_header(clues.header)))
    if clues.original is not None:
        found.append(Witness(STORED, _as_address(names.read_path(clues.path), found)))
    return found


def _as_address(stored: Evidence, others: Sequence[Witness]) -> Evidence:
    """A stored path as a witness: what was worked out when it was stored is no news beside what it was worked out from.

    That is the local time beside any clock, and beside a header the filter: one a header does not name is the rig's.
    """
    has_clock = any(w.says.utc or w.says.local for w in others)
    has_header = others[-1].title == "header"
    return replace(
        stored,
        local=None if has_clock else stored.local,
        night=None if has_clock else stored.night,
        filter=None if has_header else stored.filter or None,
    )


def _frame(
    clues: Clues,
    weighed: Weighed,
    witnesses: Sequence[Witness],
    known: Known,
    parts: Parts,
    found: Recognised,
) -> Frame:
    """The weighed values, settled one after the other: rig, then time, then what depends on the night."""
    values: dict[str, Any] = {**weighed.values}
    sources: dict[str, str] = {**weighed.sources}
    problems = [p for w in witnesses if w.title != STORED for p in w.says.problems]
    problems += [each.problem for each in weighed.disagreements if not _is_settled(each, found.rig, parts)]

    def settle(step: Settled) -> None:
        values.update(step.values)
        sources.update(step.sources)
        problems.extend(step.problems)

    settle(settle_rig(values, sources, parts, found, known.rigs))
    settle(settle_time(values, sources, parts.night, found.rig, known.sites, _is_adopted(clues, witnesses)))
    settle(settle_filter(values, found.rig))
    settle(settle_guiding(values, found.rig))
    if clues.header is not None:
        problems += missing(values)
    for name in _NO_FIELDS & values.keys():
        del values[name]
    return Frame(
        path=clues.path,
        panel=values.pop("panel", None) or "",
        dialect=_dialect(witnesses),
        stage=_stage(witnesses),
        sources=sources,
        problems=tuple(dict.fromkeys(problems)),
        **values,
    )


def _is_settled(each: Disagreement, rig: Rig | None, parts: Parts) -> bool:
    """True when the rig knows both words as one thing: `Ha` in the header, `H` in the folders."""
    return rig is not None and is_one_thing(each.name, each.values, rig, parts.night)


def _is_adopted(clues: Clues, witnesses: Sequence[Witness]) -> bool:
    if clues.adopted is not None:
        return clues.adopted
    stage = next(w.says.stage for w in witnesses if w.title == "name")
    return stage is not None and stage != FRAMES


def _dialect(witnesses: Sequence[Witness]) -> str | None:
    """The header's tongue; an unsigned header leaves the word to the name."""
    header = next((w.says.dialect for w in witnesses if w.title == "header"), None)
    named = next((w.says.dialect for w in witnesses if w.title == "name"), None)
    return (named or header) if header in {None, "fits"} else header


def _stage(witnesses: Sequence[Witness]) -> str | None:
    """Of where it lies now: the stored path speaks before the original one."""
    return next((w.says.stage for w in reversed(witnesses) if w.says.stage), None)
