"""TOML as a person wrote it: edited in place, comments and blanks kept byte for byte.

Only what a rig file needs: a key under a table, an item in a list, a table after its like. Whoever edits
holds the result against what was meant (`rules/rig_text` does), so that a file laid out in a way not foreseen
here is refused, never spoilt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Place = tuple[int, int]
"""Where something begins in the text, and where it has ended."""

_STRING = r"\"\"\"(?:[^\\]|\\.)*?\"{3,5}|'''.*?'{3,5}|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'"
_TOKEN = re.compile(rf"(?P<string>{_STRING})|#[^\n]*|[\[\]{{}},]|\n|[^\s\[\]{{}},#\"']+", re.DOTALL)
_HEADER = re.compile(r"\s*\[\[?\s*(?P<name>[^\[\]\n]+?)\s*\]")
_KEY = re.compile(r"\s*(?P<name>[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')\s*=\s*")
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class Statement:
    """One line as TOML counts them: a header, a key with its whole value, or a comment or blank line."""

    start: int
    end: int
    """Past its line break."""
    header: str = ""
    key: str = ""
    value: int = 0
    """Where the value of a key begins."""


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its keys; the comments and blanks after the last key belong to what follows."""

    name: str
    statements: tuple[Statement, ...]

    @property
    def start(self) -> int:
        """Where its header begins."""
        return self.statements[0].start if self.statements else 0

    @property
    def end(self) -> int:
        """Where a further key goes."""
        return self.statements[-1].end if self.statements else 0

    def key(self, name: str) -> Statement | None:
        """The statement of a key, or None."""
        return next((one for one in self.statements if one.key == name), None)


def quoted(value: str) -> str:
    """Write a text as TOML does; one with backslashes, as paths and name patterns have, stays readable."""
    if "\\" in value and "'" not in value and value.isprintable():
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def statements(text: str) -> Iterator[Statement]:
    """Take a valid TOML text apart; put together again the pieces are the text."""
    start = depth = 0
    for token in _TOKEN.finditer(text):
        depth += _STEP.get(token[0], 0)
        if token[0] == "\n" and depth == 0:
            yield _statement(text, start, token.end())
            start = token.end()
    if start < len(text):
        yield _statement(text, start, len(text))


def _statement(text: str, start: int, end: int) -> Statement:
    if header := _HEADER.match(text, start, end):
        return Statement(start, end, header=header["name"].strip("\"'"))
    if key := _KEY.match(text, start, end):
        return Statement(start, end, key=key["name"].strip("\"'"), value=key.end())
    return Statement(start, end)


def tables(text: str) -> list[Table]:
    """List the tables in order; the first, without a name, holds the keys above all headers."""
    found: list[tuple[str, list[Statement]]] = [("", [])]
    for one in statements(text):
        if one.header:
            found.append((one.header, [one]))
        elif one.key:
            found[-1][1].append(one)
    return [Table(name, tuple(pieces)) for name, pieces in found]


def items(text: str, array: Statement) -> list[Place]:
    """Find the items of the list that is a key's value, comments and commas left out."""
    found: list[Place] = []
    depth, begun = 0, -1
    for token in _TOKEN.finditer(text, array.value, array.end):
        mark = token[0]
        if depth == 1 and mark in {",", "]"}:
            begun = -1
        elif depth >= 1 and mark != "\n" and not mark.startswith("#"):
            if begun < 0:
                begun = token.start()
                found.append((begun, token.end()))
            found[-1] = (begun, token.end())
        depth += _STEP.get(mark, 0)
    return found


def with_item(text: str, array: Statement, item: str) -> str:
    """Add an item at the end of a list, on a line of its own where the last one has that."""
    present = items(text, array)
    if not present:
        at = text.index("[", array.value) + 1
        return text[:at] + item + text[at:]
    last = present[-1][1]
    comma = _comma_after(text, last, array.end)
    end = last if comma < 0 else comma + 1
    line_end = text.find("\n", end, array.end)
    if line_end < 0 or "]" in text[end:line_end].partition("#")[0]:
        return f"{text[:end]}{',' if comma < 0 else ''} {item}{text[end:]}"
    grown = _inserted(text, line_end + 1, [f"{_indent(text, present[-1][0])}{item},"])
    return grown if comma >= 0 else f"{grown[:last]},{grown[last:]}"


def _comma_after(text: str, start: int, end: int) -> int:
    for token in _TOKEN.finditer(text, start, end):
        if token[0] in {",", "]"}:
            return token.start() if token[0] == "," else -1
    return -1


def with_entry(text: str, place: Place, entry: str) -> str:
    """Add `key = value` to the inline table that lies there; what is a name alone becomes one."""
    start, end = place
    inside = text[start:end]
    if inside.startswith("{"):
        kept = inside[:-1].rstrip()
        return f"{text[:start]}{kept}, {entry}{inside[len(kept) :]}{text[end:]}"
    return f"{text[:start]}{{ name = {inside}, {entry} }}{text[end:]}"


def with_key(text: str, table: Table, line: str) -> str:
    """Add `key = value` below the last key of a table, indented like it."""
    indent = _indent(text, table.statements[-1].start) if table.statements else ""
    return _inserted(text, table.end, [indent + line])


def with_table(text: str, like: Table | None, lines: Sequence[str]) -> str:
    """Add a table: after the one it is like, with the same blank line before it, else at the end."""
    if like is None:
        return _inserted(text, len(text), ["", *lines])
    apart = text[: like.start].rstrip(" \t\r").endswith(("\n\n", "\n\r\n"))
    return _inserted(text, like.end, [*([""] if apart else []), *lines])


def _indent(text: str, at: int) -> str:
    """The blanks at the beginning of the line that holds this place."""
    line = text[text.rfind("\n", 0, at) + 1 :]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _inserted(text: str, at: int, lines: Sequence[str]) -> str:
    ending = "\r\n" if "\r\n" in text else "\n"
    before = text[:at] if not at or text[at - 1] == "\n" else text[:at] + ending
    return before + "".join(line + ending for line in lines) + text[at:]
