"""One vocabulary for what is asked, sorted, shown and printed: a name, what stands above its column, its short form.

    rms_arcsec     in --json and --csv, for --sort, --columns and --where
    RMS, rms       above its column, and typed instead

A word that is none of these is refused with the names it may have meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.model.errors import UserError
from pipeline.rules.phrases import listed, nearest

_HEADINGS = {
    "accepted_s": "hours",
    "wanted_s": "wanted",
    "needed_s": "needed",
    "exposure_s": "exposure",
    "hfr_measured": "HFR measured",
    "hfr": "HFR",
    "rms_arcsec": "RMS",
}
_UNITS = ("_arcsec", "_percent", "_adu", "_deg", "_mm", "_c", "_s")
_TOO_MANY = 6
"""So many names that hold a word are no advice."""


def heading(name: str) -> str:
    """What stands above a column."""
    return _HEADINGS.get(name, name.removesuffix("_deg").removesuffix("_c").replace("_", " "))


def name_meant(word: str, names: Sequence[str]) -> str | None:
    """The name a word stands for: itself, what stands above its column, or the name without its unit."""
    asked = _plain(word)
    for said in (str, heading, _without_unit):
        for name in names:
            if _plain(said(name)) == asked:
                return name
    return None


def named(option: str, word: str, names: Sequence[str]) -> str:
    """The name a word stands for.

    Raises:
        UserError: None; says which it may have meant.
    """
    if (name := name_meant(word, names)) is not None:
        return name
    raise UserError(f"{option} {word}: no such word; {advice(word, names)}")


def advice(word: str, names: Sequence[str]) -> str:
    """`did you mean "sensor_temp_c" or "set_temp_c"?`, else all there are."""
    asked = _plain(word)
    within = [name for name in names if asked and asked in name]
    if not 0 < len(within) <= _TOO_MANY:
        close = nearest(asked, _typed(names))
        within = [name for name in (close and name_meant(close, names),) if name]
    if within:
        return f"did you mean {listed(within, last='or', quoted=True)}?"
    return f"known: {', '.join(names)}."


def _typed(names: Iterable[str]) -> list[str]:
    """All that may be typed for these names."""
    return [word for name in names for word in (name, heading(name), _without_unit(name))]


def _without_unit(name: str) -> str:
    return next((name.removesuffix(unit) for unit in _UNITS if name.endswith(unit)), name)


def _plain(word: str) -> str:
    return word.strip().casefold().replace("-", "_").replace(" ", "_")
