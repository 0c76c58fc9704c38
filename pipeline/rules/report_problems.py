"""The page of what is wrong: what is stuck, not understood, asked, missing, undefined; each with what to do.

What is wrong counts as a problem; what only waits for an answer, or is only worth knowing, stands below and does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.model.catalog import Catalog, EquipmentRow, SetRow, SiteRow
from pipeline.model.reports import Link, Page
from pipeline.rules.record_places import report_page
from pipeline.rules.report_asked import Asked
from pipeline.rules.report_requests import Request, request_of
from pipeline.rules.report_words import as_of, frames_word, night_link
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.rules.waiting import NEXT_RUN, Waiting

_CODES = {
    "night-disagrees": "the night in the path is another than that of the time in the header",
    "clock-disagrees": "two times in the header disagree",
    "unknown-filter": "the filter is none of the rig's",
    "unknown-kind": "the header does not say what kind of frame it is",
    "disagree": "name and header disagree",
    "misnamed": "the ending of the name is not that of its format",
    "bad-card": "a line of the header cannot be read",
    "not-a-number": "a header value that should be a number is none",
    "processed": "the frame looks processed",
    "no-metadata": "the file has no metadata of its own",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Problems of one kind."""

    anchor: str
    heading: str
    lead: str
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemsPage:
    """Everything that is wrong."""

    title: str
    as_of: str
    crumbs: tuple[Link, ...]
    lead: str
    sections: tuple[Section, ...]
    advice: tuple[str, ...]


def problems_page(catalog: Catalog, asked: Asked) -> Page:
    """The page of what is wrong."""
    undefined = [row for row in catalog.equipment if not row["defined"]]
    sites = [row for row in catalog.sites if not row["defined"]]
    codes = [[row["owner"], row["night"], row["problems"]] for row in catalog.sets if row.get("problems")]
    last = max((row["night"] for row in catalog.sets), default="")
    return Page(
        path=report_page("problems"),
        template="report/problems.html.j2",
        made_from=[asked, undefined, sites, codes, list(catalog.troubles), last],
        build=partial(_build, catalog, asked, last),
    )


def count_problems(catalog: Catalog, asked: Asked) -> int:
    """How many things are wrong."""
    return sum(len(section.requests) for section in _wrong(catalog, asked))


def _build(catalog: Catalog, asked: Asked, last: str) -> ProblemsPage:
    wrong = [section for section in _wrong(catalog, asked) if section.requests]
    number = sum(len(section.requests) for section in wrong)
    rest = [section for section in _rest(catalog, asked) if section.requests]
    lead = f"{counted(number, 'problem')}." if number else "Nothing is wrong."
    if rest:
        lead += " What waits for an answer, or is only worth knowing, stands below and is not counted."
    return ProblemsPage(
        title="Problems",
        as_of=as_of([last] if last else []),
        crumbs=(Link(text="Overview", path=report_page("index")),),
        lead=lead,
        sections=(*wrong, *rest),
        advice=asked.advice,
    )


def _wrong(catalog: Catalog, asked: Asked) -> tuple[Section, ...]:
    return (
        _section("stuck", "Stuck", "What could not be done, or has waited too long.", asked.stuck),
        _section(
            "quarantined",
            "Not understood",
            "Each file stays where it is; the rest of its night went on.",
            asked.quarantined,
        ),
        _section("catalogue", "Catalogue", "These files could not be read.", map(_trouble, catalog.troubles)),
        _section("rigs", "Rigs and cameras that no file describes", "", _undefined(catalog.equipment)),
        _section(
            "filters",
            "Filters their rig does not have",
            "Name them in the rig's file, as a filter or as another name of one.",
            _filters(catalog.equipment),
        ),
        _section(
            "sites",
            "Places without a name",
            "Without a site a night is reckoned by its longitude alone, and there is no zone for its times.",
            _sites(catalog.sites),
        ),
    )


def _rest(catalog: Catalog, asked: Asked) -> tuple[Section, ...]:
    not_understood = set(asked.quarantined)
    answers = [
        one
        for one in asked.waiting
        if one not in not_understood and not one.command.startswith("doit blink") and one.command != NEXT_RUN
    ]
    return (
        _section("asks", "Asks you", "Nothing is done about these until you say.", answers),
        _section("lacks", "Calibration that lights lack", "", asked.missing),
        Section(
            anchor="frames",
            heading="Frames worth a look",
            lead="Stored and used all the same; `doit why FILE` tells of one frame.",
            requests=tuple(_codes(catalog.sets)),
        ),
    )


def _section(anchor: str, heading: str, lead: str, found: Iterable[Waiting]) -> Section:
    return Section(anchor=anchor, heading=heading, lead=lead, requests=tuple(map(request_of, found)))


def _trouble(sentence: str) -> Waiting:
    return Waiting(what=sentence, where="", command="doit verify")


def _undefined(rows: Iterable[EquipmentRow]) -> Iterable[Waiting]:
    """Rigs, and cameras of no such rig: one cause is said once."""
    found = [row for row in rows if not row["defined"]]
    rigs = [row for row in found if row["what"] == "rig"]
    for row in rigs:
        yield Waiting(what=f"{row['name']}: {_used(row)}", where="", command="doit rig new")
    for row in found:
        if row["what"] == "camera" and not any(one["name"].endswith(f"+{row['name']}") for one in rigs):
            yield Waiting(what=f"{row['name']}: {_used(row)}", where="", command="doit rig new")


def _filters(rows: Iterable[EquipmentRow]) -> Iterable[Waiting]:
    rigs = {row["name"] for row in rows if row["what"] == "rig" and row["defined"]}
    for row in rows:
        if row["what"] == "filter" and not row["defined"] and row.get("rig") in rigs:
            rig = row.get("rig", "")
            yield Waiting(
                what=f"{row['name']} of {rig}: {_used(row)}",
                where="",
                command=f"doit show frames --rig {as_typed(rig)} --filter {as_typed(row['name'])}",
            )


def _sites(rows: Iterable[SiteRow]) -> Iterable[Waiting]:
    for row in rows:
        if row["defined"]:
            continue
        where = ""
        if "latitude_deg" in row and "longitude_deg" in row:
            where = f" at latitude {row['latitude_deg']:.3f}, longitude {row['longitude_deg']:.3f}"
        what = f"{row['name'] or 'A place'}{where}: {_used(row)}; name it by a `[[site]]` in library.toml"
        yield Waiting(what=what, where="", command=NEXT_RUN)


def _used(row: EquipmentRow | SiteRow) -> str:
    span = _span(row.get("first_night", ""), row.get("last_night", ""))
    return f"{frames_word(row.get('frames', 0))}, {span}" if span else frames_word(row.get("frames", 0))


def _span(first: str, last: str) -> str:
    return f"{first} to {last}" if first != last else first


def _codes(sets: Sequence[SetRow]) -> Iterable[Request]:
    """What was noted of frames, each kind once, with the latest night it was noted in."""
    told: dict[str, int] = {}
    latest: dict[str, SetRow] = {}
    for row in sets:
        codes: Mapping[str, int] = row.get("problems", {})
        for code, number in codes.items():
            told[code] = told.get(code, 0) + number
            if code not in latest or row["night"] > latest[code]["night"]:
                latest[code] = row
    for code, number in sorted(told.items(), key=lambda one: (-one[1], one[0])):
        row = latest[code]
        where = night_link(row["owner"], row["night"], f"the latest on {row['night']}, {row['owner']}")
        what = f"{frames_word(number)}: {_CODES.get(code, code)} ({code})"
        yield Request(what=what, where=where, command="", or_else="")
