"""Words made safe to be part of a path, on every platform, and back.

A target may be called `../../etc`, `CON`, `C/2022 E3` or a hundred kanji; a path part may not. What a platform refuses
is written as `%` and the UTF-8 bytes in hex, as in a web address, so nothing is lost and two names never become one.
A name too long is cut and signed with a digest of the whole: its full spelling is kept by header and ledger.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

PART_BYTES = 140
"""The longest part: 140 bytes fit every file system, encrypted ones too (eCryptfs: 143)."""
PATH_CHARS = 200
"""The longest path below the library's root: Windows ends at 259, and the root needs room."""

_ILLEGAL = re.compile(r'[<>:"/\\|?*%\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_RESERVED = re.compile(
    r"^(con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\s*(\.|$))", re.IGNORECASE
)
_ESCAPED = re.compile(r"(?:%[0-9A-F]{2})+")
_SIGNATURE = re.compile(r"~[0-9a-f]{10}$")


@lru_cache(maxsize=8192)  # the same few names, over and over
def escape(text: str, *, also: str = "") -> str:
    """One path part that says `text`; `also` names further characters to be written in hex."""
    plain = unicodedata.normalize("NFC", text)
    part = _ILLEGAL.sub(_hex, plain)
    if also:
        part = re.sub(f"[{re.escape(also)}]", _hex, part)
    part = _RESERVED.sub(lambda found: _hex(found[0][0]) + found[0][1:], part)
    if _SIGNATURE.search(part):  # a name that looks cut, but is not
        part = part[:-11] + "%7E" + part[-10:]
    return _guard_ends(part)


def unescape(part: str) -> str:
    """The text a part was made from, unless it was cut."""
    return _ESCAPED.sub(_from_hex, part)


def shorten(part: str, budget_bytes: int = PART_BYTES) -> str:
    """The part itself if it fits, else its beginning and a digest of the whole."""
    if len(part.encode()) <= budget_bytes:
        return part
    digest = hashlib.sha256(part.encode()).hexdigest()[:10]
    head = part.encode()[: max(budget_bytes - 11, 0)].decode(errors="ignore")
    head = re.sub(r"%[0-9A-F]?$", "", head).rstrip(" .")
    return f"{head}~{digest}"


def is_shortened(part: str) -> bool:
    """True when the part is the beginning of a longer name."""
    return _SIGNATURE.search(part) is not None


def _guard_ends(part: str) -> str:
    """Windows drops blanks and dots at the end, a dot in front hides, and a blank in front is lost in every shell."""
    head = re.match(r"[ .]", part)
    if head:
        part = _hex(head[0]) + part[1:]
    tail = re.search(r"[ .]$", part)
    return part[:-1] + _hex(tail[0]) if tail else part


def _hex(found: str | re.Match[str]) -> str:
    text = found if isinstance(found, str) else found[0]
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def _from_hex(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "surrogatepass")
