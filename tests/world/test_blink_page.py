"""The blink page, as bytes and as a person meets it: real keys in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import time
from dataclasses import replace
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from pipeline.model.blinkpage import BlinkCurve, BlinkFrame, BlinkPage, BlinkSet, Preview
from pipeline.model.errors import UserError
from pipeline.rules.verdict_files import VerdictFile, check_verdict, parse_verdict, verdict_name
from pipeline.world.blink_page import write_blink_page
from pipeline.world.fits_image import write_image
from pipeline.world.previews import PictureWanted, make_previews
from tests.chromium import Browser, chromium, needs_chromium

PAGE = "_Reports/blink/C8E@f10.0+ZWO_2026-01-14.html"
FILES = PAGE.removesuffix(".html") + "_files"
SHA = "ab" * 32
HOSTILE = "</script><script>alert('x')</script>\"'&lt;\u2028.fits"


def frame(name: str, **changes) -> BlinkFrame:
    values = {"stored": f"rig/{name}", "name": name, "sha256": SHA, "time": "00:12:33 CET"}
    return BlinkFrame(**(values | changes))


def blink_set(label: str, frames: list[BlinkFrame], /, **changes) -> BlinkSet:
    values = {
        "id": f"C8E/{label}",
        "label": label,
        "folder": f"C8E/10_Blink/{label}",
        "frames": tuple(frames),
        "columns": ("HFR", "background"),
        "curves": (BlinkCurve(label="HFR", unit="px"), BlinkCurve(label="background", unit="ADU", digits=0)),
    }
    return BlinkSet(**(values | changes))


def blink_page(*sets: BlinkSet, **changes) -> BlinkPage:
    values = {
        "title": "C8E, night of 2026-01-14",
        "rig": "C8E",
        "night": date(2026, 1, 14),
        "library_id": "abc",
    }
    return BlinkPage(**(values | {"sets": sets} | changes))


def data_of(root: Path) -> dict:
    html = (root / PAGE).read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    return json.loads(data)


# As bytes


def test_the_same_page_is_written_once(tmp_path):
    page = blink_page(
        blink_set("M31 L", [frame("a.fits", values={"HFR": "2.31 px"}, curve=(2.31, float("nan")))])
    )
    assert write_blink_page(tmp_path, PAGE, page) is True
    before = (tmp_path / PAGE).stat().st_mtime_ns
    assert write_blink_page(tmp_path, PAGE, page) is False
    assert (tmp_path / PAGE).stat().st_mtime_ns == before
    assert data_of(tmp_path)["sets"][0]["frames"][0]["curve"] == [2.31, None]


def test_pictures_are_asked_for_beside_the_page(tmp_path):
    preview = Preview(preview=f"{FILES}/1/per%2Fcent #1?.jpg", thumb=f"{FILES}/1/t.jpg")
    write_blink_page(tmp_path, PAGE, blink_page(blink_set("M31 L", [frame("a.fits", preview=preview)])))
    told = data_of(tmp_path)["sets"][0]["frames"][0]
    assert told["preview"] == "C8E@f10.0+ZWO_2026-01-14_files/1/per%252Fcent%20%231%3F.jpg"
    assert told["full"] == ""


def test_no_name_can_end_its_element_or_run(tmp_path):
    page = blink_page(
        blink_set(HOSTILE, [frame(HOSTILE, suspect=HOSTILE, values={"HFR": HOSTILE}), frame("\udcff.fits")]),
        title=HOSTILE, rig=HOSTILE, verdict_home=HOSTILE,
    )  # fmt: skip
    write_blink_page(tmp_path, PAGE, page)
    html = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert html.count("<script") == 2
    assert "<script>alert" not in html
    assert data_of(tmp_path)["sets"][0]["frames"][0]["name"] == HOSTILE
    assert data_of(tmp_path)["sets"][0]["frames"][1]["name"] == "\udcff.fits"


def test_the_page_allows_itself_its_own_script_and_style_and_no_connection(tmp_path):
    write_blink_page(tmp_path, PAGE, blink_page(blink_set("M31 L", [frame("a.fits")])))
    html = (tmp_path / PAGE).read_bytes().decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', html)
    for element, rule in (("script", "script-src"), ("style", "style-src")):
        (inside,) = re.findall(f"<{element}>(.*?)</{element}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{rule} &#39;sha256-{digest}&#39;" in policy
    assert "default-src &#39;none&#39;; connect-src &#39;none&#39;" in policy
    assert "://" not in html


def test_a_page_outside_the_library_is_refused(tmp_path):
    with pytest.raises(UserError, match="leads out"):
        write_blink_page(tmp_path, "../x.html", blink_page())


# As a person meets it

STAR = (2000, 900)
"""Where the frames of the zoomed set have their one star, 5 pixels wide."""


def field(seed: int, shape=(400, 600), level: float = 1000.0):
    chance = np.random.Generator(np.random.PCG64(seed))
    return (level + chance.normal(0, 30, shape)).astype(np.uint16)


def photographed(root: Path, folder: str, images: dict[str, np.ndarray], **changes) -> list[BlinkFrame]:
    wanted = []
    (root / "rig").mkdir(exist_ok=True)
    for name, image in images.items():
        write_image(root / "rig" / name, image, [], replace=True)
        seen = (root / "rig" / name).stat()
        wanted.append(PictureWanted(source=f"rig/{name}", size=seen.st_size, mtime_ns=seen.st_mtime_ns))
    made = make_previews(root, f"{FILES}/{folder}", wanted, workers=1)
    return [
        frame(
            name,
            preview=made[f"rig/{name}"],
            values={"HFR": f"{2 + place / 10:.2f} px", "background": "1012 ADU"},
            curve=(2 + place / 10, 1000.0),
            time=f"00:12:{place:02} CET",
            **changes,
        )
        for place, name in enumerate(images)
    ]


def one_set(root: Path, count: int = 5, **changes) -> BlinkSet:
    return blink_set(
        "M31 L", photographed(root, "1", {f"{n}.fits": field(n) for n in range(count)}), **changes
    )


@pytest.fixture(scope="module")
def downloads(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def open_browser(downloads):
    with chromium(downloads) as browser:
        yield browser


@pytest.fixture
def browser(open_browser: Browser, downloads: Path):
    """Whatever a test does: no error on the console, and no request that leaves."""
    for old in downloads.iterdir():
        old.unlink()
    open_browser.forget()
    yield open_browser
    open_browser.evaluate("localStorage.clear()")
    assert open_browser.complaints == []
    assert {url.split(":")[0] for url in open_browser.requests} <= {"file", "data", "blob"}


def visit(browser: Browser, root: Path, page: BlinkPage) -> None:
    write_blink_page(root, PAGE, page)
    browser.open(root / PAGE)
    browser.until("document.documentElement.dataset.shown")


def shown(browser: Browser, name: str) -> None:
    browser.until(f"document.documentElement.dataset.shown === {json.dumps('rig/' + name)}")


def text(browser: Browser, selector: str) -> str:
    return browser.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")


def verdict(browser: Browser, downloads: Path, label: str) -> VerdictFile:
    path = downloads / verdict_name(f"C8E/{label}")
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, list(downloads.iterdir())
        browser.evaluate("1")
        time.sleep(0.02)
    found = parse_verdict(path.read_bytes(), path.name)
    assert isinstance(found, VerdictFile), found
    return found


def rejected(found: VerdictFile) -> set[str]:
    return {stored for stored, said in found.frames.items() if said.verdict == "reject"}


@needs_chromium
def test_the_verdict_is_what_was_pressed(tmp_path, browser, downloads):
    one = one_set(tmp_path)
    visit(browser, tmp_path, blink_page(one))
    browser.press("ArrowRight", "x", "ArrowRight", "x", "ArrowRight", "ArrowRight", "x", "u", "Enter")
    found = verdict(browser, downloads, "M31 L")
    assert rejected(found) == {"rig/1.fits", "rig/2.fits"}
    checked = check_verdict(found, "C8E/M31 L", {f.stored: SHA for f in one.frames}, library="abc")
    assert (len(checked.keeps), len(checked.rejects), checked.problems) == (3, 2, ())
    assert (found.rig, found.night) == ("C8E", "2026-01-14")
    assert "put it into _Verdicts" in text(browser, "#done-words")


@needs_chromium
def test_arrows_step_and_go_round(tmp_path, browser):
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    for key, name in [("ArrowRight", "1"), ("ArrowRight", "2"), ("ArrowLeft", "1"), ("ArrowLeft", "0"), ("ArrowLeft", "4")]:  # fmt: skip
        browser.press(key)
        shown(browser, f"{name}.fits")


@needs_chromium
def test_space_plays_and_stops(tmp_path, browser):
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    browser.press("]", "]", " ")
    shown(browser, "3.fits")
    shown(browser, "1.fits")
    browser.press(" ")
    stood = browser.evaluate("document.documentElement.dataset.shown")
    time.sleep(0.4)
    assert browser.evaluate("document.documentElement.dataset.shown") == stood


@needs_chromium
def test_undo_goes_back_to_the_frame_it_speaks_of(tmp_path, browser, downloads):
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    browser.press("x", "ArrowRight", "x", "ArrowRight", "ArrowRight", "u")
    shown(browser, "1.fits")
    browser.press("u", "u", "x", "Enter")
    assert rejected(verdict(browser, downloads, "M31 L")) == {"rig/0.fits"}


@needs_chromium
def test_the_worst_come_first_on_request_and_suspects_before_them(tmp_path, browser):
    one = one_set(tmp_path)
    frames = [replace(f, suspect="trailed" if f.name == "1.fits" else "") for f in one.frames]
    visit(browser, tmp_path, blink_page(replace(one, frames=tuple(frames))))
    shown(browser, "0.fits")
    browser.press("s")
    shown(browser, "1.fits")
    assert "trailed" in text(browser, "#why")
    browser.press("ArrowRight")
    shown(browser, "4.fits")
    browser.press("s", "ArrowLeft")
    shown(browser, "3.fits")


@needs_chromium
def test_a_held_set_opens_with_its_suspects(tmp_path, browser):
    one = one_set(tmp_path, held=True, notes=("would lose 1 of 5 (20 %): asks you",))
    frames = [replace(f, suspect="HFR 5.10 px > 4.60" if f.name == "2.fits" else "") for f in one.frames]
    visit(browser, tmp_path, blink_page(replace(one, frames=tuple(frames))))
    shown(browser, "2.fits")
    assert "asks you" in text(browser, "#notes")
    assert "▲ suspect" in text(browser, "#signs")


@needs_chromium
def test_enter_goes_on_to_the_next_set_and_each_has_its_own_verdict(tmp_path, browser, downloads):
    first = one_set(tmp_path, 2)
    second = blink_set("M31 R", photographed(tmp_path, "2", {"r0.fits": field(7), "r1.fits": field(8)}))
    visit(browser, tmp_path, blink_page(first, second))
    browser.press("x", "Enter")
    shown(browser, "r0.fits")
    browser.press("ArrowRight", "x", "Enter")
    assert rejected(verdict(browser, downloads, "M31 L")) == {"rig/0.fits"}
    assert rejected(verdict(browser, downloads, "M31 R")) == {"rig/r1.fits"}
    assert text(browser, "#done-words").count("Downloaded as") == 2


@needs_chromium
def test_no_decision_falls_on_a_frame_that_is_not_seen(tmp_path, browser, downloads):
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    browser.press("?", "x", "Enter")
    assert not list(downloads.iterdir())
    browser.press("Escape", "Enter")
    assert rejected(verdict(browser, downloads, "M31 L")) == set()


@needs_chromium
def test_a_closed_tab_loses_no_decision(tmp_path, browser, downloads):
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    browser.press("x", "ArrowRight", "ArrowRight", "x")
    browser.open("about:blank")
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    assert "2 rejected" in text(browser, "#place")
    browser.press("u", "Enter")
    assert rejected(verdict(browser, downloads, "M31 L")) == {"rig/0.fits"}


@needs_chromium
def test_another_night_is_not_mistaken_for_this_one(tmp_path, browser):
    one = one_set(tmp_path)
    visit(browser, tmp_path, blink_page(one))
    browser.press("x")
    visit(browser, tmp_path, blink_page(one, night=date(2026, 1, 15)))
    assert "0 rejected" in text(browser, "#place")


@needs_chromium
def test_what_strangers_left_in_the_storage_is_not_believed(tmp_path, browser, downloads):
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    browser.press("x")
    for told in (
        '"x"',
        "{",
        "[]",
        '{"said": 3, "done": [[1]], "saved": []}',
        '{"said": [["rig/0.fits", "maybe"]]}',
    ):
        browser.evaluate(f"localStorage.setItem(Object.keys(localStorage)[0], {json.dumps(told)})")
        browser.reload()
        browser.until("document.documentElement.dataset.shown")
        assert "0 rejected" in text(browser, "#place")


def star_at(browser: Browser, x: int, y: int) -> int:
    """How many pixels wide something bright is in the row of the screen under a point."""
    row = np.asarray(browser.screen().convert("L"))[y, x - 20 : x + 21]
    return int((row > 200).sum()) if row[20] > 200 else 0


@needs_chromium
def test_z_shows_every_pixel_under_the_pointer_and_stays_while_flipping(tmp_path, browser):
    images = {}
    for number in range(2):
        images[f"{number}.fits"] = np.full((1300, 2600), 1000, np.uint16)
        x, y = STAR
        images[f"{number}.fits"][y - 2 : y + 3, x - 2 : x + 3] = 60_000
    frames = photographed(tmp_path, "1", images)
    assert frames[0].preview.full != frames[0].preview.preview
    visit(browser, tmp_path, blink_page(blink_set("M31 L", frames)))
    scale = 1200 / 2600
    x, y = round((STAR[0] + 0.5) * scale), round((STAR[1] + 0.5) * scale + (800 - 1300 * scale) / 2)
    browser.move(x, y)
    browser.press("z")
    browser.until("document.documentElement.dataset.shown")
    wait_for_star(browser, x, y)
    browser.press("ArrowRight")
    shown(browser, "1.fits")
    wait_for_star(browser, x, y)
    browser.press("z")
    assert star_at(browser, x, y) < 5


def wait_for_star(browser: Browser, x: int, y: int) -> None:
    end = time.monotonic() + 60
    while star_at(browser, x, y) not in {5, 6}:  # a JPEG softens the edge
        assert time.monotonic() < end, star_at(browser, x, y)


@needs_chromium
def test_the_measures_come_with_the_pointer_and_go_when_it_rests(tmp_path, browser):
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    browser.move(600, 400)
    browser.until("getComputedStyle(document.getElementById('foot')).visibility === 'visible'")
    assert "2.00 px" in text(browser, "#measures")
    browser.until("getComputedStyle(document.getElementById('foot')).visibility === 'hidden'")
    browser.press("ArrowRight")
    shown(browser, "1.fits")
    assert browser.evaluate("getComputedStyle(document.getElementById('foot')).visibility") == "hidden"


@needs_chromium
def test_the_contact_sheet_shows_each_verdict_as_a_sign(tmp_path, browser):
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    browser.press("ArrowRight", "x", "c")
    signs = "[...document.querySelectorAll('#cards .sign')].map((sign) => sign.textContent).join('')"
    assert browser.evaluate(signs) == "✓✕✓✓✓"
    browser.press("ArrowRight", "x")
    assert browser.evaluate(signs) == "✓✕✕✓✓"
    browser.until("document.querySelector('.card img').naturalWidth > 0")
    browser.click(".card:nth-child(5)")
    shown(browser, "4.fits")
    assert browser.evaluate("document.getElementById('sheet').hidden")


@needs_chromium
def test_the_buttons_do_what_the_keys_do(tmp_path, browser, downloads):
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    browser.move(600, 400)
    browser.click("[data-does=on]")
    browser.click("[data-does=reject]")
    shown(browser, "1.fits")
    browser.press(" ")  # plays, and does not press the button again
    shown(browser, "2.fits")
    browser.press(" ")
    browser.click("[data-does=finish]")
    assert rejected(verdict(browser, downloads, "M31 L")) == {"rig/1.fits"}


@needs_chromium
def test_a_finger_swipes_to_the_next_frame_and_taps_twice_for_every_pixel(tmp_path, browser):
    visit(browser, tmp_path, blink_page(one_set(tmp_path)))
    browser.swipe((800, 400), (500, 410))
    shown(browser, "1.fits")
    browser.swipe((300, 400), (600, 390))
    shown(browser, "0.fits")
    wide = np.asarray(browser.screen().convert("L"))[400]
    browser.swipe((600, 400), (600, 400))
    browser.swipe((600, 400), (600, 400))
    end = time.monotonic() + 60
    while (np.asarray(browser.screen().convert("L"))[400] > 8).sum() >= (wide > 8).sum() * 0.6:
        assert time.monotonic() < end, "600 pixels still fill 1200"


@needs_chromium
def test_hostile_names_are_only_words(tmp_path, browser, downloads):
    (good,) = photographed(tmp_path, "1", {"0.fits": field(1)})
    odd = replace(good, stored=f"rig/{HOSTILE}", name=HOSTILE, suspect=HOSTILE, values={"HFR": HOSTILE})
    page = blink_page(
        blink_set("M31 L", [odd, replace(good, stored="rig/\udcff.fits")], label=HOSTILE), title=HOSTILE
    )
    visit(browser, tmp_path, page)
    browser.press("x", "c", "c", "Enter")
    assert rejected(verdict(browser, downloads, "M31 L")) == {f"rig/{HOSTILE}"}
    assert browser.evaluate("document.querySelectorAll('script').length") == 2
    assert browser.evaluate("document.title") == HOSTILE.replace("\u2028", r"\u2028")


@needs_chromium
def test_a_frame_without_a_picture_says_why_and_can_be_judged(tmp_path, browser, downloads):
    one = one_set(tmp_path, 2)
    bare = frame("bare.fits", preview=Preview(trouble="no preview: rig/bare.fits: cut off"))
    missing = replace(
        one.frames[1], stored="rig/missing.fits", preview=replace(one.frames[1].preview, preview="x.jpg")
    )
    page = blink_page(replace(one, frames=(one.frames[0], bare, missing)))
    visit(browser, tmp_path, page)
    browser.press("ArrowRight")
    browser.until("document.getElementById('trouble').innerText.includes('cut off')")
    browser.press("x", "ArrowRight")
    browser.until("document.getElementById('trouble').innerText.includes('is missing')")
    browser.press("ArrowRight", "Enter")
    assert rejected(verdict(browser, downloads, "M31 L")) == {"rig/bare.fits"}
    assert all("ERR_FILE_NOT_FOUND" in said for said in browser.complaints)
    browser.complaints.clear()


@needs_chromium
def test_a_page_without_frames_is_quiet(tmp_path, browser, downloads):
    write_blink_page(tmp_path, PAGE, blink_page(blink_set("empty", [])))
    browser.open(tmp_path / PAGE)
    browser.press("x", "u", "z", "s", "c", "Enter", " ", "ArrowRight", "n", "?")
    write_blink_page(tmp_path, PAGE, blink_page())
    browser.open(tmp_path / PAGE)
    browser.press("x", "u", "Enter")
    assert text(browser, "#trouble") == "Nothing of this night waits for your eyes any more."
    assert not list(downloads.iterdir())


@needs_chromium
def test_the_page_may_not_speak_to_anybody(tmp_path, browser):
    visit(browser, tmp_path, blink_page(one_set(tmp_path, 1)))
    for attempt in (
        "fetch('https://example.invalid/x').then(() => 'sent', () => 'refused')",
        "new Promise((done) => { const i = new Image(); i.onload = () => done('sent'); i.onerror = () => done('refused'); i.src = 'https://example.invalid/x.png'; })",
    ):
        assert browser.evaluate(attempt) == "refused"
    browser.until("true")
    assert all("Content Security Policy" in said for said in browser.complaints)
    assert len(browser.complaints) >= 2
    browser.complaints.clear()


@pytest.fixture
def served(tmp_path):
    """The library behind a plain web server, as on a NAS: the folders of the browser's own exist only there."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *said: object) -> None:
        """Nothing is printed."""


