"""The words of a person that are yet to be written down: on a frame, on a set, and taking one back.

What was seen in the folders and what is typed become the same sayings, so that both are heard alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.model.records import About, Decision
from pipeline.model.sets import FrameSet
from pipeline.model.watching import Saying
from pipeline.rules.decisions import UNDO, Decisions
from pipeline.rules.words import BLINK, GIVE_UP, RESTORE

BY_MARKER, BY_FILE, BY_COMMAND, BY_MOVE = "marker", "verdict file", "command", "moved"
"""How somebody let it be known that they have looked."""
FRAME_WORDS = (BLINK, RESTORE, GIVE_UP)
_OWN_KIND = frozenset({RESTORE, GIVE_UP})


def word_on(stored: str, decisions: Decisions) -> Decision | None:
    """The latest word on a frame."""
    return decisions.current(About.FRAME, stored, *FRAME_WORDS)


def word_says(word: Decision | None) -> str:
    """`reject`, `accept`, `wait`, `restore` or `give-up`; empty where nothing was said."""
    if word is None:
        return ""
    return str(word.values.get("verdict", "")) if word.kind == BLINK else word.kind


def say_of_frame(
    frames: FrameSet,
    stored: str,
    says: str,
    *,
    why: str,
    values: Mapping[str, object] | None = None,
    who: str = "",
) -> Saying:
    """A word on one frame of a set."""
    own = says in _OWN_KIND
    return Saying(
        kind=says if own else BLINK,
        about=About.FRAME,
        subject=stored,
        owner=frames.owner,
        night=frames.night,
        values={**({} if own else {"verdict": says}), **(values or {})},
        why=why,
        who=who,
    )


def say_looked(
    frames: FrameSet,
    stored: Iterable[str],
    by: str,
    values: Mapping[str, object] | None = None,
    *,
    why: str = "",
    who: str = "",
) -> Saying:
    """That somebody has looked at these frames of a set."""
    return Saying(
        kind=BLINK,
        about=About.SET,
        subject=frames.id,
        owner=frames.owner,
        night=frames.night,
        values={"frames": list(stored), "by": by, **(values or {})},
        why=why,
        who=who,
    )


def take_back(
    frames: FrameSet, one: Decision, *, why: str, values: Mapping[str, object] | None = None, who: str = ""
) -> Saying:
    """That a decision on a set or one of its frames holds no longer."""
    return Saying(
        kind=UNDO,
        about=one.about,
        subject=one.subject,
        owner=one.owner or frames.owner,
        night=one.night or frames.night,
        values=values or {},
        why=why,
        who=who,
        undoes=one.id,
    )


def named_frames(one: Decision) -> list[str]:
    """The frames a decision on a set names."""
    named = one.values.get("frames")
    return [stored for stored in named if isinstance(stored, str)] if isinstance(named, list) else []
