"""Darks of another exposure: scaled to a light where its rig asks for it, or standing in for a flat's own dark.

a shorter dark  ─scaled─▶   for a light, with a bias: what it has above the bias, times the exposures' ratio
any dark        ─let_in─▶   for flats: the longest that is not longer, else the nearest longer one
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.model.frames import Frame, Kind
from pipeline.model.masters import Match
from pipeline.rules.master_keys import EXPOSURE_TOLERANCE_S
from pipeline.rules.master_looks import Looked


def scaled(light: Frame, looks: Sequence[Looked]) -> list[Looked]:
    """Shorter darks let in, the longest first; a longer one is never used."""
    asked = light.exposure_s

    def scale(one: Looked) -> Looked:
        had = one.master.frame.exposure_s
        if [each.what for each in one.wrong] != ["exposure"] or not asked or not had or had >= asked:
            return one
        return one._replace(wrong=(), scale=asked / had, order=(asked / had,))

    return [scale(one) for one in looks]


def let_in(flat: Frame, looks: Sequence[Looked]) -> list[Looked]:
    """Darks of any exposure, in the order they come near to a flat's."""
    asked = flat.exposure_s

    def admit(one: Looked) -> Looked:
        had = one.master.frame.exposure_s
        if {each.what for each in one.wrong} - {"exposure"} or asked is None or had is None:
            return one
        longer = had > asked + EXPOSURE_TOLERANCE_S
        return one._replace(wrong=(), order=(float(longer), had if longer else -had))

    return [admit(one) for one in looks]


def has_other_exposure(need: Frame, found: Frame) -> bool:
    """True when a dark was not exposed as long as what it is for."""
    here, there = need.exposure_s, found.exposure_s
    return here is not None and there is not None and abs(here - there) > EXPOSURE_TOLERANCE_S + 1e-9


def bias_comes_nearer(flat: Frame, dark: Match) -> bool:
    """True when the chosen dark is so much longer than the flat that a bias errs less: by more than the flat itself."""
    return (
        dark.kind is Kind.DARK and dark.chosen is not None and is_much_longer(flat, dark.chosen.master.frame)
    )


def is_much_longer(flat: Frame, dark: Frame) -> bool:
    """True for a dark of more than twice the flat's exposure."""
    asked, had = flat.exposure_s, dark.exposure_s
    return asked is not None and had is not None and had > 2 * asked