@needs_chromium
def test_a_verdict_is_saved_straight_into_the_library_where_the_browser_may(
    tmp_path, browser, downloads, served
):
    """The picker needs a hand; the folder it would give is a real one of the browser's own."""
    write_blink_page(tmp_path, PAGE, blink_page(one_set(tmp_path)))
    browser.open(f"{served}/{quote(PAGE)}")
    browser.until("document.documentElement.dataset.shown")
    browser.evaluate("""(async () => {
        const root = await navigator.storage.getDirectory();
        const home = await root.getDirectoryHandle("Astro", {create: true});
        const file = await (await home.getFileHandle(".nightbuild-library", {create: true})).createWritable();
        await file.write('{"library": "abc", "format": 1}');
        await file.close();
        window.showDirectoryPicker = async () => home;
    })()""")
    browser.move(600, 400)
    browser.click("#choose")
    browser.until("document.getElementById('said').innerText.includes('straight into the library')")
    browser.press("x", "Enter")
    browser.until("document.getElementById('done-words').innerText.includes('Saved as')")
    browser.press("Escape", "Enter")
    browser.until("document.getElementById('done-words').innerText.includes('(1).json')")
    told = browser.evaluate("""(async () => {
        const root = await navigator.storage.getDirectory();
        const home = await (await root.getDirectoryHandle("Astro")).getDirectoryHandle("_Verdicts");
        const found = [];
        for await (const [name, handle] of home) found.push([name, await (await handle.getFile()).text()]);
        await root.removeEntry("Astro", {recursive: true});
        return found;
    })()""")
    assert {url.rsplit("/", 1)[0] for url in browser.requests if url.startswith("http")} <= {
        f"{served}/_Reports/blink",
        f"{served}/{quote(FILES, safe='/@+')}/1",
    }
    browser.forget()
    assert len(told) == 2
    for name, words in told:
        found = parse_verdict(words.encode(), name)
        assert isinstance(found, VerdictFile)
        assert rejected(found) == {"rig/0.fits"}
    assert not list(downloads.iterdir())


