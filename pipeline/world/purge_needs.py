"""What `doit purge` asks of the backup before anything goes, where library.toml or the person wants that.

[backup] purge_needs, --needs-backup ─▶ BackupNeed ─▶ a sentence for each frame that no sound pack has
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace

from pipeline.model.errors import UserError
from pipeline.model.masters import Master
from pipeline.rules.ledger import Ledger
from pipeline.rules.purge_masters import Kept, Spare
from pipeline.rules.purge_needs import why_raws_unkept, why_unkept
from pipeline.rules.purge_raws import Case
from pipeline.world.backup_held import InBucket
from pipeline.world.library import OpenLibrary
from pipeline.world.master_places import hash_of
from pipeline.world.removal import Refusal


class BackupNeed:
    """Whether the backup must have what goes, and whether it has."""

    def __init__(self, library: OpenLibrary, *, asked: bool | None) -> None:
        """`asked`: what was typed; None: as library.toml says."""
        self._library = library
        self._bucket = InBucket(library)
        self.settings = self._bucket.settings
        self.is_on = self.settings.purge_needs if asked is None else asked

    def refuse(self, stored: str, ledger: Ledger) -> Refusal | None:
        """Why a stored frame may not go; a purge that was cut short is asked by its tombstone."""
        if not self.is_on:
            return None
        fact, stone = ledger.stored.get(stored), ledger.tombstones.get(stored, {})
        told = fact.sha256 if fact is not None else stone.get("sha256")
        sha256 = told if isinstance(told, str) else None
        why = why_unkept(stored, sha256, self._bucket.of_stored(stored, sha256), self.settings)
        return f"{stored}: stays, {why}" if why else None

    def hold_back(self, cases: Iterable[Case]) -> list[Case]:
        """Groups of raw frames, each with the reason it has to stay; what stays anyway keeps its own."""
        if not self.is_on:
            return list(cases)
        return [case if case.why_not else replace(case, why_not=self._why_raws(case)) for case in cases]

    def masters(self, spares: Iterable[Spare]) -> tuple[list[Spare], list[Kept]]:
        """Masters that may go, and those that stay for this."""
        free, kept = list[Spare](), list[Kept]()
        for one in spares:
            why = self._why_master(one.master) if self.is_on else ""
            if why:
                kept.append(Kept(path=one.master.path, why=why))
            else:
                free.append(one)
        return free, kept

    def _why_raws(self, case: Case) -> str:
        why = self._why_master(case.master) if case.master is not None else ""
        return why_raws_unkept(case, why, self._bucket.of_stored, self.settings)

    def _why_master(self, master: Master) -> str:
        """By its bytes, read now where nobody wrote down what they are; whatever it was called when it was sent."""
        sha256 = hash_of(self._library, master)
        return why_unkept(master.path, sha256, self._bucket.of_master(master.path, sha256), self.settings)


def add_need(parser: argparse.ArgumentParser) -> None:
    """What may be typed for it."""
    parser.add_argument(
        "--needs-backup",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="only what the backup has may go, or anything; else as library.toml says",
    )


def need_typed(arguments: argparse.Namespace) -> list[str]:
    """What was typed for it, to be typed again."""
    words = {True: ["--needs-backup"], False: ["--no-needs-backup"]}
    return words.get(arguments.needs_backup, [])


def refuse_need(arguments: argparse.Namespace) -> None:
    """Say that what is asked for takes away no last copy, so that the backup is not asked.

    Raises:
        UserError: It was typed all the same.
    """
    if need_typed(arguments):
        raise UserError("--needs-backup says nothing here: the libraries keep every master that goes.")
