"""Cards on their way out: keywords and values in, the 80-byte lines of a FITS header out.

What a header cannot say is never a reason to lose a picture: NaN becomes a card without value, a letter that
is not ASCII a question mark, a keyword of more than eight letters HIERARCH, what fits nowhere a comment.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.model.frames import Value

LINE = 80
BLOCK = 2880
_TEXT = 68
"""The longest text (quotes doubled) that one card holds."""
_MOST_WHOLE = 10**19
"""From here on a whole number, with its sign, may not fit the 20 columns it has."""
_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}")
_COMMENTARY = frozenset({"", "COMMENT", "HISTORY"})
_OURS = re.compile(
    r"SIMPLE|BITPIX|NAXIS\d*|EXTEND|XTENSION|PCOUNT|GCOUNT|GROUPS|BZERO|BSCALE|BLANK|CHECKSUM|DATASUM|CONTINUE|END"
)


@dataclass(frozen=True, slots=True)
class Card:
    """One keyword with its value; of HISTORY and COMMENT the value is the text, however long."""

    key: str
    value: Value | None
    comment: str = ""


def header_text(layout: Iterable[Card], cards: Iterable[Card]) -> bytes:
    """A whole header, filled up to its block.

    Args:
        layout: the cards that describe the array, SIMPLE first.
        cards: what is said of the picture. Cards that would contradict the layout are left out, so the cards
            of another file can be handed on as they are.
    """
    said = (card for card in cards if not _OURS.fullmatch(card.key.strip().upper()))
    lines = [line for card in (*layout, *said) for line in card_lines(card)]
    text = "".join(line.ljust(LINE) for line in [*lines, "END"])
    return text.ljust(-(-len(text) // BLOCK) * BLOCK).encode("ascii")


def card_lines(card: Card) -> list[str]:
    """The lines of one card: one, or more where the text is long."""
    lines = _lines(card)
    assert all(len(line) <= LINE for line in lines), card.key
    return lines


def _lines(card: Card) -> list[str]:
    key, comment = _ascii(card.key).strip().upper(), _ascii(card.comment)
    if key in _COMMENTARY:
        return _commentary(key, _ascii("" if card.value is None else str(card.value)))
    if not _KEYWORD.fullmatch(key):
        return _hierarch(key, card.value)
    if isinstance(card.value, str):
        return _text_lines(key, _ascii(card.value), comment)
    shown = _number(card.value)
    return [_with_comment(f"{key:<8}= {shown:>20}", comment)]


def _number(value: bool | int | float | None) -> str:
    """A value as it stands right of `= `; nothing for what FITS has no number for."""
    if isinstance(value, bool):
        return "T" if value else "F"
    if value is None:
        return ""
    if isinstance(value, int) and abs(value) < _MOST_WHOLE:
        return repr(value)
    try:  # a whole number of 300 digits would tear the header: its first 17 are told
        number = float(value)
    except OverflowError:
        return ""
    return repr(number).upper() if math.isfinite(number) else ""


def _text_lines(key: str, text: str, comment: str) -> list[str]:
    quoted = text.replace("'", "''")
    if len(quoted) <= _TEXT:
        shown = f"'{quoted:<8}'"
        return [_with_comment(f"{key:<8}= {shown:<20}", comment)]
    first, *more = _pieces(quoted)
    return [f"{key:<8}= '{first}'", *(f"CONTINUE  '{piece}'" for piece in more)]


def _pieces(quoted: str) -> list[str]:
    """A long text in pieces that end in `&` where they go on, no doubled quote torn apart."""
    pieces = []
    while len(quoted) > _TEXT:
        cut = _TEXT - 1
        quotes_before = len(quoted[:cut]) - len(quoted[:cut].rstrip("'"))
        cut -= quotes_before % 2
        pieces.append(quoted[:cut] + "&")
        quoted = quoted[cut:]
    return [*pieces, quoted]


def _hierarch(key: str, value: Value | None) -> list[str]:
    words = " ".join(key.replace("=", " ").split())
    shown = "'" + _ascii(value).replace("'", "''") + "'" if isinstance(value, str) else _number(value)
    line = f"HIERARCH {words} = {shown}"
    return (
        [line]
        if words and len(line) <= LINE
        else _commentary("COMMENT", f"{words} = {_ascii(value) if isinstance(value, str) else shown}")
    )


def _commentary(key: str, text: str) -> list[str]:
    room = LINE - 8
    return [f"{key:<8}{text[at : at + room]}" for at in range(0, max(len(text), 1), room)]


def _with_comment(line: str, comment: str) -> str:
    return f"{line} / {comment}"[:LINE].rstrip() if comment and len(line) < LINE - 4 else line


def _ascii(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
