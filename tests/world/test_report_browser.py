"""The pages of a real small library in a real browser: nothing is complained of, asked for outside, broken or too wide."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from pipeline.commands.demo import make_demo
from pipeline.world import demo_nights
from tests.chromium import Browser, chromium, needs_chromium
from tests.typed import typed

_LINKS = (
    "[...document.querySelectorAll('a[href]')].map(a => new URL(a.getAttribute('href'), location.href).href)"
)
_SPEECHLESS = """[...document.querySelectorAll('img, svg')].filter(one =>
  !(one.getAttribute('alt') || one.getAttribute('aria-label') || one.getAttribute('aria-labelledby')
    || one.getAttribute('aria-hidden') === 'true')).map(one => one.outerHTML.slice(0, 80))"""
_DARK_PICTURES = "[...document.images].filter(one => !one.naturalWidth).map(one => one.src)"
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two rigs and three nights."""
    root = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_nights, "write_demo_nights", partial(demo_nights.write_demo_nights, quick=True))
        make_demo(root)
    typed(root)
    return root / "_Reports"


def followed(link: str) -> Path | None:
    """The file or folder a link leads to; None for what is no file."""
    parts = urlsplit(link)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


_HAPPENED = {
    ("C8E@f10.0+ZWO ASI2600MM Pro", "2026-01-14"): "3 of 4 lights kept; 1 clouded.",
    ("C8E@f10.0+ZWO ASI2600MM Pro", "2026-01-15"): "7 of 8 lights kept; 1 trailed.",
    ("C8E@f10.0+ZWO ASI2600MM Pro", "2026-01-17"): "All 4 lights kept.",
    ("SQA55@f5.3+ATR585M", "2026-01-14"): "All 4 lights kept.",
    ("SQA55@f5.3+ATR585M", "2026-01-15"): "3 of 4 lights kept; 1 soft.",
    ("SQA55@f5.3+ATR585M", "2026-01-17"): "2 of 4 lights kept; 2 ask you: 2 clouded.",
}
"""What the simulation spoilt (world/demo_scene), as the pages are to find it out."""


@pytest.mark.parametrize(("owner", "night"), _HAPPENED)
def test_a_night_says_what_was_done_to_it(reports: Path, owner: str, night: str) -> None:
    text = (reports / "nights" / owner / f"{night}.html").read_text(encoding="utf-8")
    assert _HAPPENED[owner, night] in text


@needs_chromium
def test_every_page_that_can_be_reached_is_sound(reports: Path, tmp_path: Path) -> None:
    with chromium(tmp_path, width=390, height=844) as browser:
        waiting, seen = [reports / "index.html"], set[Path]()
        while waiting:
            page = waiting.pop()
            if page in seen:
                continue
            seen.add(page)
            waiting += [
                one for one in look_at(browser, page) if one.suffix == ".html" and "blink" not in one.parts
            ]
        names = {page.relative_to(reports).parts[0] for page in seen}
        assert {"index.html", "targets.html", "masters.html", "equipment.html", "problems.html"} <= names
        assert {"targets", "rigs", "nights"} <= names
        assert a_tap_on_a_frame_shows_its_row(
            browser, min(page for page in seen if "C8E" in page.parent.name)
        )
        assert the_red_light_stays_on(browser, reports)


def look_at(browser: Browser, page: Path) -> list[Path]:
    """Where the page leads; whatever is wrong with it fails."""
    browser.forget()
    browser.open(page)
    browser.evaluate("document.querySelectorAll('img').forEach(one => { one.loading = 'eager'; })")
    browser.until("[...document.images].every(one => one.complete)")
    assert browser.complaints == [], page
    assert all(url.startswith(("file:", "data:")) for url in browser.requests), (page, browser.requests)
    assert browser.evaluate(_TOO_WIDE) <= 0, page
    assert browser.evaluate(_SPEECHLESS) == [], page
    assert browser.evaluate(_DARK_PICTURES) == [], page
    links = browser.evaluate(_LINKS)
    assert [one for one in links if followed(one) is None] == [], page
    found = [path for one in links if (path := followed(one)) is not None]
    assert [str(path) for path in found if not path.exists()] == [], page
    return found


def a_tap_on_a_frame_shows_its_row(browser: Browser, night: Path) -> bool:
    """Every sign of the timeline leads to a row; the one that was tapped comes into sight."""
    browser.open(night)
    browser.evaluate("document.getElementById('timeline').scrollIntoView()")
    browser.click(".timeline a use")
    anchor = browser.evaluate("location.hash.slice(1)")
    row = f"document.getElementById('{anchor}').getBoundingClientRect()"
    return bool(anchor) and bool(browser.evaluate(f"{row}.top >= 0 && {row}.top < innerHeight"))


def the_red_light_stays_on(browser: Browser, reports: Path) -> bool:
    """Switched on by a click, and kept."""
    browser.open(reports / "index.html")
    browser.click("#red")
    browser.reload()
    pressed = browser.evaluate("document.getElementById('red').getAttribute('aria-pressed')")
    screen = browser.screen()
    _, green, blue = (max(band.tobytes()) for band in screen.split())
    return pressed == "true" and green < 16 and blue < 16
