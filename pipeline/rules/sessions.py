"""Imaging sessions: a rig's night, as its frames tell it, parted or joined as a person said.

sets, frames of a rig ─sessions_of─▶ Sessioned     the sessions, and which session each frame and set belongs to
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from pipeline.model.catalog import COUNTING, FrameRow, SessionRow, SetRow
from pipeline.model.frames import Kind
from pipeline.model.record_policies import Sessions
from pipeline.rules.decisions import Decisions
from pipeline.rules.session_parts import names_of, sessions_of_frames
from pipeline.rules.states import in_life_order

_TOLD = (
    "hfr",
    "hfr_measured",
    "stars",
    "stars_measured",
    "eccentricity",
    "eccentricity_measured",
    "rms_arcsec",
)
"""Of what a session tells the median, over its lights that count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessioned:
    """A rig's sessions."""

    rows: tuple[SessionRow, ...] = ()
    of_frame: Mapping[str, str] = field(default_factory=dict)
    """Stored path to session."""
    of_set: Mapping[str, str] = field(default_factory=dict)
    """A set parted between two is of its first frame's."""


def sessions_of(
    rig: str, sets: Sequence[SetRow], frames: Sequence[FrameRow], policy: Sessions, decisions: Decisions
) -> Sessioned:
    """The sessions of a rig or camera.

    Args:
        rig: Whose they are.
        sets: All its sets.
        frames: All its frames.
        policy: What a session is.
        decisions: What a person joined, parted or named.
    """
    mine = [row for row in frames if "set" in row]
    of_frame = sessions_of_frames(rig, mine, policy, decisions)
    by_session: dict[str, list[FrameRow]] = {}
    of_set: dict[str, str] = {}
    for row in sorted(mine, key=lambda one: (one.get("utc", ""), one["stored"])):
        session = of_frame[row["stored"]]
        by_session.setdefault(session, []).append(row)
        of_set.setdefault(row["set"], session)
    names, by_id = names_of(decisions), {one["id"]: one for one in sets}
    rows = [_row(name, rig, found, by_id, names.get(name, "")) for name, found in sorted(by_session.items())]
    return Sessioned(rows=tuple(rows), of_frame=of_frame, of_set=of_set)


def _row(
    session: str, rig: str, frames: Sequence[FrameRow], sets: Mapping[str, SetRow], name: str
) -> SessionRow:
    lights = [row for row in frames if row["kind"] == Kind.LIGHT]
    counting = [row for row in lights if row["state"] in COUNTING]
    nights = sorted({row["night"] for row in frames})
    row = SessionRow(
        id=session,
        rig=rig,
        night=nights[0],
        nights=nights,
        targets=_said(row.get("target") for row in lights),
        filters=_said(row.get("filter") for row in lights),
        sets=_said(row.get("set") for row in frames),
        frames=len(frames),
        lights=len(lights),
        states=in_life_order(Counter(row["state"] for row in frames)),
        accepted_s=math.fsum(row.get("exposure_s", 0.0) for row in counting),
    )
    if name:
        row["name"] = name
    if parted := _parted(frames, sets):
        row["parted"] = parted
    if site := next((sets[one]["site"] for one in row["sets"] if one in sets and "site" in sets[one]), ""):
        row["site"] = site
    if moments := sorted(one["utc"] for one in frames if "utc" in one):
        row["first_utc"], row["last_utc"] = moments[0], moments[-1]
    if medians := _medians(counting):
        row["medians"] = medians
    return row


def _parted(frames: Iterable[FrameRow], sets: Mapping[str, SetRow]) -> dict[str, dict[str, int]]:
    """Of sets that lie in other sessions too: how many of their frames are in this one, and count."""
    found: dict[str, dict[str, int]] = {}
    for row in frames:
        told = found.setdefault(row.get("set", ""), {"frames": 0, "accepted": 0})
        told["frames"] += 1
        told["accepted"] += row["state"] in COUNTING
    return {one: told for one, told in found.items() if one in sets and told["frames"] < sets[one]["frames"]}


def _said(words: Iterable[str | None]) -> list[str]:
    return sorted({word for word in words if word})


def _medians(frames: Sequence[FrameRow]) -> dict[str, float]:
    found = {}
    known = [row["values"] for row in frames if "values" in row]
    for quantity in _TOLD:
        values = [one[quantity] for one in known if quantity in one]
        if values:
            found[quantity] = round(median(values), 4)
    return found
