"""The verdict files of the blink page: what was pressed, as a file a person can carry from a phone to the library.

A verdict names its library, its set, its frames and their hashes, so that one dropped in the wrong place does nothing
but say so. It comes from a download folder, hence is hostile input: whatever is wrong with it ends as a sentence.

    bytes ─parse_verdict─▶ VerdictFile ─check_verdict─▶ Checked(keeps, rejects, problems)
    several of one set ─merge_verdicts─▶ Merged: on each frame the latest speaks, contradictions are said
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.model.frames import Problem
from pipeline.rules.escape import shorten

FORMAT = "nightbuild-verdict"
VERSION = 1
KEEP, REJECT = "keep", "reject"
LARGEST_BYTES = 16 << 20
"""A set of 10,000 frames is 3 MB."""
_MOST_FRAMES = 100_000
_LONGEST = 4096
_NAME = re.compile(r"verdict_.+\.json", re.IGNORECASE | re.DOTALL)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAMED = 5
"""How many frames a sentence names before it counts the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a verdict says of one frame."""

    verdict: str
    """`keep` or `reject`."""
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFile:
    """One verdict file, understood."""

    name: str
    """The file, as sentences name it."""
    library: str
    set_id: str
    made: datetime
    """When the person finished the set; with its zone."""
    rig: str = ""
    night: str = ""
    frames: Mapping[str, Said]
    """By stored path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What of a verdict holds for a set. Refused as a whole: both are empty, and a problem says why."""

    keeps: tuple[str, ...] = ()
    rejects: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What several verdicts on one set say together."""

    verdicts: Mapping[str, tuple[str, VerdictFile]]
    """Stored path to `keep` or `reject`, and the file that said so last."""
    problems: tuple[Problem, ...] = ()


