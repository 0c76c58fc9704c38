r"""Names of others shown so that they deceive no eye: an object may be called `M31`, a reversal of the line, `gpj.`.

What does not print is shown as its number, `\u202e`, in a terminal, on a page and in a note alike. Pages and notes have
lines and wide blanks of their own, and scripts that need joiners: these stay.
"""

from __future__ import annotations

import re

DECEIVING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
"""Controls, ends of lines that are none, what is not seen, and what turns the direction of reading."""


def harmless(text: str) -> str:
    r"""Text a terminal shows and never obeys: a newline or an escape in a file name is shown as `\x0a`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _number(char) for char in text)


def plain(text: str) -> str:
    """A page or a note in which no letter is hidden and none turns the line around."""
    return DECEIVING.sub(lambda found: _number(found[0]), text)


def _number(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
