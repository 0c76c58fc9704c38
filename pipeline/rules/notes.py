"""The sentences in _Quarantine: what happened, to which file, why, what is still known, what to type."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.model.survey import Arrival
from pipeline.rules.escape import escape, shorten

FOLDER = "_Quarantine"
SIGN = "\nNot understood: "
"""What tells a sentence of ours from a person's own file."""


def note_name(arrival: Arrival) -> str:
    """The sentence's file, told apart by inbox and path."""
    found = arrival.found
    return shorten(escape(f"{found.inbox}/{found.original}"), 120) + ".txt"


def note_text(arrival: Arrival) -> str:
    """What happened, to which file, why, what was done about it, what to type."""
    found = arrival.found
    lines = [
        f"{found.inbox}/{found.original}",
        f"{found.size:,} bytes",
        f"{SIGN}{arrival.why.rstrip('.')}.",
        "It was left where it is; the rest of the night went on.",
    ]
    if arrival.frame is not None:
        known = [f"{name} {value}" for name, value in _known(arrival).items()]
        lines += ["", "Still known: " + ", ".join(known) + "."] if known else []
    if arrival.cure:
        lines += ["", "What to type:", f"    {arrival.cure}"]
    else:
        lines += ["", "Copy it again, or remove it; then run `doit`."]
    return "\n".join(lines) + "\n"


def _known(arrival: Arrival) -> Mapping[str, object]:
    frame = arrival.frame
    if frame is None:
        return {}
    values = {
        "kind": frame.kind.value if frame.kind else None,
        "rig": frame.rig,
        "target": frame.target,
        "night": frame.night,
        "filter": frame.filter or None,
        "exposure": f"{frame.exposure_s:g} s" if frame.exposure_s is not None else None,
    }
    return {name: value for name, value in values.items() if value}
