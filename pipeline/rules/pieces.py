"""One part of a NINA pattern, a folder or a file name, as literals and tokens; and how it is laid on a text.

Nearly always no text holds the character behind it, and one plain regex answers. Where a target or filter
does hold an underscore, all ways are searched, the likeliest first, and it is remembered where the search
failed: several free texts in one name cost the product of two lengths, never a power of their number, however
hostile the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.rules.tokens import Token, find_token

Piece = str | Token
Fields = list[tuple[str, str]]
"""Token names with what stood in their place, in their order."""

_TOKEN = re.compile(r"\$\$([A-Za-z0-9_]{1,40})\$\$", re.ASCII)
_LONGEST = 400
"""No file system makes a name of more characters; what is longer is no name."""


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled part of a pattern."""

    pieces: tuple[Piece, ...]
    tokens: tuple[str, ...]
    plain: re.Pattern[str] | None
    """For texts that do not hold the character behind them; None where looks do not tell where one ends."""

    @property
    def may_be_empty(self) -> bool:
        """True when nothing of it may be left: tokens only."""
        return all(isinstance(piece, Token) for piece in self.pieces)

    def match(self, text: str) -> Fields | None:
        """The tokens' texts, if this part could have made the text."""
        found = self.match_plainly(text)
        return found if found is not None else self.search(text)

    def match_plainly(self, text: str) -> Fields | None:
        """The same, if no text holds the character behind it: then there is only one way."""
        found = self.plain.fullmatch(text) if self.plain else None
        return list(zip(self.tokens, found.groups(""), strict=True)) if found else None

    def search(self, text: str) -> Fields | None:
        """The same, of all ways the likeliest."""
        literals = (piece.strip() for piece in self.pieces if isinstance(piece, str))
        if len(text) > _LONGEST or not all(literal in text for literal in literals):
            return None
        tried = (_search(self.pieces, whole) for whole in self._untrimmed(text))
        return next((fields for fields in tried if fields is not None), None)

    def _untrimmed(self, text: str) -> Iterator[str]:
        """The cleaner trims: an empty token at an end takes the blank beside it along."""
        yield text
        literals = [piece for piece in self.pieces if isinstance(piece, str)]
        if literals and literals[0].startswith(" "):
            yield f" {text}"
        if literals and literals[-1].endswith(" "):
            yield f"{text} "


@lru_cache(maxsize=256)
def compile_part(part: str) -> Part:
    """Compile one folder's or the file name's part of a pattern."""
    pieces: list[Piece] = []
    for at, text in enumerate(_TOKEN.split(part)):
        if at % 2:
            pieces.append(find_token(text))
        elif text:
            pieces.append(text)
    tokens = tuple(piece.name for piece in pieces if isinstance(piece, Token))
    return Part(tuple(pieces), tokens, _plain_regex(pieces))


def _plain_regex(pieces: Sequence[Piece]) -> re.Pattern[str] | None:
    form = ""
    for piece, follower in zip(pieces, [*pieces, "\0"][1:], strict=True):
        if isinstance(piece, str):
            form += re.escape(piece)
            continue
        if isinstance(follower, Token) or follower[0] in ".0123456789":
            return None  # nothing tells where it ends
        left = re.escape(f"$${piece.name}$$")
        form += (
            f"((?:{piece.form.pattern})?|{left})" if piece.form else f"({left}|[^{re.escape(follower[0])}]*)"
        )
    return re.compile(form, re.ASCII | re.DOTALL)


def _search(pieces: Sequence[Piece], text: str) -> Fields | None:
    """The first way to lay the pieces on the text, end to end."""
    fields: Fields = []
    dead: set[tuple[int, int]] = set()

    def fits(index: int, at: int) -> bool:
        if index == len(pieces):
            return at == len(text)
        if (index, at) in dead:
            return False
        piece = pieces[index]
        if isinstance(piece, str):
            return text.startswith(piece, at) and fits(index + 1, at + len(piece))
        follower = pieces[index + 1] if index + 1 < len(pieces) else None
        for end in _ends(piece, follower, text, at):
            fields.append((piece.name, text[at:end]))
            if fits(index + 1, end):
                return True
            fields.pop()
        dead.add((index, at))
        return False

    return fields if fits(0, 0) else None


def _ends(token: Token, follower: Piece | None, text: str, at: int) -> Iterator[int]:
    """Where a token that begins here may end, the likeliest first."""
    left = f"$${token.name}$$"  # stays in the name when no plugin fills it
    if text.startswith(left, at):
        yield at + len(left)
    if token.form is not None:
        found = token.form.match(text, at)
        if found:
            yield found.end()
            if found[0][-1] in "cC":
                yield found.end() - 1
        yield at
    elif follower is None:
        yield len(text)
    elif isinstance(follower, Token):
        yield from range(at, len(text) + 1)
    else:
        ends = _finds(follower, text, at)
        yield from reversed(list(ends)) if token.greedy else ends


def _finds(literal: str, text: str, start: int) -> Iterator[int]:
    at = text.find(literal, start)
    while at >= 0:
        yield at
        at = text.find(literal, at + 1)
