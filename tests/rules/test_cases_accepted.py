"""Another program's cases on which lights go on to the data: there a folder of masters goes with all its lights or not.

Here each set goes on by itself once it was looked at, so that what one filter lacks holds no other back; masters that a
set waits for come with the masters. A set of a case that lacks something is one that nobody has looked at.
"""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.model.verdicts import State
from tests.rules.set_values import link, standing, words
from tests.rules.test_cases_layout import cases

LACKS = ("missing", "no calibration")
GOES_ON_HERE = {"M31/DATE1/FILTER_R"}
"""Held back there, since another filter of its folder lacks flats."""


def leaves(tree: dict[str, str]) -> dict[str, bool]:
    """The folders with lights of their own, and whether anything is lacking there."""
    tips = [folder for folder in tree if not any(other.startswith(f"{folder}/") for other in tree)]
    return {folder: not any(word in tree[folder] for word in LACKS) for folder in tips}


@pytest.mark.parametrize(
    "case", [case for case in cases("move to data") if not case or "tree" in case["input"]]
)
def test_what_is_complete_goes_on_and_what_is_not_stays(case: dict[str, Any]) -> None:
    sets = leaves(case["input"]["tree"])
    states = {
        folder: standing([link("blink")], words(seen=1 if complete else None)).state
        for folder, complete in sets.items()
    }
    there = {
        folder
        for folder in sets
        if any(f"{folder}/".startswith(f"{unit}/") for unit in case["expect"]["move"])
    }
    here = {folder for folder, state in states.items() if state is State.ACCEPTED}
    assert here - there <= GOES_ON_HERE
    assert there <= here
