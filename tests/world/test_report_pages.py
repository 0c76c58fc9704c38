"""Pages are rendered when what they were made from changed, written when their bytes are others, and safe from any name."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pipeline.model.catalog import OwnerTables
from pipeline.model.plans import Plans
from pipeline.model.reports import Page
from pipeline.rules.report_asked import Asked
from pipeline.rules.report_overview import overview_page
from pipeline.rules.report_rig import rig_page
from pipeline.rules.report_targets import target_pages, targets_of
from pipeline.rules.waiting import Waiting
from pipeline.world.library import OpenLibrary, init_library, open_library
from pipeline.world.report_digests import all_there, read_digests
from pipeline.world.report_pages import page_bytes, write_pages
from tests.rules.report_rows import C8E, GROUND, catalog, set_row, wish

TEMPLATES = Path(__file__).resolve().parents[2] / "templates/report"
HOSTILE = 'M31 <script>alert("x")</script> \'"><img src=x onerror=y> {{ 7*7 }} \n#?%25../../etc\u202e'


@pytest.fixture
def library(tmp_path: Path) -> OpenLibrary:
    init_library(tmp_path)
    return open_library(tmp_path)


def rig(night: str = "2026-01-14", **said: object) -> Page:
    return rig_page(OwnerTables(C8E, sets=[set_row(night=night, **said)]), GROUND)


def test_a_page_is_rendered_once(library: OpenLibrary) -> None:
    first = write_pages(library, C8E, [rig()])
    again = write_pages(library, C8E, [rig()])
    assert (first.rendered, first.written) == (1, 1)
    assert (again.rendered, again.written) == (0, 0)


def test_a_page_whose_rows_changed_is_rendered_and_others_are_not(library: OpenLibrary) -> None:
    pages = target_pages(targets_of(catalog(set_row(), set_row("M33")), Plans(), GROUND))
    write_pages(library, "all", pages)
    changed = target_pages(
        targets_of(catalog(set_row(), set_row("M33", states={"culled": 2})), Plans(), GROUND)
    )
    assert write_pages(library, "all", changed).written == 2  # M33 and the table


def test_a_page_that_a_person_deleted_comes_back(library: OpenLibrary) -> None:
    page = rig()
    write_pages(library, C8E, [page])
    before = (library.root / page.path).read_bytes()
    (library.root / page.path).unlink()
    assert not all_there(library.root, read_digests(library, C8E))
    write_pages(library, C8E, [page])
    assert (library.root / page.path).read_bytes() == before


def test_a_page_that_a_person_wrote_in_is_made_again(library: OpenLibrary) -> None:
    page = rig()
    write_pages(library, C8E, [page])
    before = (library.root / page.path).read_bytes()
    (library.root / page.path).write_bytes(before + b"<p>mine")
    assert not all_there(library.root, read_digests(library, C8E))
    assert write_pages(library, C8E, [page]).written == 1
    assert (library.root / page.path).read_bytes() == before
    assert all_there(library.root, read_digests(library, C8E))


def test_without_the_caches_no_page_is_touched(library: OpenLibrary) -> None:
    page = rig()
    write_pages(library, C8E, [page])
    before = (library.root / page.path).stat().st_mtime_ns
    shutil.rmtree(library.state)
    again = write_pages(library, C8E, [page])
    assert (again.rendered, again.written) == (1, 0)
    assert (library.root / page.path).stat().st_mtime_ns == before


def test_digests_that_are_not_ours_are_as_none(library: OpenLibrary) -> None:
    write_pages(library, C8E, [rig()])
    (place,) = (library.state / "reports").glob("*.json")
    for said in (b"{", b"[1]", b'{"a": 1}'):
        place.write_bytes(said)
        assert read_digests(library, C8E) == {}


def hostile_pages() -> list[Page]:
    told = catalog(
        set_row(
            HOSTILE,
            label=HOSTILE,
            blink=HOSTILE,
            panel="1<b>",
            lacks=[HOSTILE],
            masters={HOSTILE: {"path": HOSTILE, "why": HOSTILE}},
        )
    )
    waiting = Waiting(what=HOSTILE, where=HOSTILE, command=HOSTILE, or_else=HOSTILE)
    asked = Asked(waiting=(waiting,), stuck=(waiting,), missing=(waiting,), advice=(HOSTILE,))
    targets = targets_of(told, Plans(wishes=(wish(HOSTILE, HOSTILE),)), GROUND)
    return [
        rig_page(told.owners[C8E], GROUND),
        overview_page(told, targets, asked, 1),
        *target_pages(targets),
    ]


@pytest.mark.parametrize("page", hostile_pages(), ids=lambda page: page.template)
def test_no_name_becomes_a_part_of_the_page(page: Page) -> None:
    text = page_bytes(page).decode()
    assert len(re.findall(r"<script", text)) == 1
    assert "<img src=x" not in text
    assert "onerror=y>" not in text
    assert "{{ 7*7 }}" in text  # shown, not reckoned
    assert "\u202e" not in text  # nor does it turn the line around
    assert r"etc\u202e" in text
    for link in re.findall(r'href="([^"]*)"', text):
        assert not set(link) & set("<> \n'{"), link
        assert not link.startswith(("javascript:", "http", "//", "/")), link


def luminance(colour: str) -> float:
    """Of `#rgb` or `#rrggbb`, as the web's guidelines reckon it; a last digit of transparency is left out."""
    digits = colour.lstrip("#")
    digits = "".join(2 * one for one in digits[:3]) if len(digits) < 6 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def palettes(file: str, first: str) -> list[dict[str, str]]:
    """The blocks of a style sheet that set this colour: light, dark, red."""
    text = (TEMPLATES / file).read_text("utf-8")
    found = [block for block in re.findall(r"\{([^{}]*)\}", text) if f"--{first}:" in block]
    return [dict(re.findall(r"--(\w+): (#\w+)", block)) for block in found]


