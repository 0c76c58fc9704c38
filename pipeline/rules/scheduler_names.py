"""What parts of a scheduler's plan are called: `M31 panel 2, Ha 300 s`."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.model.scheduler import ExposurePlan, SchedulerRows
from pipeline.rules.targets import split_panel


def part_title(rows: SchedulerRows, plan: ExposurePlan) -> str:
    """Target, panel, filter and exposure of a plan."""
    target = rows.targets.get(plan.target)
    name = target_title(target.name) if target is not None else f"target {plan.target}"
    return f"{name}, {plan.filter or 'no filter'} {plan.exposure_s:g} s"


def target_title(name: str) -> str:
    """`M31 panel 2` of a target called `M31 Panel 2`."""
    target, panel = split_panel(name)
    return f"{target} panel {panel}" if panel else target


def exposures_word(states: Mapping[str, int]) -> str:
    """`3 culled, 1 blinked away`."""
    return ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
