"""What is said of a frame or master that stays since no backup has it, and what a group of raw frames needs.

Raw calibration goes when its master is safe: the master must be kept, and the frames too where your backup keeps such.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.model.backup import Kept
from pipeline.model.backup_policies import Backup
from pipeline.rules.addresses import read_address
from pipeline.rules.backup_held import Held
from pipeline.rules.backup_wanted import kind_of_frame
from pipeline.rules.backup_words import said_of
from pipeline.rules.purge_raws import Case
from pipeline.rules.spoken import counted

Ask = Callable[[str, str | None], Held | None]
"""The pack that has a path under its SHA-256."""
ALL_THE_SAME = "--no-needs-backup"


def why_unkept(stored: str, sha256: str | None, held: Held | None, settings: Backup) -> str:
    """Half a sentence on a frame that is to stay; empty where a sound pack has it."""
    if held is not None:
        return ""
    why = why_missing(stored, sha256, settings)
    is_due = settings.enabled and settings.of(_kind(stored)).keep
    return why if is_due else f"{why}; `{ALL_THE_SAME}` lets it go all the same"


def why_missing(stored: str, sha256: str | None, settings: Backup) -> str:
    """Why no sound pack has a frame or master, and what would change that."""
    if not settings.enabled:
        return "no backup has it, and [backup] of library.toml is off"
    if not settings.of(_kind(stored)).keep:
        return f"no backup has it, and yours does not keep {said_of(_kind(stored))}"
    if not sha256:
        return "its bytes are not recorded yet, so no backup can be shown to have it; run `doit`"
    return "no backup has it yet; `doit backup` sends it"


def _kind(stored: str) -> Kept:
    address = read_address(stored)
    return kind_of_frame(address.kind) if address is not None else Kept.MASTERS


def needs_master(settings: Backup) -> bool:
    """True where raw frames go only when their master is kept: unless the backup keeps those frames instead."""
    return settings.masters.keep or not settings.raw_calibration.keep


def why_raws_unkept(case: Case, why_master: str, ask: Ask, settings: Backup) -> str:
    """Why the frames of a group stay; empty where what is to be left of them is kept.

    Args:
        case: The group, and its master.
        why_master: Why the master may not be relied upon; empty where it is kept.
        ask: The pack that has a frame.
        settings: What is kept.
    """
    if why_master and needs_master(settings):
        return f"their master {case.master.path if case.master is not None else ''}: {why_master}"
    if not settings.raw_calibration.keep:
        return ""
    going = [*case.raws.going, *case.raws.going_aside]
    lacking = sum(1 for one in going if ask(one.stored, one.sha256) is None)
    if not lacking:
        return ""
    return f"no backup has {lacking:,} of {counted(len(going), 'frame')} yet; `doit backup` sends them"


def unkept_words(number: int) -> str:
    """One sentence on all that stay for this."""
    has = "has it" if number == 1 else "has them"
    stays = "stays" if number == 1 else "stay"
    return f"{counted(number, 'file')} {stays} since no backup {has}."
