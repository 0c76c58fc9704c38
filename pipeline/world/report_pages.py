"""The pages of the reports, rendered where what they were made from has changed, and only there.

Page(path, made_from, build) ─digest─▶ as it was, and the file is there?  ─▶ left alone
                                  └──▶ build() ─Jinja─▶ _Reports/….html, whole or not at all
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import orjson

from pipeline.model.reports import Page
from pipeline.rules.report_links import relative_link
from pipeline.world.files import make_folder, replace_if_different, require_inside
from pipeline.world.library import OpenLibrary
from pipeline.world.pages import as_bytes, policy, render, templates_folder
from pipeline.world.report_digests import as_left, keep_digests, look_of_pages, read_digests

_STYLES = ("report/style.css.j2", "report/pages.css.j2", "report/plots.css.j2")
_SCRIPT = "report/pages.js"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of some pages."""

    rendered: int = 0
    written: int = 0
    """Those whose bytes are others now."""
    of: int = 0


def write_pages(
    library: OpenLibrary,
    group: str,
    pages: Iterable[Page],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Written:
    """Bring the pages of a group (a rig's, the library's) up to date.

    Those it had before and has no more are left to `doit prune`.
    """
    wanted, known = tuple(pages), read_digests(library, group)
    found: dict[str, str] = {}
    rendered = written = 0
    for number, page in enumerate(wanted, 1):
        digest = _digest(page)
        found[page.path] = as_left(library.root, page.path, digest)
        if found[page.path] != known.get(page.path) or found[page.path] == digest:
            rendered += 1
            written += _write(library.root, page)
            found[page.path] = as_left(library.root, page.path, digest)
        progress(number, len(wanted))
    keep_digests(library, group, found)
    return Written(rendered=rendered, written=written, of=len(wanted))


def page_bytes(page: Page) -> bytes:
    """A page as it is written."""
    values = {"page": page.build(), "to": partial(relative_link, page.path), **_frame()}
    return as_bytes(render(page.template, values))


def _write(root: Path, page: Page) -> bool:
    path = root / page.path
    require_inside(root, path)
    make_folder(path.parent)
    return replace_if_different(path, page_bytes(page))


@cache
def _frame() -> dict[str, Any]:
    """What all pages share."""
    style = "".join(render(name, {}) for name in _STYLES)
    script = (templates_folder() / _SCRIPT).read_text(encoding="utf-8")
    return {"style": style, "script": script, "policy": policy(script, style)}


def _digest(page: Page) -> str:
    told = hashlib.sha256(f"{look_of_pages()}\0{page.template}\0".encode())
    try:
        told.update(orjson.dumps(page.made_from, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS))
    except TypeError:  # half a character from a file name, which JSON has no word for
        told.update(repr(page.made_from).encode("utf-8", "surrogatepass"))
    return told.hexdigest()[:32]
