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
_NESTS = {"values": b'"values":{', "levels": b'"levels":{'}
LEVEL = "level_"
"""Before the name of what was measured of a flat, dark or bias: `level_median_adu`."""
OF_SETS = (
    "rig", "optic", "camera", "object", "gain", "offset", "set_temp_c", "binning", "readout_mode", "focal_ratio",
    "focal_length_mm",
)  # fmt: skip
"""What a frame's set says of it, in the order rows tell it."""
_SHARED = frozenset(OF_SETS)


def nest_of(name: str) -> tuple[str, str]:
    """The table of a row in which a number lies, and what it is called there; no table: the row itself."""
    if name in QUANTITIES:
        return "values", name
    return ("levels", name.removeprefix(LEVEL)) if name.startswith(LEVEL) else ("", name)


class FrameLine(Mapping[str, Any]):
    """One line of a table, as a row; ValueError where it is none."""

    __slots__ = ("of_set", "owner", "text")

    def __init__(self, text: bytes, owner: str) -> None:
        self.text = text
        self.owner = owner
        self.of_set: Mapping[str, Any] | None = None
        """Its set's row, where whoever asks has it."""

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as any mapping
        """A value of the row itself, or what its set says of it."""
        if key == "owner":
            return self.owner
        if self.of_set is not None and key in _SHARED:
            return self.of_set.get(key, default)
        text, mark = self.text, _mark(key)
        start = text.find(mark)
        if start < 0:
            return default
        start += len(mark)
        if text[start : start + 1] == _QUOTE:
            inside = text[start + 1 : text.find(b'"', start + 1)]
            if b"\\" not in inside:
                return inside.decode(errors="replace")
        elif (found := _figure(text[start : text.find(b",", start)])) is not None:
            return found
        return self.whole().get(key, default)

    def number(self, key: str) -> float | None:
        """A quantity of the frame, or a number of the row itself."""
        if key in _SHARED:
            return _number((self.of_set or {}).get(key))
        within, mark = _marks(key)
        text, start, end = self.text, 0, -1
        if within:
            start = text.find(within)
            end = text.find(b"}", start)
        start = text.find(mark, start, end) if start >= 0 else -1
        if start < 0:
            return None
        start += len(mark)
        try:
            return float(text[start : text.find(b",", start)].rstrip(b"}"))
        except ValueError:
            nest, inner = nest_of(key)
            found = self.whole()
            return _number((found.get(nest, {}) if nest else found).get(inner))

    def whole(self) -> dict[str, Any]:
        """All of the row."""
        text = self.text[self.text.find(b"{") : self.text.rfind(b"}") + 1]
        row = _parsed(text)
        if not isinstance(row, dict):
            raise ValueError(f"no row: {text[:40]!r}")  # noqa: TRY004 - of the text, not of a type
        shared = self.of_set or {}
        return row | {"owner": self.owner} | {key: shared[key] for key in OF_SETS if key in shared}

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - likewise
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _figure(text: bytes) -> float | None:
    """A number as JSON writes it, whole ones as such; None where it is none, or ends its row."""
    try:
        return float(text) if b"." in text or b"e" in text else int(text)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _marks(key: str) -> tuple[bytes, bytes]:
    """Before the table a number lies in (empty: the row itself), and before the number."""
    nest, inner = nest_of(key)
    return _NESTS.get(nest, b""), _mark(inner)


@lru_cache(maxsize=256)
def _mark(key: str) -> bytes:
    return b'"%s":' % key.encode()


def _parsed(text: bytes) -> object:
    """JSON, also with the lone surrogates that stand for the bytes of a file name in no alphabet."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
