"""Where records lie: catalogue, plans, copies of scheduler databases, summaries, reports. Frames are `rules/layout`'s.

_Catalog/<rig or camera>.json   _Catalog/_library.json   _Catalog/_plans/<database>.json
_Reports/<page>.html            _Reports/summaries/...   _Scheduler/<database>/...
"""

from __future__ import annotations

from functools import lru_cache

from pipeline.rules.escape import escape, shorten
from pipeline.rules.layout import join

CATALOG = "_Catalog"
LIBRARY_CATALOG = f"{CATALOG}/_library.json"
"""What belongs to no rig: masters, equipment, sites."""
REPORTS = "_Reports"
SUMMARIES = f"{REPORTS}/summaries"
SCHEDULER = "_Scheduler"
WRITTEN_NOTES = ".nightbuild-notes"
"""Beside the notes: the ids of all that were ever written, so that a deleted one stays deleted."""


def catalog_file(owner: str) -> str:
    """`_Catalog/<rig or camera>.json`; a name that begins with `_` takes no file of ours."""
    part = shorten(escape(owner, also="_" if owner.startswith("_") else ""), 70)
    return join(CATALOG, f"{part}.json")


def plans_file(name: str) -> str:
    """The snapshot of what this scheduler database wants: it outlives the computer it was read from."""
    return join(CATALOG, "_plans", f"{shorten(escape(name), 70)}.json")


def summary_path(name: str, folder: str = "") -> str:
    """A table among the summaries, called after a rig or target: safe everywhere, whatever that is called."""
    stem, dot, ending = name.rpartition(".")
    return join(SUMMARIES, folder, f"{shorten(escape(stem), 100)}{dot}{ending}")


def report_page(*names: str) -> str:
    """A page of the reports: `report_page("targets", "M31")` is `_Reports/targets/M31.html`."""
    return f"{report_folder(*names)}.html"


@lru_cache(maxsize=8192)  # each link to a page asks for it
def report_folder(*names: str) -> str:
    """A folder of the reports, safe whatever the names."""
    return join(REPORTS, *(shorten(escape(name) or "unnamed", 60) for name in names))


def scheduler_backups(name: str) -> str:
    """Where copies of this scheduler database lie, each from before a change."""
    return join(SCHEDULER, shorten(escape(name), 70))