def test_every_word_can_be_read_by_day_at_night_and_in_red() -> None:
    light, dark, red = palettes("style.css.j2", "ground")
    for palette in (light, dark):
        for name in ("ink", "quiet", "link", "good", "bad", "doubt", "curve", "curve2"):
            for ground in ("ground", "panel"):
                assert contrast(palette[name], palette[ground]) >= 4.5, (name, palette[name], ground)
    for name in ("ink", "quiet", "link", "good", "bad", "doubt", "curve", "curve2"):
        seen = f"#{(red[name] * 2)[1:3]}0000"  # multiplied by red: its first part alone
        assert contrast(seen, "#000000") >= 4.5, (name, red[name])


def test_the_signs_of_filters_are_seen_by_day_and_at_night() -> None:
    grounds = [one["ground"] for one in palettes("style.css.j2", "ground")[:2]]
    for palette, ground in zip(palettes("pages.css.j2", "OIII"), grounds, strict=False):
        assert {name: colour for name, colour in palette.items() if contrast(colour, ground) < 3} == {}


@pytest.mark.parametrize("page", hostile_pages(), ids=lambda page: page.template)
def test_no_page_leaves_the_library(page: Page, library: OpenLibrary) -> None:
    write_pages(library, "hostile", [page])
    assert (library.root / page.path).resolve().is_relative_to(library.root.resolve() / "_Reports")


@pytest.mark.parametrize("page", hostile_pages(), ids=lambda page: page.template)
def test_a_page_carries_no_style_of_its_own_and_asks_for_nothing(page: Page) -> None:
    text = page_bytes(page).decode()
    assert ' style="' not in text
    assert not re.search(r"<[^>]* on\w+=\"", text)
    assert "https:" not in text
    assert text.count("<svg") == len(re.findall(r'<svg[^>]*(?:aria-hidden="true"|aria-label="[^"]+")', text))