def many_frames(root: Path, count: int, shape: tuple[int, int] = (1044, 1562)) -> BlinkPage:
    """As large as real ones: 1562 × 1044 previews of 26 megapixel frames, each a file of its own; ten to be told apart."""
    folder = root / FILES / "1"
    folder.mkdir(parents=True)
    noise = np.clip(np.random.default_rng(1).normal(64, 20, shape), 0, 255).astype(np.uint8)
    for number in range(min(count, 100)):
        picture = folder / f"{number}.jpg"
        if number < 10:
            Image.fromarray(np.roll(noise, 7 * number, axis=1)).save(picture, quality=80)
        else:
            shutil.copyfile(folder / f"{number % 10}.jpg", picture)
        Image.fromarray(noise[::7, ::7]).save(folder / f"{number}.thumb.jpg")
    frames = []
    for number in range(count):
        here = f"{FILES}/1/{number % 100}"
        preview = Preview(preview=f"{here}.jpg", thumb=f"{here}.thumb.jpg", width=6248, height=4176)
        frames.append(
            frame(
                f"{number}.fits", preview=preview, values={"HFR": "2.3 px"}, curve=(2 + number % 9 / 10, 1e3)
            )
        )
    return blink_page(blink_set("M31 L", frames))


@needs_chromium
def test_a_hundred_frames_open_quickly(tmp_path, browser, downloads):
    page = many_frames(tmp_path, 100)
    write_blink_page(tmp_path, PAGE, page)
    began = time.monotonic()
    browser.open(tmp_path / PAGE)
    browser.until("document.documentElement.dataset.shown")
    took_s = time.monotonic() - began
    print(f"\n100 frames: the first picture after {took_s:.2f} s")  # the aim is 3 s; the machine may be busy
    assert took_s < 10
    assert len(browser.requests) < 60
    browser.press("ArrowLeft", "x", "Enter")
    assert rejected(verdict(browser, downloads, "M31 L")) == {"rig/99.fits"}


@needs_chromium
@pytest.mark.slow
def test_nine_hundred_frames_work(tmp_path, browser, downloads):
    """As many as can be, though not as large: they are run through to the end."""
    page = many_frames(tmp_path, 900, (522, 781))
    write_blink_page(tmp_path, PAGE, page)
    began = time.monotonic()
    browser.open(tmp_path / PAGE)
    browser.until("document.documentElement.dataset.shown")
    print(f"\n900 frames: the first picture after {time.monotonic() - began:.2f} s")
    browser.press("]", "]", "]", " ")
    browser.until("document.documentElement.dataset.shown === 'rig/899.fits'", 300)
    browser.press(" ")
    # a busy machine may be a frame further
    shown = browser.evaluate("document.documentElement.dataset.shown")
    browser.press("x", "c")
    assert browser.evaluate("document.querySelectorAll('.card').length") == 900
    browser.press("c", "s", "Enter")
    assert rejected(verdict(browser, downloads, "M31 L")) == {shown}
