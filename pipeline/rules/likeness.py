"""Which known rig a stranger is most like: the first guess of whoever is asked `doit rig --new` or `--alias`.

Only ever a suggestion. Optic and camera are held against each known rig's, letters and figures alone; the focal ratio
speaks where both have one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.model.frames import Frame
from pipeline.rules.recognise import near
from pipeline.rules.rigfiles import split_rig_name

_ALIKE = 0.6
"""From here on two names may well mean one thing: `ASI2600MM Pro` and `ZWO ASI2600MM Pro`."""
_WORTH_NAMING = 1.0
_NOISE = re.compile(r"[\W_]+")


class Train(NamedTuple):
    """An optical train in the words of whoever wrote it; empty where nothing was written."""

    optic: str
    focal_ratio: float | None
    camera: str


def train_of(written: str) -> Train:
    """`C8E@f10.0+ASI2600MM`, or less: `C8E+ASI2600MM`; what stands alone is a camera."""
    parts = split_rig_name(written)
    if parts is not None:
        return Train(parts[0].strip(), parts[1], parts[2].strip())
    optic, plus, camera = written.partition("+")
    return Train(optic.strip(), None, camera.strip()) if plus else Train("", None, written.strip())


def nearest_rig(frame: Frame, rig_names: Sequence[str]) -> str | None:
    """The known rig most like the frame's; None where none is."""
    return nearest_to(Train(frame.optic or "", frame.focal_ratio, frame.camera or ""), rig_names)


def nearest_to(train: Train, rig_names: Iterable[str]) -> str | None:
    """The known rig most like this train; None where none is."""
    return _nearest(train, tuple(rig_names))


def looks_alike(train: Train, rig_name: str) -> bool:
    """True when this could be the known rig under another name: like cameras, and like optics or equal ratios."""
    known = train_of(rig_name)
    ratios = train.focal_ratio is not None and known.focal_ratio is not None
    same_ratio = ratios and near(train.focal_ratio or 0.0, known.focal_ratio or 0.0)
    if (ratios and not same_ratio) or _likeness(train.camera, known.camera) < _ALIKE:
        return False
    return same_ratio or _likeness(train.optic, known.optic) >= _ALIKE


@lru_cache(maxsize=1024)  # a night of a stranger has thousands of frames
def _nearest(train: Train, rig_names: tuple[str, ...]) -> str | None:
    scores = [(_score(train, train_of(name)), name) for name in rig_names]
    best, name = max(scores, default=(0.0, ""), key=lambda score: score[0])
    return name if best >= _WORTH_NAMING else None


def _score(one: Train, other: Train) -> float:
    ratios = one.focal_ratio is not None and other.focal_ratio is not None
    same = ratios and near(one.focal_ratio or 0.0, other.focal_ratio or 0.0)
    return _likeness(one.optic, other.optic) + _likeness(one.camera, other.camera) + 0.4 * same


def _likeness(one: str, other: str) -> float:
    """0 to 1; a name that lacks only the maker's is nearly the same."""
    from difflib import SequenceMatcher  # only a stranger needs it

    one, other = (_NOISE.sub("", text.casefold()) for text in (one, other))
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    inside = min(len(one), len(other)) >= 4 and (one in other or other in one)
    return max(0.8 if inside else 0.0, SequenceMatcher(None, one, other).ratio())
