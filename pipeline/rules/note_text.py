"""A note's text: what is ours in it, what a person wrote, and how the two are brought together.

    ---                                        front matter: our lines follow what is so, others stay
    nightbuild: "2026-01-14/C8E@f10.0+..."     by this the note is known, however it is called and wherever it lies
    ---
    <!-- nightbuild:summary 3fa9c11e -->       a block of ours: rewritten as long as it is as we left it
    ...
    <!-- /nightbuild:summary -->
    Everything else is the person's.

A block that was deleted stays deleted. One that was edited differs from the digest in its first line: it is the
person's from then on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from pipeline.rules.harmless import DECEIVING, plain

_BLOCK = re.compile(
    r"^<!-- nightbuild:(?P<name>[a-z-]+)(?: (?P<mark>[0-9a-f]{8}))? -->[ \t]*\n"
    r"(?P<text>(?:(?!<!-- /?nightbuild:).*\n)*+)<!-- /nightbuild:(?P=name) -->",
    re.MULTILINE,
)
_FRONT = re.compile(r"\A---[ \t]*\n(?P<lines>.*?)^---[ \t]*$", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r"^(?P<key>[A-Za-z_]+):[ \t]*(?P<value>.*)$")
ID = "nightbuild"
"""The key a note is known by."""
OURS = frozenset({ID, "date", "rig", "site", "targets", "hours", "kept", "target", "object", "type", "stage"})
"""Keys of the front matter that follow what is so, unless they were deleted. Tags are written once."""
_OPEN_VALUES = ("", "|", ">", "|-", ">-", "[", "{")
"""A value that goes on in further lines is no longer as we wrote it."""
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~$^])")
_UNPRINTED = re.compile(rf"{DECEIVING.pattern}|[\ud800-\udfff]")
"""What would end a line, deceives an eye, or is no text at all."""
_LINE_ENDS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def note_id(text: str) -> str | None:
    """What a note tells of; None for a note of the person's own."""
    value = _front_values(_unix(text)).get(ID)
    if value is None:
        return None
    try:
        said = json.loads(value)
    except ValueError:
        return value.strip("'\" ") or None
    return said if isinstance(said, str) and said else None


def sealed(fresh: str) -> str:
    """A note as a template made it, each block signed with its digest: what is written where there was none."""
    return _BLOCK.sub(lambda found: _block(found["name"], found["text"]), fresh)


def merged(existing: str, fresh: str) -> str:
    """The note that is there, brought up to date.

    Args:
        existing: As it is, a person's words in it.
        fresh: The same note as a template makes it now.
    """
    text, ends = _unix(existing), "\r\n" if "\r\n" in existing else "\n"
    new = {found["name"]: found["text"] for found in _BLOCK.finditer(fresh)}

    def brought(found: re.Match[str]) -> str:
        name = found["name"]
        is_as_we_left_it = found["mark"] == _mark(found["text"])
        return _block(name, new[name]) if name in new and is_as_we_left_it else found[0]

    text = _BLOCK.sub(brought, _with_front(text, _front_values(fresh)))
    return text if ends == "\n" else text.replace("\n", ends)


def yaml_text(value: object) -> str:
    """A value of the front matter on one line: JSON is YAML too."""
    return _UNPRINTED.sub(_as_json, json.dumps(value, ensure_ascii=False))


def markdown(text: object) -> str:
    """A name as it reads, in Markdown: no character of it means anything, and it stays on its line."""
    name = plain(_LINE_ENDS.sub(" ", str(text))).encode("utf-8", "replace").decode()
    return _MARKDOWN.sub(r"\\\1", name)


def _as_json(found: re.Match[str]) -> str:
    """A letter as JSON may spell any: one beyond the first plane as its two halves."""
    data = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{data[at : at + 2].hex()}" for at in range(0, len(data), 2))


def _front_values(text: str) -> Mapping[str, str]:
    front = _FRONT.match(text)
    lines = front["lines"].splitlines() if front else ()
    return {key["key"]: key["value"].strip() for line in lines if (key := _KEY.match(line))}


def _with_front(text: str, values: Mapping[str, str]) -> str:
    """The note with our lines of its front matter as they are now; a line that is gone stays gone."""
    front = _FRONT.match(text)
    if front is None:
        return text
    lines = [_line(line, values) for line in front["lines"].splitlines()]
    return text[: front.start("lines")] + "".join(f"{line}\n" for line in lines) + text[front.end("lines") :]


def _line(line: str, values: Mapping[str, str]) -> str:
    key = _KEY.match(line)
    if key is None or key["key"] not in OURS or key["key"] == ID or key["key"] not in values:
        return line
    return line if key["value"].strip() in _OPEN_VALUES else f"{key['key']}: {values[key['key']]}"


def _block(name: str, text: str) -> str:
    return f"<!-- nightbuild:{name} {_mark(text)} -->\n{text}<!-- /nightbuild:{name} -->"


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")
