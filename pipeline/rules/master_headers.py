"""What a master of ours says of itself in its header: its own manifest, so that nothing else need be kept of it.

NBINPUTS  a digest of what it was made of and how: equal means the same master would be made again
NBFRAMES  a digest of the exposures that were at hand, refused ones too
NBLESS    NBINPUTS (or the hash) of the master that was taken from each exposure
NBPIXELS  a digest of the pixels as they lie in the file, so that a damaged file is found out
NBFIRST, NBLAST   the nights of the first and the last exposure
NBHELD    why it waits for `doit master NAME --ok`, where it does
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from pipeline.model.frames import Value

INPUTS, FRAMES, LESS, PIXELS = "NBINPUTS", "NBFRAMES", "NBLESS", "NBPIXELS"
FIRST, LAST, HELD, HOW, BY = "NBFIRST", "NBLAST", "NBHELD", "NBHOW", "CREATOR"
_OTHERS_BY = (BY, "PROGRAM", "SWCREATE", "SOFTWARE")
"""Where other programs say who made a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a master came about, as far as its header says."""

    inputs: str = ""
    frames: str = ""
    how: str = ""
    less: str = ""
    pixels: str = ""
    first: str = ""
    """ISO dates of nights."""
    last: str = ""
    held: str = ""
    by: str = ""

    @property
    def is_ours(self) -> bool:
        """True for a master that Nightbuild integrated."""
        return bool(self.inputs and self.frames)

    @property
    def nights(self) -> tuple[date, date] | None:
        """The nights of its first and last exposure."""
        try:
            return date.fromisoformat(self.first), date.fromisoformat(self.last)
        except ValueError:
            return None


def made_by(cards: Mapping[str, Value]) -> Made:
    """What a header says of how its master was made; hostile words end as none."""
    by = next((text for key in _OTHERS_BY if (text := _text(cards, key))), "")
    return Made(
        inputs=_text(cards, INPUTS),
        frames=_text(cards, FRAMES),
        how=_text(cards, HOW),
        less=_text(cards, LESS),
        pixels=_text(cards, PIXELS),
        first=_text(cards, FIRST),
        last=_text(cards, LAST),
        held=_text(cards, HELD),
        by=by,
    )


def dump_made(made: Made) -> dict[str, str]:
    """As JSON, without blanks."""
    return {key: text for key, text in asdict(made).items() if text}


def load_made(plain: Mapping[str, Any]) -> Made:
    """From that JSON."""
    return Made(**plain)


def digest_of(texts: Iterable[str]) -> str:
    """One text for many, whatever their order."""
    return sha256("\n".join(sorted(texts)).encode()).hexdigest()


def _text(cards: Mapping[str, Value], key: str) -> str:
    value = cards.get(key)
    return value.strip()[:200] if isinstance(value, str) else ""
