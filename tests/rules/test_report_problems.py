"""The page of problems: what is wrong counts, what only waits does not, and each says what to type."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.model.catalog import Catalog
from pipeline.rules.report_asked import Asked
from pipeline.rules.report_problems import ProblemsPage, count_problems, problems_page
from pipeline.rules.waiting import Waiting
from tests.rules.report_rows import C8E, catalog, set_row

CUT = Waiting(what="not understood: cut off", where="_Inbox/a.fits", command="doit")
ASKS = Waiting(
    what="would lose 3 of 7", where="10_Blink", command="doit cull X --apply", or_else="doit cull X --keep"
)
EYES = Waiting(what="2 sets wait for your eyes", where="", command="doit blink --rig X")
STUCK = Waiting(what="not reachable", where="_Inbox", command="doit")


def shown(told: Catalog, asked: Asked) -> ProblemsPage:
    value = problems_page(told, asked).build()
    assert isinstance(value, ProblemsPage)
    return value


def test_nothing_wrong_is_said_in_so_many_words() -> None:
    page = shown(catalog(set_row()), Asked(waiting=(EYES,)))
    assert page.lead == "Nothing is wrong."
    assert page.sections == ()


def test_what_is_stuck_or_not_understood_counts_and_what_asks_does_not() -> None:
    asked = Asked(waiting=(ASKS, EYES, CUT), stuck=(STUCK,), quarantined=(CUT,))
    page = shown(catalog(set_row()), asked)
    assert count_problems(catalog(set_row()), asked) == 2
    assert page.lead.startswith("2 problems.")
    assert [(one.heading, len(one.requests)) for one in page.sections] == [
        ("Stuck", 1),
        ("Not understood", 1),
        ("Asks you", 1),
    ]
    assert page.sections[2].requests[0].or_else == "doit cull X --keep"


def test_a_catalogue_file_that_cannot_be_read_is_a_problem() -> None:
    told = replace(catalog(set_row()), troubles=("_Catalog/x.json is damaged",))
    assert shown(told, Asked()).sections[0].requests[0].what == "_Catalog/x.json is damaged"


def test_what_no_file_defines_is_listed_with_what_it_was_used_for() -> None:
    used: Any = {"defined": False, "frames": 12, "first_night": "2026-01-14", "last_night": "2026-01-15"}
    rows: Any = [
        {"what": "rig", "name": "New@f5+Cam", **used},
        {"what": "camera", "name": "Cam", **used},
        {"what": "optic", "name": "New", **used},
        {"what": "rig", "name": C8E, "defined": True},
        {"what": "filter", "name": "X", "rig": C8E, **used},
        {"what": "filter", "name": "Y", "rig": "New@f5+Cam", **used},
    ]
    sites: Any = [{"name": "", "defined": False, "latitude_deg": 40.0, "longitude_deg": -3.0, "frames": 5}]
    told = replace(catalog(set_row()), equipment=rows, sites=sites)
    page = shown(told, Asked())
    assert [[one.what for one in each.requests] for each in page.sections] == [
        ["New@f5+Cam: 12 frames, 2026-01-14 to 2026-01-15"],
        [f"X of {C8E}: 12 frames, 2026-01-14 to 2026-01-15"],
        ["A place at latitude 40.000, longitude -3.000: 5 frames; name it by a `[[site]]` in library.toml"],
    ]
    assert count_problems(told, Asked()) == 3


def test_what_was_noted_of_frames_is_said_once_a_kind_and_leads_to_its_latest_night() -> None:
    told = catalog(
        set_row(problems={"night-disagrees": 2}),
        set_row(night="2026-01-15", problems={"night-disagrees": 3, "odd": 1}),
    )
    (section,) = shown(told, Asked()).sections
    assert [one.what for one in section.requests] == [
        "5 frames: the night in the path is another than that of the time in the header (night-disagrees)",
        "1 frame: odd (odd)",
    ]
    assert section.requests[0].where.path.endswith("2026-01-15.html")
    assert count_problems(told, Asked()) == 0
