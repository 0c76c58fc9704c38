"""Names of the sky: `M31`, `Messier 31` and `messier_31` are one object, and who may be whose twin.

The normal form serves comparing and asking; the name as shot stays the folder's. What looks like one target
under two names is proposed to the person, never joined: `M31` and `M31 core` may be meant as two.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipeline.rules.targets import panel_key, split_panel, target_key, tidied

_CATALOGUES: tuple[tuple[str, int, str], ...] = (
    # how the normal form begins, the last number there is, what people write (lower case)
    ("M", 110, "m messier"),
    ("NGC ", 7840, "ngc"),
    ("IC ", 5386, "ic"),
    ("C", 109, "c caldwell"),
    ("B", 400, "b bar barnard"),
    ("LDN ", 1802, "ldn"),
    ("LBN ", 1125, "lbn"),
    ("vdB ", 158, "vdb van_den_bergh"),
    ("vdBH ", 95, "vdbh"),
    ("Abell ", 4076, "abell aco"),
    ("PGC ", 9_999_999, "pgc leda"),
    ("UGC ", 12921, "ugc"),
    ("UGCA ", 444, "ugca"),
    ("Gum ", 97, "gum"),
    ("Cr ", 471, "cr collinder"),
    ("Mel ", 245, "mel melotte"),
    ("RCW ", 182, "rcw"),
    ("Arp ", 338, "arp"),
    ("HCG ", 100, "hcg hickson"),
    ("Ced ", 330, "ced cederblad"),
    ("DWB ", 193, "dwb"),
    ("Tr ", 37, "tr trumpler"),
    ("Stock ", 24, "stock"),
    ("Pal ", 15, "pal palomar"),
    ("Mrk ", 1515, "mrk markarian"),
    ("Simeis ", 188, "simeis"),
    ("WR ", 999, "wr"),
)
_PREFIXES = {written: (form, last) for form, last, spellings in _CATALOGUES for written in spellings.split()}
_LETTER_FIRST = {"c", "b"}
"""Too short to be believed inside a name (`Filter B 2`): only where the name begins with them."""
_LETTERED = {"NGC ", "IC ", "Ced "}
"""Catalogues in which a glued letter names a part: NGC 5194A."""


def _word(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that stands by itself in a name: `_` parts words, a letter or digit does not."""
    return re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])")


_GAP = r"[\s_.-]*"
_ANY_PREFIX = "|".join(sorted((one.replace("_", r"[\s_]") for one in _PREFIXES), key=len, reverse=True))
_NUMBERED = _word(rf"(?P<prefix>{_ANY_PREFIX}){_GAP}0*(?P<number>[1-9][0-9]{{0,6}})(?P<letter>[a-f]?)")
_SPECIAL = (
    (_word(r"([cp]|[dxai](?=/))\s?[/_-]?\s?([12][0-9]{3})[\s_-]?([a-hj-y]{1,2}[0-9]{1,3})"), "{}/{} {}"),
    (_word(r"0*([1-9][0-9]{0,2})([pi]|d(?=/))"), "{}{}"),
    (_word(rf"sh{_GAP}2{_GAP}0*([1-9][0-9]{{0,2}})"), "Sh2-{}"),
    (_word(rf"sharpless{_GAP}(?:2[\s_-]+)?0*([1-9][0-9]{{0,2}})"), "Sh2-{}"),
    (_word(r"pk[\s_]*([0-9]{1,3})\s?([+-])\s?([0-9]{1,2}\.[0-9]{1,2})"), "PK {}{}{}"),
    (_word(r"m(?:in)?[\s_]?([1-4])-([0-9]{1,3})"), "Min {}-{}"),  # Minkowski's M2-9 is not Messier's
)


