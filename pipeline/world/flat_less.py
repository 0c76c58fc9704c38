"""What was taken off master flats, and whether they are to be looked at again: masters that come later may do better.

nothing taken off                             any master that may be taken off flats
a dark much longer than the flats             a bias, a flat-dark, a dark nearer in length
anything else                                 stays: a flat is not remade for every new dark
"""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.frames import Frame, Kind
from pipeline.model.master_groups import Group
from pipeline.model.masters import Master
from pipeline.rules.master_headers import Made
from pipeline.rules.master_standing import made_for
from pipeline.rules.master_words import REJECTED
from pipeline.rules.match_exposures import is_much_longer
from pipeline.world.master_groups import Now
from pipeline.world.master_shelf import hash_of_master, look_at_shelf


def lacking(now: Now, group: Group) -> str:
    """Flats from which nothing, or a stopgap, was taken, and masters have come since: a mark for both; else empty."""
    found = made_for(group, now.standing) if group.kind is Kind.FLAT else None
    if found is None or found[0].path in now.standing.promoted or not has_stopgap(now, group, found[1]):
        return ""
    mark = less_mark(now, group, group.digest)
    return mark if mark and mark not in now.tried and not _is_rejected(now, group) else ""


def less_mark(now: Now, group: Group, digest: str) -> str:
    """What it is remembered by that these flats were held against the masters there are; empty: there are none."""
    bench = now.bench.get(group.frame.camera or "", "") if group.kind is Kind.FLAT else ""
    return f"less {digest} {bench}" if bench else ""


def has_stopgap(now: Now, group: Group, made: Made) -> bool:
    """True when nothing was taken off these flats, or a dark so much longer than they are that a bias does better."""
    if not made.less:
        return True
    flat, darks = flat_of(group), now.darks.get(group.frame.camera or "", ())
    return any(is_stopgap(flat, one) and mark_of(now, one) == made.less for one in darks)


def is_stopgap(flat: Frame, master: Master) -> bool:
    """True for a dark that is taken off flats only for want of anything better."""
    frame = master.frame
    is_same = frame.kind is Kind.MASTER_DARK and frame.camera == flat.camera
    return is_same and is_much_longer(flat, frame)


def mark_of(now: Now, master: Master) -> str:
    """What a flat's header calls the master that was taken off it."""
    return master.inputs or master.sha256 or hash_of_master(now.library, master)


def flat_of(group: Group) -> Frame:
    """What stands for flats when a master to take off is looked for: their shortest exposure."""
    times = [one.frame.exposure_s for one in group.batches if one.frame.exposure_s is not None]
    temperature = group.batches[0].sensor_temp_c
    return replace(group.frame, sensor_temp_c=temperature, exposure_s=min(times, default=None))


def _is_rejected(now: Now, group: Group) -> bool:
    """True when a person rejected a making of these flats: another one is not forced on them."""
    shelf = look_at_shelf(now.library, remember=now.remember)
    return any(one.made.frames == group.digest and one.master.trouble.startswith(REJECTED) for one in shelf)
