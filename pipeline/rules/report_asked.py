"""What waits for a person, as the pages say it: the lines of `doit status` that another look would find again.

What only passes (a file still being written, the failure of one run) is left to `doit status`: a page must not change
because it was looked at twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.model.survey import Fate, Survey
from pipeline.rules.waiting import Waiting, waits

_LASTS = frozenset({Fate.UNKNOWN_RIG, Fate.QUARANTINE})
"""What stays so until a person does something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Everything that does not go on by itself."""

    waiting: tuple[Waiting, ...] = ()
    """For eyes, for an answer, for a rig file."""
    stuck: tuple[Waiting, ...] = ()
    """What could not be done, or has waited too long."""
    missing: tuple[Waiting, ...] = ()
    """Masters that lights lack, each with what to shoot or to choose."""
    quarantined: tuple[Waiting, ...] = ()
    """Files that could not be understood; they are in `waiting` too."""
    advice: tuple[str, ...] = ()
    """What a person may want to know; nothing waits for it."""

    @property
    def is_empty(self) -> bool:
        """True when nothing waits, is stuck or is missing."""
        return not (self.waiting or self.stuck or self.missing)


def lasting_waits(survey: Survey, rig_names: Sequence[str]) -> tuple[Waiting, ...]:
    """What in the inboxes waits for a person: unknown rigs, and what is not understood."""
    arrivals = tuple(one for one in survey.arrivals if one.fate in _LASTS)
    return tuple(waits(Survey(arrivals=arrivals), rig_names)) if arrivals else ()


def waits_mark(survey: Survey, rig_names: Sequence[str], away: Iterable[Waiting] = ()) -> str:
    """A digest of it, and of what is not reachable: where it is another one, the overview is made anew."""
    told = repr((lasting_waits(survey, rig_names), *away)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(told).hexdigest()[:16]
