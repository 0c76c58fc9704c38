"""What a target is called: panels split off, stray quotes dropped, and when two spellings are one name.

Programs write the panel of a mosaic into the name (`M31 Panel 2`), quote names that need no quotes and know
three apostrophes. The name as shot is kept by whoever asks; here only what every library agrees on is tidied.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼʹ′`´", "'") | dict.fromkeys("“”„″", '"'))
_STRAY_QUOTE = re.compile(r"(?<![^\W\d_])'|'(?![^\W\d_])|\"")
"""A quote that is no apostrophe: `M'42` has one, `Barnard's Loop` has none."""

_PANEL = re.compile(
    r"""^(?P<target>.*?[^\s_,(\[-])              # a target there must be: `Panel 2` alone is a name
        [\s_,(\[-]+ panel [\s_#.:-]*
        (?:(?P<number>\d{1,4})
          |(?P<label>\d{1,3}[-x×]\d{1,3}         # row and column
                    |\d{1,3}[a-z]                # 2b
                    |(?<=[\s_#.:-])[^\W\d_]{1,2}\d{0,3}))   # A, NE, A1; glued on it were another word
        (?:\s*(?:of|/)\s*\d{1,4})? [\s)\]]*$""",
    re.IGNORECASE | re.VERBOSE,
)


@lru_cache(maxsize=4096)  # a night has a handful of names and thousands of frames
def split_panel(name: str) -> tuple[str, str]:
    """Split `M31 Panel 2` into `("M31", "2")`; the panel is empty where there is none."""
    tidy = tidied(name)
    found = _PANEL.match(tidy)
    if not found:
        return tidy, ""
    number = found["number"]
    return found["target"].rstrip(), str(int(number)) if number else found["label"]


def tidied(name: str) -> str:
    """The name with its blanks folded, its apostrophes typed as on a keyboard and stray quotes dropped."""
    plain = unicodedata.normalize("NFC", name).translate(_APOSTROPHES)
    return " ".join(_STRAY_QUOTE.sub("", plain).split())


@lru_cache(maxsize=4096)
def target_key(name: str) -> str:
    """What is equal for two spellings of one name: accents, letter case, blanks and apostrophes aside."""
    plain = name if name.isascii() else unicodedata.normalize("NFD", name)
    folded = plain.translate(_APOSTROPHES).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def panel_key(panel: str) -> str:
    """What is equal for two spellings of one panel: `02` is `2`, `a` is `A`."""
    plain = target_key(panel)
    return str(int(plain)) if plain.isdecimal() and len(plain) < 10 else plain
