r"""A frame's row while it is still a line of the catalogue's file: asked a little, it is never read as a whole.

Eighty thousand rows of forty values take most of a second to read; a question looks at two of them. A key is found by
its bytes: `"set":` stands nowhere else on a line, since a quotation mark within a text is written `\"`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from pipeline.model.measures import QUANTITIES

_QUOTE = b'"'
_VALUES = b'"values":{'


class FrameLine(Mapping[str, Any]):
    """One line of a table, as a row; ValueError where it is none."""

    __slots__ = ("owner", "text")

    def __init__(self, text: bytes, owner: str) -> None:
        self.text = text
        self.owner = owner

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as any mapping
        """A value of the row itself."""
        if key == "owner":
            return self.owner
        text, mark = self.text, _mark(key)
        start = text.find(mark)
        if start < 0:
            return default
        start += len(mark)
        if text[start : start + 1] == _QUOTE:
            inside = text[start + 1 : text.find(b'"', start + 1)]
            if b"\\" not in inside:
                return inside.decode(errors="replace")
        return self.whole().get(key, default)

    def number(self, key: str) -> float | None:
        """A quantity of the frame, or a number of the row itself."""
        text, mark = self.text, _mark(key)
        within = text.find(_VALUES) if key in QUANTITIES else 0
        start = text.find(mark, within) if within >= 0 else -1
        if start < 0 or (within and start > text.find(b"}", within)):
            return None
        start += len(mark)
        end = text.find(b",", start)
        try:
            return float(text[start:end].rstrip(b"}"))
        except ValueError:
            found = self.whole()
            value = (found.get("values", {}) if key in QUANTITIES else found).get(key)
            return value if isinstance(value, int | float) else None

    def whole(self) -> dict[str, Any]:
        """All of the row."""
        text = self.text[self.text.find(b"{") : self.text.rfind(b"}") + 1]
        row = _parsed(text)
        if not isinstance(row, dict):
            raise ValueError(f"no row: {text[:40]!r}")  # noqa: TRY004 - of the text, not of a type
        return row | {"owner": self.owner}

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - likewise
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())


@lru_cache(maxsize=256)
def _mark(key: str) -> bytes:
    return b'"%s":' % key.encode()


def _parsed(text: bytes) -> object:
    """JSON, also with the lone surrogates that stand for the bytes of a file name in no alphabet."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
