"""Which files in a set's folder are the person's own: notes, edited copies, sub-folders. They travel with the set.

Markers and verdict files have done their work where they lie; notes of ours and what systems leave about stay too.
"""

from __future__ import annotations

from pipeline.model.survey import Sort
from pipeline.rules.markers import is_marker
from pipeline.rules.reject_notes import is_why
from pipeline.rules.sorting import sort_of
from pipeline.rules.verdict_files import is_verdict_name

_STAYS = frozenset({Sort.LITTER, Sort.UNFINISHED, Sort.KEEP})


def is_own_name(path: str) -> bool:
    """True for a name a person may have given to a file of their own; a frame of ours may bear such a name too."""
    name = path.rpartition("/")[2]
    if is_marker(name) or is_verdict_name(name) or is_why(name):
        return False
    return sort_of(path) not in _STAYS
