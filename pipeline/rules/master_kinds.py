"""Whether a file is the kind of master its name says: a flat taken for a dark spoils every light."""

from __future__ import annotations

from pipeline.model.frames import Kind

_DARKS = frozenset({Kind.DARK, Kind.FLATDARK})
"""One thing, taken for lights or for flats: programs write one word for both."""


def unlike_name(named: Kind | None, said: Kind | None) -> str:
    """What its header says of a file that is named for another kind of master; empty where both agree.

    Most programs leave the word of the raw frames in the header of a master: `DARK` is a master dark.
    """
    if named is None or said is None or not named.is_master or said.raw is named.raw:
        return ""
    if {said.raw, named.raw} <= _DARKS:
        return ""
    what = said.value.lower()
    return f"its header says it is a {what}, its name a {named.value.lower()}: it is not used; put it where it belongs"