@lru_cache(maxsize=4096)
def normal_form(name: str) -> str | None:
    """Give the one spelling of the object a name speaks of, or None where it names no catalogue.

    Two numbers of one catalogue are two objects (`M81 + M82`); of two, one object's other name.
    """
    plain = target_key(tidied(name))
    for pattern, form in _SPECIAL:
        if found := pattern.search(plain):
            return form.format(*(part.upper() for part in found.groups()))
    objects = list(_numbered(plain))
    same = {(number, letter) for form, number, letter in objects if form == objects[0][0]}
    return " + ".join(f"{objects[0][0]}{number}{letter}" for number, letter in sorted(same)) or None


def _numbered(plain: str) -> Iterator[tuple[str, int, str]]:
    for found in _NUMBERED.finditer(plain):
        prefix, number, letter = found["prefix"].replace(" ", "_"), int(found["number"]), found["letter"]
        form, last = _PREFIXES[prefix]
        if number > last or (letter and form not in _LETTERED):
            continue
        if prefix in _LETTER_FIRST and found.start() > 0:
            continue
        yield form, number, letter.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """A target as it was shot: its name, and where the telescope pointed, if that is known."""

    name: str
    panel: str = ""
    ra_deg: float | None = None
    dec_deg: float | None = None
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Twin:
    """Two names that may be one target."""

    a: str
    """The one with more frames."""
    b: str
    why: str


TWIN_RADIUS_DEG = 0.2


def likely_twins(targets: Iterable[Pointed]) -> list[Twin]:
    """Propose the pairs of names that may be one target: by catalogue, else by where they point."""
    shot = list(map(_whole, targets))
    frames: dict[str, int] = {}
    spelling: dict[str, str] = {}
    for one in shot:
        key = target_key(one.name)
        frames[key] = frames.get(key, 0) + one.frames
        spelling.setdefault(key, one.name)
    reasons = _same_neighbourhood(shot) | _same_designation(spelling)
    twins = []
    for pair, why in reasons.items():
        a, b = sorted(pair, key=lambda key: (-frames[key], key))
        twins.append(Twin(spelling[a], spelling[b], why))
    return sorted(twins, key=lambda twin: (target_key(twin.a), target_key(twin.b)))


def _whole(one: Pointed) -> Pointed:
    name, panel = split_panel(one.name)
    return Pointed(
        name=name, panel=one.panel or panel, ra_deg=one.ra_deg, dec_deg=one.dec_deg, frames=one.frames
    )


def _same_designation(spelling: dict[str, str]) -> dict[frozenset[str], str]:
    by_form: dict[str, list[str]] = {}
    for key, name in spelling.items():
        form = normal_form(name)
        if form is not None:
            by_form.setdefault(form, []).append(key)
    return {
        frozenset((a, b)): f"both are {form}"
        for form, keys in by_form.items()
        for index, a in enumerate(keys)
        for b in keys[index + 1 :]
    }


def _same_neighbourhood(shot: list[Pointed]) -> dict[frozenset[str], str]:
    placed = sorted(
        (one.dec_deg, one.ra_deg, target_key(one.name), panel_key(one.panel))
        for one in shot
        if one.ra_deg is not None and one.dec_deg is not None
        if math.isfinite(one.ra_deg) and abs(one.dec_deg) <= 90
    )
    nearest: dict[frozenset[str], float] = {}
    for index, (dec, ra, key, panel) in enumerate(placed):
        for other_dec, other_ra, other_key, other_panel in placed[index + 1 :]:
            if other_dec - dec > TWIN_RADIUS_DEG:
                break
            if other_key == key or other_panel != panel:
                continue
            apart = separation_deg(ra, dec, other_ra, other_dec)
            if apart <= TWIN_RADIUS_DEG:
                pair = frozenset((key, other_key))
                nearest[pair] = min(apart, nearest.get(pair, apart))
    return {pair: f"they point {apart:.2f}° apart" for pair, apart in nearest.items()}


def separation_deg(ra_a: float, dec_a: float, ra_b: float, dec_b: float) -> float:
    """Angle between two places in the sky, by the haversine: good for small ones, at poles and across 0 h."""
    a, b = math.radians(dec_a), math.radians(dec_b)
    across = math.sin(math.radians(ra_b - ra_a) / 2)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * across**2
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(half))))
