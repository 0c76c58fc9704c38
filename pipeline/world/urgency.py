"""What people said of what is to be worked on first, read where sets wait to be worked on, and only there.

pins in _Decisions ┐
_Catalog/_plans    ┼─read_urgency─▶ Urgency
imported plans     ┘
"""

from __future__ import annotations

from pipeline.model.plans import PLAN, Plans
from pipeline.rules.decisions import decision_file
from pipeline.rules.pins import PIN
from pipeline.rules.plan_priority import Urgency
from pipeline.world.library import OpenLibrary
from pipeline.world.said import Said, read_said


def read_urgency(library: OpenLibrary, said: Said | None = None) -> Urgency:
    """Pins and plans as they are now; where nothing was planned, no plan is looked for.

    Args:
        library: Whose.
        said: What people decided, where it was read already.
    """
    if said is None:
        state = library.state if library.state.is_dir() else None
        said = read_said(library.root, state, remember=False)
    return Urgency(
        pinned=frozenset(one.subject for one in said.all.of_kind(PIN)),
        plans=_plans(library, said),
        aliases=library.configuration.targets,
    )


def _plans(library: OpenLibrary, said: Said) -> Plans:
    has_databases = bool(library.configuration.library.scheduler.databases)
    if not has_databases and decision_file(None, None, PLAN) not in said.files:
        return Plans()
    from pipeline.world.plans import read_plans  # not in a library without plans: it knows databases

    return read_plans(library)
