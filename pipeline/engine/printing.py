"""An Answer on its way to a person or a program: aligned lines, or JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
from datetime import date
from itertools import chain, islice
from typing import TextIO

from pipeline.model.answers import Answer

ROWS_MEASURED = 500
"""A table's columns are as wide as these first rows need; a stream is not held back for the rest."""


def print_answer(answer: Answer, stream: TextIO, *, as_json: bool) -> int:
    """Writes an answer and gives its exit code."""
    lines = json_lines(answer, ascii_only=not _speaks_utf8(stream)) if as_json else text_lines(answer)
    for line in lines:
        stream.write(line + "\n")
    stream.flush()
    return answer.code()


def json_lines(answer: Answer, *, ascii_only: bool = False) -> Iterator[str]:
    """The answer as JSON: one object a line where it says so, else one document."""
    if answer.json_lines:
        for item in answer.rows if answer.data is None else answer.data:
            yield as_json_text(item, ascii_only=ascii_only)
        return
    yield as_json_text(_document(answer), indent=2, ascii_only=ascii_only)


def _document(answer: Answer) -> object:
    if answer.data is not None:
        return answer.data
    rows = list(answer.rows)
    return rows if rows or answer.columns else {"sentences": [*answer.sentences, *answer.closing]}


def as_json_text(value: object, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """One value as JSON any reader takes: NaN is null, bytes of a name that are no text stay as escapes."""
    try:
        text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, indent=indent, default=_simple)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=ascii_only, indent=indent, default=_simple)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return as_json_text(value, indent=indent, ascii_only=True)
    return text


def _simple(value: object) -> object:
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    return str(value)


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def text_lines(answer: Answer) -> Iterator[str]:
    """The answer for people: sentences, an aligned table, closing sentences."""
    yield from map(harmless, answer.sentences)
    yield from _table(answer)
    yield from map(harmless, answer.closing)


def _table(answer: Answer) -> Iterator[str]:
    rows = iter(answer.rows)
    measured = list(islice(rows, ROWS_MEASURED))
    if not measured:
        return
    columns = answer.columns or tuple(measured[0])
    widths = [max(len(name), *(len(_cell(row.get(name))) for row in measured)) for name in columns]
    yield "  ".join(name.ljust(width) for name, width in zip(columns, widths, strict=True)).rstrip()
    for row in chain(measured, rows):
        cells = (_aligned(row.get(name), width) for name, width in zip(columns, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _aligned(value: object, width: int) -> str:
    text = _cell(value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return text.rjust(width) if is_number else text.ljust(width)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return harmless(", ".join(map(str, value)))
    return harmless(str(value))


def harmless(text: str) -> str:
    r"""Text a terminal shows and never obeys: a newline or an escape in a file name is shown as `\x0a`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def _speaks_utf8(stream: TextIO) -> bool:
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
