"""The cards of a FITS header: 80-byte images in, keywords and values out.

Nearly every card a capture program writes is plain, and a plain card is one regular expression; the frames
of a night share most of theirs, so cards are remembered by their bytes. A card that is not plain (CONTINUE,
HIERARCH, odd spacing) is read by astropy, that card alone. Both give the same values: a property test holds
that.

What neither can read is left out and named; the cards beside it stay.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from functools import lru_cache

from pipeline.model.frames import Problem, Value

CARD = 80
_HEAD = 10
"""Columns of the keyword and of `= `, behind which the value stands."""
_MOST_NAMED = 8
"""How many unreadable cards are named one by one."""

_INT = r"[+-]?\d+"
_DECIMAL = r"[+-]?(?:\d+\.\d*|\.\d+|\d+(?=[eEdD]))"
_VALUE = re.compile(
    r" *(?:'([ -&(-~]*)'(?=$|[ /])"
    rf"|({_DECIMAL}(?:[eE][+-]?\d+)?)(?![dD])|({_INT})(?![dD])|([TF])"
    rf"|'([ -&(-~]*(?:''(?![ /'])[ -&(-~]*)*)'(?=$|[ /])|({_DECIMAL}[dD][+-]?\d+))? *(?:/.*)?",
    re.DOTALL | re.ASCII,
)
_PLAIN_HEAD = re.compile(r"(?!CONTINUE)([A-Z0-9_-]+) *= ")
_FOREIGN_TEXT = re.compile(r"(?P<key>[A-Z0-9_-]{1,8}) *= *'(?P<text>(?:[^']|'')*)' *(?:/.*)?")
_UNCLOSED_TEXT = re.compile(r"(?P<key>[A-Z0-9_-]{1,8}) *= *'(?P<text>[^']+)")
_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8} *")
_COMMENTARY = frozenset({"", "COMMENT", "HISTORY", "END"})
_NOTHING = ("", "")
"""A card without a value: commentary, or a keyword nobody filled in."""


class _BadCardError(ValueError):
    """This card cannot be read; the text says why."""


def parse_cards(pieces: list[bytes]) -> tuple[dict[str, Value], list[Problem]]:
    """Read card images in the order of the header; the first of a repeated keyword speaks."""
    problems: list[Problem] = []
    plain = list(map(plain_card, pieces))
    found = [card or _read_odd(piece, problems) for card, piece in zip(plain, pieces, strict=True)]
    return _first_of_each(found), _few(problems)


def _first_of_each(found: list[tuple[str, Value]]) -> dict[str, Value]:
    cards = dict(found)
    if len(cards) < len(found):
        cards = dict(reversed(dict(reversed(found)).items()))
    cards.pop("", None)
    return cards


def split_cards(block: bytes) -> list[bytes]:
    """Cut a header into cards; the CONTINUE cards stay with theirs, a torn last card is left out."""
    count = len(block) // CARD
    pieces = list(struct.unpack(f"{CARD}s" * count, block[: count * CARD]))
    return _join_continued(pieces) if b"CONTINUE" in block else pieces


def _join_continued(pieces: list[bytes]) -> list[bytes]:
    groups: list[list[bytes]] = []
    for piece in pieces:
        if groups and piece.startswith(b"CONTINUE"):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [b"".join(group) for group in groups]


@lru_cache(maxsize=1024)
def plain_card(card: bytes) -> tuple[str, Value] | None:
    """Keyword and value of a plain card, `_NOTHING` where it has none; `None` for a card that is not plain."""
    key = _plain_keyword(card[:_HEAD])
    if not key:
        return None if key is None else _NOTHING
    found = _VALUE.fullmatch(card.decode("latin-1"), _HEAD) if len(card) <= CARD else None
    if found is None:
        return None
    value = _typed(found)
    if value is None:
        return _NOTHING
    return (key, value) if _is_finite(value) else None


@lru_cache(maxsize=4096)
def _plain_keyword(head: bytes) -> str | None:
    """The keyword in the first ten columns, empty for commentary; `None` when they are not plain."""
    text = head.decode("latin-1")
    if text[:8].rstrip(" ") in _COMMENTARY:
        return ""
    found = _PLAIN_HEAD.fullmatch(text) if len(text) == _HEAD else None
    return found[1] if found else None


def _typed(found: re.Match[str]) -> Value | None:
    group = found.lastindex
    return _TURNS[group](found[group]) if group else None


def _undouble(text: str) -> str:
    return text.replace("''", "'").rstrip()


def _fortran_float(text: str) -> float:
    return float(text.replace("D", "E").replace("d", "e"))


_TURNS: tuple[Callable[[str], Value], ...] = (
    str,
    str.rstrip,
    float,
    int,
    "T".__eq__,
    _undouble,
    _fortran_float,
)
"""How the text in each group of `_VALUE` becomes a value."""


def plain_value(text: str) -> Value | None:
    """A value cut out of its card: `'M 31'`, `300.0`, `T`; bare words stay words, NaN is `None`."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return legible(_undouble(text[1:-1]))
    found = _VALUE.fullmatch(text) if len(text) <= CARD and "/" not in text else None
    value = _typed(found) if found else legible(text)
    return value if value != "" and _is_finite(value) else None


