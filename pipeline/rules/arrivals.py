"""What becomes of each file in an inbox: stored, waited for, asked about, or left alone.

Pure: the clock, the ledger's memory and the rigs are arguments. The reason travels with the fate, and where typing
helps, what to type.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.model.frames import Frame, Kind
from pipeline.model.survey import Arrival, Fate, Found, Sighting, Sort
from pipeline.rules.addresses import read_address
from pipeline.rules.corrected import inbox_subject
from pipeline.rules.gathering import is_wanted, suffix_of
from pipeline.rules.layout import frame_path, target_part
from pipeline.rules.library_names import USUAL, Homes, library_path
from pipeline.rules.likeness import nearest_rig
from pipeline.rules.recognise import RIVALS, needs_optic
from pipeline.rules.targets import target_key
from pipeline.rules.typed import as_typed

_QUARANTINE_CODES = ("cut-off",)
_BY_NAME = {
    Sort.OTHER: Fate.OTHER,
    Sort.KEEP: Fate.OTHER,
    Sort.WITNESS: Fate.WITNESS,
    Sort.ARCHIVE: Fate.ARCHIVE,
}
_GROWING_S = 120.0
"""A file cut off by its own header that changed within the last minutes is being written, not broken."""
_CURES = {
    "no-kind": "kind=LIGHT",
    "no-target": "target=NAME",
    "no-night": "night=YYYY-MM-DD",
    "no-exposure": "exposure=SECONDS",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What judging an arrival depends on besides the file."""

    now_ns: int
    """By the clock of the inbox's own file system."""
    settle_s: float
    accept_unknown: bool
    rig_names: Sequence[str] = ()
    known: Callable[[tuple[str, str], int, int], bool] = lambda _origin, _size, _mtime_ns: False
    """True when the ledger has this inbox name with this size and time."""
    homes: Homes = USUAL
    """Where this library keeps its masters."""
    target_folders: MutableMapping[str, str] | None = None
    """Target key to the folder this library already uses for it; filled as frames are judged, since the first
    spelling is the folder's also on the night that brings two."""


def judge_name(found: Found, rules: Rules) -> Arrival | None:
    """What the listing alone decides; None: the file must be read."""
    if found.sort is Sort.UNFINISHED:
        return Arrival(found=found, fate=Fate.UNSETTLED, why="an upload that is not finished")
    if rules.known(found.origin, found.size, found.mtime_ns):
        return Arrival(found=found, fate=Fate.KNOWN)
    fate = _BY_NAME.get(found.sort)
    return Arrival(found=found, fate=fate) if fate is not None else None


def judge_frame(sighting: Sighting, rules: Rules) -> Arrival:
    """What a frame that was read, or could not be, is to become."""
    found, frame = sighting.found, sighting.frame
    if frame is None:
        fate = Fate.LATER if sighting.passing else Fate.QUARANTINE
        return Arrival(found=found, fate=fate, why=sighting.refusal)
    if frame.has("cut-off") and not is_settled(found, rules.now_ns, _GROWING_S):
        return Arrival(found=found, fate=Fate.UNSETTLED, why="still being written", frame=frame)
    refused = _unusable(found, frame)
    if refused is not None:
        return refused
    owner, asks = _owner(frame, rules)
    if asks:
        return Arrival(
            found=found,
            fate=Fate.UNKNOWN_RIG,
            why=asks,
            frame=frame,
            cure=_rig_cure(found, frame, asks, rules),
        )
    night: date = frame.night  # type: ignore[assignment]  # _unusable has seen to it
    stored = _address(frame, owner, night, rules)
    address = read_address(stored)
    filed = (
        address.owner if address is not None else owner
    )  # a name too long is cut: as later runs will read it
    return Arrival(found=found, fate=Fate.STORE, frame=frame, owner=filed, night=night, stored=stored)


def _address(frame: Frame, owner: str, night: date, rules: Rules) -> str:
    """In the store; a master of calibration frames goes straight to its library."""
    if is_wanted(frame):
        return library_path(replace(frame, night=night), rules.homes, suffix=suffix_of(frame.path))
    return frame_path(frame, owner, night, target_folder=_folder(frame, rules))


def is_settled(found: Found, now_ns: int, settle_s: float) -> bool:
    """Quiet for long enough. A time in the future is a clock that jumped: the header decides then, not the clock."""
    age_ns = now_ns - found.mtime_ns
    return age_ns >= settle_s * 1e9 or age_ns < -60e9


def _unusable(found: Found, frame: Frame) -> Arrival | None:
    """Why a frame that was read cannot be filed, with the correction that would free it."""
    for problem in frame.problems:
        if problem.code in _QUARANTINE_CODES:
            return Arrival(
                found=found,
                fate=Fate.QUARANTINE,
                why=problem.text,
                frame=frame,
                cure="Copy it again and run `doit`.",
            )
    lacking = [p for p in frame.problems if p.code in _CURES and _matters(p.code, frame)]
    if not lacking:
        return None
    values = " ".join(_CURES[p.code] for p in lacking)
    cure = f"doit correct {_typed(found, found.original)} {values}"
    return Arrival(
        found=found, fate=Fate.QUARANTINE, why="; ".join(p.text for p in lacking), frame=frame, cure=cure
    )


def _matters(code: str, frame: Frame) -> bool:
    return code != "no-exposure" or frame.kind in {Kind.LIGHT, Kind.DARK, Kind.FLATDARK}


def _owner(frame: Frame, rules: Rules) -> tuple[str, str]:
    """Whose frame it is, or what keeps us from saying."""
    if not needs_optic(frame.kind):
        return (frame.camera, "") if frame.camera else ("", "neither header nor path names the camera")
    if frame.rig_known or (frame.rig is not None and rules.accept_unknown and frame.optic and frame.camera):
        return frame.rig or "", ""
    text = next((p.text for p in frame.problems if p.code == "unknown-rig"), "the rig is not known")
    return "", text


def _rig_cure(found: Found, frame: Frame, why: str, rules: Rules) -> str:
    """What to type for a rig nobody knows; frames of one rig or folder get the same words."""
    near = nearest_rig(frame, rules.rig_names)
    if not (frame.optic and frame.camera) or why.startswith(RIVALS):
        named = as_typed(f"rig={near or 'OPTIC@fRATIO+CAMERA'}")
        folder, slash, _ = found.original.rpartition("/")
        return f"doit correct {_typed(found, folder if slash else found.original)} {named}"
    name = frame.rig or ""
    new = name if frame.focal_ratio else f"{frame.optic}@fRATIO+{frame.camera}"
    alias = f", or doit rig --alias {as_typed(name)} {as_typed(near)}" if near else ""
    return f"doit rig --new {as_typed(new)}{alias}"


def _typed(found: Found, original: str) -> str:
    """A place in the inbox as `doit correct` takes it, whichever inbox and wherever one stands."""
    return as_typed(inbox_subject(found.inbox, original))


def _folder(frame: Frame, rules: Rules) -> str | None:
    if not frame.target or rules.target_folders is None:
        return None
    return rules.target_folders.setdefault(target_key(frame.target), target_part(frame.target))
