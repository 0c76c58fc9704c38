"""Why frames lie in _Reject, said where they lie: `why.txt`, ours, renewed as they come and go.

2026-01-15_00-12-33_HFR_5.10.fits    culled: HFR 5.1 px (NINA) > 4.6
2026-01-15_00-17-41.fits             blinked away: moved into bad/
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import SetVerdict, State
from pipeline.rules.cull_words import reasons_text
from pipeline.rules.standings import Standing

_NAME, _SUFFIX = "why", ".txt"
WHY = _NAME + _SUFFIX
"""Its name in each folder of _Reject."""
SIGN = "Written by Nightbuild, renewed as frames come and go: why they lie here."
"""What tells it from a person's own file."""
_ELSEWHERE = "~of "


def why_name(frames: FrameSet) -> str:
    """The note's name: sets of two nights that a correction brought into one folder have one each."""
    _, mark, night = frames.id.rpartition(_ELSEWHERE)
    return f"{_NAME}{_ELSEWHERE}{night}{_SUFFIX}" if mark else WHY


def is_why(name: str) -> bool:
    """True for the name of such a note."""
    return name == WHY or (name.startswith(_NAME + _ELSEWHERE) and name.endswith(_SUFFIX))


def why_text(lines: Mapping[str, str]) -> str:
    """The note, from file names to reasons."""
    width = max(map(len, lines), default=0)
    said = [f"{name:<{width}}  {lines[name]}" for name in sorted(lines)]
    closing = (
        "Move a frame back into 10_Blink, or type `doit restore FILE`, and it outranks the limits.\n"
        "Delete one here, and it is given up; its stored frame stays until `doit purge`."
    )
    return "\n".join((SIGN, "", *said, "", closing, ""))


def why_line(stored: str, told: Standing, verdict: SetVerdict | None) -> str:
    """Why one frame is rejected: by whom, and with which values."""
    judged = verdict.frames.get(stored) if verdict is not None else None
    why = told.why if told.state is not State.CULLED else reasons_text(judged) if judged is not None else ""
    return f"{told.state}: {why}" if why else str(told.state)
