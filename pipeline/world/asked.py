"""What waits for a person, for the pages: as `doit status` says it, as of the last word in the ledger.

Another look at the same library finds the same: what only passes (files still being written, a failure of one run, days
that go by) is left to `doit status`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.rules import attention
from pipeline.rules.advice import advice
from pipeline.rules.records import moment
from pipeline.rules.report_asked import Asked, lasting_waits
from pipeline.rules.waiting import quarantined
from pipeline.world.attention import asked_by_folders, heard_in_folders, sets_seen
from pipeline.world.guards import views_away
from pipeline.world.library_states import states_of
from pipeline.world.master_status import masters_seen
from pipeline.world.master_waiting import masters_in_the_making
from pipeline.world.survey import Seen


def asked_of(seen: Seen) -> Asked:
    """Everything that does not go on by itself."""
    library = seen.library
    away = views_away(library, seen.outline, seen.guard)
    counted = states_of(library, seen.outline, seen.decisions)
    sets, now = sets_seen(library, counted), _latest(seen)
    heard = heard_in_folders(counted, away.owners | seen.guard.owners)
    masters = masters_seen(library, seen.outline, seen.decisions, counted.sets, latest_nights=0)
    making = masters_in_the_making(library)
    folders, settings = seen.outline.target_folders(), library.configuration
    return Asked(
        waiting=(
            *attention.asking(sets),
            *asked_by_folders(library, counted, heard),
            *making.waiting,
            *attention.waiting_for_you(sets, now),
            *lasting_waits(seen.survey, [rig.name for rig in settings.rigs]),
        ),
        stuck=(*seen.guard.waits, *away.waits, *attention.stuck_sets(sets, now)),
        missing=tuple(masters.waiting),
        quarantined=tuple(quarantined(seen.survey)),
        advice=(
            *attention.to_know(sets),
            *masters.advice,
            *making.advice,
            *advice(folders, seen.survey.arrivals, settings.targets, ()),
        ),
    )


def _latest(seen: Seen) -> datetime:
    """When anything was last written down: no clock, so that another look says the same."""
    said = max((one.latest for one in seen.outline.journals.values()), default="")
    return moment(said) if said else datetime(1970, 1, 1, tzinfo=UTC)
