"""Pages and their templates: filled by Jinja, everything escaped, everything inline.

A page is one file that needs no server and no network, and says so itself: its policy names the digests of its own
script and style and forbids the rest, so that a target called `<script>` stays a target.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.rules.harmless import plain

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


_OPTIONS = 1
"""Raised when the environment's options change: templates that were understood by other ones are not used."""


@cache
def templates_folder() -> Path:
    """The templates that came with Nightbuild: inside an installed package, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    folder = package / "_shipped" / "templates"
    return folder if folder.is_dir() else package.parent / "templates"


def render(template: str, values: Mapping[str, Any]) -> str:
    """A template of the folder, filled; a value that it asks for and that is not there is an error."""
    return plain(_environment(templates_folder()).get_template(template).render(values))


@cache
def _environment(folder: Path) -> Environment:
    """One for all pages of a run: a template is understood once, not once a page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folder),
        bytecode_cache=_understood(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _understood() -> BytecodeCache | None:
    """Templates as they were understood by an earlier run, in a folder of the user's own among temporary files.

    To understand them anew costs a run a third of a second. Where there is no such folder, or no room, it costs that.
    """
    from jinja2 import FileSystemBytecodeCache, __version__
    from jinja2.bccache import Bucket

    class Kept(FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: Bucket) -> None:
            with suppress(OSError):
                super().dump_bytecode(bucket)

    try:
        return Kept(pattern=f"nightbuild_{_OPTIONS}_{__version__}_%s.cache")
    except (OSError, RuntimeError):
        return None


def as_bytes(page: str) -> bytes:
    """A page as it is written; half a character from a file name is told as its number."""
    return page.encode("utf-8", "xmlcharrefreplace")


def as_data(values: object) -> str:
    """JSON that may stand in a page: no text in it can end the element it stands in."""
    text = json.dumps(values, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for char, escaped in _IN_SCRIPT.items():
        text = text.replace(char, escaped)
    return text


def policy(script: str, style: str) -> str:
    """What the page may do: run its own script, wear its own style, show pictures that lie beside it; no more."""
    return (
        "default-src 'none'; connect-src 'none'; form-action 'none'; base-uri 'none'; img-src 'self' file: data:; "
        f"script-src '{_digest(script)}'; style-src '{_digest(style)}'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
