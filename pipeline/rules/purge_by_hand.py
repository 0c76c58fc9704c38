"""Masters of other programs as reason to let raw frames go: nobody knows which went in, so keys and night must agree.

raw frames of a group ─rules/matching, night among theirs─▶ Case        only asked for by `--made-by-hand`
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.model.calibration import Matching
from pipeline.model.masters import Master
from pipeline.rules.master_headers import Made
from pipeline.rules.matching import match
from pipeline.rules.purge_raws import Case, Raws


def case_by_hand(
    raws: Raws, shelf: Iterable[tuple[Master, Made]], rules: Matching, *, cooled: bool
) -> Case | None:
    """The case a master makes that another program made in these nights, from frames with these keys; None: none does.

    Args:
        raws: The frames.
        shelf: The masters there are.
        rules: What a master must have in common with what it serves.
        cooled: True where the camera has set points.
    """
    group = raws.group
    first, last = group.nights
    among = [
        master
        for master, made in shelf
        if not made.is_ours
        and not master.held
        and not master.trouble
        and master.frame.night is not None
        and first <= master.frame.night <= last
    ]
    if not among:
        return None
    need = replace(group.frame, sensor_temp_c=group.batches[0].sensor_temp_c, kind=group.kind)
    found = match(need, group.kind, among, rules, cooled=cooled)
    if found.chosen is None:
        return None
    why = "; ".join(found.warnings)
    master = found.chosen.master
    return Case(
        raws=raws,
        master=master,
        by_hand=True,
        why_not=f"{master.path} may be their master, but not surely: {why}" if why else "",
    )
