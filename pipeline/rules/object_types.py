"""What kind of thing a name of the sky speaks of, where its catalogue says so.

Sharpless listed glowing hydrogen, Barnard dark clouds: their numbers need no list. Messier listed everything, so his
110 are told apart here. NGC and IC hold all kinds, and say nothing.
"""

from __future__ import annotations

import re

_OF_CATALOGUE = {
    "Sh2-": "emission nebula",
    "RCW": "emission nebula",
    "Gum": "emission nebula",
    "LBN": "bright nebula",
    "Ced": "bright nebula",
    "DWB": "emission nebula",
    "Simeis": "emission nebula",
    "vdB": "reflection nebula",
    "vdBH": "reflection nebula",
    "LDN": "dark nebula",
    "B": "dark nebula",
    "PK": "planetary nebula",
    "PGC": "galaxy",
    "UGC": "galaxy",
    "UGCA": "galaxy",
    "Arp": "galaxy",
    "Mrk": "galaxy",
    "HCG": "galaxy group",
    "Cr": "open cluster",
    "Mel": "open cluster",
    "Tr": "open cluster",
    "Stock": "open cluster",
    "Pal": "globular cluster",
    "WR": "star",
}
_MESSIER = {
    "supernova remnant": "1",
    "globular cluster": "2 3 4 5 9 10 12 13 14 15 19 22 28 30 53 54 55 56 62 68 69 70 71 72 75 79 80 92 107",
    "open cluster": "6 7 11 18 21 23 25 26 29 34 35 36 37 38 39 41 44 45 46 47 48 50 52 67 93 103",
    "emission nebula": "8 16 17 20 42 43",
    "planetary nebula": "27 57 76 97",
    "reflection nebula": "78",
    "star cloud": "24",
    "double star": "40",
    "asterism": "73",
}
_MESSIER_TYPES = {int(number): kind for kind, numbers in _MESSIER.items() for number in numbers.split()}
_COMET = re.compile(r"^(?:[CPDXA]/\d|\d{1,3}[PD]\b)")
_NAME = re.compile(r"^(?P<catalogue>Sh2-|[A-Za-z]+) ?(?P<number>\d+)")


def object_type(normal_form: str | None) -> str | None:
    """`galaxy` for M31, `dark nebula` for B33; None where the name does not say."""
    if not normal_form or " + " in normal_form:
        return None
    if _COMET.match(normal_form):
        return "comet"
    found = _NAME.match(normal_form)
    if found is None:
        return None
    if found["catalogue"] == "M":
        return _MESSIER_TYPES.get(int(found["number"]), "galaxy")
    return _OF_CATALOGUE.get(found["catalogue"])
