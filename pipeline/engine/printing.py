"""An Answer on its way to a person or a program: aligned lines, or JSON."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from itertools import chain, islice
from typing import TextIO

from pipeline.engine.wrapping import wrapped
from pipeline.model.answers import Answer, Figure
from pipeline.rules.harmless import harmless

ROWS_MEASURED = 500
"""A table's columns are as wide as these first rows need; a stream is not held back for the rest."""
GAP = "  "
LEAST = 16
"""No column is cut to less: a date, a number or a short name is whole or not there."""


def print_answer(answer: Answer, stream: TextIO, *, as_json: bool) -> int:
    """Writes an answer and gives its exit code."""
    said = json_lines(answer, ascii_only=not _speaks_utf8(stream)) if as_json else None
    lines = said or text_lines(answer, width_of(stream) if answer.fit else None)
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
    if isinstance(answer.data, Iterator):
        yield from _streamed(answer.data, ascii_only=ascii_only)
    else:
        yield as_json_text(_document(answer), indent=2, ascii_only=ascii_only)


def _streamed(items: Iterator[object], *, ascii_only: bool) -> Iterator[str]:
    """A list of very many, an item a line, never held as a whole."""
    last = ""
    for item in items:
        yield f"{last}," if last else "["
        last = as_json_text(item, ascii_only=ascii_only)
    yield last or "["
    yield "]"


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


def width_of(stream: TextIO) -> int | None:
    """How wide the terminal is; None: it is none, and a line may be as long as it likes."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def text_lines(answer: Answer, width: int | None = None) -> Iterator[str]:
    """The answer for people: sentences, an aligned table no wider than that, closing sentences."""
    for line in answer.sentences:
        yield from wrapped(harmless(line), width)
    yield from _table(answer, width)
    for line in answer.closing:
        yield from wrapped(harmless(line), width)


def _table(answer: Answer, width: int | None) -> Iterator[str]:
    rows = iter(answer.rows)
    measured = list(islice(rows, ROWS_MEASURED))
    if not measured:
        return
    columns = answer.columns or tuple(measured[0])
    needed = {name: max(len(name), *(len(_cell(row.get(name))) for row in measured)) for name in columns}
    beside, below = placed(needed, answer.kept, width)
    left = [name for name in columns if name not in beside and name not in below]
    yield _line(cut(name, size).ljust(size) for name, size in beside.items())
    for row in chain(measured, rows):
        cells = [_cell(row.get(name)) for name in beside]
        if width is not None:
            cells = [
                one if name in answer.kept else cut(one, size)
                for one, (name, size) in zip(cells, beside.items(), strict=True)
            ]
        yield _line(map(_aligned, cells, beside.values(), map(row.get, beside)))
        if below:
            yield f"{GAP}{_line(_cell(row.get(name)) for name in below)}"
    if below:
        yield f"(below each: {', '.join(below)})"
    if left:
        yield f"(no room for: {', '.join(left)})"


def placed(
    needed: Mapping[str, int], kept: Sequence[str], width: int | None
) -> tuple[dict[str, int], tuple[str, ...]]:
    """The columns that stand beside each other with their widths; and those that stand below each row, whole.

    Args:
        needed: The width each column needs, in order.
        kept: Those that are never cut or left out.
        width: Of the terminal; None: it is none.
    """
    if width is None or _together(list(needed.values())) <= width:
        return dict(needed), ()
    whole = {name: size for name, size in needed.items() if name in kept}
    others = {name: size for name, size in needed.items() if name not in kept}
    room = width - sum(size + len(GAP) for size in whole.values())
    widths = fitted(list(others.values()), room) if room >= LEAST and others else []
    if len(widths) == len(others):
        sizes = dict(zip(others, widths, strict=True)) | whole
        return {name: sizes[name] for name in needed}, ()
    if not others:
        return dict(needed), ()
    return dict(zip(others, fitted(list(others.values()), width), strict=False)), tuple(whole)


def _line(cells: Iterable[str]) -> str:
    return GAP.join(cells).rstrip()


def fitted(needed: Sequence[int], width: int) -> list[int]:
    """The widths of the columns a terminal has room for: the widest are cut first, then the last left out."""
    widths = list(needed)
    while len(widths) > 1 and _together([min(size, LEAST) for size in widths]) > width:
        widths.pop()
    while _together(widths) > width and max(widths) > LEAST:
        widest = max(widths)
        second = max((size for size in widths if size < widest), default=LEAST)
        over = _together(widths) - width
        at = widths.index(widest)
        widths[at] = max(widest - over, min(second, widest - 1), LEAST)
    return widths


def _together(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def cut(text: str, width: int) -> str:
    """The text, with a mark in its middle for what has no room: both ends of a name tell what it is."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def _aligned(text: str, width: int, value: object) -> str:
    is_number = isinstance(value, (int, float, Figure)) and not isinstance(value, bool)
    return text.rjust(width) if is_number else text.ljust(width)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return harmless(", ".join(map(str, value)))
    return harmless(str(value))


def _speaks_utf8(stream: TextIO) -> bool:
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
