"""Where in the ten stages a frame or a set stands, read from where a person sees it: `10_Blink` to `70_Abandon`.

A frame that lies in none of them is in the store alone; what was rejected has a stage of its own, `_Reject`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.model.verdicts import State
from pipeline.rules.layout import BLINK, DATA, REJECT, STAGES

SHOWN_STAGES = (*STAGES[1:], REJECT)
"""What `--stage` may name, in the order of the work."""
_KNOWN = frozenset(SHOWN_STAGES)
_OF_STATE = {
    State.OFFERED: BLINK,
    State.HELD: BLINK,
    State.LATE: BLINK,
    State.GONE: BLINK,
    State.CULLED: REJECT,
    State.REJECTED: REJECT,
    State.ACCEPTED: DATA,
}


def stage_of(path: str) -> str:
    """The stage a path lies in; empty for the store and for what lies nowhere."""
    return next((part for part in path.split("/", 4)[:4] if part in _KNOWN), "")


def stages_of_set(row: Mapping[str, Any], stage_by_set: Mapping[str, str]) -> set[str]:
    """The stages the frames of a set are in, by their states; what moved on is where its project has come to."""
    states = {state for state, number in (row.get("states") or {}).items() if number}
    found = {_OF_STATE[State(state)] for state in states if state in _OF_STATE}
    if State.MOVED_ON in states:
        found.add(stage_by_set.get(str(row["id"]), ""))
    return found - {""}
