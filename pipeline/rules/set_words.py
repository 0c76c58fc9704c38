"""What was done about a set, as its line in the diary says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.model.sets import FrameSet
from pipeline.rules.cull_words import rig_word

_SHOWN = 2


def set_line(frames: FrameSet, counts: Mapping[str, int], remarks: Sequence[str] = ()) -> str:
    """`C8E   M31 L 300 s             38 offered, 4 rejected`; empty where there is nothing to say."""
    said = ", ".join(f"{number:,} {word}" for word, number in counts.items() if number)
    if not said and not remarks:
        return ""
    more = [f"{len(remarks) - _SHOWN} more"] if len(remarks) > _SHOWN else []
    told = "; ".join(filter(None, (said, *remarks[:_SHOWN], *more)))
    return f"{rig_word(frames.rig):<5} {frames.label:<22}  {told}"


def set_title(frames: FrameSet) -> str:
    """A set as a sentence begins with it."""
    return f"{frames.rig}, {frames.label}, night of {frames.night}"
