"""The blink page as a file: one a rig and night, beside a folder of previews, opened by a double click.

    BlinkPage ─▶ data (JSON) + script + style ─templates/report/blink.html.j2─▶ _Reports/blink/<rig>_<night>.html

The same page gives the same bytes: no clock, no order that chance made.
"""

from __future__ import annotations

import math
import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.model.blinkpage import BlinkFrame, BlinkPage, BlinkSet
from pipeline.rules.verdict_files import verdict_name
from pipeline.world.files import make_folder, replace_if_different, require_inside, sweep_parts
from pipeline.world.pages import as_bytes, as_data, policy, render, templates_folder

_SCRIPTS = ("decisions", "pictures", "saving", "strip", "order", "view", "sheet", "page", "hands")
"""One file a matter, in the order in which they need each other."""


def write_blink_page(root: Path, path: str, page: BlinkPage) -> bool:
    """Write the page of a rig's night.

    Args:
        root: of the library.
        path: of the page, relative to it.
        page: what it shows; its previews lie in the library.

    Returns:
        False, and not a byte touched, when it was there already.
    """
    target = root / path
    require_inside(root, target)
    data = blink_page_bytes(page, path)
    make_folder(target.parent)
    sweep_parts(target.parent)
    return replace_if_different(target, data)


def blink_page_bytes(page: BlinkPage, path: str) -> bytes:
    """The page, as it lies at this path relative to the library."""
    script, style = _script(), _style()
    values = {
        "title": page.title,
        "verdict_home": page.verdict_home,
        "policy": policy(script, style),
        "style": style,
        "script": script,
        "data": as_data(_page(page, posixpath.dirname(path))),
    }
    return as_bytes(render("report/blink.html.j2", values))


def _script() -> str:
    folder = templates_folder() / "report" / "blink"
    parts = [(folder / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    return '\n"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"


def _style() -> str:
    return "\n" + render("report/style.css.j2", {}) + render("report/blink/blink.css.j2", {})


def _page(page: BlinkPage, home: str) -> dict[str, Any]:
    return {
        "library": page.library_id,
        "rig": page.rig,
        "night": page.night.isoformat(),
        "verdictHome": page.verdict_home,
        "sets": [_set(one, home) for one in page.sets],
    }


def _set(one: BlinkSet, home: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "label": one.label,
        "folder": one.folder,
        "held": one.held,
        "notes": list(one.notes),
        "columns": list(one.columns),
        "curves": [{"label": c.label, "unit": c.unit, "digits": c.digits} for c in one.curves[:2]],
        "verdictName": verdict_name(one.id),
        "frames": [_frame(frame, one, home) for frame in one.frames],
    }


def _frame(frame: BlinkFrame, one: BlinkSet, home: str) -> dict[str, Any]:
    shown = frame.preview
    return {
        "stored": frame.stored,
        "name": frame.name,
        "sha256": frame.sha256,
        "size": frame.size,
        "mtime_ns": str(frame.mtime_ns),  # too long for a number in a browser
        "preview": _address(shown.preview, home),
        "thumb": _address(shown.thumb, home),
        "full": _address(shown.full, home),
        "tile": shown.tile_px,
        "width": max(shown.width, 1),
        "height": max(shown.height, 1),
        "trouble": shown.trouble,
        "time": frame.time,
        "values": [frame.values.get(column, "") for column in one.columns],
        "over": list(frame.over),
        "curve": [_number(value) for value in frame.curve[:2]],
        "suspect": frame.suspect,
        "verdict": frame.verdict,
        "rejected": frame.rejected,
        "badness": _number(frame.badness),
    }


def _address(path: str, home: str) -> str:
    """A picture as the page asks for it: relative, every odd letter in hex."""
    return quote(posixpath.relpath(path, home or "."), safe="/~@+") if path else ""


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
