"""A night's page as it is written: drawings well-formed, hostile names harmless, hundreds of frames still small."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from pipeline.model.catalog import OwnerTables
from pipeline.rules.report_asked import Asked
from pipeline.rules.report_masters import masters_page
from pipeline.rules.report_night import night_pages
from pipeline.rules.report_problems import problems_page
from pipeline.rules.waiting import Waiting
from pipeline.world.report_pages import page_bytes
from tests.rules.night_rows import CLOUDED, GOOD, culled, frame, tables
from tests.rules.report_rows import GROUND, catalog, set_row

HOSTILE = 'M31 <script>alert("x")</script> \'"><img src=x onerror=y> {{ 7*7 }} \n#?%25../../etc\u202e'
KINDS = (GOOD, CLOUDED, None)


def night(told: OwnerTables) -> str:
    return page_bytes(night_pages(told, GROUND)[0]).decode()


def hostile_night() -> str:
    said: dict[str, Any] = {"set": HOSTILE, "target": HOSTILE, "filter": HOSTILE, "stored": f"a/{HOSTILE}"}
    said |= {"lies_at": f"10_Blink/{HOSTILE}", "site": HOSTILE, "problems": [HOSTILE]}
    frames = [
        culled(0, CLOUDED, HOSTILE) | said,
        frame(1, why=HOSTILE, state="blinked away") | said | {"stored": "b"},
        frame(2, utc="never", local=HOSTILE) | said | {"stored": "c", "set": "no such set"},
        frame(3, state=HOSTILE, kind=HOSTILE),
    ]
    masters = {HOSTILE: {"path": HOSTILE, "why": HOSTILE}}
    row = set_row(HOSTILE, HOSTILE, id=HOSTILE, label=HOSTILE, lacks=[HOSTILE], masters=masters, site=HOSTILE)
    return night(tables(frames, row, set_row(kind=HOSTILE)))  # type: ignore[arg-type]


def hostile_others() -> list[str]:
    waiting = Waiting(what=HOSTILE, where=HOSTILE, command=HOSTILE, or_else=HOSTILE)
    asked = Asked(waiting=(waiting,), stuck=(waiting,), missing=(waiting,), advice=(HOSTILE,))
    told = catalog(set_row(HOSTILE, lacks=[HOSTILE], camera=HOSTILE, set_temp_c=1.0, problems={HOSTILE: 1}))
    return [
        page_bytes(masters_page(told, asked, GROUND)).decode(),
        page_bytes(problems_page(told, asked)).decode(),
    ]


@pytest.mark.parametrize("text", [hostile_night(), *hostile_others()], ids=["night", "masters", "problems"])
def test_no_name_becomes_a_part_of_the_page(text: str) -> None:
    assert len(re.findall(r"<script", text)) == 1
    assert "<img src=x" not in text
    assert "{{ 7*7 }}" in text
    assert ' style="' not in text
    assert not re.search(r"<[^>]* on\w+=\"", text)
    for link in re.findall(r'href="([^"]*)"', text):
        assert not set(link) & set("<> \n'{"), link
        assert not link.startswith(("javascript:", "http", "//", "/")), link
    assert text.count("<svg") == len(re.findall(r'<svg[^>]*(?:aria-hidden="true"|aria-label="[^"]+")', text))
    well_formed(text)


def well_formed(text: str) -> int:
    """How many drawings there are; each is XML by itself."""
    found = re.findall(r"<svg.*?</svg>", text, flags=re.S)
    for one in found:
        ElementTree.fromstring(one)
    return len(found)


def test_every_drawing_is_well_formed_and_speaks() -> None:
    moonlit = {**GOOD, "moon_altitude_deg": 12.0}
    text = night(tables([*(frame(n, moonlit) for n in range(9)), culled(9, CLOUDED)]))
    assert well_formed(text) > 7
    assert 'aria-label="HFR (NINA) between 2.30 px and 3.10 px."' in text
    assert 'aria-label="Altitude: M31 from 60° to 60°, the moon up to 12°."' in text


def test_every_dot_leads_to_a_row_of_its_page() -> None:
    text = night(tables([*(frame(n) for n in range(5)), culled(5, CLOUDED)]))
    ids = set(re.findall(r'id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= ids
    assert len(re.findall(r'id="(f\d+)"', text)) == 6


def test_every_verdict_has_a_sign_of_its_own_beside_its_colour() -> None:
    frames = [
        frame(0, state="accepted"),
        frame(1),
        culled(2, CLOUDED),
        frame(3, state="blinked away"),
        frame(4, state="held", fate="suspect"),
        frame(5, state="stored"),
    ]
    text = night(tables(frames))
    assert set(re.findall(r'<use href="#(\w)" x', text)) == set("kocrsw")


def test_three_hundred_frames_are_less_than_300_kB() -> None:
    values = {**GOOD, "moon_altitude_deg": 12.0}
    frames = [frame(n, values) if n % 5 else culled(n, CLOUDED) for n in range(300)]
    assert len(night(tables(frames))) < 300_000


def test_the_same_rows_make_the_same_bytes() -> None:
    told = [frame(n) for n in range(5)]
    assert night(tables(told)) == night(tables(reversed(told)))
