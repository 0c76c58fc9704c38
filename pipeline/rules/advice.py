"""What a person may want to look at, and nothing that waits: spellings that look like one target, settings to rethink.

Proposed, never done: joining two spellings is a line in targets.toml, written by whoever knows the sky.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.model.library import TargetAlias
from pipeline.model.survey import Arrival
from pipeline.rules.catalogues import Pointed, Twin, likely_twins
from pipeline.rules.escape import is_shortened, unescape
from pipeline.rules.targets import target_key

_SHOWN = 5


def advice(
    folders: Mapping[str, str],
    arrivals: Iterable[Arrival],
    aliases: Sequence[TargetAlias],
    warnings: Sequence[str],
) -> list[str]:
    """Sentences for the end of `doit status`.

    Args:
        folders: Target key to target folder, of all that is stored.
        arrivals: What lies in the inboxes; its headers say where the telescope pointed.
        aliases: Spellings joined already.
        warnings: What the settings themselves warn of.
    """
    shot = [Pointed(name=unescape(name), frames=1) for name in folders.values() if not is_shortened(name)]
    shot += [
        Pointed(name=f.target, panel=f.panel, ra_deg=f.ra_deg, dec_deg=f.dec_deg, frames=1)
        for arrival in arrivals
        if (f := arrival.frame) is not None and f.target
    ]
    twins = [twin for twin in likely_twins(shot) if not _joined(twin, aliases)]
    said = [
        f"{twin.a} and {twin.b} look like one target ({twin.why}); targets.toml joins them" for twin in twins
    ]
    more = [f"and {len(said) - _SHOWN} more pairs of spellings"] if len(said) > _SHOWN else []
    return [*said[:_SHOWN], *more, *warnings]


def _joined(twin: Twin, aliases: Sequence[TargetAlias]) -> bool:
    pair = {target_key(twin.a), target_key(twin.b)}
    return any(pair <= {target_key(name) for name in (alias.name, *alias.aliases)} for alias in aliases)