def legible(text: str) -> str:
    """The text with `?` for what cannot be shown: control characters, bytes of no encoding."""
    if text.isprintable() and "\ufffd" not in text:
        return text
    return "".join(letter if letter.isprintable() and letter != "\ufffd" else "?" for letter in text)


def _is_finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _read_odd(card: bytes, problems: list[Problem]) -> tuple[str, Value]:
    """Read a card that is not plain; what is wrong with it goes to the problems."""
    # UTF-8 is kept (Greek, accents); in continued cards columns count, so there every byte is one letter.
    decoded = card.decode(errors="replace") if len(card) <= CARD else card.decode("latin-1")
    text = legible(decoded)
    try:
        key, value = _odd_value(text, problems)
    except _BadCardError as trouble:
        problems.append(Problem("bad-card", str(trouble)))
        return _NOTHING
    if text != decoded and key:
        shown = _short(str(value))
        problems.append(Problem("bad-card", f"{key} holds bytes that are no text, shown as ?: {shown}"))
    return key, value


def _odd_value(text: str, problems: list[Problem]) -> tuple[str, Value]:
    if not text.isascii():
        found = _FOREIGN_TEXT.fullmatch(text) if len(text) <= CARD else None
        if found:
            return found["key"], _undouble(found["text"])
        text = text.encode("ascii", "replace").decode()
    unclosed = _UNCLOSED_TEXT.fullmatch(text) if len(text) <= CARD else None
    if unclosed:
        sentence = f"{unclosed['key']} lacks its closing quote; read up to the end of the card"
        problems.append(Problem("bad-card", sentence))
        return unclosed["key"], unclosed["text"].rstrip()
    return _read_by_astropy(text) if _has_value(text) else _NOTHING


def _has_value(text: str) -> bool:
    """True for what may hold a value; False for what is comment by the standard: no `= ` in columns 9, 10."""
    if text[:8].strip().upper() in _COMMENTARY or text.startswith("CONTINUE"):
        return False
    if 0 <= text.find("= ") <= 8 or (text[:9].upper() == "HIERARCH " and "=" in text):
        return True
    if _KEYWORD.fullmatch(text[:8]) and text[8:9] != "=":
        return False
    raise _BadCardError(f"no FITS card: {_short(text)}")


def _read_by_astropy(text: str) -> tuple[str, Value]:
    from astropy.io.fits import Card  # a third of a second, for the few headers that need it
    from astropy.io.fits.card import Undefined
    from astropy.io.fits.verify import VerifyError

    card = Card.fromstring(text)
    try:
        # Raw: what some call "record-valued" (`'gain: 5'`) is the text the program wrote.
        key, value = str(card.rawkeyword).upper(), card.rawvalue
    except (VerifyError, ValueError, IndexError) as trouble:
        shown = _short(text[8:].lstrip("= "))
        raise _BadCardError(f"{text[:8].strip()} cannot be read: {shown}") from trouble
    if isinstance(value, Undefined):
        return _NOTHING
    if isinstance(value, (bool, int, float, str)) and _is_finite(value):
        return key, value
    raise _BadCardError(f"{key} is no finite number: {_short(str(value))}")


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else text[:39] + "…"


def _few(problems: list[Problem]) -> list[Problem]:
    """The problems, each said once, and a count in place of the many."""
    problems = list(dict.fromkeys(problems)) if problems else problems
    if len(problems) <= _MOST_NAMED:
        return problems
    rest = len(problems) - _MOST_NAMED
    return [*problems[:_MOST_NAMED], Problem("bad-card", f"{rest} more cards cannot be read")]
