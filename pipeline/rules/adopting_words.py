"""What an adoption found, in sentences, a table and data: what was understood, what was not and why, what is alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.model.adopting import Archive, Candidate, LikeNames, Reading
from pipeline.model.frames import Kind
from pipeline.model.verdicts import State
from pipeline.rules.adopting import MASTERS, OTHERS, OURS, PROCESSED, like_names
from pipeline.rules.layout import number_text
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed

COLUMNS = ("rig", "target", "nights", "frames", "hours", "state")
_NAMED = 3
_LEFT_WORDS = {
    OURS: ("place of ours", "places of ours"),
    MASTERS: ("master",),
    PROCESSED: ("processed picture",),
    OTHERS: ("other file",),
}
_STATE_WORDS = {State.STORED: "not judged", State.ASIDE: "calibration and other shots"}


def understood(reading: Reading) -> str:
    """`1,204 frames understood, of 3 rigs and 41 nights: 1,100 accepted, 104 offered`."""
    found = reading.candidates
    if not found:
        return "No frame was understood."
    states = Counter(one.state for one in found)
    parts = [f"{number:,} {_STATE_WORDS.get(state, state.value)}" for state, number in _in_order(states)]
    rigs, nights = {one.owner for one in found}, {one.night for one in found}
    owners = counted(len(rigs), *_owner_words(found))
    return (
        f"{counted(len(found), 'frame')} understood, of {owners} and "
        f"{counted(len(nights), 'night')}: {', '.join(parts)}."
    )


def _in_order(states: Counter[State]) -> list[tuple[State, int]]:
    """The most first; of equal numbers in the order of a frame's life."""
    life = list(State)
    return sorted(states.items(), key=lambda found: (-found[1], life.index(found[0])))


def _owner_words(found: Iterable[Candidate]) -> tuple[str, str]:
    """One, and several: darks and bias are filed under their cameras."""
    if any(one.frame.kind in {Kind.DARK, Kind.BIAS} for one in found):
        return "rig or camera", "rigs and cameras"
    return "rig", "rigs"


def remarks(reading: Reading) -> list[str]:
    """What was not understood and why, what counts once, what was left alone, what looks alike."""
    lines = [*_unclear(reading)]
    if reading.copies:
        one, counts = reading.copies[0]
        lines.append(
            f"{counted(len(reading.copies), 'file is a further copy', 'files are further copies')} of an exposure that "
            f"counts once, such as {one.path} (counted: {counts})."
        )
    if reading.archives:
        frames = sum(one.frames or 0 for one in reading.archives)
        inside = f", with {counted(frames, 'frame')} by their lists" if frames else ""
        named = ", ".join(_packed(one) for one in reading.archives[:_NAMED])
        more = f" and {len(reading.archives) - _NAMED:,} more" if len(reading.archives) > _NAMED else ""
        lines.append(f"{counted(len(reading.archives), 'packed file')}{inside}, not unpacked: {named}{more}.")
    if reading.left:
        left = ", ".join(counted(number, *_LEFT_WORDS[what]) for what, number in reading.left.most_common())
        lines.append(f"Left alone: {left}.")
    lines += [f"{problem.text}." for problem in reading.problems[:_NAMED]]
    if len(reading.problems) > _NAMED:
        lines.append(f"{len(reading.problems) - _NAMED} more such; --json names them all.")
    return lines + [alike(one) for one in like_names(reading.candidates)] + _unknown_rigs(reading.candidates)


def _packed(one: Archive) -> str:
    """A packed file with what it lists; of a compressed tar, 7z or rar nothing is known before it is unpacked."""
    inside = "not listed" if one.frames is None else counted(one.frames, "frame")
    return f"{one.path} ({inside})"


def _unclear(reading: Reading) -> Iterable[str]:
    whys: dict[str, list[str]] = {}
    for one in reading.unclear:
        whys.setdefault(one.why, []).append(one.path)
    for why, paths in sorted(whys.items(), key=lambda found: -len(found[1]))[: 2 * _NAMED]:
        such = f"{paths[0]} …" if len(paths) > 1 else paths[0]
        yield f"{counted(len(paths), 'file')} not understood: {why.rstrip('.')} ({such})."
    if len(whys) > 2 * _NAMED:
        yield f"{counted(len(whys) - 2 * _NAMED, 'further reason')}; --json names them all."


def alike(one: LikeNames) -> str:
    """`target: M31 (120) and M 31 (44) may be one; targets.toml joins them`."""
    names = " and ".join(f"{name} ({number:,})" for name, number in zip(one.names, one.frames, strict=True))
    cure = {
        "target": "targets.toml joins spellings",
        "filter": "an alias in the rig's file joins spellings",
        "rig": f"type: doit rig --alias {as_typed(one.names[0])} {as_typed(one.names[-1])}",
    }[one.what]
    return f"Spellings of one {one.what}? {names}; {cure}."


def _unknown_rigs(found: Sequence[Candidate]) -> list[str]:
    unknown = Counter(
        one.owner for one in found if not one.frame.rig_known and one.frame.kind not in {Kind.DARK, Kind.BIAS}
    )
    return [
        f"No rig file describes {owner} yet ({counted(number, 'frame')}); type: doit rig --new {as_typed(owner)}"
        for owner, number in unknown.most_common()
    ]


def rows(found: Iterable[Candidate]) -> list[dict[str, Any]]:
    """One line for each rig, target and state."""
    groups: dict[tuple[str, str, str], list[Candidate]] = {}
    for one in found:
        name = one.frame.target if one.frame.kind is Kind.LIGHT else (one.frame.kind or "").lower()
        groups.setdefault((one.owner, name or "", one.state.value), []).append(one)
    return [
        {
            "rig": rig,
            "target": target,
            "nights": len({one.night for one in group}),
            "frames": len(group),
            "hours": round(sum(one.frame.exposure_s or 0.0 for one in group) / 3600, 1),
            "state": _STATE_WORDS.get(State(state), state),
        }
        for (rig, target, state), group in sorted(groups.items())
    ]


def data(reading: Reading, done: int, verb: str) -> dict[str, Any]:
    """The same for programs: every set, every file that was not understood."""
    return {
        verb: done,
        "understood": len(reading.candidates),
        "sets": _sets(reading.candidates),
        "not_understood": [{"path": one.path, "why": one.why} for one in reading.unclear],
        "copies": [{"path": one.path, "of": of} for one, of in reading.copies],
        "archives": [{"path": one.path, "frames": one.frames} for one in reading.archives],
        "left": dict(reading.left),
        "problems": [problem.text for problem in reading.problems],
        "alike": [
            {"what": one.what, "names": list(one.names), "frames": list(one.frames)}
            for one in like_names(reading.candidates)
        ],
    }


def _sets(found: Iterable[Candidate]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, ...], int] = Counter(_set_of(one) for one in found)
    keys = ("owner", "kind", "target", "panel", "night", "filter", "exposure_s", "state", "folder")
    return [{**dict(zip(keys, key, strict=True)), "frames": number} for key, number in sorted(groups.items())]


def _set_of(one: Candidate) -> tuple[str, ...]:
    frame = one.frame
    return (
        one.owner,
        str(frame.kind or ""),
        frame.target or "",
        frame.panel,
        one.night.isoformat(),
        frame.filter or "",
        number_text(frame.exposure_s) if frame.exposure_s is not None else "",
        one.state.value,
        one.path.rpartition("/")[0],
    )
