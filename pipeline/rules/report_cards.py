"""A card for each project that is under way: its best picture, its hours by filter, the next thing to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.model.reports import Link, Picture
from pipeline.rules.report_progress import FilterProgress, Target, by_filter, next_thing, stands
from pipeline.rules.report_target import hero_of
from pipeline.rules.report_words import hours, percent, target_link, target_page
from pipeline.rules.targets import target_key

_MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A project at a glance."""

    link: Link
    picture: Picture | None
    stands: str
    filters: tuple[FilterProgress, ...]
    says: str
    next: str


def is_open(target: Target) -> bool:
    """True for a target that somebody works on, or plans to."""
    return not target.is_closed and bool(target.sets or target.is_wanted)


def cards_of(targets: Sequence[Target]) -> tuple[Card, ...]:
    """The first of them: planned ones before others, the latest first."""
    ordered = sorted(targets, key=lambda one: target_key(one.name))
    ordered.sort(key=lambda one: one.last_night, reverse=True)
    ordered.sort(key=_urgency, reverse=True)
    return tuple(map(_card, ordered[:_MOST]))


def _urgency(target: Target) -> tuple[bool, int]:
    begun = bool(target.sets) and target.is_wanted and not target.is_ready
    return begun, max((one.priority for one in target.progress if one.wanted_s), default=-1)


def _card(target: Target) -> Card:
    picture, link = hero_of(target), target_link(target.name)
    total = target.total
    says = f"{hours(total.kept_s)} kept"
    if target.wanted_s:
        says = f"{percent(target.met_s, target.wanted_s)} of {hours(target.wanted_s)} wanted"
        waits_s = total.kept_s - total.accepted_s
        says += f", {hours(waits_s)} not looked at yet" if waits_s >= 60 else ""
    return Card(
        link=link,
        picture=replace(picture, leads_to=target_page(target.name)) if picture else None,
        stands=stands(target),
        filters=by_filter(target),
        says=says,
        next=next_thing(target),
    )
