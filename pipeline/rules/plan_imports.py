"""A plan file of another program understood: which kind it is, and what it wants.

    bytes ─read_plan─▶ ImportedPlan(kind, wishes) ─▶ lines of a decision ─wishes_said─▶ Wish ...

Lists of targets say where, not how long: hours or exposures for each filter are given with the import.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

from pipeline.model.errors import UserError
from pipeline.model.plans import Wish
from pipeline.rules.plan_lists import is_mosaic, is_table, wishes_in_list, wishes_in_mosaic
from pipeline.rules.plan_sequences import wishes_in_sequence
from pipeline.rules.plan_xml import wishes_in_target_set

LARGEST_BYTES = 32 * 1024 * 1024
MOST_WISHES = 5_000
"""A plan is one line of a journal."""
_FIELDS = {spec.name: spec for spec in fields(Wish)}
_KEPT: Mapping[str, tuple[type, ...]] = {
    "target": (str,), "object": (str,), "panel": (str,), "filter": (str,), "rig": (str,), "project": (str,),
    "is_mosaic": (bool,), "desired": (int,),
    "exposure_s": (int, float), "hours": (int, float),
    "ra_deg": (int, float), "dec_deg": (int, float), "rotation_deg": (int, float),
}  # fmt: skip
"""What is kept of a wish, and as what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """How much is wanted of a filter: hours, or exposures of a length."""

    filter: str
    hours: float | None = None
    desired: int | None = None
    exposure_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPlan:
    """What a file wants."""

    kind: str
    """As `plans.PlanSource.kind` has it."""
    wishes: tuple[Wish, ...]


def read_plan(
    content: bytes,
    file: str,
    *,
    name: str,
    doses: Sequence[Dose] = (),
    rig: str = "",
    by_catalogue: bool = False,
) -> ImportedPlan:
    """Understand a file, whatever its ending says.

    Args:
        content: Its bytes.
        file: Its path, for sentences.
        name: What the plan is called; of a mosaic, its target.
        doses: What is wanted of each target, where the file does not say.
        rig: The rig it is for; empty: any.
        by_catalogue: Name targets by their catalogue, not as people call them.

    Raises:
        UserError: it is none we know, or nothing is wanted in it.
    """
    if len(content) > LARGEST_BYTES:
        raise UserError(f"{file}: too large for a plan")
    text = _decoded(content, file)
    try:
        kind, wishes = _understood(content, text, file, name, by_catalogue=by_catalogue)
    except csv.Error as error:
        raise UserError(f"{file}: is no table that can be read ({error})") from error
    dosed = [one for wish in wishes for one in _dosed(wish, doses)]
    if not dosed:
        raise UserError(f"{file}: no target in it; nothing was imported")
    if len(dosed) > MOST_WISHES:
        raise UserError(f"{file}: {len(dosed):,} wishes; at most {MOST_WISHES:,} are taken from one file")
    return ImportedPlan(kind=kind, wishes=tuple(replace(one, rig=rig) for one in dosed))


def line_of(wish: Wish) -> dict[str, Any]:
    """A wish as JSON: what is as usual is left out."""
    pairs = ((key, getattr(wish, key), spec.default) for key, spec in _FIELDS.items() if key in _KEPT)
    return {key: value for key, value, usual in pairs if value != usual}


def wishes_said(lines: object, source: str) -> Iterator[Wish]:
    """The wishes of a decision's lines; what of them cannot be understood is passed over."""
    for line in lines if isinstance(lines, list | tuple) else ():
        if isinstance(line, Mapping) and isinstance(line.get("target"), str):
            yield Wish(**{key: value for key, value in line.items() if _is_sound(key, value)}, source=source)


def _is_sound(key: str, value: object) -> bool:
    """True for a value of the right sort: a decision's file may have been edited."""
    kept = _KEPT.get(key, ())
    return isinstance(value, kept) and (bool in kept or not isinstance(value, bool))


def doses_of(hours: Iterable[str], counts: Iterable[str]) -> list[Dose]:
    """`L=4` hours and `Ha=40x300` exposures, each list parted by commas.

    Raises:
        UserError: one of them cannot be read.
    """
    found = [_hours(one) for said in hours for one in said.split(",") if one.strip()]
    found += [_count(one) for said in counts for one in said.split(",") if one.strip()]
    return found


def _understood(
    content: bytes, text: str, file: str, name: str, *, by_catalogue: bool
) -> tuple[str, Sequence[Wish]]:
    begins = text.lstrip("\ufeff \t\r\n")[:1]
    if begins == "<":
        return "nina target set", list(wishes_in_target_set(content, file))
    if begins in {"{", "["}:
        return "nina sequence", wishes_in_sequence(text.lstrip("\ufeff"), file)
    if is_mosaic(text):
        return "mosaic", list(wishes_in_mosaic(text, name))
    if is_table(text):
        return "telescopius", list(wishes_in_list(text, by_catalogue=by_catalogue))
    raise UserError(
        f"{file}: no plan we know. Telescopius lists and mosaics (.csv), Target Scheduler tables (.csv), "
        "target sets (.ninaTargetSet, .xml) and Advanced Sequencer files (.json) are"
    )


def _dosed(wish: Wish, doses: Sequence[Dose]) -> list[Wish]:
    """A wish for each filter; what a file says itself stands."""
    if not doses or wish.desired is not None or wish.filter:
        return [wish]
    return [
        replace(wish, filter=d.filter, hours=d.hours, desired=d.desired, exposure_s=d.exposure_s)
        for d in doses
    ]


def _decoded(content: bytes, file: str) -> str:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", "replace")
    if b"\x00" in content[:4096]:
        raise UserError(f"{file}: is no text; no plan we know")
    with suppress(UnicodeDecodeError):
        return content.decode("utf-8-sig")
    return content.decode("cp1252", "replace")


def _hours(said: str) -> Dose:
    name, _, number = said.partition("=")
    with suppress(ValueError):
        hours = float(number)
        if name.strip() and 0 < hours < 10_000:
            return Dose(filter=name.strip(), hours=hours)
    raise UserError(f"--hours {said.strip()}: write filter and hours, as in L=4,Ha=6.5")


def _count(said: str) -> Dose:
    name, _, rest = said.partition("=")
    count, _, seconds = rest.lower().partition("x")
    with suppress(ValueError):
        number, exposure_s = int(count), float(seconds)
        if name.strip() and 0 < number < 1_000_000 and 0 < exposure_s < 100_000:
            return Dose(filter=name.strip(), desired=number, exposure_s=exposure_s)
    raise UserError(f"--counts {said.strip()}: write filter, number and seconds, as in L=40x180,Ha=20x300")