def verdict_name(set_id: str) -> str:
    """What the page calls the verdict of a set: legible, safe on every system, never that of another set."""
    digest = hashlib.sha256(set_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    words = re.sub(r"[^\w.+@-]+", "_", set_id.encode("utf-8", "replace").decode()).strip("_.")
    return f"verdict_{shorten(words, 96)}_{digest}.json"


def is_verdict_name(name: str) -> bool:
    """True for a file name a browser may have given a verdict, `verdict_... (1).json` too."""
    return _NAME.fullmatch(name) is not None


def parse_verdict(data: bytes, name: str) -> VerdictFile | Problem:
    """Understand a verdict file, or say in a sentence why it cannot be."""
    if len(data) > LARGEST_BYTES:
        return _refusal(name, f"{len(data):,} bytes are too many for a verdict")
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError:
        return _refusal(name, "is no text in UTF-8")
    except RecursionError:
        return _refusal(name, "is nested too deeply to be a verdict")
    except ValueError as error:
        return _refusal(name, f"is not whole, or no JSON ({str(error)[:120]})")
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        return Problem("not-a-verdict", f"{_legible(name)}: is no verdict of a blink page; it was left alone")
    return _understand(found, name)


def check_verdict(
    verdict: VerdictFile,
    set_id: str,
    known: Mapping[str, str | None],
    *,
    library: str,
    lies_in: Collection[str] | None = None,
) -> Checked:
    """What of a verdict holds for a set.

    Args:
        verdict: as it was read.
        set_id: the set that is asked about.
        known: stored path of each of its frames to the SHA-256 first recorded, where one is known.
        library: the id of this library.
        lies_in: ids of the sets whose folder the file lies in; None when it lies in no set's folder.
    """
    why = _wrong_place(verdict, set_id, library, lies_in)
    if why:
        return Checked(problems=(_refusal(verdict.name, why),), refused=True)
    strangers = [stored for stored in verdict.frames if stored not in known]
    changed = [stored for stored, said in verdict.frames.items() if _differs(said.sha256, known.get(stored))]
    skipped = {*strangers, *changed}
    holds = {stored: said for stored, said in verdict.frames.items() if stored not in skipped}
    problems = []
    if strangers:
        problems.append(_named(verdict.name, "unknown-frame", "not in this set, so skipped", strangers))
    if changed:
        problems.append(
            _named(verdict.name, "other-bytes", "not the bytes that were judged, so skipped", changed)
        )
    return Checked(
        keeps=tuple(stored for stored, said in holds.items() if said.verdict == KEEP),
        rejects=tuple(stored for stored, said in holds.items() if said.verdict == REJECT),
        problems=tuple(problems),
    )


def merge_verdicts(verdicts: Iterable[VerdictFile]) -> Merged:
    """On each frame the verdict made last speaks (of two made at once, the one whose name comes last)."""
    latest: dict[str, tuple[str, VerdictFile]] = {}
    changed: dict[tuple[str, str], list[str]] = {}
    for one in sorted(verdicts, key=lambda one: (one.made, one.name)):
        for stored, said in one.frames.items():
            before = latest.get(stored)
            if before is not None and before[0] != said.verdict:
                changed.setdefault((before[1].name, one.name), []).append(stored)
            latest[stored] = (said.verdict, one)
    problems = tuple(
        _named(
            later,
            "contradiction",
            f"made after {earlier}, and says otherwise; the later one holds for",
            frames,
        )
        for (earlier, later), frames in changed.items()
    )
    return Merged(verdicts=latest, problems=problems)


def _understand(found: Mapping[str, Any], name: str) -> VerdictFile | Problem:
    if type(found.get("version")) is not int or not 1 <= found["version"] <= VERSION:
        said = json.dumps(found.get("version"))[:40]
        return _refusal(
            name, f"has version {said}, and this Nightbuild reads {VERSION}; update it, or blink again"
        )
    made = _moment(found.get("made"))
    if made is None:
        return _refusal(name, "does not say when it was made, with its zone")
    words = {key: _words(found.get(key)) for key in ("library", "set", "rig", "night")}
    if not words["library"] or not words["set"]:
        return _refusal(name, "does not name its library and its set")
    frames = _frames(found.get("frames"))
    if isinstance(frames, str):
        return _refusal(name, frames)
    return VerdictFile(
        name=name,
        library=words["library"],
        set_id=words["set"],
        made=made,
        rig=words["rig"],
        night=words["night"],
        frames=frames,
    )


def _frames(found: object) -> dict[str, Said] | str:
    """What is said frame by frame, or why that makes no sense."""
    if not isinstance(found, list) or not found:
        return "lists no frames"
    if len(found) > _MOST_FRAMES:
        return f"lists {len(found):,} frames, more than any set has"
    frames: dict[str, Said] = {}
    for number, line in enumerate(found, 1):
        stored = _words(line.get("stored")) if isinstance(line, dict) else ""
        said = _said(line) if stored else None
        if said is None:
            return f"frame {number} of {len(found)} does not name a frame and `keep` or `reject`"
        if frames.setdefault(stored, said) != said:
            return f"says two things of `{_legible(stored)}`"
    return frames


def _said(line: Mapping[str, object]) -> Said | None:
    verdict, sha256 = line.get("verdict"), line.get("sha256")
    if verdict not in (KEEP, REJECT):
        return None
    if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        return None
    return Said(verdict=str(verdict), sha256=sha256)


def _moment(found: object) -> datetime | None:
    try:
        made = datetime.fromisoformat(found) if isinstance(found, str) else None
        return made.astimezone(UTC) if made is not None and made.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _words(found: object) -> str:
    return found if isinstance(found, str) and len(found) <= _LONGEST else ""


def _wrong_place(verdict: VerdictFile, set_id: str, library: str, lies_in: Collection[str] | None) -> str:
    if verdict.library != library:
        return "is a verdict on another library; nothing was done with it"
    if lies_in is not None and verdict.set_id not in lies_in:
        said = _legible(verdict.set_id)
        return (
            f"speaks of the set {said}, but lies in another set's folder; move it to _Verdicts or to that set"
        )
    if verdict.set_id != set_id:
        return f"speaks of the set {_legible(verdict.set_id)}, not of {_legible(set_id)}"
    return ""


def _differs(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def _named(name: str, code: str, why: str, frames: list[str]) -> Problem:
    shown = ", ".join(f"`{_legible(stored)}`" for stored in frames[:_NAMED])
    more = f" and {len(frames) - _NAMED} more" if len(frames) > _NAMED else ""
    return Problem(code, f"{_legible(name)}: {why}: {shown}{more}")


def _refusal(name: str, why: str) -> Problem:
    return Problem("verdict-refused", f"{_legible(name)}: {why}")


def _legible(text: str) -> str:
    """On one line, without what a terminal would obey; it came from a stranger's file."""
    return "".join(char if char.isprintable() else "?" for char in text[:200])


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")
