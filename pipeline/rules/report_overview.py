"""The overview: what happened last night, what waits, what is missing until which project is done, is anything wrong.

The reader has just woken up: four answers on the first screen, each a link to what stands behind it further down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.model.catalog import Catalog, SetRow
from pipeline.model.reports import Link, Page
from pipeline.rules.record_places import report_page
from pipeline.rules.report_asked import Asked
from pipeline.rules.report_cards import Card, cards_of, is_open
from pipeline.rules.report_charts import Chart
from pipeline.rules.report_growth import growth
from pipeline.rules.report_progress import Target
from pipeline.rules.report_requests import Request, request_of
from pipeline.rules.report_shares import RIGS, rig_rows, storage_columns, storage_rows
from pipeline.rules.report_sums import by, fate_words, hfr_words, lights, session_names, shot_words, sum_of
from pipeline.rules.report_tiles import Tile, four_answers, problems_words
from pipeline.rules.report_words import Column, as_of, evening, hours, night_link, rig_link
from pipeline.rules.spoken import counted

PAGE = report_page("index")
PROBLEMS = report_page("problems")
_SHOWN = 12
_SESSIONS = 12
_SESSION_COLUMNS = (
    Column(name="Night"),
    Column(name="Rig"),
    Column(name="What"),
    Column(name="Kept", is_number=True),
    Column(name="Hours kept", is_number=True),
    Column(name="HFR", is_number=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastNight:
    """What a rig did in the latest night."""

    rig: Link
    night: Link
    says: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """Everything on the first page."""

    title: str
    as_of: str
    crumbs: tuple[Link, ...]
    lead: str
    tiles: tuple[Tile, ...]
    last: tuple[LastNight, ...]
    waiting: tuple[Request, ...]
    more_waiting: int
    cards: tuple[Card, ...]
    all_targets: Link
    wrong: tuple[Request, ...]
    lacks: tuple[Request, ...]
    wrong_link: Link
    advice: tuple[str, ...]
    growth: Chart | None
    storage_columns: tuple[Column, ...]
    storage: tuple[tuple[Link, ...], ...]
    rigs_columns: tuple[Column, ...]
    rigs: tuple[tuple[Link, ...], ...]
    session_columns: tuple[Column, ...]
    sessions: tuple[tuple[Link, ...], ...]
    backup: Link | None = None
    """To the page that says what the bucket has; None where nothing is backed up."""


def overview_page(
    catalog: Catalog, targets: Sequence[Target], asked: Asked, problems: int, backup: Link | None = None
) -> Page:
    """The page everything begins at. `problems`: how many the page of problems tells of."""
    nights = [tables.nights for tables in catalog.owners.values()]
    return Page(
        path=PAGE,
        template="report/overview.html.j2",
        made_from=[
            nights,
            catalog.sets,
            catalog.projects,
            session_named(catalog),
            [one.made_from for one in targets],
            asked,
            problems,
            backup,
        ],
        build=partial(build_overview, catalog, targets, asked, problems, backup),
    )


def build_overview(
    catalog: Catalog, targets: Sequence[Target], asked: Asked, problems: int, backup: Link | None = None
) -> OverviewPage:
    """The page's value."""
    sky = lights(catalog.sets)
    last = _last_nights(catalog.sets)
    night = max((row["night"] for row in catalog.sets), default="")
    waiting = tuple(map(request_of, asked.waiting))
    going = [one for one in targets if is_open(one)]
    return OverviewPage(
        title="Overview",
        as_of=as_of([night] if night else []),
        crumbs=(),
        lead=_lead(catalog.sets, night),
        tiles=four_answers(sky, night, targets, asked, problems),
        last=last,
        waiting=waiting[:_SHOWN],
        more_waiting=max(len(waiting) - _SHOWN, 0),
        cards=cards_of(going),
        all_targets=Link(text=f"All {counted(len(targets), 'target')}", path=report_page("targets")),
        wrong=tuple(map(request_of, (*asked.stuck, *asked.quarantined)[:_SHOWN])),
        lacks=tuple(map(request_of, asked.missing[:_SHOWN])),
        wrong_link=Link(text=problems_words(problems), path=PROBLEMS),
        advice=asked.advice[:_SHOWN],
        growth=growth(sky),
        storage_columns=storage_columns(catalog),
        storage=storage_rows(catalog),
        rigs_columns=RIGS,
        rigs=rig_rows(catalog),
        session_columns=_SESSION_COLUMNS,
        sessions=tuple(_sessions(sky, session_named(catalog))),
        backup=backup,
    )


def _lead(sets: Sequence[SetRow], night: str) -> str:
    if not night:
        return "Nothing stored yet. Put raw frames into the inbox, then type `doit`."
    told = sum_of(lights(sets))
    nights = len({row["night"] for row in sets})
    return (
        f"{counted(told.frames, 'light')} of {counted(nights, 'night')}, {hours(told.kept_s)} kept; "
        f"the latest night began on {evening(night)}."
    )


def _last_nights(sets: Sequence[SetRow]) -> tuple[LastNight, ...]:
    """Each rig in its latest night of lights; those of the library's latest night first."""
    found = []
    for owner, rows in by(lights(sets), lambda row: row["owner"]).items():
        night = max(row["night"] for row in rows)
        shot = [row for row in rows if row["night"] == night]
        told, hfr = sum_of(shot), hfr_words(shot)
        says = f"{fate_words(told)}; {hours(told.kept_s)}" + (f"; HFR {hfr}" if hfr else "")
        one = LastNight(rig=rig_link(owner), night=night_link(owner, night), says=says, what=shot_words(shot))
        found.append((night, one))
    found.sort(key=lambda one: one[0], reverse=True)
    latest = found[0][0] if found else ""
    return tuple(one for night, one in found if night == latest) + tuple(
        one for night, one in found if night != latest
    )


def session_named(catalog: Catalog) -> dict[str, dict[str, str]]:
    """Rig, then night, to what a person called it."""
    return {name: session_names(tables.sessions) for name, tables in catalog.owners.items()}


def _sessions(sky: Sequence[SetRow], names: Mapping[str, Mapping[str, str]]) -> Iterable[tuple[Link, ...]]:
    nights = by(sky, lambda row: f"{row['night']}\0{row['owner']}")
    for key in sorted(nights, reverse=True)[:_SESSIONS]:
        night, _, owner = key.partition("\0")
        told = sum_of(nights[key])
        yield (
            night_link(owner, night),
            rig_link(owner),
            Link(text="; ".join(filter(None, [names[owner].get(night), shot_words(nights[key])]))),
            Link(text=f"{told.kept:,} of {told.frames:,}"),
            Link(text=hours(told.kept_s)),
            Link(text=hfr_words(nights[key])),
        )
